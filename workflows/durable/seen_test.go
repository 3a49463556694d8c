package durable

import (
	"fmt"
	"strings"
	"testing"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// TestTheOldestIsForgottenFirst, and only when there is no more room.
func TestTheOldestIsForgottenFirst(t *testing.T) {
	var seen Seen
	key := func(i int) order.NotificationKey {
		return order.NotificationKey{AppID: "2021999999999999", NotifyID: fmt.Sprintf("%0128d", i), Digest: strings.Repeat("d", 64)}
	}
	for i := range maxSeen {
		if seen.Admit(key(i)) != ArrivedNew {
			t.Fatalf("%d is not new", i)
		}
	}
	if seen.Admit(key(0)) != ArrivedAgain {
		t.Error("the first is forgotten too early")
	}
	seen.Admit(key(maxSeen))
	if len(seen.Entries) != maxSeen || seen.Disposition(key(0)) != "" || seen.Disposition(key(1)) != order.DispositionWaiting {
		t.Errorf("%d are remembered; the first is %q", len(seen.Entries), seen.Disposition(key(0)))
	}
}

// TestALifeContinuesWhereItsHistoryIsLong: at 1200 events unless the input names another
// length, and wherever Temporal suggests it.
func TestALifeContinuesWhereItsHistoryIsLong(t *testing.T) {
	for _, c := range []struct {
		at, events int
		suggested  bool
		want       bool
	}{
		{0, 1199, false, false}, {0, 1200, false, true}, {60, 59, false, false}, {60, 60, false, true}, {0, 10, true, true},
	} {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestWorkflowEnvironment()
		env.SetCurrentHistoryLength(c.events)
		env.SetContinueAsNewSuggested(c.suggested)
		var crowded bool
		env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
			crowded = Crowded(ctx, c.at)
			return nil
		}, workflow.RegisterOptions{Name: "long"})
		env.ExecuteWorkflow("long")
		if crowded != c.want {
			t.Errorf("%+v: crowded is %v", c, crowded)
		}
	}
}
