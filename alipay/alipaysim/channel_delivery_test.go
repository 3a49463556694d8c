package alipaysim_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/alipaysim"
)

// short makes silence fail quickly, and yet later than a slow machine acknowledges.
func short(c *alipaysim.Config) { overSocket(c); c.AckTimeout = 500 * time.Millisecond }

func failAndSilenceAreFollowedByTheSchedule(t *testing.T) {
	for _, silent := range []bool{false, true} {
		w := newWorld(t, short)
		link := w.connect(nil)
		w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","notify_id":"n1","biz_content":{}}`)
		var at []string
		streams := map[string]bool{}
		for next := begin; !next.IsZero(); next = w.run() {
			w.clock.set(next)
			w.during(func() {
				m := link.consume()
				at = append(at, next.Sub(begin).String())
				if streams[m.stream] || m.id() != "n1" || m.protocol["x-timestamp"] != "1795226400000" {
					t.Errorf("a redelivery keeps its id under a new stream-id: %v", m)
				}
				streams[m.stream] = true
				if !silent {
					link.acknowledge(m, "FAIL")
				}
			})
		}
		if got, want := strings.Join(at, " "), "0s 2m0s 12m0s 22m0s 1h22m0s 3h22m0s 9h22m0s 24h22m0s"; got != want || w.fate() != "given_up" {
			t.Errorf("silent %v: delivered at\n%s, want\n%s; %s", silent, got, want, w.fate())
		}
		want := map[bool]string{false: "1 0 FAIL <nil> false", true: "1 0  no acknowledgement in time false"}[silent]
		if got := w.deliveries()[0]; got != want {
			t.Errorf("log %s, want %s", got, want)
		}
	}
}

func TestMessagesWaitForALinkAndOutliveARestart(t *testing.T) {
	w := newWorld(t, overSocket)
	w.sendMessage(`,"notify_id":"n1"`)
	w.run()
	if got := w.deliveries(); len(got) != 0 || w.fate() != "owed" {
		t.Fatalf("without a link: %v, %s", got, w.fate())
	}
	w.restart()
	link := w.connect(nil)
	w.during(func() {
		m := link.consume()
		if m.id() != "n1" {
			t.Errorf("%v", m)
		}
		link.acknowledge(m, "SUCCESS")
	})
	if got := w.fate(); got != "delivered" {
		t.Errorf("fate %s", got)
	}
}

// A message that left, but was not acknowledged when the simulator stopped, goes
// out again under the same id, as the same attempt.
func TestUnacknowledgedMessagesOutliveARestart(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	w.sendMessage(`,"notify_id":"n1"`)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.sim.Run(ctx) }()
	first := link.consume()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	w.restart()
	if payload := link.frame(8); string(payload[:2]) != "\x03\xe9" {
		t.Errorf("closed with %x, want 1001", payload)
	}
	again := w.connect(nil)
	w.during(func() {
		second := again.consume()
		if second.id() != first.id() || second.stream == first.stream {
			t.Errorf("first %v, second %v", first, second)
		}
		again.acknowledge(second, "SUCCESS")
	})
	if diff := cmp.Diff([]string{"1 0 SUCCESS <nil> true"}, w.deliveries()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func oneOfSeveralLinksGetsEachMessage(t *testing.T) {
	w := newWorld(t, overSocket)
	links := []*line{w.connect(nil), w.connect(nil)}
	for range 4 {
		w.sendMessage("")
	}
	ids := map[string]int{}
	w.during(func() {
		for _, link := range links {
			for range 2 {
				m := link.consume()
				ids[m.id()]++
				link.acknowledge(m, "SUCCESS")
			}
		}
	})
	if len(ids) != 4 {
		t.Errorf("%v", ids)
	}
}

func anAcknowledgementMayComeOverANewLink(t *testing.T) {
	w := newWorld(t, overSocket)
	old := w.connect(nil)
	w.sendMessage("")
	w.during(func() {
		m := old.consume()
		old.send(0x88, "\x03\xe8")
		old.frame(8)
		poll(t, "the old link is gone", func() bool { return w.links() == 0 })
		w.connect(nil).acknowledge(m, "SUCCESS")
	})
	if diff := cmp.Diff([]string{"1 0 SUCCESS <nil> true"}, w.deliveries()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// useless are acknowledgements that acknowledge nothing, as changes to a good one.
var useless = []struct{ name, old, new string }{
	{"another stream", "stream-id:s", "stream-id:t"},
	{"no stream", "\r\nstream-id:", "\r\nstream:"},
	{"another message", `"x-msgId":"`, `"x-msgId":"0`},
	{"no echo", "from-sys:openchannel\r\n", ""},
	{"another echo", "10.1.2.3", "10.1.2.4"},
	{"no empty line", "\r\n\r\n", "\r\n"},
	{"line feeds alone", "\r\n", "\n"},
	{"a colon in a value", "\r\n\r\n", "\r\nmore:a:b\r\n\r\n"},
	{"another status", `"SUCCESS"`, `"success"`},
	{"a number", `"x-version":"1.0"`, `"x-version":1.0`},
	{"another type", `"message"`, `"massage"`},
	{"another command", "CONSUME_ACK", "CONSUME"},
	{"a member twice", `"x-status"`, `"x-status":"FAIL","x-status"`},
	{"something behind", `"}}`, `"}}}`},
	{"cut off", `"}}`, `"`},
}

func acknowledgementsThatAreNone(t *testing.T) {
	for _, test := range useless {
		w := newWorld(t, short)
		link := w.connect(nil)
		w.sendMessage("")
		w.during(func() {
			ack := link.consume().ack("SUCCESS")
			if !strings.Contains(ack, test.old) {
				t.Fatalf("%s: the change fits nothing", test.name)
			}
			link.send(0x81, strings.Replace(ack, test.old, test.new, 99))
			link.send(0x82, ack) // a binary frame is ignored
		})
		if got := w.fate(); got != "owed" {
			t.Errorf("%s: the message is %s", test.name, got)
		}
	}
}

func TestOldMessagesAndUnsubscribedOnesStayOnHTTP(t *testing.T) {
	w := newWorld(t, func(c *alipaysim.Config) {
		overSocket(c)
		c.Apps[0].WebSocket = []string{"alipay.open.mini.*", "open_*"}
	})
	w.connect(nil)
	for _, message := range []string{`"msg_method":"alipay.open.auth.appauth.cancelled"`, `"notify_type":"open_app_auth_notify"`, `"msg_method":"alipay.open.mini.x","channel":"http"`} {
		w.must("POST", "messages", `{"app_id":"`+appID+`",`+message+`,"biz_content":{"a":"b"}}`)
	}
	w.run()
	if got := w.names(); len(got) != 3 {
		t.Errorf("over HTTP: %v", got)
	}
	for _, m := range w.must("GET", "deliveries", "")["deliveries"].([]any) {
		if m.(map[string]any)["channel"] != "http" {
			t.Errorf("%v", m)
		}
	}
}

func TestTheLogShowsTheChannel(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	m := w.deliver(link, "")
	var body struct {
		Deliveries []alipaysim.Delivery `json:"deliveries"`
	}
	if err := json.Unmarshal(w.get("/sim/v1/deliveries"), &body); err != nil {
		t.Fatal(err)
	}
	got := body.Deliveries[0]
	if got.Channel != "websocket" || got.StreamID != m.stream || got.Link == "" || got.Body != "SUCCESS" || !got.Success || got.NotifyID != m.id() {
		t.Errorf("%+v", got)
	}
	link.send(0x89, "")
	link.frame(10)
	view := w.must("GET", "channel", "")["links"].([]any)[0].(map[string]any)
	if view["sent"] != 1.0 || view["acked"] != 1.0 || view["pings"] != 1.0 || view["refused"] != 0.0 || view["charset"] != "UTF-8" || view["app_id"] != appID {
		t.Errorf("%v", view)
	}
}
