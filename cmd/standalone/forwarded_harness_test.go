package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
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

// push has Alipay send a message and returns its notify_id.
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

// in is the same process for a subtest: what fails fails that one, and several may go on at once.
func (s *standalone) in(t *testing.T) *standalone {
	return &standalone{t: t, dir: s.dir, process: s.process, ended: s.ended, at: s.at}
}
