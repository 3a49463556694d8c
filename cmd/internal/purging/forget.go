package purging

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"miniflow/order"
	"miniflow/tell"
	"miniflow/temporalio"
)

// forget has the app's Webhook forget what was still to be told of the orders, and deletes its closed
// runs, whose histories name whatever orders were told of. It is done before the orders are deleted, by
// which they are known, and after, because the Webhook may have told of their end.
func (p *Purge) forget(ctx context.Context, plan *Plan, _ *Removed) error {
	if len(plan.Numbers) == 0 {
		return nil
	}
	id := order.WebhookWorkflowID(plan.Merchant.AppID)
	before, err := p.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if temporalio.NotFound(err) {
		return nil // the app has none
	}
	if err != nil {
		return fmt.Errorf("look for the app's webhook: %w", err)
	}
	info := before.GetWorkflowExecutionInfo()
	if info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		if err := p.instruct(ctx, id, plan.Numbers); err != nil {
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

func (p *Purge) instruct(ctx context.Context, id string, numbers []string) error {
	ctx, cancel := context.WithTimeout(ctx, settle)
	defer cancel()
	handle, err := p.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: order.WebhookUpdate, WaitForStage: client.WorkflowUpdateStageCompleted,
		Args: []any{tell.Instruction{Action: tell.ActionForget, Forget: numbers}},
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err != nil {
		return fmt.Errorf("have the app's webhook forget the orders: %w; see whether a worker of this version runs", err)
	}
	return nil
}

// follows waits until another run has followed.
func (p *Purge) follows(ctx context.Context, id, runID string) error {
	for deadline := p.Now().Add(settle); ; {
		described, err := p.Temporal.DescribeWorkflowExecution(ctx, id, "")
		switch {
		case err != nil:
			return fmt.Errorf("look for the app's webhook: %w", err)
		case described.GetWorkflowExecutionInfo().GetExecution().GetRunId() != runID:
			return nil
		case p.Now().After(deadline):
			return fmt.Errorf("after %s the app's webhook has not begun anew; see whether a worker of this version runs, and repeat the purge", settle)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}
