package clustertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.temporal.io/api/workflowservice/v1"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/cluster"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
	"miniflow/temporalio"
)

// TestEveryAttributeIsFound puts the longest and oddest value that may enter into each search
// attribute, where it enters, and finds it by a list. PostgreSQL takes what it can't show: a Keyword
// above 255 characters starts a workflow that no list ever finds.
func TestEveryAttributeIsFound(t *testing.T) {
	defer running.intact(t)
	must(t, running.alipay.Rules(t.Context(), alipaysim.Rule{Merchant: &alipaysim.MerchantRule{After: minute}, Audits: []alipaysim.AuditRule{{Result: "none"}}}))
	merchant := strings.Repeat("𠮷", 40) + "`小店 %_;--:$1 <b>#" // 4 bytes each
	number := strings.Repeat("Z", 28) + "_-09"
	body := running.formal(number)
	shop := strings.Repeat("𠮷", 40) + "`面馆 %_;--:$1 <b>#"
	body["merchant_ref"], body["shop_name"] = merchant, shop
	create, _ := body["create"].(map[string]any)
	create["app_name"] = "示例小店" // made of the number otherwise
	running.place(t, body)
	held := running.formal("attribute-held")
	held["policy"] = map[string]any{"create": "manual"}
	running.place(t, held)
	created := running.await(t, number, at(order.StageAuditing))

	found := map[string]func(){
		order.AttributeAppID: func() {
			running.lists(t, "attribute-held", url.Values{"app_id": {appID}, "hold": {string(order.HoldNeedsApproval)}})
		},
		order.AttributeMerchantRef: func() { running.lists(t, number, url.Values{"merchant_ref": {merchant}}) },
		order.AttributeShopName:    func() { running.lists(t, number, url.Values{"shop_name": {shop}}) },
		order.AttributeMiniAppID:   func() { running.lists(t, number, url.Values{"mini_app_id": {created.MiniAppID}}) },
		order.AttributeOrderKind: func() {
			running.lists(t, number, url.Values{"kind": {string(order.KindFormal)}, "merchant_ref": {merchant}})
		},
		order.AttributeOrderStage: func() {
			running.lists(t, number, url.Values{"stage": {string(order.StageAuditing)}, "merchant_ref": {merchant}})
		},
		order.AttributeOrderHold: func() { running.lists(t, "attribute-held", url.Values{"hold": {string(order.HoldNeedsApproval)}}) },
		order.AttributeOutOrderNo: func() {
			running.shows(t, order.AttributeOutOrderNo+" = "+temporalio.Quote(number)+" AND WorkflowType = 'Order'")
		},
		order.AttributeAuditAttempt: func() {
			running.shows(t, order.AttributeAuditAttempt+" = 1 AND "+order.AttributeOutOrderNo+" = "+temporalio.Quote(number))
		},
		order.AttributeMerchantLink: func() {
			running.shows(t, fmt.Sprintf("%s = %d AND WorkflowType = 'Order'", order.AttributeMerchantLink, order.MerchantLinkID(appID, number)))
		},
		order.AttributeDeliveryState: func() {
			id := unborn(t, "attribute-delivery", "2021000000000001")
			running.shows(t, order.AttributeDeliveryState+" = 'waiting' AND WorkflowId = "+temporalio.Quote(order.DeliveryWorkflowID(appID, id)))
		},
	}
	if got, want := slices.Sorted(maps.Keys(found)), slices.Sorted(slices.Values(append(order.KeywordAttributes(), order.IntAttributes()...))); !slices.Equal(got, want) {
		t.Errorf("found are %v, want each of %v", got, want)
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		found[name]()
	}
}

// odd are ids as a message may bring them, in JSON: Alipay promises no alphabet.
var odd = []string{
	`2021000000000001`, strings.Repeat("9", order.MaxPlainID), strings.Repeat("9", order.MaxPlainID+1), strings.Repeat("小", 256), strings.Repeat("小", 42),
	`20\u000021`, `20\ud80021`, `20\udc0021`, `20'21`, `20\"21`, `20\\21`, "20`21", `20 21`, `20\n21`, `20%21`, `20?21`, `/`, `小程序`, ``,
}

// TestAMessageWithAnOddIDIsFound pushes messages that name no order, with every odd id as the mini
// program's, over both doors, and finds what became of each in a list.
func TestAMessageWithAnOddIDIsFound(t *testing.T) {
	defer running.intact(t)
	for i, written := range odd {
		id := fmt.Sprintf("odd-%02d", i)
		channel := []string{"http", "websocket"}[i%2]
		running.say(t, map[string]any{
			"notify_id": id, "channel": channel, "msg_method": "alipay.open.mini.version.audit.passed",
			"biz_content": `{"mini_app_id":"` + written + `","mini_app_version":"0.0.1","bundle_id":"com.alipay.alipaywallet"}`,
		})
		var mini string
		must(t, json.Unmarshal([]byte(`"`+written+`"`), &mini))
		plain := order.PlainID(mini)
		// Too long for an id, or with a character that was repaired: then it names no mini
		// program, or another one, and the message is kept by itself or there.
		running.shows(t, fmt.Sprintf("(WorkflowType = 'MiniProgram' AND %s = %s) OR WorkflowId = %s",
			order.AttributeMiniAppID, temporalio.Quote(plain), temporalio.Quote(order.DeliveryWorkflowID(appID, id))))
	}
	for i, notifyID := range []string{"带 blanks/and slashes", strings.Repeat("n", order.MaxPlainID+1), strings.Repeat("n", 255), "quo'te", strings.Repeat("长", 100)} {
		number := fmt.Sprintf("odd-number-%d", i)
		running.say(t, map[string]any{
			"notify_id": notifyID, "msg_method": "alipay.open.mini.merchant.confirmed",
			"biz_content": map[string]any{"out_order_no": number, "order_no": "2026", "min_app_id": "小 程", "status": "PROCESS"},
		})
		running.shows(t, fmt.Sprintf("%s = 'waiting' AND %s = %s AND %s = %s", order.AttributeDeliveryState, order.AttributeOutOrderNo, temporalio.Quote(number),
			order.AttributeMiniAppID, temporalio.Quote(order.PlainID("小 程"))))
	}
}

// TestTheDoorOfPeopleRefusesWhatNoListShows: what an ISV sends is refused with the field's name
// where it could not be found again.
func TestTheDoorOfPeopleRefusesWhatNoListShows(t *testing.T) {
	for field, values := range map[string][]string{
		"merchant_ref": {strings.Repeat("小", 65), `a\u0000b`, `a\ud800b`, `a\u0085b`, `a'b`, `a\\b`, `a?b`},
		"out_order_no": {strings.Repeat("9", 33), "小", `a\u0000b`, `a\ud800b`},
		"app_id":       {strings.Repeat("9", 65), `\u0000`},
	} {
		for _, value := range values {
			body := running.formal("refused")
			body[field] = json.RawMessage(`"` + value + `"`)
			err := running.api.Call(t.Context(), http.MethodPost, "/v1/orders", body, nil)
			if err == nil || !strings.Contains(err.Error(), "answered 4") || !strings.Contains(err.Error(), field) {
				t.Errorf("%s %q: %v", field, value, err)
			}
		}
	}
	if _, err := running.api.Order(t.Context(), appID, "refused"); err == nil {
		t.Error("one of them was started")
	}
}

// unborn pushes a message for an order that does not exist, and returns its notify_id.
func unborn(t *testing.T, outOrderNo, mini string) string {
	t.Helper()
	id := "unborn-" + outOrderNo
	running.say(t, map[string]any{
		"notify_id": id, "msg_method": "alipay.open.mini.merchant.confirmed",
		"biz_content": map[string]any{"out_order_no": outOrderNo, "order_no": "2026", "min_app_id": mini, "status": "PROCESS"},
	})
	return id
}

// say has Alipay push a message.
func (s *system) say(t *testing.T, message map[string]any) {
	t.Helper()
	message["app_id"] = cluster.AppID
	must(t, s.alipay.Call(t.Context(), http.MethodPost, "/sim/v1/messages", message, nil))
}

// lists waits until a list of the REST API shows an order.
func (s *system) lists(t *testing.T, outOrderNo string, filter url.Values) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() error {
		var page struct{ Orders []order.View }
		if err := s.api.Call(t.Context(), http.MethodGet, "/v1/orders?limit=200&"+filter.Encode(), nil, &page); err != nil {
			return err
		}
		if !slices.ContainsFunc(page.Orders, func(v order.View) bool { return v.OutOrderNo == outOrderNo }) {
			return fmt.Errorf("%s is not among the %d with %v", outOrderNo, len(page.Orders), filter)
		}
		return nil
	}))
}

// shows waits until Temporal's visibility shows a workflow.
func (s *system) shows(t *testing.T, query string) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() error {
		counted, err := s.temporal.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Namespace: cluster.Namespace, Query: query})
		if err == nil && counted.GetCount() == 0 {
			err = fmt.Errorf("no workflow with %s", query)
		}
		return err
	}))
}
