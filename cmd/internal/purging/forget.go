package purging

import (
	"context"
	"fmt"
	"slices"

	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"miniflow/attention"
	"miniflow/internal/audit"
	"miniflow/order"
	"miniflow/tell"
	"miniflow/temporalio"
)

// forget has what stands beside an app's orders forget a merchant's. It is done before the orders are
// deleted, by which they are known, and after, because of what was told of their end.
func (p *Purge) forget(ctx context.Context, plan *Plan, _ *Removed) error {
	if len(plan.Numbers)+len(plan.MiniApps) == 0 {
		return nil
	}
	for _, step := range []func(context.Context, *Plan) error{p.forgetDigests, p.forgetTold, p.forgetNotes} {
		if err := step(ctx, plan); err != nil {
			return err
		}
	}
	return nil
}

// forgetDigests deletes the app's Digests, whose histories name whatever robots were told of. One that
// runs goes too: it would say to the app's Attention what it has told, and the next one tells that again.
func (p *Purge) forgetDigests(ctx context.Context, plan *Plan) error {
	var all []run
	if err := p.list(ctx, every(order.DigestWorkflowType, plan.Merchant.AppID), func(info *workflowpb.WorkflowExecutionInfo) {
		all = append(all, runOf(info))
	}); err != nil {
		return err
	}
	return p.delete(ctx, StepFiles, all)
}

// forgetTold has the app's Webhook forget what was still to be told of the orders.
func (p *Purge) forgetTold(ctx context.Context, plan *Plan) error {
	if len(plan.Numbers) == 0 {
		return nil
	}
	return p.renew(ctx, order.WebhookWorkflowID(plan.Merchant.AppID), order.WebhookUpdate, tell.Instruction{Action: tell.ActionForget, Forget: plan.Numbers})
}

// forgetNotes has the app's Attention forget what people have noted, and what robots were told.
func (p *Purge) forgetNotes(ctx context.Context, plan *Plan) error {
	for ids := range slices.Chunk(plan.items(), attention.MaxForgotten) {
		if err := p.renew(ctx, order.AttentionWorkflowID(plan.Merchant.AppID), order.ForgetUpdate, attention.Forgetting{IDs: ids}); err != nil {
			return err
		}
	}
	return nil
}

// renew has a workflow that stands beside an app's orders forget, and continue as new, and deletes its
// closed runs: their histories name whatever it knew. An app may have none.
func (p *Purge) renew(ctx context.Context, id, update string, forget any) error {
	before, err := p.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if temporalio.NotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for %s: %w", id, err)
	}
	info := before.GetWorkflowExecutionInfo()
	if info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		if err := p.instruct(ctx, id, update, forget); err != nil {
			return err
		}
		if err := p.follows(ctx, id, info.GetExecution().GetRunId()); err != nil {
			return err
		}
	}
	var closed []run
	if err := p.list(ctx, "WorkflowId = "+temporalio.Quote(id)+" AND ExecutionStatus != 'Running'", func(info *workflowpb.WorkflowExecutionInfo) {
		closed = append(closed, runOf(info))
	}); err != nil {
		return err
	}
	// Lists are behind, and this run is known to have closed.
	if one := runOf(info); !contains(closed, one) {
		closed = append(closed, one)
	}
	return p.delete(ctx, StepFiles, closed)
}

func (p *Purge) instruct(ctx context.Context, id, update string, forget any) error {
	ctx, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	handle, err := p.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: update, WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{forget},
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err != nil {
		return fmt.Errorf("have %s forget the merchant: %w; see whether a worker of this version runs", id, err)
	}
	return nil
}

// follows waits until another run has followed.
func (p *Purge) follows(ctx context.Context, id, runID string) error {
	for deadline := p.Now().Add(settle); ; {
		described, err := p.Temporal.DescribeWorkflowExecution(ctx, id, "")
		switch {
		case err != nil:
			return fmt.Errorf("look for %s: %w", id, err)
		case described.GetWorkflowExecutionInfo().GetExecution().GetRunId() != runID:
			return nil
		case p.Now().After(deadline):
			return fmt.Errorf("after %s %s has not begun anew; see whether a worker of this version runs, and repeat the purge", settle, id)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// Concerns reports whether something that the audit log tells of is the merchant's.
func (p *Plan) Concerns(d audit.Detail) bool {
	return d.AppID == p.Merchant.AppID && (d.MerchantRef == p.Merchant.Ref ||
		names(p.Numbers, d.OutOrderNo) || names(p.MiniApps, d.MiniAppID) || names(p.messages, d.NotifyID))
}

// items are the ids of what may have needed a person.
func (p *Plan) items() []string {
	var ids []string
	for what, theirs := range map[string][]string{
		attention.OfOrder: p.Numbers, attention.OfMiniProgram: p.MiniApps, attention.OfDelivery: p.messages, attention.OfCopy: p.messages,
	} {
		for _, which := range theirs {
			ids = append(ids, attention.Named(what, which))
		}
	}
	return ids
}
