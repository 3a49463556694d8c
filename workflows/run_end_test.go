package workflows

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/workflows/durable"
)

// atTheEnd runs the end of a run while nobody else listens, as in a task in which a
// signal comes together with what the end waited for. A message comes before it and
// another during its first dispatch.
func atTheEnd(t *testing.T, end func(workflow.Context, *orderRun)) {
	t.Helper()
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute}) // a loaded machine is no deadlock
	says := func(id string) {
		n := order.Notification{Name: id}
		n.NotifyID, n.Digest = id, id
		env.SignalWorkflow(order.NotificationSignal, n)
	}
	env.RegisterActivityWithOptions(func(context.Context, order.DeliveryInput) error { says("during"); return nil },
		activity.RegisterOptions{Name: activities.StartDelivery.Name})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		o := &orderRun{input: order.Input{Schedules: order.DefaultSchedules()}, orderState: newOrderState(order.Input{}), cancellable: ctx}
		o.Stage = order.StageAuditing
		o.notifications = workflow.GetSignalChannel(ctx, order.NotificationSignal)
		o.authorizations = workflow.GetSignalChannel(ctx, order.AuthorizationSignal)
		o.pokes = workflow.GetSignalChannel(ctx, order.PokeSignal)
		o.reseals = workflow.GetSignalChannel(ctx, order.ResealSignal)
		if err := workflow.Sleep(ctx, time.Minute); err != nil {
			return err
		}
		end(ctx, o)
		return nil
	}, workflow.RegisterOptions{Name: "end"})
	env.RegisterDelayedCallback(func() { says("before") }, time.Second)
	env.ExecuteWorkflow("end")
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
}

// carried is the state that a run hands to the next.
func carried(t *testing.T, err error) (state orderState) {
	t.Helper()
	var continued *workflow.ContinueAsNewError
	if !errors.As(err, &continued) {
		t.Fatalf("it did not continue: %v", err)
	}
	var next order.Input
	if err := json.Unmarshal(continued.Input.Payloads[0].Data, &next); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(next.Carried, &state); err != nil {
		t.Fatal(err)
	}
	return state
}

// TestNoMessageIsLeftBehind when a run ends, whether it continues as new or closes.
func TestNoMessageIsLeftBehind(t *testing.T) {
	received := func(seen durable.Seen, want ...string) {
		t.Helper()
		for _, id := range want {
			if seen.Find(id) == nil {
				t.Errorf("%q was left behind", id)
			}
		}
	}
	atTheEnd(t, func(ctx workflow.Context, o *orderRun) { received(carried(t, o.continueAsNew(ctx)).Seen, "before") })
	atTheEnd(t, func(ctx workflow.Context, o *orderRun) {
		o.Outbox = []order.DeliveryInput{{Schedules: order.DefaultSchedules()}}
		received(carried(t, o.continueAsNew(ctx)).Seen, "before", "during")
	})
	atTheEnd(t, func(ctx workflow.Context, o *orderRun) {
		o.Outbox = []order.DeliveryInput{{Schedules: order.DefaultSchedules()}}
		if err := o.close(ctx); err != nil {
			t.Error(err)
		}
		received(o.Seen, "before", "during")
	})
}

// TestADoubtIsSentBeforeARunEnds: what becomes of it is known to the next.
func TestADoubtIsSentBeforeARunEnds(t *testing.T) {
	atTheEnd(t, func(ctx workflow.Context, o *orderRun) {
		future, sent := workflow.NewFuture(ctx)
		o.Claimed, o.Doubt, o.doubtSent, o.doubting = true, &order.Doubt{Code: "x"}, true, durable.Pending{Future: future}
		workflow.Go(ctx, func(ctx workflow.Context) {
			_ = workflow.Sleep(ctx, time.Minute)
			sent.SetError(errors.New("no such workflow"))
		})
		if state := carried(t, o.continueAsNew(ctx)); state.Claimed || state.Doubt != nil {
			t.Errorf("the next run believes in a mini program that is gone: %+v", state.Doubt)
		}
	})
}

// TestACancellationWhileAnOrderContinues: an operator cancels the workflow in the Temporal
// UI, and the order, which has more to do in the same task, continues as new before it has
// received of it. The next run carries it out.
func TestACancellationWhileAnOrderContinues(t *testing.T) {
	atTheEnd(t, func(ctx workflow.Context, o *orderRun) {
		asked, cancel := workflow.WithCancel(ctx)
		o.cancellable = asked
		cancel()
		if next := carried(t, o.continueAsNew(ctx)); !next.CancelRequested {
			t.Error("the next run is not told")
		}
	})
}
