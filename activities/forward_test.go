package activities_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"miniflow/activities"
	"miniflow/activities/backend"
	"miniflow/internal/fetch"
	"miniflow/internal/seal"
	"miniflow/order"
)

// counter is the ISV's backend, and the activity that calls it under the real guard.
type counter struct {
	*testEnv
	server  *httptest.Server
	forward *activities.Forwarder
	ring    *seal.Ring

	mu   sync.Mutex
	got  []posted
	says func(w http.ResponseWriter, r *http.Request)
}

// posted is one request as it came.
type posted struct {
	header http.Header
	body   []byte
}

var (
	oldSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789canary"))
	newSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("another-secret-of-thirty-two-chr"))
)

func openCounter(t testing.TB, raw bool) *counter {
	t.Helper()
	c := &counter{says: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "success") }}
	c.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		c.got = append(c.got, posted{r.Header, body})
		says := c.says
		c.mu.Unlock()
		says(w, r)
	}))
	t.Cleanup(c.server.Close)
	key, err := seal.ParseKey("test", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{5}, seal.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	if c.ring, err = seal.New([]seal.Key{key}); err != nil {
		t.Fatal(err)
	}
	guard, err := fetch.NewGuard([]string{c.server.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	client := guard.Client(time.Second)
	t.Cleanup(client.CloseIdleConnections)
	c.forward = &activities.Forwarder{
		Targets: map[string]activities.ForwardTarget{appID: {URL: c.server.URL + "/secret-path", Raw: raw, Signers: signers(t, oldSecret, newSecret)}},
		Ring:    c.ring, Backend: activities.ForwardTargets(client, fetch.Forbidden, time.Now),
	}
	c.testEnv = newTestEnv(t, c.forward.Register)
	return c
}

func signers(t testing.TB, secrets ...string) []backend.Signer {
	t.Helper()
	var all []backend.Signer
	for _, secret := range secrets {
		signer, err := webhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, signer)
	}
	return all
}

const rawBody = "app_id=2021000000000000&charset=GBK&msg_method=alipay.open.auth.userauth.cancelled&notify_id=n-1&biz_content=%7B%22a%22%3A%22%CA%BE%22%7D&sign=a%2Bb%3D"

// message is one that plays no part in an order.
func (c *counter) message(changes ...func(*order.Notification)) order.Notification {
	n := order.Notification{
		NotificationKey: order.NotificationKey{AppID: appID, NotifyID: "n-1", Digest: strings.Repeat("d", 64)},
		Name:            "alipay.open.auth.userauth.cancelled", Channel: "http",
		SentAt: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), ReceivedAt: time.Date(2026, 11, 20, 8, 0, 1, 0, time.UTC),
		Content: c.seal(`{"user_id":"2088","note":"示例 <b>"}`, order.SealContent), Raw: c.seal(rawBody, order.SealRaw),
	}
	for _, change := range changes {
		change(&n)
	}
	return n
}

func (c *counter) seal(text, purpose string) order.Sealed {
	sealed, err := c.ring.Seal([]byte(text), appID, purpose)
	if err != nil {
		c.t.Fatal(err)
	}
	return sealed
}

// callFor has three days left.
func callFor(n order.Notification) activities.ForwardCall {
	until := time.Now().Add(72 * time.Hour)
	return activities.ForwardCall{Notification: n, Schedule: slow, Until: until, TargetUntil: until}
}

func (c *counter) tryMessage(call activities.ForwardCall) (activities.Forwarded, error) {
	c.t.Helper()
	written, err := c.try(activities.Forward.Name, call)
	var done activities.Forwarded
	if err == nil {
		if err := json.Unmarshal(written, &done); err != nil {
			c.t.Fatal(err)
		}
	}
	if err != nil && (strings.Contains(err.Error(), "secret-path") || strings.Contains(err.Error(), c.server.Listener.Addr().String())) {
		c.t.Errorf("the error names the address: %v", err)
	}
	return done, err
}

// only is the one request that came.
func (c *counter) only() posted {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.got) != 1 {
		c.t.Fatalf("%d requests came, want one", len(c.got))
	}
	return c.got[0]
}

// TestWhatATargetAnswers: what takes the message, what is tried again and when,
// and what never will be.
func TestWhatATargetAnswers(t *testing.T) {
	const usual = 2 * time.Minute
	tests := map[string]struct {
		status     int
		header     string
		text       string
		event, raw time.Duration // until the next try; 0 is taken
		gone       bool
		says       string
	}{
		"success":                  {status: 200, text: "success"},
		"success, in capitals":     {status: 200, text: " \r\nSUCCESS\n"},
		"another text":             {status: 200, text: "ok", raw: usual, says: "did not answer success"},
		"a text that begins so":    {status: 200, text: "success!", raw: usual},
		"fail":                     {status: 200, text: "fail", raw: usual},
		"nothing":                  {status: 204, raw: usual, says: "answered 204 No Content"},
		"created":                  {status: 201, text: "success", raw: usual},
		"bad request":              {status: 400, event: usual, raw: usual, says: "answered 400 Bad Request"},
		"not found":                {status: 404, text: "success", event: usual, raw: usual},
		"gone":                     {status: 410, gone: true, says: "answered 410 Gone"},
		"broken":                   {status: 500, event: usual, raw: usual},
		"a redirect":               {status: 302, event: usual, raw: usual, says: "a redirect is not followed"},
		"the first of redirects":   {status: 300, event: usual, raw: usual, says: "a redirect is not followed"},
		"busy for a while":         {status: 429, header: "600", event: 10 * time.Minute, raw: 10 * time.Minute},
		"busy for a moment":        {status: 503, header: "1", event: 5 * time.Second, raw: 5 * time.Second},
		"busy for ever":            {status: 503, header: "4000000000", event: 6 * time.Hour, raw: 6 * time.Hour},
		"busy more than a number":  {status: 503, header: "99999999999999999999", event: usual, raw: usual},
		"busy until long ago":      {status: 503, header: "Wed, 21 Oct 2015 07:28:00 GMT", event: 5 * time.Second, raw: 5 * time.Second},
		"busy until the year 9999": {status: 503, header: "Fri, 31 Dec 9999 23:59:59 GMT", event: 6 * time.Hour, raw: 6 * time.Hour},
		"busy, in words":           {status: 503, header: "soon", event: usual, raw: usual},
		"busy below nothing":       {status: 503, header: "-5", event: usual, raw: usual},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for raw, want := range map[bool]time.Duration{false: test.event, true: test.raw} {
				c := openCounter(t, raw)
				c.says = func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Location", "http://"+r.Host+"/elsewhere")
					if test.header != "" {
						w.Header().Set("Retry-After", test.header)
					}
					w.WriteHeader(test.status)
					if test.status != http.StatusNoContent {
						_, _ = io.WriteString(w, test.text)
					}
				}
				done, err := c.tryMessage(callFor(c.message()))
				c.only() // a redirect that is followed comes back
				switch {
				case test.gone:
					if err != nil || done.Disposition != order.DispositionDead || !strings.Contains(done.Reason, test.says) {
						t.Errorf("raw %v: %+v, %v", raw, done, err)
					}
				case want == 0:
					if err != nil || done.Disposition != order.DispositionForwarded || done.Reason == "" {
						t.Errorf("raw %v: %+v, %v", raw, done, err)
					}
				default:
					comesAgain(t, done, err, want, test.says)
				}
			}
		})
	}
}

// comesAgain checks that another try is asked for.
func comesAgain(t *testing.T, done activities.Forwarded, err error, after time.Duration, says string) {
	t.Helper()
	if err != nil || done.Disposition != "" || !done.Tried || done.Again.Std() != after || !strings.Contains(done.Reason, says) {
		t.Errorf("ended with %+v, %v; want another try after %s: %s", done, err, after, says)
	}
}

// TestAnAnswerThatIsLost is asked for again under the same id, by which the
// receiver knows the repeat, and with the same body, signed anew.
func TestAnAnswerThatIsLost(t *testing.T) {
	c := openCounter(t, false)
	now := time.Now()
	c.forward.Backend.Now = func() time.Time { return now }
	well := c.says
	c.says = func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = connection.Close()
	}
	lost, err := c.tryMessage(callFor(c.message()))
	comesAgain(t, lost, err, 2*time.Minute, "could not be reached")
	c.mu.Lock() // who was hung up on has not ended with the connection
	c.says, now = well, now.Add(2*time.Minute)
	c.mu.Unlock()
	if done, err := c.tryMessage(callFor(c.message())); err != nil || done.Disposition != order.DispositionForwarded {
		t.Fatalf("%+v, %v", done, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	first, second := c.got[0], c.got[1]
	if len(c.got) != 2 || first.header.Get("webhook-id") != second.header.Get("webhook-id") || !bytes.Equal(first.body, second.body) {
		t.Error("the repeat can't be told from another message")
	}
	if first.header.Get("webhook-timestamp") == second.header.Get("webhook-timestamp") {
		t.Error("the repeat is signed for the time of the first try")
	}
}

// TestTheTriesEnd when the time is over, with a last one; the reason says what was answered last.
func TestTheTriesEnd(t *testing.T) {
	c := openCounter(t, false)
	c.says = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	call := callFor(c.message())
	now := call.Until.Add(-90 * time.Second)
	c.forward.Backend.Now = func() time.Time { return now }
	done, err := c.tryMessage(call)
	comesAgain(t, done, err, 90*time.Second, "502")
	now = call.Until
	done, err = c.tryMessage(call)
	if err != nil || done.Disposition != order.DispositionDead || !strings.Contains(done.Reason, "502 Bad Gateway") || !strings.Contains(done.Reason, "replay") {
		t.Errorf("%+v, %v", done, err)
	}
}

// TestTheTriesAreByTheSchedule, counted from those before.
func TestTheTriesAreByTheSchedule(t *testing.T) {
	c := openCounter(t, false)
	c.says = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	for tried, delay := range []time.Duration{2 * time.Minute, 2 * time.Minute, 20 * time.Minute, 20 * time.Minute} {
		call := callFor(c.message())
		call.Tried = tried
		done, err := c.tryMessage(call)
		comesAgain(t, done, err, delay, "502")
	}
}

// TestEveryTryIsCounted by what came of it.
func TestEveryTryIsCounted(t *testing.T) {
	for cause, prepare := range map[string]func(*counter){
		"taken": func(*counter) {},
		"failed": func(c *counter) {
			c.says = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		},
		"dead": func(c *counter) {
			c.says = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }
		},
		"no_target": func(c *counter) { delete(c.forward.Targets, appID) },
	} {
		c := openCounter(t, false)
		prepare(c)
		for range 2 {
			if _, err := c.tryMessage(callFor(c.message())); err != nil {
				t.Fatal(err)
			}
		}
		if got := c.counted.all["miniflow_forward_tries "+cause]; got != 2 {
			t.Errorf("%s: counted %v", cause, c.counted.all)
		}
	}
}

// TestWhatWasNotKept can't be sent: raw bytes that never were, a content too large for an event.
func TestWhatWasNotKept(t *testing.T) {
	c := openCounter(t, true)
	done, err := c.tryMessage(callFor(c.message(func(n *order.Notification) { n.Raw = "" })))
	if err != nil || done.Disposition != order.DispositionDead || !strings.Contains(done.Reason, "forward.format") || len(c.got) != 0 {
		t.Errorf("raw: %+v, %v", done, err)
	}
	c = openCounter(t, false)
	done, err = c.tryMessage(callFor(c.message(func(n *order.Notification) { n.Content = "" })))
	if err != nil || done.Disposition != order.DispositionForwarded || !bytes.Contains(c.only().body, []byte(`"content":null`)) {
		t.Errorf("event: %+v, %v", done, err)
	}
}

// TestWhatCanNotBeOpened needs a key, and a person: no try will help.
func TestWhatCanNotBeOpened(t *testing.T) {
	for _, raw := range []bool{false, true} {
		c := openCounter(t, raw)
		n := c.message()
		n.Content, n.Raw = n.Raw, n.Content // sealed for another purpose
		_, err := c.tryMessage(callFor(n))
		if failure := activities.FailureOf(err); retryable(err) || failure.Code != "UNSEAL_FAILED" || len(c.got) != 0 {
			t.Errorf("raw %v: %v", raw, err)
		}
	}
}
