package gather

import (
	"context"
	"slices"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// ofOrders are the orders that may need a person: an order at a stage that a decision ends may be acting
// on one already, which its commands say.
const ofOrders = "((ExecutionStatus = 'Running' AND (" + order.AttributeOrderHold + " IN ('needs_approval', 'needs_input', 'needs_operator', 'authorization_revoked', 'punished', 'awaiting_filing') OR " +
	order.AttributeOrderStage + " IN ('audit_rejected', 'base_passed') OR (" + order.AttributeOrderStage + " = 'submitting' AND " +
	order.AttributeOrderHold + " = 'pipeline_busy'))) OR " + stopped + ")"

func (g *Gatherer) orders(ctx context.Context, appID string, found *Found) error {
	rows, err := g.rows(ctx, temporalio.NewQuery(order.WorkflowType, appID).Where(ofOrders), found)
	if err != nil {
		return err
	}
	for _, row := range rows {
		view, known := temporalio.Memo[order.View](row, order.SummaryMemo)
		if !known {
			continue // it was not started by Miniflow
		}
		item, needed := ofOrder(row, view.Explained(g.Now()))
		if !needed || item.Kind == attention.KindAuthorization && found.has(item.ID) {
			continue
		}
		item.Links = g.Links.Of(view, row)
		found.add(item)
	}
	return nil
}

// ofOrder says why an order needs a person: what stops its workflow before what holds it, and that
// before where it stands.
func ofOrder(row *workflowpb.WorkflowExecutionInfo, view order.View) (attention.Item, bool) {
	execution := temporalio.ExecutionOf(row)
	item := attention.Item{
		ID: attention.Named(attention.OfOrder, view.OutOrderNo), AppID: view.AppID, MerchantRef: view.MerchantRef, ShopName: view.ShopName,
		Stage: view.Stage, Execution: executionShown(execution), OutOrderNo: view.OutOrderNo, MiniAppID: view.MiniAppID,
		Since: view.StageSince, Reason: view.WaitingFor, Commands: []string{},
	}
	if execution == order.ExecutionRunning {
		item.Why = view.Why
		for _, command := range view.Commands {
			item.Commands = append(item.Commands, string(command))
		}
	}
	held := view.Hold != nil
	if held {
		item.Since, item.Reason, item.Code, item.Fields = view.Hold.Since, view.Hold.Message, view.Hold.Code, view.Hold.Fields
	}
	if execution != order.ExecutionRunning {
		item.Kind, item.Reason = attention.KindWorkflowStopped, stoppedText(execution)
		item.Since = stoppedSince(row, item.Since)
		if execution == order.ExecutionTerminated {
			item.Commands = []string{string(order.CommandBeginAgain)}
		}
		return item, true
	}
	return ofHeld(item, view)
}

// ofHeld says why an order that runs needs a person.
func ofHeld(item attention.Item, view order.View) (attention.Item, bool) {
	held := view.Hold != nil
	switch {
	case held && (view.Hold.Kind == order.HoldNeedsOperator || view.Hold.NamesVersion()): // what is in the way may take a person
		item.Kind = attention.KindNeedsOperator
	case view.Stage == order.StageAuditRejected && slices.Contains(view.Commands, order.CommandResubmit):
		item.Kind = attention.KindAuditRejected
	case view.Stage == order.StageBasePassed && slices.Contains(view.Commands, order.CommandDecideBasePass):
		item.Kind = attention.KindBasePassed
	case held && view.Hold.Kind == order.HoldNeedsInput:
		item.Kind = attention.KindNeedsInput
	case held && view.Hold.Kind == order.HoldNeedsApproval:
		item.Kind = attention.KindNeedsApproval
	case held && view.Hold.Kind == order.HoldAwaitingFiling && view.Hold.MerchantTask() != "": // else it is being examined
		item.Kind = attention.KindFiling
	case held && slices.Contains(ofMerchants, view.Hold.Kind) && view.MiniAppID != "":
		// The mini program's, which all its orders wait for; the order knows whose it is.
		item.ID, item.Kind = attention.Named(attention.OfMiniProgram, view.MiniAppID), attention.KindAuthorization
		item.Commands = []string{"import-authorization"}
	default:
		return item, false
	}
	return item, true
}

// stoppedText says what would make a stopped workflow go on.
func stoppedText(execution order.Execution) words.Text {
	switch execution {
	case order.ExecutionPaused:
		return words.New("attention.paused")
	case order.ExecutionTerminated:
		return words.New("attention.closed")
	case order.ExecutionFailing, order.ExecutionRunning:
	}
	return words.New("attention.failing")
}

// ofMerchants are the holds that a merchant ends, once somebody has asked for it.
var ofMerchants = []order.HoldKind{order.HoldAuthorizationRevoked, order.HoldPunished}
