package alipaysim_test

import (
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
