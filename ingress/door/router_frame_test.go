package door

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/order"
)

// framed returns a message of the long connection that Alipay signed.
func framed(t *testing.T, name, content, charset string) notify.Frame {
	t.Helper()
	data := `{"header":{"appId":"` + doorApp + `","msgApi":"` + name + `"},"content":` + content + `}`
	sign, err := keys.Sign(doorKeys().alipay, keys.RSA2, []byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return notify.Frame{MessageID: "n-" + name, Timestamp: millis(doorNow()), SignType: keys.RSA2, Sign: sign, Charset: charset, Data: []byte(data)}
}

// takeFrame passes a frame to the door as the long connection does.
func (s *doorEnv) takeFrame(f notify.Frame) order.Disposition {
	s.t.Helper()
	n, err := doorVerifier(s.t, doorKeys().alipay).Frame(doorApp, f)
	if err != nil {
		s.t.Fatal(err)
	}
	disposition, err := s.intake.Take(s.t.Context(), n, ChannelWebSocket)
	if err != nil {
		s.t.Fatal(err)
	}
	return disposition
}

// TestAFrameIsKeptWhole checks that the signed bytes are kept, sealed, together with the
// signature.
func TestAFrameIsKeptWhole(t *testing.T) {
	const secret = "2088canary"
	for _, charset := range []string{"UTF-8", "GBK"} {
		s := openForwarding(t, Forwarding{Raw: true})
		f := framed(t, "alipay.open.of.tomorrow", `{"user_id":"`+secret+`", "rate":0.10}`, charset)
		if got := s.takeFrame(f); got != order.DispositionWaiting {
			t.Errorf("it is %s", got)
		}
		kept := s.temporal.last(t).Delivery.Notification
		if raw, err := s.ring.Open(kept.Raw, doorApp, order.SealRaw); err != nil || string(raw) != string(f.Data) {
			t.Errorf("%q was sent, %q is kept (%v)", f.Data, raw, err)
		}
		if diff := cmp.Diff(&order.Signature{Type: "RSA2", Value: f.Sign, Charset: charset}, kept.Signature); diff != "" {
			t.Error(diff)
		}
		if kept.Channel != string(ChannelWebSocket) || kept.NotifyID != f.MessageID || !kept.SentAt.Equal(doorNow()) {
			t.Errorf("it is kept as %+v", kept)
		}
		if sent := s.temporal.wire.String(); strings.Contains(sent, secret) || strings.Contains(sent, base64.StdEncoding.EncodeToString(f.Data)) {
			t.Error("the signed bytes went to Temporal in clear")
		}
	}
}

// TestOneMessageOverBothChannels checks that it goes to the same workflow with the same
// identity and evidence, and that the second is a duplicate where it is kept.
func TestOneMessageOverBothChannels(t *testing.T) {
	for name, content := range map[string]string{
		alipay.MessageMerchantConfirmed:  `{"order_no":"ORD1","out_order_no":"OUT1","min_app_id":"` + doorMini + `","status":"AGREED"}`,
		alipay.MessageVersionAuditPassed: `{"mini_app_id":"` + doorMini + `"}`,
		alipay.MessageUserAuthCancelled:  `{"user_id":"2088"}`,
	} {
		s := openForwarding(t, Forwarding{}, orderOne)
		wantAnswer(t, s.post(standard(name, content).signed(t, doorKeys().alipay)), 200, "success")
		posted := s.temporal.last(t)
		again := s.takeFrame(framed(t, name, content, "UTF-8"))
		framed := s.temporal.last(t)
		if posted.WorkflowID != framed.WorkflowID || posted.RequestID != framed.RequestID {
			t.Errorf("%s: to %s by %s, then to %s by %s", name, posted.WorkflowID, posted.RequestID, framed.WorkflowID, framed.RequestID)
		}
		if framed.Operation == "describe" {
			if again != order.DispositionDuplicate {
				t.Errorf("%s: the second is %s", name, again)
			}
			continue
		}
		if diff := cmp.Diff(posted.Notification, framed.Notification, ignoringEnvelope()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if posted.Notification.NotificationKey != framed.Notification.NotificationKey {
			t.Errorf("%s: %+v, then %+v", name, posted.Notification.NotificationKey, framed.Notification.NotificationKey)
		}
	}
}

// TestAFrameThatIsTooLargeToKeep checks that its bytes and their signature are left out, but
// the message is not lost.
func TestAFrameThatIsTooLargeToKeep(t *testing.T) {
	s := openForwarding(t, Forwarding{Raw: true})
	s.takeFrame(framed(t, "alipay.open.new", `{"a":"`+strings.Repeat("a", MaxContent-20)+`"}`, "UTF-8"))
	if n := s.temporal.last(t).Notification; n.Raw != "" || n.Signature != nil || n.Content == "" || n.Flaw != "" {
		t.Errorf("kept %d bytes raw, signature %v, %d of content, flaw %q", len(n.Raw), n.Signature, len(n.Content), n.Flaw)
	}
}
