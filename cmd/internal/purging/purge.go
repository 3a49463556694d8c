package purging

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"miniflow/internal/archive"
	"miniflow/internal/files"
	"miniflow/temporalio"
)

// Purge is what a purge works with.
type Purge struct {
	Temporal  client.Client
	Namespace string
	Archive   *archive.Store // which keeps the numbers used
	Files     *files.Store   // nil where there is none
	// Audited counts the details of the audit log that are about a plan's orders, mini programs or
	// merchant, and erases them where really is true; nil where there is no audit log.
	Audited func(plan Plan, really bool) (int, error)
	// Patience is how long an order may take to cancel what it has begun at Alipay before it is
	// terminated.
	Patience time.Duration
	// Tell hears of the progress: of Of things Done are done.
	Tell func(Progress)
	Now  func() time.Time
}

// Progress is how far a step has come.
type Progress struct {
	Step     Step
	Done, Of int
}

// Step is a part of a purge, in words for people.
type Step string

// The steps, in their order.
const (
	StepMark     Step = "mark the numbers as used"
	StepCancel   Step = "cancel what runs"
	StepMessages Step = "delete mini programs and messages"
	StepFiles    Step = "erase files and notes"
	StepOrders   Step = "delete orders"
	StepConfirm  Step = "wait until nothing is found any more"
)

// reason is what Temporal is given as the reason; it names nobody.
const reason = "purged: its merchant's data is removed"

// rounds is how often what has come meanwhile is purged too: messages keep coming.
const rounds = 3

// again is how often Temporal is asked whether it is done.
const again = 200 * time.Millisecond

// settle is how long deleted workflows may still be found: deletion and lists are each behind. Temporal
// deletes a run that has just closed only once its queues have noted that, which they do every half
// minute or so.
const settle = 3 * time.Minute

// Carry removes what a plan has found and whatever else comes to light meanwhile, and returns what was
// removed altogether. Orders go last, because everything else is found by them.
func (p *Purge) Carry(ctx context.Context, plan Plan) (Removed, error) {
	removed := Removed{}
	for range rounds {
		if err := p.remove(ctx, &plan, &removed); err != nil {
			return removed, err
		}
		next, err := p.settled(ctx, plan)
		if err != nil {
			return removed, err
		}
		if next.Empty() {
			// Until lists showed nothing any more, a digest may have told of it.
			return removed, p.forget(ctx, &next, &removed)
		}
		plan = next
	}
	return removed, errors.New("something of the merchant keeps coming, such as messages of its mini program; repeat the purge once that has ended")
}

func (p *Purge) remove(ctx context.Context, plan *Plan, removed *Removed) error {
	for _, step := range []func(context.Context, *Plan, *Removed) error{
		p.mark, p.cancel, p.forget, p.deleteAround, p.erase, p.deleteOrders, p.forget, p.deleteArchived,
	} {
		if err := step(ctx, plan, removed); err != nil {
			return err
		}
	}
	return nil
}

// mark is the first step: from here on nobody begins an order under one of the numbers.
func (p *Purge) mark(ctx context.Context, plan *Plan, _ *Removed) error {
	for i, number := range plan.Numbers {
		if err := p.Archive.Mark(ctx, plan.Merchant.AppID, number, plan.Merchant.Ref); err != nil {
			return err
		}
		p.Tell(Progress{StepMark, i + 1, len(plan.Numbers)})
	}
	return nil
}

// cancel ends what runs. Orders are asked first: a worker may be in the middle of an act at Alipay, and
// cancelling it may undo what has begun there.
func (p *Purge) cancel(ctx context.Context, plan *Plan, _ *Removed) error {
	var running []run
	for _, one := range plan.orders {
		if one.running {
			running = append(running, one)
		}
	}
	if p.Patience > 0 {
		for _, one := range running {
			if err := p.Temporal.CancelWorkflow(ctx, one.workflowID, ""); err != nil && !temporalio.NotFound(err) {
				return fmt.Errorf("cancel an order: %w", err)
			}
		}
	}
	deadline := p.Now().Add(p.Patience)
	for i, one := range running {
		if err := p.ended(ctx, one, deadline); err != nil {
			return err
		}
		p.Tell(Progress{StepCancel, i + 1, len(running)})
	}
	return nil
}

// ended waits for an order's end until a deadline, and terminates it then.
func (p *Purge) ended(ctx context.Context, one run, deadline time.Time) error {
	for p.Now().Before(deadline) {
		described, err := p.Temporal.DescribeWorkflowExecution(ctx, one.workflowID, "")
		if temporalio.NotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("see whether an order has ended: %w", err)
		}
		if described.GetWorkflowExecutionInfo().GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
			break
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return p.terminate(ctx, one.workflowID)
}

func (p *Purge) terminate(ctx context.Context, workflowID string) error {
	if err := p.Temporal.TerminateWorkflow(ctx, workflowID, "", reason); err != nil && !temporalio.NotFound(err) {
		return fmt.Errorf("terminate a workflow: %w", err)
	}
	return nil
}

func (p *Purge) deleteAround(ctx context.Context, plan *Plan, removed *Removed) error {
	for _, one := range plan.miniPrograms { // before its run is deleted, so that none follows it
		if one.running {
			if err := p.terminate(ctx, one.workflowID); err != nil {
				return err
			}
		}
	}
	all := append(append([]run{}, plan.miniPrograms...), plan.deliveries...)
	if err := p.delete(ctx, StepMessages, all); err != nil {
		return err
	}
	removed.MiniPrograms += len(plan.miniPrograms)
	removed.Messages += len(plan.deliveries)
	return nil
}

// erase removes what is kept elsewhere, and what the app's own workflows know of the orders.
func (p *Purge) erase(ctx context.Context, plan *Plan, removed *Removed) error {
	if p.Files != nil {
		erased, err := p.Files.Erase(ctx, plan.Merchant.AppID, plan.numbers(), true)
		if removed.Files += erased; err != nil {
			return err
		}
	}
	if p.Audited != nil {
		erased, err := p.Audited(*plan, true)
		if removed.Audited += erased; err != nil {
			return err
		}
	}
	p.Tell(Progress{StepFiles, 1, 1})
	return nil
}

func (p *Purge) deleteArchived(ctx context.Context, plan *Plan, removed *Removed) error {
	for _, number := range plan.Numbers {
		digest, err := p.Archive.Purge(ctx, plan.Merchant.AppID, number, plan.Merchant.Ref)
		if err != nil {
			return err
		}
		removed.add(digest)
	}
	for _, k := range plan.archived {
		if err := p.Archive.PurgeKept(ctx, k); err != nil {
			return err
		}
		removed.add(k.Number)
	}
	removed.Archived += len(plan.archived)
	return nil
}

// settled waits until lists show nothing of what was deleted, and returns what there is then.
func (p *Purge) settled(ctx context.Context, plan Plan) (Plan, error) {
	for deadline := p.Now().Add(settle); ; {
		next, err := p.planKnowing(ctx, plan)
		if err != nil {
			return next, err
		}
		p.Tell(Progress{StepConfirm, 0, 0})
		if next.Empty() || p.Now().After(deadline) {
			return next, nil
		}
		if err := pause(ctx); err != nil {
			return next, err
		}
	}
}
