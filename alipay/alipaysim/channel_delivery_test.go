package alipaysim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
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

// produce is what the official client sends, signed by the app.
func produce(t *testing.T, data string) string {
	t.Helper()
	return "stream-id:c0Vbd1MYYik008\r\n\r\n" + `{"protocol":{"x-type":"message","x-cmd":"PRODUCE","x-timestamp":"1795280819854","x-version":"1.0",` +
		`"x-charset":"UTF-8","x-signType":"RSA2","x-sign":"` + signText(t, data) + `"},"data":` + data + `}`
}

func producedMessagesAreVerifiedStoredAndAcknowledged(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	data := `{"header":{"appId":"` + appID + `","msgApi":"alipay.example.produce"},"content":{"out_trade_no":"o\/1","secret":"13800000000"}}`
	link.send(0x81, produce(t, data))
	head, body, _ := strings.Cut(string(link.frame(1)), "\r\n\r\n")
	var ack struct {
		Protocol map[string]string `json:"protocol"`
	}
	if err := json.Unmarshal([]byte(body), &ack); err != nil || head != "stream-id:c0Vbd1MYYik008" {
		t.Fatalf("%v: %s %s", err, head, body)
	}
	id := ack.Protocol["x-msgId"]
	want := map[string]string{"x-type": "message", "x-cmd": "PRODUCE_ACK", "x-msgId": id, "x-status": "SUCCESS", "x-code": "10000"}
	if diff := cmp.Diff(want, ack.Protocol); diff != "" || id == "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	bad := []struct{ name, text string }{
		{"tampered", strings.Replace(produce(t, data), "o\\/1", "o\\/2", 1)},
		{"another app", produce(t, strings.Replace(data, appID, otherID, 1))},
		{"no name", produce(t, strings.Replace(data, "alipay.example.produce", "", 1))},
		{"content twice", produce(t, strings.Replace(data, `"content"`, `"content":{},"content"`, 1))},
		{"content is a list", produce(t, `{"header":{"appId":"`+appID+`","msgApi":"x"},"content":[]}`)},
		{"certificates nobody has", produce(t, strings.Replace(data, `"msgApi"`, `"app_cert_sn":"x","msgApi"`, 1))},
		{"SHA-1", strings.Replace(produce(t, data), `"RSA2"`, `"RSA"`, 1)},
		{"unknown charset", strings.Replace(produce(t, data), `"UTF-8"`, `"EBCDIC"`, 1)},
		{"no data", strings.Replace(produce(t, data), `"data"`, `"date"`, 1)},
	}
	for _, test := range bad {
		link.send(0x81, test.text)
		if got := string(link.frame(1)); !strings.Contains(got, `"x-status":"FAIL"`) || !strings.Contains(got, `"x-error":"`) {
			t.Errorf("%s: %s", test.name, got)
		}
	}
	w.restart()
	list := w.must("GET", "channel", "")["produced"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["msg_id"] != id || strings.Contains(mustJSON(list), "13800000000") {
		t.Errorf("on record: %v", list)
	}
}

// More messages are in hand at once than the official client can take, and none
// is signed while they leave.
func aBurstIsSignedAheadAndLeavesAtOnce(t *testing.T) {
	const burst = 600
	w := newWorld(t, func(c *alipaysim.Config) { overSocket(c); c.AckTimeout = time.Minute })
	link := w.connect(nil)
	body := w.must("POST", "messages", fmt.Sprintf(`{"app_id":"%s","msg_method":"alipay.test","biz_content":{"number":"{n}"},"count":%d}`, appID, burst))
	if got := len(body["notify_ids"].([]any)); got != burst {
		t.Fatalf("%d ids", got)
	}
	numbers := map[string]bool{}
	w.during(func() {
		var messages []consumed
		for range burst {
			messages = append(messages, link.consume())
		}
		for _, m := range messages {
			numbers[m.content["number"].(string)] = true
			if !alipaySigned(m.data, m.protocol["x-sign"].(string)) {
				t.Fatalf("signature of %s", m.data)
			}
			link.acknowledge(m, "SUCCESS")
		}
	})
	if len(numbers) != burst || !numbers["1"] || !numbers[fmt.Sprint(burst)] {
		t.Errorf("%d different contents", len(numbers))
	}
	for _, line := range w.deliveries() {
		if line != "1 0 SUCCESS <nil> true" {
			t.Fatalf("log %s", line)
		}
	}
}

func TestABurstOverHTTPIsSignedAheadToo(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","biz_content":{"number":"{n}"},"count":20}`)
	w.run()
	list := w.pushes("alipay.test")
	for _, p := range list {
		if !alipaySigned(signedText(p.params, "sign"), p.params["sign"]) {
			t.Errorf("%v", p.params)
		}
	}
	if len(list) != 20 {
		t.Errorf("%d arrived", len(list))
	}
}

// A client that nobody here has written opens a link and takes a message.
func TestACommonClientUnderstandsTheServer(t *testing.T) {
	w := newWorld(t, overSocket)
	token, zone := w.linkToken(nil)
	address := strings.Replace(w.server.URL, "http://", "ws://", 1) + "/websocket?" + w.knock(map[string]string{"link_token": token})
	conn, response, err := websocket.Dial(t.Context(), address, &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {"zone=" + zone}}})
	if err != nil {
		t.Fatal(err)
	}
	if response.Body != nil {
		defer func() { _ = response.Body.Close() }()
	}
	defer func() { _ = conn.CloseNow() }()
	poll(t, "the link is open", func() bool { return w.links() == 1 })
	w.sendMessage("")
	w.during(func() {
		kind, text, err := conn.Read(t.Context())
		if err != nil || kind != websocket.MessageText {
			t.Fatal(kind, err)
		}
		if err := conn.Write(t.Context(), kind, []byte(readConsumed(t, string(text)).ack("SUCCESS"))); err != nil {
			t.Fatal(err)
		}
	})
	if err := conn.Close(websocket.StatusNormalClosure, "bye"); err != nil {
		t.Errorf("close: %v", err)
	}
	if w.fate() != "delivered" {
		t.Errorf("fate %s", w.fate())
	}
}

func TestClosingTheSimulatorSaysGoodbye(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	ended := make(chan struct{})
	go func() { defer close(ended); w.close() }()
	if payload := link.frame(8); string(payload[:2]) != "\x03\xe9" {
		t.Errorf("closed with %x, want 1001", payload)
	}
	<-ended // although this client never answers the close
}
