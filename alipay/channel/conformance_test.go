package channel_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
)

// signedQuery checks the signature of a request as a server has to: all parameters but sign,
// sorted by name, not escaped.
func signedQuery(t *testing.T, r request) url.Values {
	t.Helper()
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for name, values := range query {
		if len(values) != 1 {
			t.Errorf("%s occurs %d times", name, len(values))
		}
		if name != "sign" {
			lines = append(lines, name+"="+values[0])
		}
	}
	sort.Strings(lines)
	signature, err := base64.StdEncoding.Strict().DecodeString(query.Get("sign"))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(strings.Join(lines, "&")))
	if err := rsa.VerifyPKCS1v15(&appKey().PublicKey, crypto.SHA256, digest[:], signature); err != nil {
		t.Errorf("the signature does not hold: %v", err)
	}
	query.Del("sign")
	return query
}

func TestTheTwoRequests(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, func(s *server, _ *channel.Config) {
			s.register = func(*http.Request) string { return answer200(s.grant("Token_-1"), "Set-Cookie: zone=GZ00B; Path=/") }
		})
		now := strconv.FormatInt(time.Now().UnixMilli(), 10)
		register := r.server.next("/websocket/register.do")
		query := signedQuery(t, register)
		if nonce := query.Get("nonce"); !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(nonce) {
			t.Errorf("nonce %q", nonce)
		}
		query.Del("nonce")
		common := url.Values{"app_id": {appID}, "charset": {"UTF-8"}, "sdk_version": {"miniflow"}, "sign_type": {"RSA2"}, "timestamp": {now}}
		if diff := cmp.Diff(common, query); diff != "" {
			t.Errorf("register query (-want +got)\n%s", diff)
		}

		handshake := r.server.next("/websocket")
		common.Set("link_token", "Token_-1")
		if diff := cmp.Diff(common, signedQuery(t, handshake)); diff != "" {
			t.Errorf("handshake query (-want +got)\n%s", diff)
		}
		want := http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Cookie": {"zone=GZ00B;"},
			"Content-Type": {"application/x-www-form-urlencoded;charset=UTF-8"}, "User-Agent": {"miniflow"},
		}
		header := handshake.Header.Clone()
		header.Del("Sec-Websocket-Key")
		if key, err := base64.StdEncoding.DecodeString(handshake.Header.Get("Sec-Websocket-Key")); err != nil || len(key) != 16 {
			t.Errorf("Sec-WebSocket-Key %q", handshake.Header.Get("Sec-Websocket-Key"))
		}
		if diff := cmp.Diff(want, header); diff != "" {
			t.Errorf("handshake header: no subprotocol, no extension, no origin (-want +got)\n%s", diff)
		}
		if register.Method != http.MethodGet || register.Host != host || handshake.Method != http.MethodGet || handshake.Host != host {
			t.Errorf("%s to %s, then %s to %s", register.Method, register.Host, handshake.Method, handshake.Host)
		}
	})
}

func TestCertificateModeNamesItsCertificates(t *testing.T) {
	const certSN = "7513daaaa48aa3ba2e4018d84402479c"
	bubble(t, func(t *testing.T) {
		r := start(t, func(s *server, c *channel.Config) {
			c.AppCertSN, c.AlipayRootCertSN = "50fa7bc5dc305a4fbdbe166689ddc827", "687b59193f3f462dd5336e5abf83c5d8_02941eef3187dddf3d3b83462e1dfcf6"
			c.AlipayKey = func(sn string) []keys.PublicKey {
				if sn != "" && sn != certSN {
					return nil
				}
				return []keys.PublicKey{&otherKey().PublicKey, &alipayKey().PublicKey}
			}
			s.register = func(*http.Request) string {
				return answer200(strings.TrimSuffix(s.grant("t"), "}") + `,"alipay_cert_sn":"` + certSN + `"}`)
			}
		})
		for _, path := range []string{"/websocket/register.do", "/websocket"} {
			query := signedQuery(t, r.server.next(path))
			if query.Get("app_cert_sn") != "50fa7bc5dc305a4fbdbe166689ddc827" ||
				query.Get("alipay_root_cert_sn") != "687b59193f3f462dd5336e5abf83c5d8_02941eef3187dddf3d3b83462e1dfcf6" {
				t.Errorf("%s: %v", path, query)
			}
		}
		r.outcome(channel.OutcomeConnected)
	})
}

// TestAcks compares every byte of an answer with what the official client sends.
func TestAcks(t *testing.T) {
	for name, c := range map[string]struct{ frame, want string }{
		"with every header line": {
			string(consume("2026112100262110001", genuine)),
			"from-sys:openchannel\r\nfrom-sys-ip:10.1.2.3\r\nstream-id:s-2026112100262110001\r\n\r\n" +
				`{"protocol":{"x-type":"message","x-cmd":"CONSUME_ACK","x-msgId":"2026112100262110001","x-version":"1.0","x-status":"SUCCESS"}}`,
		},
		"with one, and one that means nothing": {
			string(frameOf("x-trace:\xd6\xd0\r\nstream-id:s1\r\n", protocolOf("7", genuine), genuine)),
			"stream-id:s1\r\n\r\n" + `{"protocol":{"x-type":"message","x-cmd":"CONSUME_ACK","x-msgId":"7","x-version":"1.0","x-status":"SUCCESS"}}`,
		},
		"an IPv6 address is repeated whole": {
			string(frameOf("from-sys-ip:2001:db8::1\r\nstream-id:s1\r\n", protocolOf("7", genuine), genuine)),
			"from-sys-ip:2001:db8::1\r\nstream-id:s1\r\n\r\n" +
				`{"protocol":{"x-type":"message","x-cmd":"CONSUME_ACK","x-msgId":"7","x-version":"1.0","x-status":"SUCCESS"}}`,
		},
		"an id that has to be escaped": {
			string(frameOf("stream-id:s1\r\n", protocolOf(`a\"\\\u000d\n乗😀`, genuine), genuine)),
			"stream-id:s1\r\n\r\n" + `{"protocol":{"x-type":"message","x-cmd":"CONSUME_ACK","x-msgId":"a\"\\\u000d\u000a\u4e57\ud83d\ude00","x-version":"1.0","x-status":"SUCCESS"}}`,
		},
		"no id": {
			string(frameOf("stream-id:s1\r\n", strings.Replace(protocolOf("7", genuine), `"x-msgId":"7"`, `"x-msgId":null`, 1), genuine)),
			"stream-id:s1\r\n\r\n" + `{"protocol":{"x-type":"message","x-cmd":"CONSUME_ACK","x-version":"1.0","x-status":"SUCCESS"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := start(t)
				p := receive(t, r.server.links)
				p.text([]byte(c.frame))
				if diff := cmp.Diff(c.want, p.ack()); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

func TestAStreamWithoutANameGetsOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t)
		p := receive(t, r.server.links)
		for range 2 {
			p.text(frameOf("\r\n", protocolOf("7", genuine), genuine)) // the frame starts with the empty line
		}
		one, other := p.ack(), p.ack()
		if !regexp.MustCompile(`^stream-id:c[0-9a-f]{13}\r\n\r\n\{`).MatchString(one) || one == other {
			t.Errorf("answered %q and %q", one, other)
		}
	})
}

func TestPings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t)
		p := receive(t, r.server.links)
		began := time.Now()
		wait(t, time.Minute+time.Second)
		p.send(frameBytes(true, opPing, []byte("are you there")))
		if pong := receive(t, p.got); pong.opcode != opPong || string(pong.payload) != "are you there" || !pong.masked {
			t.Errorf("a ping was answered with opcode %d, %q", pong.opcode, pong.payload)
		}
		r.stop()
		receive(t, p.gone)
		if len(p.pings) != 30 {
			t.Fatalf("%d pings in a minute", len(p.pings))
		}
		for i, ping := range p.pings {
			if len(ping.payload) != 0 || !ping.masked || !ping.fin || ping.at.Sub(began) != time.Duration(i+1)*2*time.Second {
				t.Errorf("ping %d after %v: %+v", i, ping.at.Sub(began), ping)
			}
		}
	})
}

func TestTheContentIsTheSignedBytes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t)
		p := receive(t, r.server.links)
		p.text([]byte(strings.Replace(string(consume("7", genuine)), `"data":`, `"data" : `, 1))) // blanks here are not signed
		n := receive(t, r.handled)
		if string(n.Content) != `{"auth_app_id":"2021000000000009","rate":0.10}` || n.NotifyID != "7" || n.AppID != appID ||
			n.Name != "alipay.open.auth.appauth.cancelled" || n.SentAt.UnixMilli() != 1795280000000 {
			t.Errorf("%v: %s", n, n.Content)
		}
		if status := p.status(); status != "SUCCESS" {
			t.Errorf("answered %s", status)
		}
	})
}

func TestGBK(t *testing.T) {
	// 乗 is 81 5C and 亄 is 81 7B: read byte by byte, a backslash and a brace.
	data := strings.Replace(genuine, `"rate":0.10`, "\"name\":\"\xd6\xd0\x81\x5c\",\"\x81\x7b\":\"\x81\x5c\"", 1)
	bubble(t, func(t *testing.T) {
		r := start(t, func(_ *server, c *channel.Config) { c.Charset = channel.GBK })
		if query := signedQuery(t, r.server.next("/websocket/register.do")); query.Get("charset") != "GBK" {
			t.Errorf("registered with %v", query)
		}
		p := receive(t, r.server.links)
		p.text(frameOf("stream-id:s1\r\n", protocolOf("\x81\x5c", data), data))
		if n := receive(t, r.handled); string(n.Content) != `{"auth_app_id":"2021000000000009","name":"中乗","亄":"乗"}` || n.NotifyID != "乗" {
			t.Errorf("%v, content %s (%v)", n, n.Content, n.ContentError)
		}
		if ack := p.ack(); !strings.Contains(ack, `"x-msgId":"\u4e57"`) || !strings.Contains(ack, "SUCCESS") {
			t.Errorf("answered %q", ack)
		}
	})
}

func TestFragments(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, func(_ *server, c *channel.Config) { c.Charset = channel.GBK })
		p := receive(t, r.server.links)
		data := strings.Replace(genuine, `0.10`, "\"\xd6\xd0\x81\x5c\"", 1)
		whole := frameOf("stream-id:s1\r\n", protocolOf("7", data), data)
		middle := strings.Index(string(whole), "\xd6\xd0") + 1 // inside a character
		p.send(frameBytes(false, opText, whole[:10]))
		p.send(frameBytes(false, opContinue, whole[10:middle]))
		p.send(frameBytes(true, opPing, nil))
		p.send(frameBytes(false, opContinue, nil))
		p.send(frameBytes(true, opContinue, whole[middle:]))
		if f := receive(t, p.got); f.opcode != opPong {
			t.Errorf("a ping among fragments was answered with opcode %d", f.opcode)
		}
		if status := p.status(); status != "SUCCESS" {
			t.Errorf("answered %s", status)
		}
		synctest.Wait()
		if n := receive(t, r.handled); !strings.Contains(string(n.Content), "中乗") {
			t.Errorf("content %s (%v)", n.Content, n.ContentError)
		}
	})
}
