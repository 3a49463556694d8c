package workflows

import (
	"encoding/json"
	"errors"
	"testing"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// TestACancellationWhileAnOrderContinues : an operator cancels the workflow in the Temporal
// UI, and the order, which has more to do in the same task, continues as new before it has
// heard of it. The next run carries it out.
func TestACancellationWhileAnOrderContinues(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context, input order.Input) error {
		asked, cancel := workflow.WithCancel(ctx)
		o, err := newOrderRun(ctx, input)
		if err != nil {
			return err
		}
		o.asked = asked
		cancel()
		return o.continueAsNew(ctx)
	}, workflow.RegisterOptions{Name: "cancelled"})
	env.ExecuteWorkflow("cancelled", order.Input{
		Request: order.Request{AppID: "2021", OutOrderNo: "A-1", Kind: order.KindFormal}, Schedules: order.DefaultSchedules(),
	})
	var continued *workflow.ContinueAsNewError
	if err := env.GetWorkflowError(); !errors.As(err, &continued) {
		t.Fatalf("ended with %v", err)
	}
	var next order.Input
	var carried orderState
	if err := converter.GetDefaultDataConverter().FromPayloads(continued.Input, &next); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(next.Carried, &carried); err != nil || !carried.CancelRequested {
		t.Errorf("the next run is not told: %v, %+v", err, carried)
	}
}
