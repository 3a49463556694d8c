package alipaysim_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// channelLines is the protocol of the open channel, as far as it binds Alipay's
// side, one line after the other: 1.2 register, 1.3 handshake, 1.4 frames, 1.5
// what an official client needs of a server. Each has the test that reads it from
// the bytes on the wire.
var channelLines = []struct {
	line string
	test func(*testing.T)
}{
	{"1.2 the query is signed and complete; a refusal has status 200 and no sign", signedQueriesAreCheckedBothTimes},
	{"1.2 every parameter but sign is signed, sign_type too", everyParameterIsSigned},
	{"1.2 the signed text has sign_type", theSignedTextHasSignType},
	{"1.2 parameters come in any order, a blank as + and values in the charset's bytes", queriesComeInAnyOrderAndCharset},
	{"1.2 the nonce is there, 32 lower-case hex digits, once; the link token works once", noncesAndLinkTokensAreUsedOnce},
	{"1.2 no nonce, no register", noNonceNoRegister},
	{"1.2 the header lines of the official client change nothing", officialHeaderLinesChangeNothing},
	{"1.2 the answer: response, then sign, code a string, a plain token, the zone cookie", registerAnswersWithExactlyTheseBytes},
	{"1.2 certificate mode: alipay_cert_sn is the last member, and only there", registerInCertificateMode},
	{"1.2 a failure: code, msg, sub_code, sub_msg, unsigned, status 200", aFailureHasExactlyTheseBytes},
	{"1.2 the body is in the charset", refusalsAreInTheClientsCharset},
	{"1.3 the answer: a reason phrase, Sec-WebSocket-Accept, no subprotocol, no extension", handshakeAnswersWithExactlyTheseBytes},
	{"1.3 what is no upgrade is refused", handshakesThatAreNone},
	{"1.3 no link token, no link", noLinkTokenNoLink},
	{"1.4 one text frame, whole and unmasked; header lines, an empty line, a body", aMessageIsOneUnmaskedTextFrame},
	{"1.4 a long message is one frame too", aLongMessageIsOneFrame},
	{"1.4 frames are in the charset of the link, and x-sign is over those bytes", framesAreInTheClientsCharset},
	{"1.4 frames of a client may come in pieces", fragmentsOfAClientAreJoined},
	{"1.4 frames against RFC 6455 end the link", framesThatEndTheLink},
	{"1.4.1 strings alone, content an object, no escape with a letter, no member twice", everyMessageOfALifeHasStringsAlone},
	{"1.4.1 certificate mode: both numbers in data.header, and signed", messagesInCertificateMode},
	{"1.4.2 an acknowledgement echoes what it answers", acknowledgementsThatAreNone},
	{"1.4.2 it may come over another connection", anAcknowledgementMayComeOverANewLink},
	{"1.4.2 FAIL, and none, are followed by the schedule", failAndSilenceAreFollowedByTheSchedule},
	{"1.4.3 PRODUCE is verified, PRODUCE_ACK has the stream-id", producedMessagesAreVerifiedStoredAndAcknowledged},
	{"1.4.3 PRODUCE_ACK to the byte", aProduceAckHasExactlyTheseBytes},
	{"1.4.4 every ping is answered with what it says", pingsAreAnsweredWithWhatTheySay},
	{"1.4.5 nothing follows a close frame", nothingFollowsAGoodbye},
	{"1.4.6 more at once than an official client can take", aBurstIsSignedAheadAndLeavesAtOnce},
	{"1.5 both requests at one address", bothRequestsAtOneAddress},
	{"1.5 acknowledgements come in any order", acknowledgementsComeInAnyOrder},
	{"1.5 each message goes over one of several links", oneOfSeveralLinksGetsEachMessage},
}

func TestTheProtocolLineByLine(t *testing.T) {
	for _, l := range channelLines {
		t.Run(l.line, func(t *testing.T) {
			t.Parallel() // the protocol's own times are waited for
			l.test(t)
		})
	}
}

func theSignedTextHasSignType(t *testing.T) {
	w := newWorld(t)
	params := w.knockParams(map[string]string{"nonce": w.nonce()})
	query := url.Values{"sign": {signText(t, signedText(params, "sign_type"))}}
	for name, value := range params {
		query.Set(name, value)
	}
	if _, body := w.registered(query.Encode()); !strings.Contains(body, `"sub_code":"isv.invalid-signature"`) {
		t.Errorf("signed without sign_type: %s", body)
	}
}

func queriesComeInAnyOrderAndCharset(t *testing.T) {
	w := newWorld(t)
	version, err := simplifiedchinese.GBK.NewEncoder().String("版本 1+%")
	if err != nil {
		t.Fatal(err)
	}
	query := w.knock(map[string]string{"nonce": w.nonce(), "charset": "GBK", "sdk_version": version})
	parts := strings.Split(query, "&")
	slices.Reverse(parts)
	if _, body := w.registered(strings.Join(parts, "&")); !strings.Contains(query, "%B0%E6%B1%BE+1%2B%25") || !strings.Contains(body, `"code":"10000"`) {
		t.Errorf("%s\n%s", query, body)
	}
}

func noNonceNoRegister(t *testing.T) {
	w := newWorld(t)
	head, body := w.registered(w.knock(nil))
	if !strings.HasPrefix(head, "HTTP/1.1 200 ") || !strings.Contains(body, `"sub_code":"isv.missing-nonce"`) {
		t.Errorf("%s\n%s", head, body)
	}
}

func noLinkTokenNoLink(t *testing.T) {
	w := newWorld(t, overSocket)
	_, in, head := w.handshake(w.knock(nil), "Connection: close\r\n")
	body := make([]byte, 200)
	n, err := in.Read(body)
	if err != nil || !strings.HasPrefix(head, "HTTP/1.1 200 ") || !strings.Contains(string(body[:n]), `"sub_code":"isv.missing-link_token"`) {
		t.Errorf("%v: %s%s", err, head, body[:n])
	}
}

func officialHeaderLinesChangeNothing(t *testing.T) {
	w := newWorld(t, overSocket)
	const both = "Content-Type: application/x-www-form-urlencoded;charset=UTF-8\r\nLoadTest: true\r\n"
	query := w.knock(map[string]string{"nonce": w.nonce()})
	_, in := w.exchange("GET /websocket/register.do?" + query + " HTTP/1.1\r\nHost: sim\r\nConnection: keep-alive\r\n" +
		"Accept: text/plain,text/xml,text/javascript,text/html\r\nUser-Agent: aop-sdk-java\r\n" + both + "\r\n")
	if status, err := in.ReadString('\n'); err != nil || status != "HTTP/1.1 200 OK\r\n" {
		t.Errorf("register: %q, %v", status, err)
	}
	token, zone := w.linkToken(nil)
	_, _, head := w.handshake(w.knock(map[string]string{"link_token": token}), "cookie: zone="+zone+";\r\n"+both)
	if !strings.HasPrefix(head, "HTTP/1.1 101 ") {
		t.Errorf("handshake: %s", head)
	}
}

func aFailureHasExactlyTheseBytes(t *testing.T) {
	w := newWorld(t)
	head, body := w.registered(w.knock(map[string]string{"nonce": w.nonce(), "app_id": "1"}))
	shape := regexp.MustCompile(`^\{"response":\{"code":"[0-9]+","msg":"[A-Za-z ]+","sub_code":"isv\.[a-z-]+","sub_msg":"[^"\\]*"\}\}$`)
	if !shape.MatchString(body) || !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") {
		t.Errorf("%s\n%s", head, body)
	}
}

func registerInCertificateMode(t *testing.T) {
	w, keys := certified(t)
	query := numbers(t, keys)
	query["nonce"] = w.nonce()
	_, body := w.registered(w.knock(query))
	sn := opensslSN(t, read(t, keys, "alipay_cert.crt"))
	shape := regexp.MustCompile(`^\{"response":(\{"code":"10000","msg":"Success","link_token":"[A-Za-z0-9_-]+"\}),"sign":"([A-Za-z0-9+/]+=*)","alipay_cert_sn":"` + sn + `"\}$`)
	if found := shape.FindStringSubmatch(body); found == nil || !alipaySigned(found[1], found[2]) {
		t.Errorf("body %s", body)
	}
	for _, missing := range []string{"app_cert_sn", "alipay_root_cert_sn"} {
		query := numbers(t, keys)
		query["nonce"], query[missing] = w.nonce(), ""
		if _, body := w.registered(w.knock(query)); strings.Contains(body, "10000") || strings.Contains(body, "alipay_cert_sn") {
			t.Errorf("without %s: %s", missing, body)
		}
	}
}

func messagesInCertificateMode(t *testing.T) {
	w, keys := certified(t, overSocket)
	sn := numbers(t, keys)
	link := w.connect(sn)
	w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","biz_content":{"a":"b"}}`)
	w.during(func() {
		m := link.consume()
		link.acknowledge(m, "SUCCESS")
		want := `{"header":{"appId":"` + appID + `","msgApi":"alipay.test","app_cert_sn":"` + sn["app_cert_sn"] +
			`","alipay_root_cert_sn":"` + sn["alipay_root_cert_sn"] + `"},"content":{"a":"b"}}`
		if diff := cmp.Diff(want, m.data); diff != "" || !alipaySigned(m.data, m.protocol["x-sign"].(string)) {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Lengths are spelled in seven bits, in sixteen and in sixty-four; whatever it is,
// the frame is one.
func aLongMessageIsOneFrame(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	for _, size := range []int{1, 1 << 12, 1 << 17} {
		text := strings.Repeat("x", size)
		w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.test","biz_content":{"text":"`+text+`"}}`)
		w.during(func() {
			first, second, payload, err := link.raw()
			if err != nil || first != 0x81 || second&0x80 != 0 {
				t.Fatalf("%d: frame %x %x, %v", size, first, second, err)
			}
			m := readConsumed(t, string(payload))
			link.acknowledge(m, "SUCCESS")
			if m.content["text"] != text {
				t.Errorf("%d: another text came", size)
			}
		})
	}
}

func aProduceAckHasExactlyTheseBytes(t *testing.T) {
	w := newWorld(t, overSocket)
	link := w.connect(nil)
	link.send(0x81, produce(t, `{"header":{"appId":"`+appID+`","msgApi":"alipay.example.produce"},"content":{}}`))
	first, second, payload, err := link.raw()
	shape := regexp.MustCompile(`^stream-id:c0Vbd1MYYik008\r\n\r\n\{"protocol":\{"x-type":"message","x-cmd":"PRODUCE_ACK","x-msgId":"[0-9a-f]+","x-status":"SUCCESS","x-code":"10000"\}\}$`)
	if err != nil || first != 0x81 || second&0x80 != 0 || !shape.Match(payload) {
		t.Errorf("%x %x %s, %v", first, second, payload, err)
	}
}

// One connection takes a registration, and then the upgrade.
func bothRequestsAtOneAddress(t *testing.T) {
	w := newWorld(t, overSocket)
	conn, in := w.exchange("GET /websocket/register.do?" + w.knock(map[string]string{"nonce": w.nonce()}) + " HTTP/1.1\r\nHost: sim\r\n\r\n")
	var answer strings.Builder
	for !strings.HasSuffix(answer.String(), `=="}`) {
		b, err := in.ReadByte()
		if err != nil {
			t.Fatal(err)
		}
		answer.WriteByte(b)
	}
	found := regexp.MustCompile(`(?s)zone=([A-Za-z0-9]+).*"link_token":"([^"]+)"`).FindStringSubmatch(answer.String())
	if found == nil {
		t.Fatal(answer.String())
	}
	request := "GET /websocket?" + w.knock(map[string]string{"link_token": found[2]}) + " HTTP/1.1\r\nHost: sim\r\nCookie: zone=" + found[1] + ";\r\n" +
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	if status, err := in.ReadString('\n'); err != nil || status != "HTTP/1.1 101 Switching Protocols\r\n" {
		t.Errorf("%q, %v", status, err)
	}
}
