package workflows_test

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/workflows"
)

// TestALongConnectionChangesHands whenever a process gives it up, a second later
// each time, without an end, and ends when it is cancelled.
func TestALongConnectionChangesHands(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(workflows.LongConnection)
	const hands = 50 // far more than Temporal's default number of attempts in a test
	var queues []string
	env.RegisterActivityWithOptions(func(ctx context.Context, call activities.LongConnectionCall) error {
		info := activity.GetInfo(ctx)
		queues = append(queues, info.TaskQueue)
		if call.AppID != appID || info.HeartbeatTimeout != 30*time.Second {
			t.Errorf("called with %+v, a heartbeat each %s", call, info.HeartbeatTimeout)
		}
		if len(queues) < hands {
			return temporal.NewApplicationError("stops", activities.TypeHandedOver)
		}
		env.CancelWorkflow()
		<-ctx.Done()
		return ctx.Err()
	}, activity.RegisterOptions{Name: activities.HoldLongConnection.Name})
	began := env.Now()
	env.ExecuteWorkflow(workflows.LongConnection, appID)
	if err := env.GetWorkflowError(); !temporal.IsCanceledError(err) {
		t.Errorf("it ended with %v", err)
	}
	if len(queues) != hands || queues[0] != order.LongConnectionTaskQueue(appID) {
		t.Errorf("held %d times, on %v", len(queues), queues[:1])
	}
	if took := env.Now().Sub(began); took != (hands-1)*time.Second {
		t.Errorf("%d changes of hands took %s", hands-1, took)
	}
}
