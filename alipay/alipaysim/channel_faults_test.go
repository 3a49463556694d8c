package alipaysim_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// badMessages are faults of which the client must not believe the message.
var badMessages = []struct {
	kind string
	bad  func(m string) bool
}{
	{"bad_signature", func(m string) bool { return !signatureHolds(m) && strings.HasSuffix(m, "}}}") }},
	{"wrong_key", func(m string) bool { return !signatureHolds(m) && strings.HasSuffix(m, "}}}") }},
	{"forged_data", func(m string) bool {
		return strings.Count(m, `"data":{"header"`) == 2 && strings.Contains(m, `{"forged":"true"}`)
	}},
	{"other_app", func(m string) bool { return signatureHolds(m) && !strings.Contains(m, appID) }},
	{"bad_json", func(m string) bool { return !strings.HasSuffix(m, "}") && strings.Contains(m, `"data":{"header"`) }},
	{"oversized", func(m string) bool { return signatureHolds(m) && len(m) > 3<<20 }},
}

// signatureHolds checks x-sign over the text from the first data to the end.
func signatureHolds(m string) bool {
	_, after, _ := strings.Cut(m, `"x-sign":"`)
	sign, _, _ := strings.Cut(after, `"`)
	_, data, _ := strings.Cut(m, `"data":`)
	return alipaySigned(strings.TrimSuffix(data, "}"), sign)
}

// The message is bad once and good when it comes again.
func TestFaultsOfAMessage(t *testing.T) {
	for _, test := range badMessages {
		w := newWorld(t, short)
		link := w.connect(nil)
		w.faults(`{"channel":[{"kind":"` + test.kind + `","app_id":"` + appID + `","message":"alipay.*","times":1,"size":3145728}]}`)
		w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","biz_content":{"a":{"b":"c"}}}`)
		w.during(func() {
			if got := string(link.frame(1)); !test.bad(got) {
				t.Errorf("%s: %.2000s", test.kind, got)
			}
		})
		w.clock.set(begin.Add(2 * time.Minute))
		w.during(func() {
			m := link.consume()
			if !signatureHolds(m.text) || m.content["a"] == nil {
				t.Errorf("%s: the next delivery is %s", test.kind, m.text)
			}
			link.acknowledge(m, "SUCCESS")
		})
		log := w.must("GET", "deliveries", "")["deliveries"].([]any)
		if log[0].(map[string]any)["fault"] != test.kind || log[1].(map[string]any)["fault"] != nil || w.fate() != "delivered" {
			t.Errorf("%s: %v", test.kind, log)
		}
		if struck := w.must("GET", "faults", "")["channel"].([]any)[0].(map[string]any)["struck"]; struck != 1.0 {
			t.Errorf("%s struck %v times", test.kind, struck)
		}
	}
}

func TestFaultDuplicate(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	w.faults(`{"channel":[{"kind":"duplicate"}]}`)
	w.sendMessage("")
	w.during(func() {
		one, two := link.consume(), link.consume()
		if one.id() != two.id() || one.stream == two.stream || one.data != two.data {
			t.Errorf("%v\n%v", one, two)
		}
		link.acknowledge(two, "SUCCESS") // either counts
	})
	if w.fate() != "delivered" {
		t.Error(w.fate())
	}
}

func TestFaultReorder(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	w.faults(`{"channel":[{"kind":"reorder","message":"alipay.first","for":"20s"}]}`)
	send := func(name string) {
		w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"`+name+`","biz_content":{}}`)
	}
	w.runs()
	send("alipay.first")
	poll(t, "the first is held back", func() bool { return strings.Contains(mustJSON(w.must("GET", "faults", "")), `"struck":1`) })
	send("alipay.second")
	for _, name := range []string{"alipay.second", "alipay.first"} {
		m := link.consume()
		if !strings.Contains(m.data, name) {
			t.Errorf("%s, want %s", m.data, name)
		}
		link.acknowledge(m, "SUCCESS")
	}
	w.faults(`{"channel":[{"kind":"reorder","for":"1ms"}]}`)
	send("alipay.third") // nothing overtakes it: it goes all the same
	link.acknowledge(link.consume(), "SUCCESS")
}

func TestFaultLostAck(t *testing.T) {
	w := newWorld(t, short)
	link := w.connect(nil)
	w.faults(`{"channel":[{"kind":"lost_ack","times":1}]}`)
	w.sendMessage("")
	w.during(func() { link.acknowledge(link.consume(), "SUCCESS") })
	w.clock.set(begin.Add(2 * time.Minute))
	w.during(func() { link.acknowledge(link.consume(), "SUCCESS") })
	if diff := cmp.Diff([]string{"1 0  no acknowledgement in time false", "2 0 SUCCESS <nil> true"}, w.deliveries()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFaultsThatEndTheLink(t *testing.T) {
	for kind, ends := range map[string]func(*line) bool{
		"close": func(l *line) bool { return strings.HasPrefix(string(l.frame(8)), "\x03\xe9") },
		"reset": func(l *line) bool { _, err := l.in.ReadByte(); return errors.Is(err, syscall.ECONNRESET) },
	} {
		w := newWorld(t, overSocket)
		link := w.connect(nil)
		w.faults(`{"channel":[{"kind":"` + kind + `","times":1}]}`)
		w.sendMessage("")
		w.during(func() {
			m := link.consume()
			if !ends(link) {
				t.Errorf("%s: the link did not end so", kind)
			}
			_ = link.conn.Close()
			poll(t, "the link is gone", func() bool { return w.links() == 0 })
			w.connect(nil).acknowledge(m, "SUCCESS")
		})
		if w.fate() != "delivered" {
			t.Errorf("%s: %s", kind, w.fate())
		}
	}
}

func TestFaultNeverPong(t *testing.T) {
	w := newWorld(t, overSocket)
	w.faults(`{"channel":[{"kind":"never_pong","times":1}]}`)
	deaf, sound := w.connect(nil), w.connect(nil)
	deaf.send(0x89, "hello")
	w.sendMessage("")
	w.during(func() {
		deaf.acknowledge(deaf.consume(), "SUCCESS") // the next frame is no pong
	})
	sound.send(0x89, "hello")
	if got := string(sound.frame(10)); got != "hello" {
		t.Errorf("the other link: %q", got)
	}
}

var wrongChannelCalls = []struct {
	path, body string
	status     int
	says       string
}{
	{"apps/1/disconnect", ``, 404, "is not configured"},
	{"apps/" + appID + "/disconnect", `{"how":"gently"}`, 422, "how is"},
	{"apps/" + appID + "/disconnect", `{"code":1005}`, 422, "use a close code"},
	{"apps/" + appID + "/disconnect", `{"code":999}`, 422, "use a close code"},
	{"apps/1/rotate", ``, 404, "is not configured"},
	{"apps/" + appID + "/rotate", ``, 409, "in public-key mode"},
	{"messages", `{"app_id":"` + appID + `","msg_method":"x","biz_content":"text"}`, 422, "carries a JSON object"},
	{"messages", `{"app_id":"` + appID + `","msg_method":"x","biz_content":{"a":1,"a":2}}`, 422, "no member twice"},
	{"messages", `{"app_id":"` + appID + `","notify_type":"x","channel":"websocket","biz_content":{}}`, 422, "standard layout alone"},
	{"messages", `{"app_id":"` + appID + `","msg_method":"x","channel":"pigeon","biz_content":{}}`, 422, "http or websocket"},
	{"messages", `{"app_id":"` + appID + `","msg_method":"x","encrypt":true,"channel":"http","biz_content":{}}`, 422, "AESKey"},
	{"messages", `{"app_id":"` + appID + `","msg_method":"x","biz_content":{},"fields":{"a":1}}`, 422, "not both"},
	{"messages", `{"app_id":"` + appID + `","msg_method":"x","biz_content":{},"count":10001}`, 422, "use 1 to 10000"},
	{"messages", `{"app_id":"` + appID + `","msg_method":"x","biz_content":{},"count":2,"notify_id":"n"}`, 422, "no notify_id"},
	{"messages", `{"app_id":"` + appID + `","service":"alipay.other"}`, 422, "use alipay.service.check"},
}
