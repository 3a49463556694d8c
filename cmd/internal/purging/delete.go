package purging

import (
	"context"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

func (p *Purge) deleteOrders(ctx context.Context, plan *Plan, removed *Removed) error {
	all := plan.orders
	// A run may have continued as new since it was found.
	for _, number := range plan.Numbers {
		query := "WorkflowId = " + temporalio.Quote(order.WorkflowID(plan.Merchant.AppID, number))
		if err := p.list(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) {
			if found := runOf(info); !contains(all, found) {
				all = append(all, found)
			}
		}); err != nil {
			return err
		}
	}
	removed.Runs += len(all)
	return p.delete(ctx, StepOrders, all)
}

func contains(all []run, one run) bool {
	for _, other := range all {
		if other.workflowID == one.workflowID && other.runID == one.runID {
			return true
		}
	}
	return false
}

// delete deletes runs, and waits until Temporal knows none of them any more.
func (p *Purge) delete(ctx context.Context, step Step, all []run) error {
	for _, one := range all {
		_, err := p.Temporal.WorkflowService().DeleteWorkflowExecution(ctx, &workflowservice.DeleteWorkflowExecutionRequest{
			Namespace: p.Namespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: one.workflowID, RunId: one.runID},
		})
		if err != nil && !temporalio.NotFound(err) {
			return fmt.Errorf("delete a workflow: %w", err)
		}
	}
	for i, one := range all {
		if err := p.gone(ctx, one); err != nil {
			return err
		}
		p.Tell(Progress{step, i + 1, len(all)})
	}
	return nil
}

func (p *Purge) gone(ctx context.Context, one run) error {
	for deadline := p.Now().Add(settle); ; {
		_, err := p.Temporal.DescribeWorkflowExecution(ctx, one.workflowID, one.runID)
		switch {
		case temporalio.NotFound(err):
			return nil
		case err != nil:
			return fmt.Errorf("see whether a workflow is deleted: %w", err)
		case p.Now().After(deadline):
			return fmt.Errorf("after %s the run %s is not deleted; see whether Temporal is well, and repeat the purge", settle, one.runID)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// pause waits a moment before Temporal is asked again.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(again):
		return nil
	}
}
