package miniprogram

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

var (
	troubleKey = temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderHold)
	stuckKey   = temporal.NewSearchAttributeKeyKeyword(order.AttributeDeliveryState)
)

// showTrouble lets lists find a mini program that needs a person, in the attributes in which an order
// shows its hold and a Delivery its state: asking each mini program by itself would not do with
// thousands of them.
func (m *entity) showTrouble(ctx workflow.Context) {
	if !m.troubled {
		return
	}
	hold, code := m.trouble()
	dead := ""
	if len(m.Stuck) > 0 {
		dead = string(order.DispositionDead)
	}
	known := workflow.GetTypedSearchAttributes(ctx)
	shownHold, _ := known.GetKeyword(troubleKey)
	shownDead, _ := known.GetKeyword(stuckKey)
	_, limited := m.limitTrouble()
	warned := limited && m.shownWarning != m.Limit.Warned
	if shownHold == string(hold) && shownDead == dead && !warned {
		return
	}
	logger := workflow.GetLogger(ctx)
	if err := workflow.UpsertTypedSearchAttributes(ctx, set(troubleKey, string(hold)), set(stuckKey, dead)); err != nil {
		logger.Error("search attributes could not be set", "error", err)
	}
	if warned {
		m.shownWarning = m.Limit.Warned
	}
	if err := workflow.UpsertMemo(ctx, map[string]any{order.TroubleMemo: m.troubleSince(ctx, code)}); err != nil {
		logger.Error("since when could not be shown", "error", err)
	}
}

// set sets an attribute, or takes it away where there is nothing to say.
func set(key temporal.SearchAttributeKeyKeyword, value string) temporal.SearchAttributeUpdate {
	if value == "" {
		return key.ValueUnset()
	}
	return key.ValueSet(value)
}

// trouble says what is wrong with the token, in the words of orders' holds. A mini program that has had
// none has nothing wrong.
func (m *entity) trouble() (hold order.HoldKind, code string) {
	switch {
	case m.Doubt != nil && m.Doubt.Code != "":
		return order.HoldNeedsOperator, m.Doubt.Code
	case m.Authorization == order.AuthorizationRevoked:
		return order.HoldAuthorizationRevoked, ""
	case m.Authorization == order.AuthorizationPunished:
		return order.HoldPunished, ""
	case m.Down != nil && m.Down.Cause == order.DownByForce:
		return order.MiniProgramOffline, order.CodeTakenDown
	case m.Down != nil && m.Down.Cause == order.DownByOthers:
		return order.MiniProgramOffline, ""
	}
	if ends, limited := m.limitTrouble(); limited {
		return order.HoldAwaitingFiling, ends.Code
	}
	return "", ""
}

// troubleSince is the trouble with when it began, which is now unless the state knows better.
func (m *entity) troubleSince(ctx workflow.Context, code string) order.Trouble {
	trouble := order.Trouble{Since: workflow.Now(ctx).UTC(), Code: code}
	switch {
	case m.Doubt != nil && m.Doubt.Code != "":
		trouble.Since = m.Doubt.Since
	case m.Authorization == order.AuthorizationPunished && !m.PunishedSince.IsZero():
		trouble.Since = m.PunishedSince
	case m.Authorization == order.AuthorizationAuthorized && m.Down != nil:
		trouble.Since = m.Down.Since
	case code == order.CodeLimitedEnds:
		trouble, _ = m.limitTrouble()
	}
	return trouble
}
