package door

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/order"
)

// captured returns a message as an operator kept it, with the key that it verifies under.
func captured(t *testing.T, name string) ([]byte, *notify.Verifier) {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/captured_key.pem")
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.ParsePublicKey(string(text))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := notify.NewVerifier([]notify.App{{ID: "2021000000000000", AlipayKeys: []keys.AlipayKey{{Public: key}}}})
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.TrimRight(string(body), "\n")), verifier
}

// TestARejectionWithRawLineBreaksPokesItsOrder guards against a loss: it was once a dead
// letter, and the order stayed in audit.
func TestARejectionWithRawLineBreaksPokesItsOrder(t *testing.T) {
	body, verifier := captured(t, "raw_crlf_json.txt")
	s := openDoor(t, newDoorTemporal())
	s.door.Trust(verifier)
	s.clock.Set(time.UnixMilli(1795300000000).UTC().Add(time.Minute))
	wantAnswer(t, s.post(body), 200, "success")
	call := s.temporal.last(t)
	if call.WorkflowID != order.MiniProgramWorkflowID("2021000000000000", "2021000000000777") || call.Signal != order.NotificationSignal {
		t.Fatalf("went to %s %s", call.Operation, call.WorkflowID)
	}
	n := call.Notification
	if n.Flaw != "" || n.Evidence.Verdict != order.VerdictRejected || n.AppVersion != "0.0.3" || n.Evidence.Reasons[0].Memo != "其他:\r\n1.服务类目不符\r\n2.请修改" {
		t.Errorf("it says %+v", n)
	}
	if !strings.Contains(n.Note, "raw line breaks") {
		t.Errorf("nobody is told what was odd about it: %q", n.Note)
	}
	content, err := s.ring.Open(n.Content, n.AppID, order.SealContent)
	if err != nil || !json.Valid(content) {
		t.Errorf("kept as %q (%v)", content, err)
	}
	if raw, err := s.ring.Open(n.Raw, n.AppID, order.SealRaw); err != nil || string(raw) != string(body) {
		t.Errorf("the signed bytes are not kept: %d bytes, %v", len(raw), err)
	}
	if records := s.records(); !strings.Contains(s.log.String(), "raw line breaks") || records[len(records)-1]["disposition"] != "waiting" {
		t.Errorf("logged %s", s.log)
	}
}

// TestOneCharacterThatFitsNoCharsetCostsNothing checks that the order is signalled
// nevertheless, and that the original bytes are kept.
func TestOneCharacterThatFitsNoCharsetCostsNothing(t *testing.T) {
	rejected := standard(alipay.MessageVersionAuditRejected, "{\"mini_app_id\":\""+doorMini+"\",\"audit_reason\":\"\xa8\xbc \xaa\xa1\"}").with("charset", "GB18030")
	s := openDoor(t, newDoorTemporal(orderOne))
	body := rejected.signed(t, doorKeys().alipay)
	wantAnswer(t, s.post(body), 200, "success")
	if n := s.temporal.last(t).Notification; n.Flaw != "" || n.MiniAppID != doorMini || n.Evidence.Reasons[0].Memo != "\ufffd \ufffd" || n.Note == "" {
		t.Errorf("it says %+v", n)
	}
	half := standard(alipay.MessageMerchantConfirmed, `{"out_order_no":"OUT1","status":"AGREED","memo":"\ud83d"}`)
	wantAnswer(t, s.post(half.signed(t, doorKeys().alipay)), 200, "success")
	call := s.temporal.last(t)
	content, err := s.ring.Open(call.Notification.Content, doorApp, order.SealContent)
	if raw, err := s.ring.Open(call.Notification.Raw, doorApp, order.SealRaw); err != nil || !strings.Contains(string(raw), "ud83d") {
		t.Errorf("the signed bytes are not kept: %q, %v", raw, err)
	}
	if call.WorkflowID != orderOne || err != nil || strings.Contains(string(content), `\ud83d`) {
		t.Errorf("went to %s as %s (%v)", call.WorkflowID, content, err)
	}
}

// TestADeadLetterNamesItsOrder where that can be read, so that a person finds it there, and a
// replay takes it there.
func TestADeadLetterNamesItsOrder(t *testing.T) {
	for name, c := range map[string]struct {
		message params
		number  string
		mini    string
	}{
		"a damaged status":         {standard(alipay.MessageMerchantConfirmed, "{\"out_order_no\":\"OUT1\",\"status\":\"AGR\xffEED\"}"), "OUT1", ""},
		"a damaged mini program":   {standard(alipay.MessageMerchantConfirmed, "{\"out_order_no\":\"OUT1\",\"status\":\"AGREED\",\"min_app_id\":\"\xff\"}"), "OUT1", ""},
		"a damaged trial":          {standard(alipay.MessageFastRegisterChanged, `{"out_order_no":"OUT1","status":{}}`), "OUT1", ""},
		"a damaged version":        {standard(alipay.MessageVersionAuditPassed, `{"mini_app_id":"`+doorMini+`","mini_app_version":"0.\ud83d"}`), "", doorMini},
		"a damaged verdict":        {standard(alipay.MessageVersionBaseAuditPassed, `{"mini_app_id":"`+doorMini+`","base_audit":[]}`), "", doorMini},
		"a damaged rejection":      {standard(alipay.MessageVersionAuditRejected, `{"mini_app_id":"`+doorMini+`","bundle_id":[]}`), "", doorMini},
		"nothing of it is to read": {standard(alipay.MessageVersionAuditPassed, `{"mini_app_id":"`), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			wantAnswer(t, s.post(c.message.signed(t, doorKeys().alipay)), 200, "success")
			call := s.temporal.last(t)
			if call.Operation != "start Delivery" || call.Delivery.Disposition != order.DispositionDead || call.Notification.OutOrderNo != c.number || call.Notification.MiniAppID != c.mini {
				t.Errorf("%s %s: %+v", call.Operation, call.WorkflowID, call.Notification)
			}
		})
	}
}
