package alipaysim_test

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/alipay/alipaysim"
)

// These tests read what stands on the wire, one line of what the official client
// needs after the other.

// refusedKnocks are queries that are not let in, as changes to a good one.
var refusedKnocks = []struct {
	name   string
	change map[string]string
	want   string
}{
	{"no app", map[string]string{"app_id": ""}, "isv.missing-app-id"},
	{"unknown app", map[string]string{"app_id": "1"}, "isv.invalid-app-id"},
	{"no charset", map[string]string{"charset": ""}, "isv.missing-charset"},
	{"unknown charset", map[string]string{"charset": "EBCDIC"}, "isv.invalid-charset"},
	{"no sdk_version", map[string]string{"sdk_version": ""}, "isv.missing-sdk_version"},
	{"no sign_type", map[string]string{"sign_type": ""}, "isv.missing-sign_type"},
	{"SHA-1", map[string]string{"sign_type": "RSA"}, "isv.invalid-signature-type"},
	{"no timestamp", map[string]string{"timestamp": ""}, "isv.missing-timestamp"},
	{"the gateway's timestamp", map[string]string{"timestamp": "2026-11-21 10:00:00"}, "isv.invalid-timestamp"},
	{"seconds", map[string]string{"timestamp": "1795226400"}, "isv.invalid-timestamp"},
	{"a clock 16 minutes slow", map[string]string{"timestamp": strconv.FormatInt(begin.Add(-16*time.Minute).UnixMilli(), 10)}, "isv.invalid-timestamp"},
	{"a clock 16 minutes fast", map[string]string{"timestamp": strconv.FormatInt(begin.Add(16*time.Minute).UnixMilli(), 10)}, "isv.invalid-timestamp"},
	{"a certificate of an app without", map[string]string{"app_cert_sn": "x"}, "isv.missing-signature-config"},
}

func signedQueriesAreCheckedBothTimes(t *testing.T) {
	w := newWorld(t, overSocket)
	for _, test := range refusedKnocks {
		change := map[string]string{"nonce": w.nonce(), "link_token": "x"}
		for name, value := range test.change {
			change[name] = value
		}
		head, body := w.registered(w.knock(change))
		if !strings.HasPrefix(head, "HTTP/1.1 200 ") || !strings.Contains(body, `"sub_code":"`+test.want+`"`) || strings.Contains(body, `"sign"`) {
			t.Errorf("register, %s: %.20s %s, want %s unsigned with status 200", test.name, head, body, test.want)
		}
		_, in, head := w.handshake(w.knock(change), "Connection: close\r\n")
		rest, err := io.ReadAll(in)
		if err != nil || !strings.HasPrefix(head, "HTTP/1.1 200 ") || !strings.Contains(string(rest), test.want) {
			t.Errorf("handshake, %s: %v %.20s %s, want %s", test.name, err, head, rest, test.want)
		}
	}
	if got := w.links(); got != 0 {
		t.Errorf("%d links are open", got)
	}
}

func everyParameterIsSigned(t *testing.T) {
	w := newWorld(t)
	good := w.knock(map[string]string{"nonce": w.nonce()})
	for _, name := range []string{"charset", "nonce", "sdk_version", "timestamp", "sign"} {
		tampered := regexp.MustCompile(`(^|&)`+name+`=`).ReplaceAllString(good, "${0}1")
		_, body := w.registered(tampered)
		if !strings.Contains(body, `"code":"40002"`) {
			t.Errorf("%s was changed and taken: %s", name, body)
		}
	}
	for _, query := range []string{good + "&more=1", good + "&app_id=" + appID, good + "&%zz=1"} {
		if _, body := w.registered(query); !strings.Contains(body, `"code":"40002"`) {
			t.Errorf("%s was taken: %s", query, body)
		}
	}
	if _, body := w.registered(good); !strings.Contains(body, `"code":"10000"`) {
		t.Errorf("the query that was changed is no good itself: %s", body)
	}
}

func noncesAndLinkTokensAreUsedOnce(t *testing.T) {
	w := newWorld(t, func(c *alipaysim.Config) { c.LinkTokenLife = time.Minute })
	once := map[string]string{"nonce": w.nonce()}
	if _, body := w.registered(w.knock(once)); !strings.Contains(body, "10000") {
		t.Fatal(body)
	}
	for _, again := range []map[string]string{once, {"nonce": "ABCDEF00000000000000000000000000"}, {"nonce": "1"}} {
		if _, body := w.registered(w.knock(again)); !strings.Contains(body, "isv.invalid-nonce") {
			t.Errorf("%v: %s", again, body)
		}
	}
	tests := []struct {
		name, app string
		later     time.Duration
		zone      func(string) string
		open      bool
	}{
		{"another app's", otherID, 0, func(z string) string { return z }, false},
		{"without the zone", appID, 0, func(string) string { return "" }, false},
		{"in another zone", appID, 0, func(string) string { return "GZ99" }, false},
		{"too late", appID, 61 * time.Second, func(z string) string { return z }, false},
		{"in time", appID, 59 * time.Second, func(z string) string { return z }, true},
	}
	for _, test := range tests {
		token, zone := w.linkToken(nil)
		w.clock.set(w.clock.Now().Add(test.later))
		query := w.knock(map[string]string{"app_id": test.app, "link_token": token})
		cookie := "Cookie: zone=" + test.zone(zone) + ";\r\n"
		if _, _, head := w.handshake(query, cookie); strings.HasPrefix(head, "HTTP/1.1 101 ") != test.open {
			t.Errorf("%s: %s", test.name, head)
		}
		if _, _, head := w.handshake(query, cookie); test.open && strings.HasPrefix(head, "HTTP/1.1 101 ") {
			t.Errorf("%s: the token worked twice", test.name)
		}
	}
}

func registerAnswersWithExactlyTheseBytes(t *testing.T) {
	w := newWorld(t)
	head, body := w.registered(w.knock(map[string]string{"nonce": w.nonce()}))
	shape := regexp.MustCompile(`^\{"response":(\{"code":"10000","msg":"Success","link_token":"[A-Za-z0-9_-]+"\}),"sign":"([A-Za-z0-9+/]+=*)"\}$`)
	found := shape.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("body %s", body)
	}
	if !alipaySigned(found[1], found[2]) {
		t.Error("the signature is not over the response as written")
	}
	if !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") || !regexp.MustCompile(`(?m)^Set-Cookie: zone=[A-Za-z0-9]+; Path=/\r?$`).MatchString(head) {
		t.Errorf("head %s", head)
	}
}

func handshakeAnswersWithExactlyTheseBytes(t *testing.T) {
	w := newWorld(t, overSocket)
	token, zone := w.linkToken(nil)
	offers := "Cookie: zone=" + zone + ";\r\nSec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"
	_, _, head := w.handshake(w.knock(map[string]string{"link_token": token}), offers)
	want := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n" // the example of RFC 6455, section 1.3
	if diff := cmp.Diff(want, head); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func handshakesThatAreNone(t *testing.T) {
	w := newWorld(t)
	good := []string{"Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}
	for i, bad := range []string{"Upgrade: h2c", "Connection: keep-alive", "Sec-WebSocket-Version: 8", "Sec-WebSocket-Key: c2hvcnQ="} {
		lines := slices.Clone(good)
		lines[i] = bad
		_, in := w.exchange("GET /websocket HTTP/1.1\r\nHost: sim\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n")
		if status, err := in.ReadString('\n'); err != nil || status != "HTTP/1.1 400 Bad Request\r\n" {
			t.Errorf("%s: %q, %v", bad, status, err)
		}
	}
	_, in := w.exchange("POST /websocket/register.do HTTP/1.1\r\nHost: sim\r\nContent-Length: 0\r\n\r\n")
	if status, err := in.ReadString('\n'); err != nil || status != "HTTP/1.1 405 Method Not Allowed\r\n" {
		t.Errorf("POST register.do: %q, %v", status, err)
	}
}

// trap is content with everything that official clients read wrongly.
const trap = `{"text":"\u4e2d\u003c\ud83d\ude00 \u0041 \u000b \u2028 \"\\u4e2d < > & / \/ 面馆","amount":0.10,"list":[{"a":1e2}]}`

func aMessageIsOneUnmaskedTextFrame(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","notify_id":"n1","biz_content":`+trap+`}`)
	w.during(func() {
		first, second, payload, err := link.raw()
		if err != nil || first != 0x81 || second&0x80 != 0 {
			t.Fatalf("frame %x %x, %v", first, second, err)
		}
		m := readConsumed(t, string(payload))
		link.acknowledge(m, "SUCCESS")
		wantHead := "from-sys:openchannel\r\nfrom-sys-ip:10.1.2.3\r\nstream-id:" + m.stream + "\r\n\r\n"
		wantData := `{"header":{"appId":"` + appID + `","msgApi":"alipay.test"},"content":` +
			`{"text":"中<😀 \u0041 \u000b \u2028 \"\\u4e2d < > & / \/ 面馆","amount":0.10,"list":[{"a":1e2}]}}`
		signature := m.protocol["x-sign"].(string)
		want := wantHead + `{"protocol":{"x-type":"message","x-cmd":"CONSUME","x-msgId":"n1","x-timestamp":"1795226400000","x-version":"1.0",` +
			`"x-charset":"UTF-8","x-signType":"RSA2","x-sign":"` + signature + `"},"data":` + wantData + `}`
		if diff := cmp.Diff(want, m.text); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if !alipaySigned(wantData, signature) {
			t.Error("x-sign is not over data as written")
		}
		if !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(m.stream) {
			t.Errorf("stream-id %q", m.stream)
		}
	})
	if w.fate() != "delivered" {
		t.Errorf("fate %s", w.fate())
	}
}

// The messages that the life of a mini program causes obey the same rules.
func everyMessageOfALifeHasStringsAlone(t *testing.T) {
	w := newWorld(t, overSocket)
	w.rules(`{"rules":[{"merchant":{"answer":"AGREED","after":"0s"},"authorize":{"after":"0s","skip":true}}]}`)
	link := w.connect(nil)
	w.call(createMethod, "", createFields("s-1"))
	w.during(func() {
		for range 2 {
			m := link.consume()
			link.acknowledge(m, "SUCCESS")
			for name, value := range m.protocol {
				if _, isText := value.(string); !isText {
					t.Errorf("protocol.%s is %v", name, value)
				}
			}
			if regexp.MustCompile(`\\u[0-9a-fA-F]*[a-fA-F]`).MatchString(m.text) {
				t.Errorf("an escape with a letter: %s", m.text)
			}
			seen := map[string]int{}
			names(t, json.NewDecoder(strings.NewReader(m.data)), "", seen)
			for name, times := range seen {
				if times > 1 {
					t.Errorf("%s is there %d times", name, times)
				}
			}
			if m.content["out_order_no"] != "s-1" || !alipaySigned(m.data, m.protocol["x-sign"].(string)) {
				t.Errorf("content %v", m.content)
			}
		}
	})
}

// names counts the members of a JSON value by their path.
func names(t *testing.T, decoder *json.Decoder, path string, seen map[string]int) {
	t.Helper()
	token, err := decoder.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch token {
	case json.Delim('{'):
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				t.Fatal(err)
			}
			inner := path + "/" + name.(string)
			seen[inner]++
			names(t, decoder, inner, seen)
		}
	case json.Delim('['):
		for i := 0; decoder.More(); i++ {
			names(t, decoder, path+"/"+strconv.Itoa(i), seen)
		}
	default:
		return
	}
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
}

func framesAreInTheClientsCharset(t *testing.T) {
	for _, charset := range []string{"GBK", "gb18030"} {
		w := newWorld(t, overSocket)
		link := w.connect(map[string]string{"charset": charset})
		w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","biz_content":{"text":"面馆的〔小程序〕"}}`)
		w.during(func() {
			raw := string(link.frame(1))
			text, err := simplifiedchinese.GB18030.NewDecoder().String(raw)
			if err != nil {
				t.Fatal(err)
			}
			m := readConsumed(t, text)
			link.acknowledge(m, "SUCCESS")
			_, data, _ := strings.Cut(raw, `"data":`)
			if !alipaySigned(strings.TrimSuffix(data, "}"), m.protocol["x-sign"].(string)) {
				t.Errorf("%s: x-sign is not over the bytes as sent", charset)
			}
			if m.content["text"] != "面馆的〔小程序〕" || m.protocol["x-charset"] != charset || strings.Contains(raw, "面") {
				t.Errorf("%s: %q", charset, raw)
			}
		})
	}
}

func pingsAreAnsweredWithWhatTheySay(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	for _, payload := range []string{"", "x", strings.Repeat("p", 125)} {
		link.send(0x89, payload)
		if got := string(link.frame(10)); got != payload {
			t.Errorf("pong %q, want %q", got, payload)
		}
	}
	link.send(0x8a, "a pong nobody asked for")
	link.send(0x89, "still here")
	if got := string(link.frame(10)); got != "still here" {
		t.Errorf("pong %q", got)
	}
}

func acknowledgementsComeInAnyOrder(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	for range 3 {
		w.sendMessage("")
	}
	w.during(func() {
		messages := []consumed{link.consume(), link.consume(), link.consume()}
		slices.Reverse(messages)
		for _, m := range messages {
			link.acknowledge(m, "SUCCESS")
			link.acknowledge(m, "SUCCESS") // said twice, counted once
		}
	})
	if got := w.deliveries(); len(got) != 3 || w.fate() != "delivered" {
		t.Errorf("%v, %s", got, w.fate())
	}
}

// violations are frames that end the link, and the code they end it with.
var violations = []struct {
	name string
	raw  []byte
	code uint16
}{
	{"not masked", []byte{0x81, 0x01, 'x'}, 1002},
	{"a reserved bit", masked(0xc1, "x"), 1002},
	{"an unknown opcode", masked(0x83, "x"), 1002},
	{"a long ping", masked(0x89, strings.Repeat("x", 126)), 1002},
	{"a ping in pieces", masked(0x09, "x"), 1002},
	{"a continuation of nothing", masked(0x80, "x"), 1002},
	{"a new message inside another", append(masked(0x01, "x"), masked(0x81, "y")...), 1002},
	{"a length spelled too long", []byte{0x81, 0x80 | 126, 0, 1, 1, 2, 3, 4, 'x'}, 1002},
	{"half a close code", masked(0x88, "x"), 1002},
	{"not UTF-8", masked(0x81, "\xff\xfe"), 1007},
	{"a length nobody sends", []byte{0x81, 0x80 | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 1009},
	{"more than a mebibyte in pieces", append(masked(0x01, strings.Repeat("x", 1<<20)), masked(0x80, "x")...), 1009},
	{"goodbye", masked(0x88, "\x03\xe8bye"), 1000},
}

func framesThatEndTheLink(t *testing.T) {
	w := newWorld(t, overSocket)
	for _, test := range violations {
		link := w.connect(nil)
		if _, err := link.conn.Write(test.raw); err != nil {
			t.Fatal(err)
		}
		payload := link.frame(8)
		if len(payload) < 2 || uint16(payload[0])<<8|uint16(payload[1]) != test.code {
			t.Errorf("%s: closed with %x, want %d", test.name, payload, test.code)
		}
		if _, err := link.in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("%s: the connection stays open: %v", test.name, err)
		}
		poll(t, "the link is gone", func() bool { return w.links() == 0 })
	}
}

func fragmentsOfAClientAreJoined(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	w.sendMessage("")
	w.during(func() {
		ack := link.consume().ack("SUCCESS")
		link.send(0x01, ack[:20])
		link.send(0x89, "between") // a control frame may stand between
		link.send(0x00, ack[20:50])
		link.send(0x80, ack[50:])
		link.frame(10)
	})
	if w.fate() != "delivered" {
		t.Errorf("fate %s, %v", w.fate(), w.deliveries())
	}
}
