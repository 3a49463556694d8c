package activities

import (
	"context"

	"go.temporal.io/api/workflowservice/v1"

	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// codeOngoing is how Alipay refuses to create a second mini program for a merchant who has not answered
// the first order: that has to end before.
const codeOngoing = "ONGOING_ORDER_EXIST"

// OngoingOrders finds the order that a merchant has not answered yet among Miniflow's own, which share the
// ISV's id of the merchant.
type OngoingOrders struct {
	Temporal  temporalio.Lister
	Namespace string
}

// Of returns the merchant's order of an app that waits for the merchant, besides one order; nil where
// there is none, or where nobody can say.
func (f *OngoingOrders) Of(ctx context.Context, appID, merchantRef, besides string) *order.View {
	if merchantRef == "" {
		return nil
	}
	query := temporalio.NewQuery(order.WorkflowType, appID).Running().Equals(order.AttributeMerchantRef, merchantRef).
		Equals(order.AttributeOrderStage, string(order.StageAwaitingMerchant))
	const few = 10
	answer, err := f.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: f.Namespace, Query: query.String(), PageSize: few,
	})
	if err != nil {
		return nil // why it was refused is known all the same
	}
	for _, row := range answer.GetExecutions() {
		view, known := temporalio.Memo[order.View](row, order.SummaryMemo)
		if known && view.OutOrderNo != besides && view.MerchantRef == merchantRef { // some stores ignore case
			return &view
		}
	}
	return nil
}

// nameOngoing is the refusal of a create that an unfinished order of the merchant stands in the way of,
// with that order's name where it is one of ours. It is left alone: each of the two has its own mini
// program in mind, and only a person knows whether both mean the same.
func (a *Alipay) nameOngoing(ctx context.Context, call CreateCall, refused error) error {
	if a.Ongoing == nil || !isRefusedWith(refused, codeOngoing) {
		return refusal(refused, "create")
	}
	other := a.Ongoing.Of(ctx, call.AppID, call.MerchantRef, call.OutOrderNo)
	failure := FailureOf(refusal(refused, "create"))
	if other != nil {
		failure.Message = words.New("failure.ongoing_ours", other.OutOrderNo, other.OrderNo)
	}
	return failed(failure)
}
