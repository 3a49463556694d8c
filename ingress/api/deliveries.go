package api

import (
	"context"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

// listDeliveriesInput are the filters of GET /v1/deliveries. Without a state it
// shows what may need a person.
type listDeliveriesInput struct {
	State string `query:"state" enum:"applied,duplicate,stale,waiting,late,forwarded,conflict,dead" doc:"Left out: waiting, late, conflict and dead."`
	AppID string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
	PageRequest
}

type listDeliveriesOutput struct{ Body deliveryList }

// deliveryList is one page of deliveries.
type deliveryList struct {
	Deliveries []order.DeliveryView `json:"deliveries"`
	// NextCursor is empty on the last page.
	NextCursor string `json:"next_cursor" doc:"Empty on the last page."`
}

// The two lists that GET /v1/deliveries shows as one.
const (
	partDeliveries = iota
	partHeld
)

// listDeliveries is GET /v1/deliveries: the Delivery workflows page by page, then
// what running mini programs hold, a few mini programs a call.
func (a *API) listDeliveries(ctx context.Context, input *listDeliveriesInput) (*listDeliveriesOutput, error) {
	apps, err := appsFor(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	query := temporalio.NewQuery(order.DeliveryWorkflowType, apps...)
	if input.State != "" {
		query.Equals(order.AttributeDeliveryState, input.State)
	} else {
		query.OneOf(order.AttributeDeliveryState, []string{
			string(order.DispositionWaiting), string(order.DispositionLate),
			string(order.DispositionConflict), string(order.DispositionDead),
		})
	}
	filter := query.String()
	at, err := readCursor(input.Cursor, filter)
	if err != nil {
		return nil, err
	}
	listed := deliveryList{Deliveries: []order.DeliveryView{}}
	if at.Part == partDeliveries {
		page, err := a.list(ctx, filter, input.size(), at.Token)
		if err != nil {
			return nil, err
		}
		for _, execution := range page.GetExecutions() {
			if view, ok := summaryOf[order.DeliveryView](execution); ok {
				listed.Deliveries = append(listed.Deliveries, view)
			}
		}
		at = cursor{Part: partDeliveries, Token: page.GetNextPageToken()}
	}
	// What a mini program holds waits, or is dead; other states have none of it.
	holds := input.State == "" || input.State == string(order.DispositionWaiting) || input.State == string(order.DispositionDead)
	if len(at.Token) == 0 && holds || at.Part == partHeld {
		if at.Token, err = a.addHeld(ctx, apps, at, order.Disposition(input.State), &listed); err != nil {
			return nil, err
		}
		at.Part = partHeld
	}
	if len(at.Token) > 0 {
		listed.NextCursor = at.write(filter)
	}
	return &listDeliveriesOutput{Body: listed}, nil
}

// addHeld adds what one page of mini programs holds in a state, any when it is empty,
// and returns where the next page begins. One that does not answer in time is left out; its messages are
// safe with it and there at the next call.
func (a *API) addHeld(ctx context.Context, apps []string, at cursor, state order.Disposition, listed *deliveryList) ([]byte, error) {
	query := temporalio.NewQuery(order.MiniProgramWorkflowType, apps...)
	query.Where("ExecutionStatus = 'Running'")
	page, err := a.list(ctx, query.String(), heldPage, at.Token)
	if err != nil {
		return nil, err
	}
	held := make([][]order.DeliveryView, len(page.GetExecutions()))
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	atOnce(len(held), func(i int) { held[i] = a.heldBy(asking, page.GetExecutions()[i]) })
	for _, views := range held {
		for _, view := range views {
			if state == "" || view.State == state {
				listed.Deliveries = append(listed.Deliveries, view)
			}
		}
	}
	return page.GetNextPageToken(), nil
}

// heldBy asks one mini program; a failure is logged and shows nothing.
func (a *API) heldBy(ctx context.Context, execution *workflowpb.WorkflowExecutionInfo) []order.DeliveryView {
	id := execution.GetExecution()
	views, err := ask[[]order.DeliveryView](ctx, a.config.Temporal, id.GetWorkflowId(), id.GetRunId(), order.HeldQuery)
	if err != nil {
		a.config.Log.WarnContext(ctx, "a mini program did not say what it holds", "workflow_id", id.GetWorkflowId(), "error", err.Error())
	}
	return views
}
