package workflows

import (
	"encoding/json"
	"errors"
	"testing"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// inTheChannel is an order with a message that has arrived and that nobody has received: it
// came with the last thing that the order waited for, in one task.
func inTheChannel(ctx workflow.Context) (*orderRun, order.NotificationKey) {
	key := order.NotificationKey{AppID: "2021999999999999", NotifyID: "last", Digest: "last"}
	input := order.Input{Request: order.Request{OutOrderNo: "OUT1"}, Schedules: order.DefaultSchedules()}
	o := &orderRun{input: input, orderState: newOrderState(input), cancellable: ctx}
	notifications := workflow.NewBufferedChannel(ctx, 1)
	notifications.SendAsync(order.Notification{NotificationKey: key})
	o.notifications = notifications
	o.authorizations, o.pokes = workflow.NewBufferedChannel(ctx, 1), workflow.NewBufferedChannel(ctx, 1)
	o.reseals = workflow.NewBufferedChannel(ctx, 1)
	return o, key
}

// TestAMessageInTheMomentOfContinuingIsNotLost: the next run knows it.
func TestAMessageInTheMomentOfContinuingIsNotLost(t *testing.T) {
	inWorkflow(t, func(ctx workflow.Context) {
		o, key := inTheChannel(ctx)
		var continued *workflow.ContinueAsNewError
		if err := o.continueAsNew(ctx); !errors.As(err, &continued) {
			t.Fatal(err)
		}
		var next order.Input
		if err := converter.GetDefaultDataConverter().FromPayloads(continued.Input, &next); err != nil {
			t.Fatal(err)
		}
		var carried orderState
		if err := json.Unmarshal(next.Carried, &carried); err != nil {
			t.Fatal(err)
		}
		if got := carried.Seen.Disposition(key); got != order.DispositionApplied {
			t.Errorf("to the next run the message is %q", got)
		}
	})
}

// TestAMessageInTheMomentOfTheEndHasItsDisposition.
func TestAMessageInTheMomentOfTheEndHasItsDisposition(t *testing.T) {
	inWorkflow(t, func(ctx workflow.Context) {
		o, key := inTheChannel(ctx)
		if err := o.close(ctx); err != nil {
			t.Fatal(err)
		}
		if got := o.Seen.Disposition(key); got != order.DispositionApplied {
			t.Errorf("at the end the message is %q", got)
		}
	})
}
