package gather

import (
	"context"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/temporalio"
	"miniflow/words"
)

// ofRollouts are the mass upgrades that need a person, which they say as mini programs do.
const ofRollouts = "((ExecutionStatus = 'Running' AND " + order.AttributeOrderHold + " = 'needs_operator') OR " + stopped + ")"

func (g *Gatherer) rollouts(ctx context.Context, appID string, found *Found) error {
	rows, err := g.rows(ctx, temporalio.NewQuery(rollout.WorkflowType, appID).Where(ofRollouts), found)
	if err != nil {
		return err
	}
	for _, row := range rows {
		found.add(ofRollout(row, appID))
	}
	return nil
}

func ofRollout(row *workflowpb.WorkflowExecutionInfo, appID string) attention.Item {
	_, id := rollout.OfWorkflowID(row.GetExecution().GetWorkflowId())
	trouble, _ := temporalio.Memo[order.Trouble](row, order.TroubleMemo)
	execution := temporalio.ExecutionOf(row)
	item := attention.Item{
		ID: attention.Named(attention.OfRollout, id), AppID: appID, Kind: attention.KindRolloutStopped, Since: trouble.Since,
		Execution: executionShown(execution), Commands: []string{"resume-rollout", "rollback-rollout"},
	}
	item.Code = trouble.Code
	switch trouble.Code {
	case rollout.TooManyRejected:
		item.Reason = words.New("attention.rollout_rejected")
	case rollout.TooManyFailed:
		item.Reason = words.New("attention.rollout_failed")
	case rollout.MembersHeld:
		item.Reason, item.Commands = words.New("attention.rollout_held"), []string{"retry-rollout"}
	case rollout.MembersKept:
		item.Reason, item.Commands = words.New("attention.rollout_kept"), []string{"retry-rollout"}
	default: // somebody's words, or a code of Alipay's
		item.Code, item.Reason = "", words.Plain(trouble.Code)
	}
	if execution != order.ExecutionRunning {
		item.Kind, item.Reason, item.Commands = attention.KindWorkflowStopped, stoppedText(execution), []string{}
		item.Since = stoppedSince(row, row.GetStartTime().AsTime())
	}
	return item
}
