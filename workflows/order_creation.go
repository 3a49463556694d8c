package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// missesLink reports whether the order asks for a trial and does not have the link for
// the merchant. A message can bring the order_no before create has answered, or before
// a run that was reset calls it; the link comes with the answer alone, and the same
// call brings it again.
func (o *orderRun) missesLink() bool {
	request := o.input.Request
	asks := request.Policy.Create != order.StepExternal && !o.Observed
	ended := o.holdKind() == order.HoldNeedsInput && o.Hold.Code == codeOrderFinished // no call brings it any more
	return request.Kind == order.KindTrial && request.OrderNo == "" && o.AuthorizeURL == "" && asks && !ended
}

// creation asks Alipay to create the mini program. Alipay takes out_order_no as
// the idempotency key: to make the same call again is to ask what became of it.
func (o *orderRun) creation() pursuit {
	request := o.input.Request
	call := activities.CreateCall{
		Whose: o.whose(), AppID: request.AppID, OutOrderNo: request.OutOrderNo, Kind: request.Kind, Create: o.Create,
	}
	return calling(o, activities.CreateMiniProgram, call, words.New("do.create"),
		func(ctx workflow.Context, created activities.Created) {
			isNew := !o.Unheard // an earlier call may have arrived long ago
			o.OrderNo, o.AuthorizeURL, o.Unheard = created.OrderNo, created.AuthorizeURL, false
			if o.move(ctx, order.EventOrderCreated, words.New("note.order_no", created.OrderNo)) {
				o.Visit.Asked = o.sleeps && isNew
			}
		})
}

// creationRefused goes on where Alipay knows the order already. Without an order_no
// there is nothing to ask about.
func (o *orderRun) creationRefused(ctx workflow.Context, failure *activities.Failure) bool {
	switch {
	case o.OrderNo == "" && failure.Code == codeOrderFinished:
		return o.finishedUnseen(ctx, failure)
	case o.OrderNo == "" || !failure.Ask && !o.isOurs(ctx, failure):
		return false
	}
	o.move(ctx, order.EventOrderCreated, words.New("note.adopted_refused", o.OrderNo, failure.Code))
	return true
}

// changeFinished names the change that asks a person for the order_no of an order that has ended at
// Alipay unseen.
const changeFinished = "order-finished-unseen"

// codeOrderFinished is Alipay's code of a create whose number belongs to an order that has ended.
const codeOrderFinished = "ORDER_FINISHED"

// finishedUnseen asks a person, or a message, for the order_no: Alipay knows the order, has ended it,
// and can be asked about it by that alone. A mini program may have come of it, so nothing is created
// under another number, and a cancellation has to say so.
func (o *orderRun) finishedUnseen(ctx workflow.Context, failure *activities.Failure) bool {
	if workflow.GetVersion(ctx, changeFinished, workflow.DefaultVersion, 1) < 1 {
		return false
	}
	o.Unheard = true
	o.countRefusal(ctx, activities.CreateMiniProgram.Name, failure)
	o.hold(ctx, order.HoldNeedsInput, failure.Code, words.New("hold.order_finished", o.input.Request.OutOrderNo), "order_no")
	return true
}

// changeOngoing names the change that goes on with the merchant's unfinished order where its order_no
// is known to be this order's.
const changeOngoing = "order-ongoing-ours"

// isOurs reports whether a create was refused for the very order that is asked for: the merchant has an
// unfinished one, and its order_no came with a message about this order or from a person. Another create
// would be refused for as long as that lasts, and made twice afterwards. A trial's link comes with an
// answer to create alone, so that is asked for some times more.
func (o *orderRun) isOurs(ctx workflow.Context, failure *activities.Failure) bool {
	tried := o.Pauses.of(activities.CreateMiniProgram.Name)
	inVain := o.input.Request.Kind != order.KindTrial || tried != nil && tried.Times >= maxTraceless
	return inVain && failure.Code == "ONGOING_ORDER_EXIST" && workflow.GetVersion(ctx, changeOngoing, workflow.DefaultVersion, 1) >= 1
}

// orderUnknown asks again about an order that Alipay does not know, after a pause: it
// forgets one for a moment. What it does not know time and again needs a person, and
// nothing is left to undo.
func (o *orderRun) orderUnknown(ctx workflow.Context, failure *activities.Failure) bool {
	if !failure.Ask {
		return false
	}
	o.pause(ctx, activities.AwaitMerchant.Name, failure)
	switch {
	case o.Pauses.of(activities.AwaitMerchant.Name).Times < maxTraceless:
	case o.CancelRequested:
		o.Reason = words.New("end.order_unknown", o.cancelNote(), o.OrderNo)
		o.move(ctx, order.EventCancelled, o.Reason)
	default:
		o.hold(ctx, order.HoldNeedsOperator, failure.Code, words.New("hold.order_unknown", o.OrderNo, failure.Message))
	}
	return true
}

// adoptMerchant takes Alipay's truth about the order of creation. It can come at any
// stage: a trial can be deregistered after its mini program was created.
func (o *orderRun) adoptMerchant(ctx workflow.Context, truth activities.MerchantAnswer) {
	if truth.Status == order.MerchantWaiting {
		return
	}
	o.certify(ctx, truth.Certification)
	if truth.Status == order.MerchantFailed { // at any stage: without its mini program the order has nothing to work on
		o.Merchant = truth.Status
		o.move(ctx, order.EventCreationFailed, words.New("note.creation_ended"))
		return
	}
	if o.Stage != order.StageCreating && o.Stage != order.StageAwaitingMerchant {
		return
	}
	o.Merchant = truth.Status
	o.learned(ctx, assertion{fact: "merchant:" + string(truth.Status), merchant: truth.Status})
	if truth.Status == order.MerchantAgreed {
		o.MiniAppID = truth.MiniAppID
		o.move(ctx, order.EventMerchantAgreed, words.New("note.mini_program", truth.MiniAppID))
		return
	}
	switch {
	case o.CancelRequested:
		o.move(ctx, order.EventCancelled, words.New("note.platform_ended", truth.Status))
	case truth.Status == order.MerchantRejected:
		o.move(ctx, order.EventMerchantRejected, words.New("note.declined"))
	case truth.Status == order.MerchantTimedOut:
		o.move(ctx, order.EventConfirmTimedOut, words.New("note.timed_out"))
	}
}

// certify records a trial's certification. A hold that waited for it ends, since Alipay has no
// other reason left to refuse.
func (o *orderRun) certify(ctx workflow.Context, news order.Certification) {
	if news == "" || news == o.Certification {
		return
	}
	o.Certification = news
	o.learned(ctx, assertion{fact: "certification:" + string(news), certification: news})
	o.happened(ctx, order.TimelineItem{Event: order.HappenedStageChanged, Note: words.New("note.certification", news)})
	if news == order.CertificationCertified && o.holdKind() == order.HoldAwaitingCertification {
		o.unhold(ctx)
		o.lookAgain()
	}
}

// awaitsCertification reports whether a trial's certification is still to come. It goes on beside
// every stage from the mini program's creation on: a trial can be built while its merchant is
// verified.
func (o *orderRun) awaitsCertification() bool {
	return o.input.Request.Kind == order.KindTrial && o.MiniAppID != "" && o.OrderNo != "" &&
		o.Certification != order.CertificationCertified && !o.Stage.Ended()
}

// askCertification asks about a trial's certification beside whatever the stage does, once each
// time that somebody has a reason to look again.
func (o *orderRun) askCertification(ctx workflow.Context) {
	if o.certificationTurn == o.turn || o.certification.Future != nil {
		return
	}
	o.certificationTurn = o.turn
	if !o.awaitsCertification() || o.Visit.CertificationRefused {
		return
	}
	question := o.merchantQuestion(o.once(o.input.Schedules.Certification))
	o.certification = durable.Asking(ctx, o.input.Request.AppID, activities.AwaitCertification, question, o.say(words.New("do.certification")))
}

// certified takes what was answered about the certification. What was refused is not asked again
// by itself: the hold says what is wrong, and retry asks again.
func (o *orderRun) certified(ctx workflow.Context) {
	truth, err := durable.AnswerTo(ctx, activities.AwaitCertification, o.certification.Future)
	if err == nil {
		o.adoptMerchant(ctx, truth)
	}
	o.certification.Close()
	if err != nil {
		o.Visit.CertificationRefused = o.sleeps
		o.refused(ctx, activities.AwaitCertification.Name, activities.FailureOf(err))
		if !o.sleeps { // a watch that has failed is not begun again
			o.certification.Future, _ = workflow.NewFuture(ctx)
		}
	}
}
