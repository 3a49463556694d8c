package door

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/notify"
	"miniflow/order"
)

// Every notification has one record, under these names.
func TestLogRecords(t *testing.T) {
	s := openDoor(t, newDoorTemporal(orderOne))
	body := confirmed().signed(t, doorKeys().alipay)
	s.post(body)
	s.post(body)
	s.post(confirmed().signed(t, doorKeys().other))
	common := map[string]any{"app_id": doorApp, "channel": "http", "duration": 0.0}
	notification := map[string]any{"notify_id": "n-" + alipay.MessageMerchantConfirmed, "name": alipay.MessageMerchantConfirmed}
	want := []map[string]any{
		{"level": "INFO", "msg": "notification accepted", "disposition": "waiting", "rule": "without_sign_type",
			"key_index": 0.0, "verifications": 1.0, "lag": float64(time.Second)},
		{"level": "INFO", "msg": "notification repeated", "disposition": "duplicate"},
		{"level": "WARN", "msg": "notification refused", "reason": "bad_signature", "verifications": 2.0, "suppressed": 0.0,
			"hint": notify.ReasonBadSignature.Hint()},
	}
	for i, record := range want {
		maps.Copy(record, common)
		if i < 2 {
			maps.Copy(record, notification)
		}
	}
	got := s.records()
	for _, record := range got {
		delete(record, "time")
		if record["rule"] != nil {
			want[0]["rule"] = record["rule"] // its spelling is the verifier's
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFloodOfForgeriesDoesNotFillTheLog(t *testing.T) {
	s := openDoor(t, newDoorTemporal())
	forged := confirmed().with("alipay_cert_sn", "00").signed(t, doorKeys().other)
	for range 1000 {
		wantAnswer(t, s.post(forged), 403, "fail")
	}
	if lines := len(s.records()); lines != refusalBurst {
		t.Errorf("%d lines", lines)
	}
	if got := s.metric("miniflow_door_refusals_total"); got != 1000 {
		t.Errorf("%v counted", got)
	}
	s.clock.Forward(time.Second)
	s.post(forged)
	records := s.records()
	if got := records[len(records)-1]["suppressed"]; got != float64(1000-refusalBurst) {
		t.Errorf("%v suppressed", got)
	}
}

// The content of a message is readable only with the sealing keys.
func TestCanariesAreNowhereReadable(t *testing.T) {
	canaries := []string{"CANARYtoken", "CANARYrefresh", "CANARYcode", "13800138000", "CANARYlicence", "CANARYname"}
	detail := `{"app_auth_token":"CANARYtoken","app_refresh_token":"CANARYrefresh","app_auth_code":"CANARYcode","auth_app_id":"` + doorMini + `","auth_time":1763600000000}`
	messages := []params{
		authorised(`{"detail":` + detail + `}`),
		standard(alipay.MessageAppAuthCancelled, `{"app_auth_token":"CANARYtoken","auth_app_id":"`+doorMini+`"}`),
		standard("alipay.unknown.message", `{"phone":"13800138000","license_no":"CANARYlicence"}`),
		standard(alipay.MessageOpenAppAuth, `{"detail":["CANARYtoken"]}`),
		standard(alipay.MessageMerchantConfirmed, `{"phone":"13800138000", CANARYname`),
		{"app_id": doorApp, "notify_id": "n9", "notify_type": alipay.MessageServiceMarketOrder, "phone": "13800138000", "name": "CANARYname"},
	}
	temporal := newDoorTemporal()
	s := openDoor(t, temporal)
	for i, message := range messages {
		body := message.with("notify_id", "n"+string(rune('a'+i))).signed(t, doorKeys().alipay)
		wantAnswer(t, s.post(body), 200, "success")
		temporal.down = errDown
		s.post(message.signed(t, doorKeys().alipay))
		temporal.down = nil
		s.post(message.signed(t, doorKeys().other))
	}
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{"log": s.log.String(), "sent to Temporal": temporal.wire.String()}
	for _, family := range families {
		shown["metrics"] += family.String()
	}
	for place, text := range shown {
		if text == "" {
			t.Fatalf("nothing in %s", place)
		}
		for _, canary := range canaries {
			for _, spelling := range []string{canary, base64.StdEncoding.EncodeToString([]byte(canary))} {
				if strings.Contains(text, spelling) {
					t.Errorf("%s is in the %s", canary, place)
				}
			}
		}
	}
}

func TestEncryptedTokenOpensInTheRightPlaceOnly(t *testing.T) {
	s := openDoor(t, newDoorTemporal())
	s.post(authorised(`{"detail":{"app_auth_token":"T1","app_refresh_token":"R1","auth_app_id":"`+doorMini+`"}}`).signed(t, doorKeys().alipay))
	token := s.temporal.last(t).Notification.Evidence.Token
	for want, sealed := range map[string]order.Sealed{"T1": token.Sealed, "R1": token.Refresh} {
		if opened, err := s.ring.Open(sealed, doorApp, order.SealToken); err != nil || string(opened) != want {
			t.Errorf("opened %q, %v", opened, err)
		}
		if _, err := s.ring.Open(sealed, "another app", order.SealToken); err == nil {
			t.Error("it opens for another app")
		}
	}
	if token.Fingerprint != order.Fingerprint("T1") {
		t.Error("the fingerprint is another's")
	}
}

// The content as a person will read it: biz_content, or the parameters of a flat message.
func TestContentIsKept(t *testing.T) {
	s := openDoor(t, newDoorTemporal(orderOne))
	open := func() string {
		t.Helper()
		opened, err := s.ring.Open(s.temporal.last(t).Notification.Content, doorApp, order.SealContent)
		if err != nil {
			t.Fatal(err)
		}
		return string(opened)
	}
	s.post(confirmed().signed(t, doorKeys().alipay))
	if got := open(); got != confirmed()["biz_content"] {
		t.Errorf("kept %s", got)
	}
	flat := params{"app_id": doorApp, "notify_id": "n9", "notify_type": alipay.MessageServiceMarketOrder, "name": "甲", "phone": "1"}
	s.post(flat.signed(t, doorKeys().alipay))
	var kept params
	if err := json.Unmarshal([]byte(open()), &kept); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(flat, kept); diff != "" {
		t.Error(diff)
	}
}
