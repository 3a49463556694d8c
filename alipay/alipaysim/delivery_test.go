package alipaysim_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/alipay/alipaysim"
)

// send has a message sent by hand.
func (w *world) sendMessage(more string) string {
	w.t.Helper()
	return w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","biz_content":{"text":"一 + 二 & 三 < 四 % 😀"}`+more+`}`)["notify_id"].(string)
}

// deliveries returns the log as "attempt status body/error success" lines.
func (w *world) deliveries() []string {
	w.t.Helper()
	var lines []string
	for _, d := range w.must("GET", "deliveries", "")["deliveries"].([]any) {
		d := d.(map[string]any)
		lines = append(lines, fmt.Sprint(d["attempt"], " ", d["status"], " ", d["body"], " ", d["error"], " ", d["success"]))
	}
	return lines
}

func (w *world) fate() string {
	w.t.Helper()
	list := w.must("GET", "deliveries", "")["messages"].([]any)
	return list[len(list)-1].(map[string]any)["fate"].(string)
}

func TestSignatureOfPushesByBothRules(t *testing.T) {
	for _, rule := range alipaysim.NotifyRules() {
		for _, charset := range []alipaysim.Charset{alipaysim.CharsetUTF8, alipaysim.CharsetGBK} {
			for _, layout := range []string{"msg_method", "notify_type"} {
				t.Run(fmt.Sprint(rule, charset, layout), func(t *testing.T) {
					w := newWorld(t, func(c *alipaysim.Config) { c.Apps[0].NotifyRule, c.Apps[0].Charset = rule, charset })
					w.must("POST", "messages", `{"app_id":"`+appID+`","`+layout+`":"alipay.test","biz_content":{"text":"一 + 二 & 三 < 四 % 五"}}`)
					w.run()
					p := w.pushes("alipay.test")[0].params
					with, without := alipaySigned(signedText(p, "sign"), p["sign"]), alipaySigned(signedText(p, "sign", "sign_type"), p["sign"])
					if with != (rule == alipaysim.WithSignType) || without == with {
						t.Errorf("signed with sign_type: %v, without: %v", with, without)
					}
					text := p["biz_content"]
					if charset == alipaysim.CharsetGBK {
						var err error
						if text, err = simplifiedchinese.GBK.NewDecoder().String(text); err != nil {
							t.Fatal(err)
						}
					}
					if text != `{"text":"一 + 二 & 三 < 四 % 五"}` {
						t.Errorf("content arrived as %s", text)
					}
					want := map[string]string{"app_id": appID, "charset": string(charset), "sign_type": "RSA2", "version": "1.1", "msg_method": "alipay.test", "utc_timestamp": "1795226400000"}
					if layout == "notify_type" {
						want = map[string]string{"app_id": appID, "charset": string(charset), "sign_type": "RSA2", "version": "1.0", "notify_type": "alipay.test", "notify_time": "2026-11-21 10:00:00"}
					}
					for _, name := range []string{"sign", "biz_content", "notify_id"} {
						delete(p, name)
					}
					if diff := cmp.Diff(want, p); diff != "" {
						t.Errorf("envelope (-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}

func TestRetriesFollowTheScheduleAndKeepTheMessage(t *testing.T) {
	tests := []struct {
		name    string
		retries []time.Duration
		speed   float64
		want    string
	}{
		{"from", nil, 1, "0s 2m0s 12m0s 22m0s 1h22m0s 3h22m0s 9h22m0s 24h22m0s"},
		{"trade", alipaysim.TradeRetries(), 1, "0s 4m0s 14m0s 24m0s 1h24m0s 3h24m0s 9h24m0s 24h24m0s"},
		{"ten times as fast", nil, 10, "0s 12s 1m12s 2m12s 8m12s 20m12s 56m12s 2h26m12s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, func(c *alipaysim.Config) { c.Retries, c.Speed = test.retries, test.speed })
			w.onPush(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "fail") })
			w.sendMessage("")
			w.pass(48 * time.Hour)
			var times []string
			for _, p := range w.pushes("") {
				times = append(times, p.at.Sub(begin).String())
				if diff := cmp.Diff(w.pushes("")[0].params, p.params); diff != "" {
					t.Errorf("a retry differs from the first delivery:\n%s", diff)
				}
			}
			if got := strings.Join(times, " "); got != test.want {
				t.Errorf("delivered at\n%s, want\n%s", got, test.want)
			}
			if got := w.fate(); got != "given_up" {
				t.Errorf("after the last retry the message is %s", got)
			}
		})
	}
}

func TestOnlySuccessEndsTheDeliveries(t *testing.T) {
	answers := []struct {
		name, want string
		answer     func(http.ResponseWriter, *http.Request)
	}{
		{"success", "1 200 success <nil> true", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "success") }},
		{"a line after it", "1 200 success\n <nil> false", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "success\n") }},
		{"in quotes", `1 200 "success" <nil> false`, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `"success"`) }},
		{"status 500", "1 500 success <nil> false", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, "success")
		}},
		{"redirect", "1 302  <nil> false", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
		}},
		{"a long page", "1 200 " + strings.Repeat("x", 256) + " <nil> false", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
		}},
		{"the line is cut", "1 0  connection closed before an answer false", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	}
	for _, test := range answers {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.onPush(test.answer)
			w.sendMessage("")
			next := w.run()
			if diff := cmp.Diff([]string{test.want}, w.deliveries()); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
			if ended := test.name == "success"; next.IsZero() != ended || (w.fate() == "delivered") != ended {
				t.Errorf("next delivery at %v, fate %s", next, w.fate())
			}
		})
	}
}

func TestReceiverThatDoesNotAnswerInTime(t *testing.T) {
	w := newWorld(t, func(c *alipaysim.Config) {
		c.HTTP = &http.Client{Timeout: 50 * time.Millisecond}
	})
	let := make(chan struct{})
	w.onPush(func(http.ResponseWriter, *http.Request) { <-let })
	w.sendMessage("")
	w.run()
	close(let)
	if diff := cmp.Diff([]string{"1 0  no answer in time false"}, w.deliveries()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestHeadersOfAPush(t *testing.T) {
	for malformed, want := range map[bool]string{
		false: "application/x-www-form-urlencoded;charset=UTF-8",
		true:  "application/x-www-form-urlencoded; text/html; charset=UTF-8",
	} {
		w := newWorld(t, func(c *alipaysim.Config) { c.Apps[0].MalformedContentType = malformed })
		w.sendMessage("")
		w.run()
		if got := w.lastPush("alipay.test").kind; got != want {
			t.Errorf("Content-Type %q, want %q", got, want)
		}
	}
}

// never is a merchant who says nothing, so that an order causes one push.
const never = `"merchant":{"answer":"none","after":"0s"},`

func TestPushesWaitForAnAddress(t *testing.T) {
	w := newWorld(t, func(c *alipaysim.Config) { c.Apps[0].GatewayURL = "" })
	w.sendMessage("")
	w.pass(30 * time.Hour)
	if got := w.deliveries(); len(got) != 0 {
		t.Fatalf("delivered to nowhere: %v", got)
	}
	if err := w.sim.SetGatewayURL(appID, w.receiver.URL); err != nil {
		t.Fatal(err)
	}
	w.run()
	if got := w.fate(); got != "delivered" {
		t.Errorf("with an address the message is %s", got)
	}
	for _, bad := range []string{"ftp://example.com", "/path", "http://"} {
		if err := w.sim.SetGatewayURL(appID, bad); err == nil {
			t.Errorf("%q was taken as an address", bad)
		}
	}
	if err := w.sim.SetGatewayURL("1", w.receiver.URL); err == nil {
		t.Error("an unknown app got an address")
	}
}

// Whatever happens, the file names no machine.
func TestFileHoldsNoAddress(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"reject","after":"0s"}]}]}`)
	_, token := w.created("f-1")
	w.call("alipay.open.mini.isv.fastregister.create", "", map[string]string{"out_order_no": "f-2", "uid": "2088000000000001", "app_name": "饭馆", "auth_notify_url": w.server.URL})
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.receiver.Close() // from here on deliveries fail, and say why
	w.pass(time.Hour)
	if got := strings.Join(w.deliveries(), "\n"); !strings.Contains(got, "connection refused") {
		t.Fatalf("no delivery failed:\n%s", got)
	}
	address := strings.TrimPrefix(w.receiver.URL, "http://")
	gateway := strings.TrimPrefix(w.server.URL, "http://")
	w.close()
	content, err := os.ReadFile(w.cfg.Path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, []byte("connection refused")) {
		t.Fatal("the file can't be searched for text")
	}
	for _, text := range []string{address, gateway, "127.0.0.1", "localhost", "/alipay/notify", url.QueryEscape(address)} {
		if bytes.Contains(content, []byte(text)) {
			t.Errorf("the file holds %q", text)
		}
	}
}
