package gather

import (
	"context"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// ofMiniPrograms are the mini programs that need a person, which they say in the attributes that orders
// and Deliveries have for it.
const ofMiniPrograms = "((ExecutionStatus = 'Running' AND (" + order.AttributeOrderHold + " IN ('needs_operator', 'authorization_revoked', 'punished', 'awaiting_filing', '" + order.MiniProgramOffline + "') OR " +
	order.AttributeDeliveryState + " = 'dead')) OR " + stopped + ")"

func (g *Gatherer) miniPrograms(ctx context.Context, appID string, found *Found) error {
	rows, err := g.rows(ctx, temporalio.NewQuery(order.MiniProgramWorkflowType, appID).Where(ofMiniPrograms), found)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if item := ofMiniProgram(row, appID, g.Now()); !found.has(item.ID) { // its order knows the shop, too
			found.add(item)
		}
	}
	return nil
}

func ofMiniProgram(row *workflowpb.WorkflowExecutionInfo, appID string, now time.Time) attention.Item {
	id, _ := temporalio.Attribute[string](row, order.AttributeMiniAppID)
	hold, _ := temporalio.Attribute[string](row, order.AttributeOrderHold)
	since, told := temporalio.Memo[order.Trouble](row, order.TroubleMemo)
	if !told {
		since.Since = row.GetStartTime().AsTime()
	}
	execution := temporalio.ExecutionOf(row)
	item := attention.Item{
		ID: attention.Named(attention.OfMiniProgram, id), AppID: appID, MiniAppID: id, Since: since.Since, Code: since.Code,
		Kind: attention.KindAuthorization, Execution: executionShown(execution), Commands: []string{"import-authorization"},
	}
	switch {
	case execution != order.ExecutionRunning:
		item.Kind, item.Reason, item.Commands = attention.KindWorkflowStopped, stoppedText(execution), []string{}
		if item.Since = stoppedSince(row, row.GetStartTime().AsTime()); execution == order.ExecutionTerminated {
			item.Commands = []string{"import-authorization"}
		}
	case hold == string(order.HoldNeedsOperator):
		item.Reason = words.New("attention.token_doubt")
	case hold == string(order.HoldAwaitingFiling):
		days := order.DaysUntil(since.Until, now)
		item.Kind, item.Reason, item.DaysLeft, item.Commands = attention.KindFiling, words.New("attention.limited_ends", since.Until), &days, []string{}
	case hold == string(order.HoldPunished):
		item.Reason = words.New("merchant.appeal")
	case hold == string(order.HoldAuthorizationRevoked):
		item.Reason = words.New("merchant.authorize")
	case hold == order.MiniProgramOffline:
		offline(&item, row)
	default:
		item.Kind, item.Reason, item.Commands = attention.KindDeliveryDead, words.New("attention.stuck"), []string{"list-deliveries"}
	}
	return item
}

// offline says what became of what users saw: where Alipay took it down, no command helps.
func offline(item *attention.Item, row *workflowpb.WorkflowExecutionInfo) {
	known, _ := temporalio.Memo[order.OnlineKnown](row, order.OnlineMemo)
	item.Kind, item.Reason, item.Commands = attention.KindOffline, words.New("attention.offline", known.AppVersion), []string{"offline-mini-program"}
	if item.Code == order.CodeTakenDown {
		item.Reason, item.Commands = words.New("attention.taken_down", known.AppVersion), []string{}
	}
}
