package activities_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/activities"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// merchantsOrders lists the orders of a merchant.
type merchantsOrders struct {
	t     *testing.T
	views []order.View
	err   error
}

func (l merchantsOrders) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	for _, part := range []string{"ExecutionStatus = 'Running'", "MerchantRef = 'shop-7'", "OrderStage = 'awaiting_merchant'", appID} {
		if !strings.Contains(request.GetQuery(), part) {
			l.t.Errorf("asked for %s", request.GetQuery())
		}
	}
	answer := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, view := range l.views {
		memo, err := converter.GetDefaultDataConverter().ToPayload(view)
		if err != nil {
			l.t.Fatal(err)
		}
		answer.Executions = append(answer.Executions, &workflowpb.WorkflowExecutionInfo{
			Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{order.SummaryMemo: memo}},
		})
	}
	return answer, l.err
}

// TestAnOngoingOrderOfOursIsNamed: Alipay says that the merchant has an unfinished order. Where that is
// another order of Miniflow's, the refusal names it; where nobody can say, it is Alipay's own.
func TestAnOngoingOrderOfOursIsNamed(t *testing.T) {
	view := func(no, ref string) order.View {
		return order.View{AppID: appID, OutOrderNo: no, MerchantRef: ref, OrderNo: "ORD7", Stage: order.StageAwaitingMerchant}
	}
	for name, c := range map[string]struct {
		code, ref string
		listed    merchantsOrders
		says      string
	}{
		"ours":                       {"ONGOING_ORDER_EXIST", "shop-7", merchantsOrders{views: []order.View{view(outNo, "shop-7"), view("first", "shop-7")}}, "failure.ongoing_ours"},
		"none of ours":               {"ONGOING_ORDER_EXIST", "shop-7", merchantsOrders{views: []order.View{view(outNo, "shop-7"), view("other", "SHOP-7")}}, "failure.said"},
		"Temporal can't say":         {"ONGOING_ORDER_EXIST", "shop-7", merchantsOrders{err: errors.New("down")}, "failure.said"},
		"a merchant without a name":  {"ONGOING_ORDER_EXIST", "", merchantsOrders{views: []order.View{view("first", "")}}, "failure.said"},
		"refused for another reason": {"DAILY_REJECT_EXCEEDS", "shop-7", merchantsOrders{views: []order.View{view("first", "shop-7")}}, "failure.said"},
	} {
		t.Run(name, func(t *testing.T) {
			c.listed.t = t
			b := newBench(t)
			calls := b.activities()
			calls.Ongoing = &activities.OngoingOrders{Temporal: c.listed, Namespace: "n"}
			b.fakeAlipay.plan("create", plan{err: refused(codes.ClassWait, c.code)})
			_, err := newTestEnv(t, calls.Register).try(activities.CreateMiniProgram.Name, activities.CreateCall{
				Whose: activities.Whose{MerchantRef: c.ref}, AppID: appID, OutOrderNo: outNo, Kind: order.KindFormal, Create: []order.Sealed{`{}`},
			})
			failure := failureOf(t, err)
			if failure.Class != activities.FailureWait || failure.Code != c.code || failure.Message.Code != c.says {
				t.Errorf("ended with %+v", failure)
			}
			if c.says == "failure.ongoing_ours" && !strings.Contains(failure.Message.String(), "order first") {
				t.Errorf("says %s", failure.Message)
			}
		})
	}
}
