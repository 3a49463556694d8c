package rolling

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

var troubleKey = temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderHold)

// showTrouble lets lists find a rollout that needs a person, in the attribute in which an order shows its
// hold.
func (r *rolling) showTrouble(ctx workflow.Context) {
	code := r.Trouble()
	if code == r.trouble {
		return
	}
	r.trouble = code
	logger, hold := workflow.GetLogger(ctx), troubleKey.ValueUnset()
	if code != "" {
		hold = troubleKey.ValueSet(string(order.HoldNeedsOperator))
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, hold); err != nil {
		logger.Error("a search attribute could not be set", "error", err)
	}
	if err := workflow.UpsertMemo(ctx, map[string]any{order.TroubleMemo: order.Trouble{Since: r.Since, Code: code}}); err != nil {
		logger.Error("since when could not be shown", "error", err)
	}
}
