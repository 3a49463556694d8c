package main_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/order"
)

// arrival is one event at the ISV's backend.
type arrival struct {
	Times    int    `json:"times"`
	Name     string `json:"name"`
	NotifyID string `json:"notify_id"`
	Event    struct {
		Type string `json:"type"`
		Data struct {
			Channel    string            `json:"channel"`
			Content    json.RawMessage   `json:"content"`
			Raw        []byte            `json:"raw"`
			RawHeaders map[string]string `json:"raw_headers"`
		} `json:"data"`
	} `json:"event"`
}

// received is what the ISV's backend has got, by notify_id.
func (s *standalone) received() (map[string]arrival, error) {
	answer, err := s.send(http.MethodGet, s.at.Simulator+"/received", nil, nil)
	if err != nil {
		return nil, err
	}
	var shown struct{ Received []arrival }
	if err := json.Unmarshal(answer.body, &shown); err != nil {
		return nil, fmt.Errorf("/received answers %s: %w", answer, err)
	}
	all := map[string]arrival{}
	for _, one := range shown.Received {
		all[one.NotifyID] = one
	}
	return all, nil
}

// push lets Alipay send a message and returns its notify_id.
func (s *standalone) push(message map[string]any) string {
	s.t.Helper()
	message["app_id"] = appID
	var sent struct {
		NotifyID string `json:"notify_id"`
	}
	s.sim(http.MethodPost, "messages", message, &sent)
	return sent.NotifyID
}

// delivery looks for a message among the deliveries of one state.
func (s *standalone) delivery(state order.Disposition, notifyID string) (order.DeliveryView, error) {
	answer, err := s.ask(http.MethodGet, "/v1/deliveries?limit=200&state="+string(state), nil)
	if err != nil {
		return order.DeliveryView{}, err
	}
	var listed struct{ Deliveries []order.DeliveryView }
	if err := json.Unmarshal(answer.body, &listed); err != nil {
		return order.DeliveryView{}, fmt.Errorf("deliveries answer %s: %w", answer, err)
	}
	for _, view := range listed.Deliveries {
		if view.NotifyID == notifyID {
			return view, nil
		}
	}
	return order.DeliveryView{}, fmt.Errorf("%s is not %s: %w", notifyID, state, errNotYet)
}

// channels are the columns of the tables below: how Alipay sends a message.
var channels = []string{"http", "websocket"}

// unmanaged are messages that no order of Miniflow's is about, as the simulator
// writes them; those of the 1.0 layout have no place on the long connection. The
// verdicts, the revocations and the merchants' answers are about mini programs and
// orders that others manage.
func unmanaged(channel string) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, name := range []string{
		alipay.MessageMerchantConfirmed, alipay.MessageFastRegisterChanged, alipay.MessageVersionAuditPassed, alipay.MessageVersionAuditRejected,
		alipay.MessageVersionBaseAuditPassed, alipay.MessageAppAuthCancelled, alipay.MessageAppAuthCancel, alipay.MessageAPIFieldChanged,
		alipay.MessageUserAuthCancelled, alipay.MessageDepositBackCompleted, alipay.MessageZFTPassed, alipay.MessageZFTRejected,
		alipay.MessageOperationResult, alipay.MessageIntegrationSync, alipay.MessageTradeComplainChanged,
	} {
		all[name] = map[string]any{"msg_method": name}
	}
	all["alipay.open.of.tomorrow"] = map[string]any{"msg_method": "alipay.open.of.tomorrow", "biz_content": map[string]any{"note": "示例 <b>"}}
	all["trade_of_tomorrow"] = map[string]any{"msg_method": "trade_of_tomorrow", "biz_content": map[string]any{"trade_status": "TRADE_SUCCESS"}}
	if channel == "http" {
		all[alipay.MessageServiceMarketOrder] = map[string]any{"notify_type": alipay.MessageServiceMarketOrder}
		all[alipay.MessageTradeStatus] = map[string]any{"notify_type": alipay.MessageTradeStatus, "params": map[string]string{"trade_status": "TRADE_SUCCESS"}}
	}
	for _, message := range all {
		message["channel"] = channel
	}
	return all
}

// TestEachMessageReachesTheISV : what no order is about comes to the ISV's backend
// once, over either channel, in an event whose signature the public library has
// verified there; what is no event of Miniflow's does not get in.
func TestEachMessageReachesTheISV(t *testing.T) {
	s := startStandalone(t, speed(100000), "--demo=false", "--channel=websocket") // nobody waits for an order for long
	s.awaitLongConnection()
	ids := map[string]map[string]string{}
	for _, channel := range channels {
		ids[channel] = map[string]string{}
		for name, message := range unmanaged(channel) {
			ids[channel][name] = s.push(message)
		}
	}
	for _, channel := range channels {
		for name, id := range ids[channel] {
			t.Run("X16 "+channel+" "+name, func(t *testing.T) {
				s.in(t)
				got := s.awaitArrival(id)
				if got.Name != name || got.Times != 1 || got.Event.Type != order.HappenedNotification || got.Event.Data.Channel != channel ||
					len(got.Event.Data.Content) < len(`{"a":1}`) {
					t.Errorf("it came as %+v", got)
				}
				got.wantRaw(t, s, channel)
				eventually(t, patience, "it is listed as forwarded", func() error {
					_, err := s.delivery(order.DispositionForwarded, id)
					return err
				})
			})
		}
	}
	answer, err := s.send(http.MethodPost, s.at.Simulator+"/isv/events", nil, strings.NewReader(`{"type":"notification.received"}`))
	if err != nil || answer.status != http.StatusUnauthorized {
		t.Errorf("an unsigned event is answered %s, %v", answer, err)
	}
}

// awaitArrival waits until a message has come to the ISV's backend.
func (s *standalone) awaitArrival(id string) (got arrival) {
	s.t.Helper()
	eventually(s.t, patience, id+" reaches the ISV's backend", func() error {
		all, err := s.received()
		if err != nil {
			return err
		}
		var came bool
		if got, came = all[id]; !came {
			return fmt.Errorf("%d came: %w", len(all), errNotYet)
		}
		return nil
	})
	return got
}

// in lets what fails fail a subtest, for as long as that runs.
func (s *standalone) in(t *testing.T) {
	whole := s.t
	s.t = t
	t.Cleanup(func() { s.t = whole })
}

// wantRaw checks the signed bytes that events of trade notifications bring, and no
// others: a form, or what Alipay's key verifies with the headers beside it.
func (a arrival) wantRaw(t *testing.T, s *standalone, channel string) {
	t.Helper()
	data := a.Event.Data
	switch {
	case !strings.HasPrefix(a.Name, "trade_"):
		if data.Raw != nil || data.RawHeaders != nil {
			t.Errorf("it brings its signed bytes: %q %v", data.Raw, data.RawHeaders)
		}
	case channel == "http":
		if !strings.Contains(string(data.Raw), "sign=") || data.RawHeaders != nil {
			t.Errorf("it brings the body %q with %v", data.Raw, data.RawHeaders)
		}
	default:
		s.verifies(t, data.RawHeaders["x-sign"], data.Raw)
		if data.RawHeaders["x-msgId"] != a.NotifyID || data.RawHeaders["x-signType"] != "RSA2" {
			t.Errorf("it comes with %v", data.RawHeaders)
		}
	}
}

// verifies checks a signature by this Alipay, without any code of ours.
func (s *standalone) verifies(t *testing.T, sign string, text []byte) {
	t.Helper()
	written, err := os.ReadFile(s.keyFile("alipay_public.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(written)
	if block == nil {
		t.Fatal("alipay_public.pem holds no PEM block")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.StdEncoding.DecodeString(sign)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	if err := rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, sum[:], signature); err != nil {
		t.Errorf("%q does not verify: %v", text, err)
	}
}

// TestADeadLetterOverTheAPI is replayed, and another discarded; both are closed then.
func TestADeadLetterOverTheAPI(t *testing.T) {
	s := startStandalone(t, "--demo=false")
	dead := func() string {
		id := s.push(map[string]any{"msg_method": alipay.MessageMerchantConfirmed, "biz_content": `{"order_no"`})
		eventually(t, patience, "it is a dead letter", func() error {
			view, err := s.delivery(order.DispositionDead, id)
			if err == nil && view.ReplayableUntil.IsZero() {
				return errNotYet
			}
			return err
		})
		return id
	}
	command := func(id, name string, status int, says string) {
		t.Helper()
		answer := s.api(http.MethodPost, "/v1/deliveries/"+appID+"/"+id+"/"+name, map[string]any{"reason": "look"}, "X-Actor", "ops")
		if answer.status != status || !strings.Contains(string(answer.body), says) {
			t.Errorf("%s is answered %s, want %d and %q", name, answer, status, says)
		}
	}
	replayed, discarded := dead(), dead()
	command(replayed, order.ReplayUpdate, http.StatusOK, "replayed by ops: look")
	eventually(t, patience, "it is forwarded", func() error {
		_, err := s.delivery(order.DispositionForwarded, replayed)
		return err
	})
	command(discarded, order.DiscardUpdate, http.StatusOK, "discarded by ops: look")
	for _, id := range []string{replayed, discarded} {
		eventually(t, patience, "it is closed", func() error {
			answer, err := s.ask(http.MethodPost, "/v1/deliveries/"+appID+"/"+id+"/replay", nil)
			if err != nil || answer.status != http.StatusConflict || !strings.Contains(string(answer.body), "this message is closed (") {
				return fmt.Errorf("%s %w", answer, errNotYet)
			}
			return nil
		})
	}
	command("2026112100262110099", order.ReplayUpdate, http.StatusNotFound, "check app_id and notify_id")
}
