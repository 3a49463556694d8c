package gather_test

import (
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/attention"
	"miniflow/attention/gather"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/words"
)

// TestAMassUpgradeThatStandsIsAnItem, with why, and what helps.
func TestAMassUpgradeThatStandsIsAnItem(t *testing.T) {
	standing := func(id, code string) *workflowpb.WorkflowExecutionInfo {
		trouble := map[string]any{order.TroubleMemo: order.Trouble{Since: began, Code: code}}
		return row(t, rollout.WorkflowID("1", id), trouble, map[string]string{order.AttributeOrderHold: "needs_operator"})
	}
	ended := standing("ended", rollout.TooManyFailed)
	ended.Status = enums.WORKFLOW_EXECUTION_STATUS_TERMINATED
	g := &gather.Gatherer{Now: func() time.Time { return began }, Temporal: listed{rows: map[string][]*workflowpb.WorkflowExecutionInfo{
		rollout.WorkflowType: {standing("r", rollout.TooManyRejected), standing("k", rollout.MembersKept), standing("w", "ann: they are slow"), ended},
	}}}
	found, err := g.Of(t.Context(), "1")
	if err != nil || len(found.Items) != 4 {
		t.Fatal(err, found.Items)
	}
	for _, item := range found.Items {
		want := map[string]struct {
			kind   attention.Kind
			reason words.Text
			first  string
		}{
			"rollout:r":     {attention.KindRolloutStopped, words.New("attention.rollout_rejected"), "resume-rollout"},
			"rollout:k":     {attention.KindRolloutStopped, words.New("attention.rollout_kept"), "retry-rollout"},
			"rollout:w":     {attention.KindRolloutStopped, words.Plain("ann: they are slow"), "resume-rollout"},
			"rollout:ended": {attention.KindWorkflowStopped, item.Reason, ""},
		}[item.ID]
		first := append(item.Commands, "")[0]
		if item.Kind != want.kind || item.Reason.String() != want.reason.String() || first != want.first || item.ID != "rollout:ended" && !item.Since.Equal(began) {
			t.Errorf("%s: %+v", item.ID, item)
		}
	}
}
