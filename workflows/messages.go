package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// listen takes signals as they come, beside the story. It never blocks the story
// and does nothing that could block itself.
func (o *orderRun) listen(ctx workflow.Context) {
	o.notifications = workflow.GetSignalChannel(ctx, order.NotificationSignal)
	o.authorizations = workflow.GetSignalChannel(ctx, order.AuthorizationSignal)
	o.pokes = workflow.GetSignalChannel(ctx, order.PokeSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			selector := workflow.NewSelector(ctx)
			for _, channel := range []workflow.ReceiveChannel{o.notifications, o.authorizations, o.pokes} {
				selector.AddReceive(channel, func(workflow.ReceiveChannel, bool) {})
			}
			selector.Select(ctx)
			if ctx.Err() != nil {
				return
			}
			o.drain(ctx)
		}
	})
}

// drain hears every signal that has arrived. Signals left in a channel at the
// end of a run would be lost.
func (o *orderRun) drain(ctx workflow.Context) {
	for {
		var notification order.Notification
		if !o.notifications.ReceiveAsync(&notification) {
			break
		}
		o.hear(ctx, notification)
	}
	for {
		var change order.AuthorizationChange
		if !o.authorizations.ReceiveAsync(&change) {
			break
		}
		o.authorized(ctx, change)
	}
	for {
		var poke order.Poke
		if !o.pokes.ReceiveAsync(&poke) {
			break
		}
		o.happened(ctx, order.TimelineItem{Event: order.HappenedNotification, Note: poke.Why})
		o.claimAnew()
		o.turn++
	}
}

// authorized takes the mini program's word on where authorisation stands.
func (o *orderRun) authorized(ctx workflow.Context, change order.AuthorizationChange) {
	o.turn++
	o.Queue, o.Placed, o.dirty = nil, true, true
	if change.QueuedBehind != "" {
		o.Queue = &order.QueuePlace{Behind: change.QueuedBehind, Place: change.Place}
	}
	if change.Doubtful {
		o.Unasked = change.Code
		return // it was refused, and nobody can say yet what it is worth
	}
	o.Doubt, o.Unasked = nil, ""
	if change.Authorization == o.Authorization {
		return
	}
	o.Authorization = change.Authorization
	if o.Authorization == order.AuthorizationAuthorized {
		o.RefusedToken = ""
	}
	o.Visit.QuestionRefused = false
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedAuthorizationChanged, Note: "authorization: " + string(change.Authorization),
	})
}

// wantsOrderNo tells whether a message that names this order may give it its order_no:
// where it has none, and where Alipay does not know the one that was handed in.
func (o *orderRun) wantsOrderNo(n order.Notification) bool {
	switch o.Stage {
	case order.StageCreating:
		return o.OrderNo == ""
	case order.StageAwaitingMerchant:
		known := o.Pauses.of(activities.AwaitMerchant.Name)
		return n.OutOrderNo == o.input.Request.OutOrderNo && known != nil && known.Ask
	default:
		return false
	}
}

// hear sorts one message: known, contradicted by what Alipay has said already,
// in agreement with it, or a claim that Alipay has to be asked about.
func (o *orderRun) hear(ctx workflow.Context, n order.Notification) {
	switch o.Seen.admit(n.NotificationKey) {
	case arrivalRepeated:
		return
	case arrivalConflicting:
		o.Outbox = append(o.Outbox, order.DeliveryInput{
			Notification: n, Schedules: o.input.Schedules, Disposition: order.DispositionConflict,
			Reason: "its notify_id came before with other content",
		})
		o.happened(ctx, order.TimelineItem{
			Event: order.HappenedNotification, NotifyID: n.NotifyID, Disposition: order.DispositionConflict,
			Note: "the same notify_id with other content",
		})
		return
	case arrivalNew:
	}
	if n.OrderNo != "" && n.OrderNo != o.OrderNo && o.wantsOrderNo(n) {
		o.OrderNo = n.OrderNo
		o.turn++
	}
	claim := claimOf(n)
	switch {
	case claim.fact == "" && n.Flaw != "":
		o.turn++ // whatever it says, Alipay knows
		o.dispose(ctx, n, order.DispositionApplied, "it can't be read whole: Alipay is asked")
	case claim.fact == "":
		o.dispose(ctx, n, order.DispositionApplied, "noted")
	case claim.verdict != "" && o.isOtherVersion(n):
		o.dispose(ctx, n, order.DispositionStale, "it is about version "+n.AppVersion)
	case o.holds(claim):
		o.tell(ctx, n, claim)
	case o.Stage.Ended():
		o.dispose(ctx, n, order.DispositionLate, "the order had ended")
	default:
		o.keepClaim(ctx, n)
	}
}

// keepClaim keeps a message until Alipay has been asked about it. It is asked all
// the same when there are too many to keep.
func (o *orderRun) keepClaim(ctx workflow.Context, n order.Notification) {
	n = n.WithoutRaw() // an order acts on the evidence
	n.Content = ""
	kept := sizeOf(n)
	for _, other := range o.Claims {
		kept += sizeOf(other)
	}
	if kept > maxClaimBytes {
		o.dispose(ctx, n, order.DispositionStale, "more messages claim something than can be kept; Alipay is asked about the others")
		return
	}
	o.Claims = append(o.Claims, n)
	o.dirty = true
}

// claim is what a message says, in the words of Alipay's queries.
type claim struct {
	// fact names the claim; empty claims nothing.
	fact          string
	merchant      order.MerchantStatus
	certification order.Certification
	verdict       order.Verdict
}

func claimOf(n order.Notification) claim {
	switch {
	case n.Evidence.Verdict != "":
		return claim{fact: "audit:" + string(n.Evidence.Verdict), verdict: n.Evidence.Verdict}
	case n.Evidence.MerchantStatus != "":
		status := order.ReadConfirmation(n.Evidence.MerchantStatus)
		if status == order.MerchantWaiting || status == order.MerchantAgreed && n.MiniAppID == "" {
			return claim{} // an agreement without an id is a wait: there is nothing to go on with
		}
		return claim{fact: "merchant:" + string(status), merchant: status}
	case n.Evidence.RegisterStatus != "":
		status, certification := order.ReadRegistration(n.Evidence.RegisterStatus)
		switch {
		case certification != order.CertificationNone:
			return claim{fact: "certification:" + string(certification), certification: certification}
		case status == order.MerchantWaiting, status == order.MerchantAgreed && n.MiniAppID == "":
			return claim{}
		}
		return claim{fact: "merchant:" + string(status), merchant: status}
	}
	return claim{}
}

// holds tells whether what the order knows agrees with a claim.
func (o *orderRun) holds(c claim) bool {
	switch {
	case c.merchant != "":
		return o.Merchant == c.merchant
	case c.certification != "":
		return o.Certification == c.certification
	case c.verdict != "":
		audit := o.lastAudit()
		return audit != nil && audit.Verdict == c.verdict
	}
	return false
}

// isOtherVersion tells whether a message names a version that is not this order's.
func (o *orderRun) isOtherVersion(n order.Notification) bool {
	return (n.AppVersion != "" && n.AppVersion != o.Version.AppVersion) ||
		(n.BundleID != "" && n.BundleID != o.Version.Bundle())
}

// tell takes a message that agrees with the order: the first to tell a fact is
// applied, the same fact under another id is a duplicate.
func (o *orderRun) tell(ctx workflow.Context, n order.Notification, c claim) {
	fact := c.fact
	if c.verdict != "" {
		fact = fmt.Sprintf("%s:%d", c.fact, o.lastAudit().Attempt)
	}
	if slices.Contains(o.Told, fact) {
		o.dispose(ctx, n, order.DispositionDuplicate, "another message had said so")
		return
	}
	o.Told = append(o.Told, fact)
	if len(o.Told) > maxTold {
		o.Told = o.Told[1:]
	}
	if c.verdict != "" {
		o.takeReasons(n.Evidence)
	}
	o.dispose(ctx, n, order.DispositionApplied, "agrees with Alipay's answer")
}

// takeReasons keeps a message's reasons where the query gave none.
func (o *orderRun) takeReasons(evidence order.Evidence) {
	audit := o.lastAudit()
	if len(audit.Reasons) == 0 && len(evidence.Reasons) > 0 {
		audit.Reasons, _ = order.CutReasons(evidence.Reasons)
	}
	if audit.BaseAudit == "" {
		audit.BaseAudit = evidence.BaseAudit
	}
	if audit.PromoteAudit == "" {
		audit.PromoteAudit = evidence.PromoteAudit
	}
	o.dirty = true
}

// settleLeftovers gives the claims of an ended order their disposition.
func (o *orderRun) settleLeftovers(ctx workflow.Context) {
	claims := o.Claims
	o.Claims = nil
	for _, n := range claims {
		if c := claimOf(n); o.holds(c) && !o.isOtherVersion(n) {
			o.tell(ctx, n, c)
			continue
		}
		o.dispose(ctx, n, order.DispositionLate, "the order had ended before Alipay could be asked about it")
	}
}
