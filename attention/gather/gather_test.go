package gather_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/attention"
	"miniflow/attention/gather"
	"miniflow/order"
	"miniflow/words"
)

var began = time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC)

// listed is a Temporal whose lists are those of each type of workflow.
type listed struct {
	gather.Temporal
	rows map[string][]*workflowpb.WorkflowExecutionInfo
}

func (l listed) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	for kind, rows := range l.rows {
		if strings.Contains(request.GetQuery(), "WorkflowType = '"+kind+"'") && !strings.Contains(request.GetQuery(), "'waiting'") {
			return &workflowservice.ListWorkflowExecutionsResponse{Executions: rows}, nil
		}
	}
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func payload(t *testing.T, value any) *commonpb.Payload {
	t.Helper()
	written, err := converter.GetDefaultDataConverter().ToPayload(value)
	if err != nil {
		t.Fatal(err)
	}
	return written
}

func row(t *testing.T, id string, memo map[string]any, attributes map[string]string) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	one := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "r"}, Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING, StartTime: timestamppb.New(began),
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{}}, SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{}},
	}
	for name, value := range memo {
		one.Memo.Fields[name] = payload(t, value)
	}
	for name, value := range attributes {
		one.SearchAttributes.IndexedFields[name] = payload(t, value)
	}
	return one
}

// TestAMiniProgramIsOneItem, of its order where that waits for it, since the order knows the shop; a
// rejected order that is on its way again needs nobody.
func TestAMiniProgramIsOneItem(t *testing.T) {
	held := order.View{AppID: "1", OutOrderNo: "a", MiniAppID: "m1", ShopName: "巷口小面", MerchantRef: "shop-7", Stage: order.StageAuditing,
		Hold: &order.Hold{Kind: order.HoldAuthorizationRevoked, Since: began, Message: words.Plain("gone")}}
	reworking := order.View{AppID: "1", OutOrderNo: "b", Stage: order.StageAuditRejected, Commands: []order.Command{order.CommandCancel}}
	rejected := order.View{AppID: "1", OutOrderNo: "c", Stage: order.StageAuditRejected, Commands: []order.Command{order.CommandResubmit}}
	filing := func(no, code string) order.View {
		return order.View{AppID: "1", OutOrderNo: no, Stage: order.StageReleasing, Hold: &order.Hold{Kind: order.HoldAwaitingFiling, Code: code}}
	}
	busy := func(no string, message words.Text) order.View {
		return order.View{AppID: "1", OutOrderNo: no, Stage: order.StageSubmitting, Hold: &order.Hold{Kind: order.HoldPipelineBusy, Message: message}}
	}
	foreign, brief := busy("f", words.New(order.ForeignVersion, "7.0.0", words.New("pipeline.AUDITING"))), busy("g", words.Plain("later"))
	var orders []*workflowpb.WorkflowExecutionInfo
	for _, view := range []order.View{held, reworking, rejected, filing("d", "SECURITY_AUDIT_REJECT"), filing("e", "AUDITING"), foreign, brief} {
		orders = append(orders, row(t, order.WorkflowID("1", view.OutOrderNo), map[string]any{order.SummaryMemo: view}, nil))
	}
	g := &gather.Gatherer{Now: func() time.Time { return began }, Temporal: listed{rows: map[string][]*workflowpb.WorkflowExecutionInfo{
		order.WorkflowType: orders,
		order.MiniProgramWorkflowType: {
			row(t, "mini-program/1/m1", nil, map[string]string{order.AttributeMiniAppID: "m1", order.AttributeOrderHold: "authorization_revoked"}),
			row(t, "mini-program/1/m2", map[string]any{order.TroubleMemo: order.Trouble{Since: began.Add(time.Hour), Code: "isv.illegal-client-ip"}},
				map[string]string{order.AttributeMiniAppID: "m2", order.AttributeOrderHold: "needs_operator"}),
			row(t, "mini-program/1/m4", map[string]any{order.TroubleMemo: order.Trouble{Since: began, Code: order.CodeTakenDown}, order.OnlineMemo: order.OnlineKnown{AppVersion: "0.0.2"}},
				map[string]string{order.AttributeMiniAppID: "m4", order.AttributeOrderHold: order.MiniProgramOffline}),
			row(t, "mini-program/1/m5", map[string]any{order.TroubleMemo: order.Trouble{Since: began}},
				map[string]string{order.AttributeMiniAppID: "m5", order.AttributeOrderHold: order.MiniProgramOffline}),
			row(t, "mini-program/1/m6", map[string]any{order.TroubleMemo: order.Trouble{Since: began, Code: order.CodeLimitedEnds, Until: began.Add(100 * time.Hour)}},
				map[string]string{order.AttributeMiniAppID: "m6", order.AttributeOrderHold: "awaiting_filing"}),
			row(t, "mini-program/1/m3", nil, map[string]string{order.AttributeMiniAppID: "m3", order.AttributeDeliveryState: "dead"}),
		},
	}}}
	found, err := g.Of(t.Context(), "1")
	if err != nil || !found.Complete {
		t.Fatal(err, found.Complete)
	}
	got := map[string]attention.Item{}
	for _, item := range found.Items {
		got[item.ID] = item
	}
	if len(found.Items) != 9 || got["order:f"].Kind != attention.KindNeedsOperator || got["order:d"].Kind != attention.KindFiling || got["mini-program:m1"].ShopName != "巷口小面" || got["mini-program:m1"].Kind != attention.KindAuthorization {
		t.Errorf("found are %+v", found.Items)
	}
	if m2 := got["mini-program:m2"]; m2.Code != "isv.illegal-client-ip" || !m2.Since.Equal(began.Add(time.Hour)) || m2.Kind != attention.KindAuthorization {
		t.Errorf("in doubt: %+v", m2)
	}
	if m4, m5 := got["mini-program:m4"], got["mini-program:m5"]; m4.Kind != attention.KindOffline || !strings.Contains(m4.Reason.String(), "has taken version 0.0.2") || len(m4.Commands) > 0 ||
		m5.Kind != attention.KindOffline || !slices.Equal(m5.Commands, []string{"offline-mini-program"}) {
		t.Errorf("offline are %+v and %+v", m4, m5)
	}
	if m6 := got["mini-program:m6"]; m6.Kind != attention.KindFiling || m6.DaysLeft == nil || *m6.DaysLeft != 5 {
		t.Errorf("a limited release: %+v", m6)
	}
	if got["mini-program:m3"].Kind != attention.KindDeliveryDead || got["order:c"].Kind != attention.KindAuditRejected {
		t.Errorf("found are %+v", got)
	}
}
