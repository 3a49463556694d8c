package workflows_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/workflows"
	"miniflow/workflows/watching"
)

// TestAWatchTakesItsTime: the questions are spread over the time that it has, however many pages there are,
// and it goes on where its run before was.
func TestAWatchTakesItsTime(t *testing.T) {
	const pages, rows = 40, 50
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(logTo, nil))))
	input := watching.Input{AppID: appID, Within: order.Duration(18 * time.Hour), CrowdedAt: 60}
	began, now, asked := time.Time{}, time.Time{}, 0
	for run := 1; ; run++ {
		env := suite.NewTestWorkflowEnvironment()
		if began.IsZero() {
			began = env.Now()
			now = began
		}
		env.SetStartTime(now)
		workflows.Register(env)
		env.RegisterActivityWithOptions(func(_ context.Context, call activities.WatchCall) (activities.Watched, error) {
			if len(call.Page) != asked {
				t.Errorf("page %d after %d", len(call.Page), asked)
			}
			watched := activities.Watched{Listed: rows, Asked: rows, Told: 1}
			if asked == 0 {
				watched.Of = pages * rows
			}
			if asked++; asked < pages {
				watched.Next = make([]byte, asked)
			}
			env.SetContinueAsNewSuggested(asked%15 == 0)
			return watched, nil
		}, activityName(activities.WatchOnline.Name))
		env.ExecuteWorkflow(order.WatchWorkflowType, input)
		now = env.Now()
		next, again := continuesWith[watching.Input](t, env)
		if !again {
			var result watching.Result
			if err := env.GetWorkflowResult(&result); err != nil {
				t.Fatal(err)
			}
			if want := (watching.Result{Of: pages * rows, Asked: pages * rows, Told: pages}); result != want || run != 3 {
				t.Errorf("%+v in %d runs", result, run)
			}
			break
		}
		input = next
	}
	if took := now.Sub(began); took < 17*time.Hour || took > 18*time.Hour {
		t.Errorf("it took %s", took)
	}
}

// continuesWith is the input of a run's next one, where there is one.
func continuesWith[Input any](t *testing.T, env *testsuite.TestWorkflowEnvironment) (input Input, again bool) {
	t.Helper()
	var next *workflow.ContinueAsNewError
	if !errors.As(env.GetWorkflowError(), &next) {
		return input, false
	}
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &input); err != nil {
		t.Fatal(err)
	}
	return input, true
}
