package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
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
			Content json.RawMessage `json:"content"`
			Raw     []byte          `json:"raw"`
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

// TestMessagesWithoutAnOrderReachTheISV signed, once, with their content; what is
// no event of Miniflow's does not get in.
func TestMessagesWithoutAnOrderReachTheISV(t *testing.T) {
	s := startStandalone(t, "--demo=false")
	ids := map[string]string{}
	for _, name := range []string{alipay.MessageUserAuthCancelled, alipay.MessageDepositBackCompleted, alipay.MessageAPIFieldChanged,
		alipay.MessageZFTPassed, alipay.MessageZFTRejected, "alipay.open.of.tomorrow"} {
		ids[name] = s.push(map[string]any{"msg_method": name, "biz_content": map[string]any{"note": "示例 <b>"}})
	}
	ids[alipay.MessageServiceMarketOrder] = s.push(map[string]any{"notify_type": alipay.MessageServiceMarketOrder, "params": map[string]string{"title": "模板"}})
	ids[alipay.MessageTradeStatus] = s.push(map[string]any{"notify_type": alipay.MessageTradeStatus, "params": map[string]string{"trade_status": "TRADE_SUCCESS"}})
	for name, id := range ids {
		eventually(t, patience, name+" reaches the ISV's backend", func() error {
			all, err := s.received()
			got, came := all[id]
			if err != nil || !came {
				return fmt.Errorf("%d came: %w", len(all), errNotYet)
			}
			if got.Name != name || got.Times != 1 || got.Event.Type != order.HappenedNotification || len(got.Event.Data.Content) < len(`{"a":1}`) {
				t.Errorf("%s came as %+v", name, got)
			}
			if isTrade := name == alipay.MessageTradeStatus; isTrade != strings.Contains(string(got.Event.Data.Raw), "sign=") {
				t.Errorf("%s brings the body %q", name, got.Event.Data.Raw)
			}
			return nil
		})
		eventually(t, patience, name+" is listed as forwarded", func() error {
			_, err := s.delivery(order.DispositionForwarded, id)
			return err
		})
	}
	answer, err := s.send(http.MethodPost, s.at.Simulator+"/isv/events", nil, strings.NewReader(`{"type":"notification.received"}`))
	if err != nil || answer.status != http.StatusUnauthorized {
		t.Errorf("an unsigned event is answered %s, %v", answer, err)
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
