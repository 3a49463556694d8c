package crossings

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// TestAWorkflowThatWaitsForACancelledActivity checks that it gets the result once the attempt
// has ended. One that does not wait continues at once, and so does the activity.
func TestAWorkflowThatWaitsForACancelledActivity(t *testing.T) {
	for _, waits := range []bool{true, false} {
		e := newEngine(workerPlan{fate: func(*job) death { return lives }})
		var began, resumed, done time.Time
		e.acts.RegisterActivityWithOptions(func(ctx context.Context) error {
			jobOf(ctx).sleep(10 * time.Second)
			done = e.now()
			return ctx.Err()
		}, activity.RegisterOptions{Name: "Act"})
		e.env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
			began = workflow.Now(ctx)
			acting, cancel := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
				StartToCloseTimeout: time.Minute, WaitForCancellation: waits, RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1},
			}))
			future := workflow.ExecuteActivity(acting, "Act")
			if err := workflow.Sleep(ctx, time.Second); err != nil {
				return err
			}
			cancel()
			if future.Get(ctx, nil) == nil {
				t.Error("it was not cancelled")
			}
			resumed = workflow.Now(ctx)
			return workflow.Sleep(ctx, time.Minute)
		}, workflow.RegisterOptions{Name: "Waits"})
		e.run(func() {
			must(t, e.start("order/x", "Waits", nil, nil, false))
			e.in(2*time.Minute, e.finish)
		})
		if done.Sub(began) < 10*time.Second {
			t.Errorf("waits %t: the activity ended after %s", waits, done.Sub(began))
		}
		if at := resumed.Sub(began); waits && at < 10*time.Second || !waits && at > 2*time.Second {
			t.Errorf("waits %t: the workflow resumed after %s", waits, at)
		}
	}
}
