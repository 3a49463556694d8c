package console

import "miniflow/order"

// Whose turn it is with an order.
const (
	turnOurs      = "ours"
	turnMerchants = "merchants"
	turnAlipays   = "alipays"
)

// turnOf says whose turn it is with an order; nobody's where it has ended. What stands in the way of an
// order comes before where it stands.
func turnOf(view order.View) string {
	switch {
	case view.Stage.Ended():
		return ""
	case view.Execution != "" && view.Execution != order.ExecutionRunning:
		return turnOurs
	case view.Hold != nil:
		return turnOfHold(view.Hold.Kind)
	}
	switch view.Stage { //nolint:exhaustive // in all others Alipay works, or Miniflow does and waits for its answer
	case order.StageAwaitingMerchant, order.StageAwaitingAuthorization:
		return turnMerchants
	case order.StageAuditRejected, order.StageBasePassed:
		return turnOurs
	}
	return turnAlipays
}

func turnOfHold(kind order.HoldKind) string {
	switch kind {
	case order.HoldAuthorizationRevoked, order.HoldPunished, order.HoldAwaitingCertification:
		return turnMerchants
	case order.HoldPipelineBusy:
		return turnAlipays
	case order.HoldNeedsApproval, order.HoldNeedsInput, order.HoldNeedsOperator:
	}
	return turnOurs
}
