package scenario

import (
	"context"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/cmd/internal/remote"
	"miniflow/order"
	"miniflow/temporalio"
)

// awaitCompleted waits until as many workflows whose ids begin so have completed. Only visibility
// is asked, once a second: a long-poll for each would be work of the system's that no order
// causes.
func (b *bench) awaitCompleted(ctx context.Context, prefix string, count int, within time.Duration) error {
	query := "WorkflowId STARTS_WITH " + temporalio.Quote(prefix) + " AND ExecutionStatus = 'Completed'"
	for end := time.Now().Add(within); ; {
		answer, err := b.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: b.Namespace, Query: query})
		if err != nil {
			return err
		}
		if answer.GetCount() >= int64(count) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d have ended within %v", answer.GetCount(), count, within.Round(time.Second))
		}
		if err := remote.Pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// histories looks at what the orders have left: all have to be online, or their cost is that of
// something else.
func (b *bench) histories(ctx context.Context, kind string) error {
	ids := make([]string, 0, b.Orders)
	for i := range b.Orders {
		view, err := b.Order(ctx, b.number(kind, i))
		if err != nil {
			return err
		}
		if view.Stage != order.StageOnline {
			return fmt.Errorf("the order %s ended at %s and not online", view.OutOrderNo, view.Stage)
		}
		ids = append(ids, b.WorkflowID(view.OutOrderNo))
	}
	if err := b.eventsOf(ctx, "orders", ids, "orders.skeleton"); err != nil {
		return err
	}
	return b.triesOf(ctx, ids)
}

// eventsOf notes how many events, and bytes of them, a workflow's history has on average.
func (b *bench) eventsOf(ctx context.Context, name string, ids []string, against string) error {
	var events, bytes int64
	for _, id := range ids {
		described, err := b.Temporal.DescribeWorkflowExecution(ctx, id, "")
		if err != nil {
			return err
		}
		events += described.GetWorkflowExecutionInfo().GetHistoryLength()
		bytes += described.GetWorkflowExecutionInfo().GetHistorySizeBytes()
	}
	n := float64(len(ids))
	if against == "" {
		b.round.Add(name+".events", "", float64(events)/n)
		b.round.Add(name+".history", "bytes", float64(bytes)/n)
		return nil
	}
	b.round.Add(name+".events", "", float64(events)/n, against+".events")
	b.round.Add(name+".history", "bytes", float64(bytes)/n, against+".history")
	return nil
}

// triesOf notes the tries of activities beyond the first, as far as the histories have them. Those of
// an activity that was cancelled in between leave no trace there; the count of requests has them.
func (b *bench) triesOf(ctx context.Context, ids []string) error {
	var again int32
	var activities, tasks int
	for _, id := range ids {
		history := b.Temporal.GetWorkflowHistory(ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for history.HasNext() {
			event, err := history.Next()
			if err != nil {
				return err
			}
			switch event.GetEventType() { //nolint:exhaustive // what is not counted doesn't matter
			case enums.EVENT_TYPE_ACTIVITY_TASK_STARTED:
				activities++
				again += event.GetActivityTaskStartedEventAttributes().GetAttempt() - 1
			case enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
				tasks++
			}
		}
	}
	n := float64(len(ids))
	b.round.Add("orders.activities", "", float64(activities)/n)
	b.round.Add("orders.workflow_tasks", "", float64(tasks)/n)
	b.round.Add("orders.recorded_retries", "", float64(again)/n)
	return nil
}
