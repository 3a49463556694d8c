package clustertest

import (
	"strings"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/cmd/standalone/internal/cluster"
	"miniflow/order"
)

// TestWhatPostgreSQLNeverShows is why every attribute is bounded where it enters: Temporal starts
// each of these, and no list ever finds it. Nobody runs them; they are terminated at the end.
func TestWhatPostgreSQLNeverShows(t *testing.T) {
	lost := map[string]string{
		"too-long": strings.Repeat("小", 256),
		"zero":     "20\x0021",
	}
	begin := func(id, value string) {
		run, err := running.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
			ID: "bare/" + id, TaskQueue: "nobody", TypedSearchAttributes: temporal.NewSearchAttributes(
				temporal.NewSearchAttributeKeyKeyword(order.AttributeMerchantRef).ValueSet(value)),
		}, "Bare")
		must(t, err)
		t.Cleanup(func() { _ = running.temporal.TerminateWorkflow(t.Context(), run.GetID(), "", "the test has ended") })
	}
	for id, value := range lost {
		begin(id, value)
	}
	begin("longest", strings.Repeat("小", 255))
	running.shows(t, "WorkflowType = 'Bare'")
	for id := range lost {
		counted, err := running.temporal.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: cluster.Namespace, Query: "WorkflowId = 'bare/" + id + "'",
		})
		must(t, err)
		if counted.GetCount() != 0 {
			t.Errorf("%s is shown: the bounds may be wider now", id)
		}
		if _, err := running.temporal.DescribeWorkflowExecution(t.Context(), "bare/"+id, ""); err != nil {
			t.Errorf("%s was not started: %v", id, err)
		}
	}
}
