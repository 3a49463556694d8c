package gateway

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
	"miniflow/alipay/keys"
)

func TestNewClientNamesWhatIsWrong(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // the short key is the point
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no app", func(c *Config) { c.AppID = "" }, "AppID is empty"},
		{"no private key", func(c *Config) { c.PrivateKey = nil }, "PrivateKey is missing"},
		{"short private key", func(c *Config) { c.PrivateKey = short }, "1024 bits"},
		{"no Alipay key", func(c *Config) { c.AlipayKey = nil }, "AlipayKey is missing"},
		{"own key as Alipay's", func(c *Config) {
			c.AlipayKey = func(string) []keys.PublicKey { return []keys.PublicKey{&gatewayAppKey().PublicKey} }
		}, keys.ErrApplicationKey.Error()},
		{"half of certificate mode", func(c *Config) { c.AppCertSN = "ab" }, "belong together"},
		{"AES key of a wrong size", func(c *Config) { c.AESKey = []byte("short") }, keys.ErrAESKey.Error()},
		{"encryption without a key", func(c *Config) { c.EncryptType = EncryptAES }, "needs the AESKey"},
		{"another encryption", func(c *Config) { c.EncryptType, c.AESKey = "SM4", make([]byte, 16) }, "EncryptType is unknown"},
		{"encryption", func(c *Config) { c.EncryptType, c.AESKey = EncryptAES, make([]byte, 16) }, ""},
		{"plain http", func(c *Config) { c.Endpoint = "http://openapi.alipay.com/gateway.do" }, "not https"},
		{"plain http allowed", func(c *Config) { c.Endpoint, c.AllowPlainHTTP = "http://simulator:8090/gateway.do", true }, ""},
		{"plain http on loopback", func(c *Config) { c.Endpoint = "http://127.0.0.1:8090/gateway.do" }, ""},
		{"not a URL", func(c *Config) { c.Endpoint = "openapi.alipay.com" }, "not a URL"},
		{"query in the endpoint", func(c *Config) { c.Endpoint = EndpointProduction + "?app_auth_token=T" }, "a query"},
		{"other scheme", func(c *Config) { c.Endpoint = "ftp://openapi.alipay.com/" }, "not https"},
		{"all defaults", func(*Config) {}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := gatewayConfig()
			test.change(&config)
			_, err := NewClient(config)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want it to say %q", err, test.want)
			}
		})
	}
}

func TestCallIsSignedAndLaidOutAsTheGatewayWants(t *testing.T) {
	for _, test := range []struct {
		name      string
		change    func(*Config)
		request   Request
		wantText  string
		wantQuery []string
	}{
		{
			name:     "public-key mode",
			request:  Request{Method: alipay.MethodQuery, Content: []byte(`{"order_no":"ORD1"}`)},
			wantText: `app_id=2021999999999999&biz_content={"order_no":"ORD1"}&charset=utf-8&format=JSON&method=alipay.open.mini.isv.query&sign_type=RSA2&timestamp=2024-01-02 03:04:05&version=1.0`,
		},
		{
			name:     "on behalf of a merchant, in certificate mode",
			change:   func(c *Config) { c.AppCertSN, c.AlipayRootCertSN = "aa", "bb_cc" },
			request:  Request{Method: alipay.MethodQuery, Token: "TOKEN", Content: []byte(`{"a":"<&+ %中 \"x\">"}`)},
			wantText: `alipay_root_cert_sn=bb_cc&app_auth_token=TOKEN&app_cert_sn=aa&app_id=2021999999999999&biz_content={"a":"<&+ %中 \"x\">"}&charset=utf-8&format=JSON&method=alipay.open.mini.isv.query&sign_type=RSA2&timestamp=2024-01-02 03:04:05&version=1.0`,
		},
		{
			name:     "nothing to say",
			request:  Request{Method: alipay.MethodQuery},
			wantText: `app_id=2021999999999999&charset=utf-8&format=JSON&method=alipay.open.mini.isv.query&sign_type=RSA2&timestamp=2024-01-02 03:04:05&version=1.0`,
		},
		{
			name:     "multipart",
			request:  Request{Method: alipay.MethodQuery, Fields: map[string]string{"memo": "第一 & +", "empty": "", "a1": "1", "a": "0"}},
			wantText: `a=0&a1=1&app_id=2021999999999999&charset=utf-8&format=JSON&memo=第一 & +&method=alipay.open.mini.isv.query&sign_type=RSA2&timestamp=2024-01-02 03:04:05&version=1.0`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			gateway := answering(t, test.request.Method, success(""))
			if _, err := gateway.client(test.change).Call(t.Context(), test.request); err != nil {
				t.Fatal(err)
			}
			call := gateway.only()
			if diff := cmp.Diff(test.wantText, call.signed); diff != "" {
				t.Errorf("signed text (-want +got):\n%s", diff)
			}
			if _, inQuery := call.query["biz_content"]; inQuery {
				t.Error("biz_content is in the query string, want it in the body")
			}
			for _, name := range []string{"app_id", "method", "charset", "sign_type", "sign", "timestamp", "version"} {
				if call.query[name] == "" {
					t.Errorf("%s is not in the query string", name)
				}
			}
		})
	}
}

func TestRequestsThatMustNotLeave(t *testing.T) {
	object := []byte(`{}`)
	for _, test := range []struct {
		name    string
		request Request
		field   string
	}{
		{"no method", Request{}, ""},
		{"content and fields", Request{Method: "m", Content: object, Fields: map[string]string{}}, ""},
		{"content is no object", Request{Method: "m", Content: []byte(`[]`)}, ""},
		{"content is half an object", Request{Method: "m", Content: []byte(`{"a":`)}, ""},
		{"content is not UTF-8", Request{Method: "m", Content: []byte("{\"a\":\"\xff\"}")}, ""},
		{"a field is not UTF-8", Request{Method: "m", Fields: map[string]string{"memo": "\xff"}}, "memo"},
		{"a field changes who is called for", Request{Method: "m", Fields: map[string]string{"app_auth_token": "other"}}, "app_auth_token"},
		{"a field changes the method", Request{Method: "m", Fields: map[string]string{"method": "other"}}, "method"},
		{"a file bears a reserved name", Request{Method: "m", Files: []rules.File{{Field: "sign", Content: pngOf(t, 1, 1)}}}, "sign"},
		{"a field breaks the form", Request{Method: "m", Fields: map[string]string{"a\"\r\nb": "x"}}, ""},
		{"a field is a file too", Request{Method: "m", Fields: map[string]string{"app_logo": "x"}, Files: []rules.File{{Field: "app_logo"}}}, "app_logo"},
		{"a file of no known kind", Request{Method: "m", Files: []rules.File{{Field: "app_logo", Content: []byte("GIF89a")}}}, "app_logo"},
	} {
		t.Run(test.name, func(t *testing.T) {
			gateway := newFakeGateway(t, func(http.ResponseWriter, *http.Request) { t.Error("a call was sent") })
			_, err := gateway.client(nil).Call(t.Context(), test.request)
			var failed *Error
			if !errors.As(err, &failed) || failed.Class != codes.ClassFix || !errors.Is(err, ErrNotSent) {
				t.Fatalf("error %v, want one of class fix that was not sent", err)
			}
			if got := strings.Join(failed.Fields, ","); got != test.field {
				t.Errorf("fields %q, want %q", got, test.field)
			}
		})
	}
}

// Every failure of the transport leaves the result unknown, and none makes the client call
// twice.
func TestTroubleOnTheWayIsAnUnknownResult(t *testing.T) {
	genuine := signedAnswer(alipay.MethodCreate, success(`"order_no":"ORD1"`))
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   error
		status int
	}{
		{"500 with a valid success", statusWith(500, genuine), ErrHTTPStatus, 500},
		{"502 with a page", statusWith(502, "<html>bad gateway</html>"), ErrHTTPStatus, 502},
		{"200 with a page", statusWith(200, "<html>maintenance</html>"), ErrUnreadable, 200},
		{"nothing at all", statusWith(200, ""), ErrUnreadable, 200},
		{"half an answer", half(genuine), ErrNoAnswer, 200},
		{"a broken connection", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ErrNoAnswer, 0},
		{"12 MB", statusWith(200, `{"x":"`+strings.Repeat("a", 12<<20)), ErrAnswerTooBig, 200},
		{"a redirect elsewhere", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, ErrHTTPStatus, 307},
	} {
		t.Run(test.name, func(t *testing.T) {
			gateway := newFakeGateway(t, test.answer)
			_, err := gateway.client(nil).CreateMiniProgram(t.Context(), "OUT1", []byte(fitCreate))
			var failed *Error
			if !errors.As(err, &failed) || failed.Class != codes.ClassUnknown || !errors.Is(err, test.want) {
				t.Fatalf("error %v, want an unknown result: %v", err, test.want)
			}
			if failed.Status != test.status {
				t.Errorf("status %d, want %d", failed.Status, test.status)
			}
			gateway.only()
		})
	}
}

func statusWith(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// half announces an answer and stops in the middle of it.
func half(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, body[:len(body)/2])
	}
}

func TestSilenceEndsAtTheTimeout(t *testing.T) {
	released := make(chan struct{})
	gateway := newFakeGateway(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-released:
		case <-r.Context().Done():
		}
	})
	defer close(released)
	client := gateway.client(func(c *Config) { c.Timeout, c.UploadTimeout = 20*time.Millisecond, 30*time.Millisecond })
	for _, request := range []Request{
		{Method: alipay.MethodCreate, Content: []byte(`{}`)},
		{Method: alipay.MethodAuditApply, Fields: map[string]string{"memo": "x"}},
	} {
		_, err := client.Call(t.Context(), request)
		if ClassOf(err) != codes.ClassUnknown || !errors.Is(err, ErrNoAnswer) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error %v, want an unknown result after the deadline", request.Method, err)
		}
	}
}

// deadlines records how long each call was given, and sends nothing.
type deadlines struct{ given []time.Duration }

func (d *deadlines) RoundTrip(r *http.Request) (*http.Response, error) {
	deadline, _ := r.Context().Deadline()
	d.given = append(d.given, time.Until(deadline))
	return nil, io.ErrUnexpectedEOF
}

func TestHowLongACallMayTake(t *testing.T) {
	for _, test := range []struct {
		name         string
		change       func(*Config)
		call, upload time.Duration
	}{
		{"by default", func(*Config) {}, 10 * time.Second, time.Minute},
		{"as configured", func(c *Config) { c.Timeout, c.UploadTimeout = time.Hour, 2*time.Hour }, time.Hour, 2 * time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			transport := &deadlines{}
			config := gatewayConfig()
			config.HTTP = &http.Client{Transport: transport}
			test.change(&config)
			client, err := NewClient(config)
			if err != nil {
				t.Fatal(err)
			}
			for _, request := range []Request{{Method: alipay.MethodQuery}, {Method: alipay.MethodAuditApply, Fields: map[string]string{"memo": "x"}}} {
				if _, err := client.Call(t.Context(), request); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("error %v, want the transport's", err)
				}
			}
			for i, want := range []time.Duration{test.call, test.upload} {
				if got := transport.given[i]; got > want || got < want/2 {
					t.Errorf("call %d was given %v, want %v", i, got, want)
				}
			}
		})
	}
}

// waiting reports when a call waits, and never lets it pass.
type waiting struct{ came chan struct{} }

func (w waiting) Wait(ctx context.Context) error {
	w.came <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

func TestACallThatWaitsForItsTurnWasNotSent(t *testing.T) {
	gateway := newFakeGateway(t, func(http.ResponseWriter, *http.Request) { t.Error("a call was sent") })
	queue := waiting{came: make(chan struct{}, 1)}
	client := gateway.client(func(c *Config) { c.Limiter = queue })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-queue.came
		cancel()
	}()
	_, err := client.Call(ctx, Request{Method: alipay.MethodQuery})
	if ClassOf(err) != codes.ClassRetry || !errors.Is(err, ErrNotSent) || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want a retry that was not sent", err)
	}
}

func TestOneClientServesManyMerchantsAtOnce(t *testing.T) {
	var connections sync.Map
	gateway := newFakeGateway(t, func(w http.ResponseWriter, r *http.Request) {
		connections.Store(r.RemoteAddr, true)
		token := r.URL.Query().Get("app_auth_token")
		writeAnswer(w, signedAnswer(alipay.MethodVersionDetail, success(`"status":"`+token+`"`)))
	})
	client := gateway.client(nil)
	const merchants, calls = 8, 20
	var all sync.WaitGroup
	for merchant := range merchants {
		all.Go(func() {
			token := strconv.Itoa(merchant + 1)
			for range calls {
				detail, err := client.QueryVersion(t.Context(), alipay.Secret(token), "1.0.0", "")
				if err != nil || string(detail.Status) != token {
					t.Errorf("merchant %s got %q, %v", token, detail.Status, err)
				}
			}
		})
	}
	all.Wait()
	n := 0
	connections.Range(func(any, any) bool { n++; return true })
	if n > 2*merchants {
		t.Errorf("%d connections for %d calls of %d merchants, want them reused", n, merchants*calls, merchants)
	}
}

// TestATraceIDIsWhole, because support looks a call up by it, digits included.
func TestATraceIDIsWhole(t *testing.T) {
	const trace = "22a15ad017163456789011234bc68e0d"
	words := scrubberOf(Request{Token: "secret-token"})
	if got := words.identifier(trace); got != trace {
		t.Errorf("the trace became %q", got)
	}
	for _, bad := range []string{"13800138000", "secret-token", "a\x1b[31m"} {
		if got := words.identifier(bad); got == bad {
			t.Errorf("%q was kept as a trace", bad)
		}
	}
}

func TestObserveSeesEveryCall(t *testing.T) {
	gateway := answering(t, alipay.MethodQuery, failure("40004", "SYSTEM_ERROR", "busy"))
	var seen []Exchange
	client := gateway.client(func(c *Config) {
		c.Observe = func(_ context.Context, e Exchange) { seen = append(seen, e) }
	})
	_, err := client.QueryMiniProgramOrder(t.Context(), "ORD1")
	if len(seen) != 1 || seen[0].Method != alipay.MethodQuery || seen[0].TraceID != "0a1b2c3d" || seen[0].Status != 200 {
		t.Fatalf("seen %+v, want the one call with its trace", seen)
	}
	if !errors.Is(seen[0].Err, err) {
		t.Errorf("seen error %v, want %v", seen[0].Err, err)
	}
}

func TestTheGivenHTTPClientIsNotChanged(t *testing.T) {
	given := &http.Client{Transport: http.DefaultTransport}
	moved := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer moved.Close()
	gateway := newFakeGateway(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", moved.URL)
		w.WriteHeader(http.StatusFound)
	})
	client := gateway.client(func(c *Config) { c.HTTP = given })
	if _, err := client.Call(t.Context(), Request{Method: alipay.MethodQuery}); !errors.Is(err, ErrHTTPStatus) {
		t.Errorf("error %v, want the redirect refused", err)
	}
	if given.CheckRedirect != nil {
		t.Error("the client that was handed in has been changed")
	}
}

func TestNoCookiesAreKept(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	gateway := newFakeGateway(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 {
			t.Error("a cookie of an earlier call came back")
		}
		http.SetCookie(w, &http.Cookie{Name: "zone", Value: "x", HttpOnly: true, Secure: false}) //nolint:gosec // a cookie that would come back over http
		writeAnswer(w, signedAnswer(alipay.MethodQuery, success("")))
	})
	client := gateway.client(func(c *Config) { c.HTTP = &http.Client{Jar: jar} })
	for range 2 {
		if _, err := client.Call(t.Context(), Request{Method: alipay.MethodQuery}); err != nil {
			t.Fatal(err)
		}
	}
}
