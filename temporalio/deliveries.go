package temporalio

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"miniflow/order"
)

// Lister is the part of client.Client that lists workflows.
type Lister interface {
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
}

// FoundDelivery is a Delivery that a filter means.
type FoundDelivery struct {
	WorkflowID string
	View       order.DeliveryView
}

// Deliveries lists one page of the open Deliveries that a filter means and that began no later than
// a moment, and returns where the next page begins, empty after the last. A page may hold fewer than
// size, none too, though more follow: names, codes and times are compared here, because visibility
// knows nothing of them.
func Deliveries(ctx context.Context, lister Lister, namespace string, filter order.DeliveryFilter, at time.Time, size int, page []byte) ([]FoundDelivery, []byte, error) {
	states := []string{string(order.DispositionWaiting), string(order.DispositionDead)}
	if filter.State != "" {
		states = []string{string(filter.State)}
	}
	query := NewQuery(order.DeliveryWorkflowType, filter.AppID).Running().OneOf(order.AttributeDeliveryState, states).
		Equals(order.AttributeOutOrderNo, filter.OutOrderNo).Equals(order.AttributeMiniAppID, filter.MiniAppID).
		Where("StartTime <= " + Quote(at.UTC().Format(time.RFC3339Nano)))
	answer, err := lister.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: namespace, Query: query.String(), PageSize: int32(size), NextPageToken: page, //nolint:gosec // callers ask for some hundreds at most
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list the messages: %w", err)
	}
	var found []FoundDelivery
	for _, execution := range answer.GetExecutions() {
		view, known := Memo[order.DeliveryView](execution, order.SummaryMemo)
		if known && filter.Means(view) {
			found = append(found, FoundDelivery{execution.GetExecution().GetWorkflowId(), view})
		}
	}
	return found, answer.GetNextPageToken(), nil
}
