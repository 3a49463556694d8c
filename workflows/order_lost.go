package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/order"
	"miniflow/words"
)

// An authorisation that is lost may never come back: the merchant may have given the mini program to
// another service provider. Such an order ends after a time. It needs no timer of its own, since an
// order without authorisation looks now and then all the same; and one that began before there was
// such an end has no time for it in its input, so it does what its history has.

// noteLost keeps since when the authorisation is missed. A token that is punished is valid, so its
// merchant is not lost.
func (o *orderRun) noteLost(ctx workflow.Context) {
	switch o.Authorization {
	case order.AuthorizationAuthorized, order.AuthorizationPunished:
		o.LostSince = time.Time{}
	case order.AuthorizationRevoked:
		if o.LostSince.IsZero() {
			o.LostSince = o.now(ctx)
		}
	case order.AuthorizationNone: // its mini program was begun anew, and knows less than the order
	}
}

// lostUntil is when the order ends for want of an authorisation; zero while none is lost, or while
// whether it is lost, or this order's to miss, is being found out.
func (o *orderRun) lostUntil() time.Time {
	after := o.input.Schedules.LostFor.Std()
	isAsked := o.Doubt != nil || o.Unasked != "" || !o.Placed || o.Queue != nil
	if after <= 0 || o.LostSince.IsZero() || isAsked {
		return time.Time{}
	}
	return o.LostSince.Add(after)
}

// endLost ends the order. What it leaves at Alipay nobody can take out, so the reason names it.
func (o *orderRun) endLost(ctx workflow.Context) {
	o.Reason = words.New("end.lost", o.LostSince)
	if (o.Stage == order.StageAwaitingAuthorization || !o.mayBeAtAlipay()) && !o.Earlier {
		o.move(ctx, order.EventCancelled, o.Reason)
		return
	}
	o.leaveBehind(ctx)
}
