package gather

import (
	"context"
	"strings"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// deliveries are the dead messages that can still be replayed, and those whose workflow is stopped. What
// died of a person's word, or long ago, has ended and needs nobody.
func (g *Gatherer) deliveries(ctx context.Context, appID string, found *Found) error {
	query := temporalio.NewQuery(order.DeliveryWorkflowType, appID).Where(
		"((ExecutionStatus = 'Running' AND " + order.AttributeDeliveryState + " = 'dead') OR " + stopped + ")")
	rows, err := g.rows(ctx, query, found)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if view, known := temporalio.Memo[order.DeliveryView](row, order.SummaryMemo); known {
			found.add(ofDelivery(row, view))
		}
	}
	return nil
}

func ofDelivery(row *workflowpb.WorkflowExecutionInfo, view order.DeliveryView) attention.Item {
	what := attention.OfDelivery
	if strings.HasSuffix(row.GetExecution().GetWorkflowId(), "/copy") {
		what = attention.OfCopy
	}
	execution := temporalio.ExecutionOf(row)
	item := attention.Item{
		ID: attention.Named(what, view.NotifyID), AppID: view.AppID, Kind: attention.KindDeliveryDead, Since: view.ReceivedAt,
		Reason: words.New("attention.dead", view.Name, view.Reason), Code: view.Code, Execution: executionShown(execution),
		OutOrderNo: view.OutOrderNo, MiniAppID: view.MiniAppID, NotifyID: view.NotifyID,
		Commands: []string{"replay-delivery", "discard-delivery"},
	}
	if execution != order.ExecutionRunning {
		item.Kind, item.Reason, item.Commands = attention.KindWorkflowStopped, stoppedText(execution), []string{}
		item.Since = stoppedSince(row, item.Since)
	}
	return item
}

// leastTries is how many tries of one message make its target one that fails: a single refusal is
// what the second try is for.
const leastTries = 3

// forwards is the app's forward target, where messages are tried again and again. One item stands for all
// of them: they have one cause.
func (g *Gatherer) forwards(ctx context.Context, appID string, found *Found) error {
	query := temporalio.NewQuery(order.DeliveryWorkflowType, appID).Running().Where(order.AttributeDeliveryState + " = 'waiting'")
	page, err := g.page(ctx, query.String(), pageSize, nil)
	if err != nil {
		return err
	}
	failing, first, last := 0, order.DeliveryView{}, order.DeliveryView{}
	for _, row := range page.GetExecutions() {
		view, known := temporalio.Memo[order.DeliveryView](row, order.SummaryMemo)
		if !known || view.Attempts < leastTries || view.LastError == "" {
			continue
		}
		if failing++; failing == 1 || view.ReceivedAt.Before(first.ReceivedAt) {
			first = view
		}
		if failing == 1 || view.NextTry.After(last.NextTry) {
			last = view
		}
	}
	if failing > 0 {
		found.add(attention.Item{
			ID: "forward", AppID: appID, Kind: attention.KindForwardFailing, Since: first.ReceivedAt, Commands: []string{"replay-deliveries"},
			Reason: words.New("attention.forward", failing, words.Sentence(last.LastError)),
		})
	}
	return nil
}
