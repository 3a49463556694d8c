package purging

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/internal/archive"
	"miniflow/order"
	"miniflow/temporalio"
)

// Merchant is whom a purge is about, in one app.
type Merchant struct {
	AppID string
	Ref   string
}

// ErrRef means that a merchant_ref is one that no order can have.
var ErrRef = errors.New("no order has such a merchant_ref: it is 1 to 64 characters without quotes, backslashes and question marks")

// Check refuses what would not find exactly one merchant's orders.
func (m Merchant) Check() error {
	if m.Ref == "" || temporalio.Quote(m.Ref) != "'"+m.Ref+"'" {
		return ErrRef
	}
	return nil
}

// run is one run of a workflow.
type run struct {
	workflowID, runID string
	running           bool
}

func runOf(info *workflowpb.WorkflowExecutionInfo) run {
	status := info.GetStatus()
	return run{
		info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId(),
		status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING || status == enums.WORKFLOW_EXECUTION_STATUS_PAUSED,
	}
}

// Plan is what there is of a merchant.
type Plan struct {
	Merchant Merchant
	// Numbers are the orders' own, MiniApps their mini programs', and Shared those of them that orders of
	// other merchants name too, and that stay.
	Numbers, MiniApps, Shared []string
	// Files, Archived and Audited count what is kept of these orders elsewhere, Marks the orders that
	// were purged before.
	Files, Archived, Audited, Marks int

	orders, miniPrograms, deliveries []run
	// messages are the ids of those that were found; people may have noted something about them.
	messages []string
	archived []archive.Kept
}

// Runs is how many runs of workflows there are, of orders, of mini programs and of messages.
func (p Plan) Runs() (orders, miniPrograms, messages int) {
	return len(p.orders), len(p.miniPrograms), len(p.deliveries)
}

// Empty reports whether nothing is left to remove.
func (p Plan) Empty() bool {
	return len(p.orders)+len(p.miniPrograms)+len(p.deliveries)+p.Files+p.Archived+p.Audited == 0
}

// Plan finds what there is of a merchant and removes nothing.
func (p *Purge) Plan(ctx context.Context, merchant Merchant) (Plan, error) {
	return p.planKnowing(ctx, Plan{Merchant: merchant})
}

// planKnowing finds what there is of a merchant of whose orders and mini programs some are known: what
// is about them would not be found once they are gone.
func (p *Purge) planKnowing(ctx context.Context, known Plan) (Plan, error) {
	if err := known.Merchant.Check(); err != nil {
		return Plan{}, err
	}
	plan := Plan{Merchant: known.Merchant, Numbers: slices.Clone(known.Numbers), MiniApps: slices.Clone(known.MiniApps), messages: slices.Clone(known.messages)}
	for _, step := range []func(context.Context, *Plan) error{
		p.findArchived, p.findOrders, p.findMiniPrograms, p.findDeliveries, p.findFiles, p.findAudited,
	} {
		if err := step(ctx, &plan); err != nil {
			return plan, err
		}
	}
	return plan, nil
}

// findArchived comes first: mini programs outlive the orders that Temporal has forgotten.
func (p *Purge) findArchived(ctx context.Context, plan *Plan) error {
	kept, marks, err := p.Archive.OfMerchant(ctx, plan.Merchant.AppID, plan.Merchant.Ref)
	if err != nil {
		return err
	}
	plan.archived, plan.Archived, plan.Marks = kept, len(kept), len(marks)
	for _, k := range kept {
		entry, err := p.Archive.Read(ctx, k)
		if err != nil {
			return fmt.Errorf("read whose mini program an archived order was about: %w", err)
		}
		plan.add(entry.Order)
	}
	return nil
}

func (p *Plan) add(view order.View) {
	if view.OutOrderNo != "" && !slices.Contains(p.Numbers, view.OutOrderNo) {
		p.Numbers = append(p.Numbers, view.OutOrderNo)
	}
	if view.MiniAppID != "" && !slices.Contains(p.MiniApps, view.MiniAppID) {
		p.MiniApps = append(p.MiniApps, view.MiniAppID)
	}
}

func (p *Purge) findOrders(ctx context.Context, plan *Plan) error {
	query := every(order.WorkflowType, plan.Merchant.AppID) + " AND " + order.AttributeMerchantRef + " = " + temporalio.Quote(plan.Merchant.Ref)
	return p.list(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) {
		view, known := temporalio.Memo[order.View](info, order.SummaryMemo)
		if known && view.MerchantRef == plan.Merchant.Ref {
			plan.orders = append(plan.orders, runOf(info))
			plan.add(view)
		}
	})
}

// findMiniPrograms leaves those to whoever else has orders about them.
func (p *Purge) findMiniPrograms(ctx context.Context, plan *Plan) error {
	for chunk := range slices.Chunk(slices.Clone(plan.MiniApps), listed) {
		plain := make([]string, 0, len(chunk))
		for _, id := range chunk {
			plain = append(plain, order.PlainID(id))
		}
		query := temporalio.NewQuery(order.WorkflowType, plan.Merchant.AppID).OneOf(order.AttributeMiniAppID, plain).String()
		if err := p.list(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) {
			view, _ := temporalio.Memo[order.View](info, order.SummaryMemo)
			if view.MerchantRef != plan.Merchant.Ref && !slices.Contains(plan.Shared, view.MiniAppID) {
				plan.Shared = append(plan.Shared, view.MiniAppID)
			}
		}); err != nil {
			return err
		}
	}
	plan.MiniApps = slices.DeleteFunc(plan.MiniApps, func(id string) bool { return slices.Contains(plan.Shared, id) })
	for _, id := range plan.MiniApps {
		query := "WorkflowId = " + temporalio.Quote(order.MiniProgramWorkflowID(plan.Merchant.AppID, id))
		if err := p.list(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) {
			plan.miniPrograms = append(plan.miniPrograms, runOf(info))
		}); err != nil {
			return err
		}
	}
	return nil
}

// findDeliveries reads all of the app's messages: a copy has no search attribute of its order.
func (p *Purge) findDeliveries(ctx context.Context, plan *Plan) error {
	return p.list(ctx, every(order.DeliveryWorkflowType, plan.Merchant.AppID), func(info *workflowpb.WorkflowExecutionInfo) {
		view, _ := temporalio.Memo[order.DeliveryView](info, order.SummaryMemo)
		number, _ := temporalio.Attribute[string](info, order.AttributeOutOrderNo)
		miniApp, _ := temporalio.Attribute[string](info, order.AttributeMiniAppID)
		if !names(plan.Numbers, number, view.OutOrderNo) && !names(plan.MiniApps, miniApp, view.MiniAppID) {
			return
		}
		plan.deliveries = append(plan.deliveries, runOf(info))
		if !slices.Contains(plan.messages, view.NotifyID) {
			plan.messages = append(plan.messages, view.NotifyID)
		}
	})
}

// names reports whether one of some ids is the merchant's.
func names(theirs []string, ids ...string) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return id != "" && slices.Contains(theirs, id) })
}

func (p *Purge) findFiles(ctx context.Context, plan *Plan) (err error) {
	if p.Files != nil {
		plan.Files, err = p.Files.Erase(ctx, plan.Merchant.AppID, plan.numbers(), false)
	}
	return err
}

func (p *Purge) findAudited(_ context.Context, plan *Plan) (err error) {
	if p.Audited != nil {
		plan.Audited, err = p.Audited(*plan, false)
	}
	return err
}

func (p *Plan) numbers() map[string]bool {
	set := make(map[string]bool, len(p.Numbers))
	for _, number := range p.Numbers {
		set[number] = true
	}
	return set
}

// listed is how many workflows are listed, or named, at once.
const listed = 200

// every is the query for all runs of a type, those that have continued as new too.
func every(workflowType, appID string) string {
	return "WorkflowType = " + temporalio.Quote(workflowType) + " AND " + order.AttributeAppID + " = " + temporalio.Quote(appID)
}

func (p *Purge) list(ctx context.Context, query string, each func(*workflowpb.WorkflowExecutionInfo)) error {
	var page []byte
	for {
		answer, err := p.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: p.Namespace, Query: query, PageSize: listed, NextPageToken: page,
		})
		if err != nil {
			return fmt.Errorf("list what there is of the merchant: %w", err)
		}
		for _, info := range answer.GetExecutions() {
			each(info)
		}
		if page = answer.GetNextPageToken(); len(page) == 0 {
			return nil
		}
	}
}
