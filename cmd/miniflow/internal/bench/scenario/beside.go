package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	enums "go.temporal.io/api/enums/v1"

	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/order"
)

// The calls to Alipay whose waiting for their turn is measured, by the names of their activities.
const (
	createActivity = "CreateMiniProgram"
	submitActivity = "SubmitAudit"
)

// beside takes orders from their creation to the audit beside those that wait: what they take for
// it shows whether an order that acts stands behind those that ask.
func (b *bench) beside(ctx context.Context, name, kind, against string) error {
	schedule := load.Schedule{Rate: b.Rate, For: time.Duration(float64(b.Orders) / b.Rate * float64(time.Second))}
	b.say("%d orders are created beside", schedule.Count())
	creation := load.Open(ctx, schedule, b.Orders, func(ctx context.Context, i int) error {
		number := b.number(kind, i)
		if err := b.StartOrder(ctx, number); err != nil {
			return err
		}
		return b.awaitStage(ctx, number, order.StageAwaitingMerchant)
	})
	if creation.Accepted == 0 {
		return errors.Join(creation.Err, ctx.Err())
	}
	b.latencies(name+".create", creation, under(against, "create"))
	waiting, err := b.listWaiters(ctx, kind)
	if err != nil {
		return err
	}
	if err := b.timePushes(ctx, name+".push", under(against, "push"), waiting); err != nil {
		return err
	}
	for i := range waiting {
		if err := b.awaitStage(ctx, waiting[i].OutOrderNo, order.StageAuditing); err != nil {
			return err
		}
	}
	numbers := make([]string, 0, len(waiting))
	for _, one := range waiting {
		numbers = append(numbers, one.OutOrderNo)
	}
	return errors.Join(
		b.timeActivities(ctx, name+".create_call", under(against, "create_call"), createActivity, numbers),
		b.timeActivities(ctx, name+".submit_call", under(against, "submit_call"), submitActivity, numbers),
	)
}

// under is a figure of what something is held against; nothing where it is held against nothing.
func under(against, figure string) string {
	if against == "" {
		return ""
	}
	return against + "." + figure
}

// auditWithin is how long an order may take to the audit, at life's own speed: its polls of build
// and scan are the longest part.
const auditWithin = 5 * time.Minute

// awaitStage follows an order by long-polls until it is at a stage.
func (b *bench) awaitStage(ctx context.Context, number string, stage order.Stage) error {
	ctx, cancel := context.WithTimeout(ctx, auditWithin)
	defer cancel()
	after := 0
	for {
		view, err := b.AwaitNews(ctx, number, after)
		if err != nil || view.Stage == stage {
			return err
		}
		if view.Hold != nil {
			return fmt.Errorf("the order %s is held at %s: %s", number, view.Stage, view.Hold.Message)
		}
		after = max(after, view.Sequence)
	}
}

// timeActivities notes how long the orders' activities of one name took.
func (b *bench) timeActivities(ctx context.Context, name, against, activity string, numbers []string) error {
	calls := load.NewResult()
	for _, number := range numbers {
		took, err := b.timeActivity(ctx, number, activity)
		if err != nil {
			return err
		}
		calls.Record(took, nil)
	}
	b.latencies(name, calls, against)
	return nil
}

// timeActivity returns how long an order's activity took from when it was wanted until its answer.
func (b *bench) timeActivity(ctx context.Context, number, activity string) (time.Duration, error) {
	history := b.Temporal.GetWorkflowHistory(ctx, b.WorkflowID(number), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	wanted := map[int64]time.Time{}
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return 0, err
		}
		if event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == activity {
			wanted[event.GetEventId()] = event.GetEventTime().AsTime()
		}
		if completed := event.GetActivityTaskCompletedEventAttributes(); completed != nil {
			if since, found := wanted[completed.GetScheduledEventId()]; found {
				return event.GetEventTime().AsTime().Sub(since), nil
			}
		}
	}
	return 0, fmt.Errorf("the order %s has made no call %s", number, activity)
}
