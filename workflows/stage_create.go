package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// create gets an order_no from Alipay: by asking for a mini program, or from the
// ISV that asks by itself. A release order has its mini program already.
func (o *orderRun) create(ctx workflow.Context) error {
	switch {
	case o.input.Request.Kind == order.KindRelease:
		o.move(ctx, order.EventMerchantAgreed, "a new version of "+o.MiniAppID)
		return nil
	case o.OrderNo != "" && !o.missesLink():
		o.move(ctx, order.EventOrderCreated, "adopted "+o.OrderNo)
		return nil
	case o.stopped(), o.input.Request.Policy.Create == order.StepExternal:
		return o.pursue(ctx, pursuit{})
	case o.mustAsk(o.input.Request.Policy.Create):
		o.hold(ctx, order.HoldNeedsApproval, "CREATE", "creating the mini program is a manual step")
		return nil
	}
	return o.callCreate(ctx, func(ctx workflow.Context, failure *activities.Failure) bool {
		if !failure.Ask || o.OrderNo == "" {
			return false // without an order_no there is nothing to ask about
		}
		o.move(ctx, order.EventOrderCreated, "adopted "+o.OrderNo+"; create was answered "+failure.Code)
		return true
	})
}

// missesLink tells whether the order asks for a trial and has not got the link for
// the merchant. A message can bring the order_no before create has answered, or before
// a run that was reset calls it; the link comes with the answer alone, and the same
// call brings it again.
func (o *orderRun) missesLink() bool {
	request := o.input.Request
	asks := request.Policy.Create != order.StepExternal
	return request.Kind == order.KindTrial && request.OrderNo == "" && o.AuthorizeURL == "" && asks
}

// callCreate asks Alipay to create the mini program. Alipay takes out_order_no as
// the idempotency key: to make the same call again is to ask what became of it.
func (o *orderRun) callCreate(ctx workflow.Context, refused func(workflow.Context, *activities.Failure) bool) error {
	return o.pursue(ctx, calling(o, activities.CreateMiniProgram, activities.CreateCall{
		Run: o.run, AppID: o.input.Request.AppID, OutOrderNo: o.input.Request.OutOrderNo, Kind: o.input.Request.Kind,
		Create: o.Create,
	},
		"ask Alipay to create the mini program", func(ctx workflow.Context, created activities.Created) {
			o.OrderNo, o.AuthorizeURL, o.Unheard = created.OrderNo, created.AuthorizeURL, false
			o.move(ctx, order.EventOrderCreated, "order_no "+created.OrderNo)
		}).unless(refused))
}

// mustAsk tells whether a step waits for a person's approval.
func (o *orderRun) mustAsk(mode order.StepMode) bool {
	return (mode == order.StepManual || o.AskFirst == o.Stage) && !o.Visit.Approved
}

// awaitMerchant waits until the merchant has answered.
func (o *orderRun) awaitMerchant(ctx workflow.Context) error {
	if o.stopped() {
		return o.pursue(ctx, pursuit{})
	}
	return o.pursue(ctx, calling(o, activities.AwaitMerchant, o.merchantQuestion(o.pacing(o.input.Schedules.Confirm)),
		"wait for the merchant's answer", o.adoptMerchant).unless(o.orderUnknown))
}

// orderUnknown : Alipay does not know the order. What it forgets for a moment is asked
// about again after a pause; what it does not know time and again needs a person, and
// nothing is left to undo.
func (o *orderRun) orderUnknown(ctx workflow.Context, failure *activities.Failure) bool {
	if !failure.Ask {
		return false
	}
	o.pause(ctx, activities.AwaitMerchant.Name, failure)
	switch {
	case o.Pauses.of(activities.AwaitMerchant.Name).Times < maxTraceless:
	case o.CancelRequested:
		o.Reason = order.CutText(o.cancelNote()+"; Alipay knows no order "+o.OrderNo, maxReason)
		o.move(ctx, order.EventCancelled, o.Reason)
	default:
		o.hold(ctx, order.HoldNeedsOperator, failure.Code, "Alipay knows no order "+o.OrderNo+
			"; if it is a slip cancel this order, or give it up, and start another: "+failure.Message)
	}
	return true
}

// pacing asks by a schedule, and by another when there is no answer.
func (o *orderRun) pacing(schedule order.Schedule) activities.Pacing {
	return activities.Pacing{Schedule: schedule, Again: o.input.Schedules.Again}
}

func (o *orderRun) merchantQuestion(pacing activities.Pacing) activities.MerchantQuestion {
	return activities.MerchantQuestion{
		AppID: o.input.Request.AppID, Kind: o.input.Request.Kind, OrderNo: o.OrderNo,
		Known: o.Certification, Pacing: pacing,
	}
}

// adoptMerchant takes Alipay's truth about the order of creation.
func (o *orderRun) adoptMerchant(ctx workflow.Context, truth activities.MerchantAnswer) {
	o.certify(ctx, truth.Certification)
	if truth.Status == order.MerchantWaiting {
		return
	}
	if truth.Status == order.MerchantFailed {
		o.Merchant = truth.Status
		o.move(ctx, order.EventCreationFailed, "Alipay ended the creation, or the trial was deregistered")
		return
	}
	if o.Stage != order.StageCreating && o.Stage != order.StageAwaitingMerchant {
		return
	}
	o.Merchant = truth.Status
	if truth.Status == order.MerchantAgreed {
		o.MiniAppID = truth.MiniAppID
		o.move(ctx, order.EventMerchantAgreed, "mini program "+truth.MiniAppID)
		return
	}
	switch {
	case o.CancelRequested:
		o.move(ctx, order.EventCancelled, "the platform ended the order: "+string(truth.Status))
	case truth.Status == order.MerchantRejected:
		o.move(ctx, order.EventMerchantRejected, "the merchant declined")
	case truth.Status == order.MerchantTimedOut:
		o.move(ctx, order.EventConfirmTimedOut, "the merchant did not answer in time")
	}
}

// certify records a trial's certification. Once certified, nothing that waited for it waits on.
func (o *orderRun) certify(ctx workflow.Context, news order.Certification) {
	if news == "" || news == o.Certification {
		return
	}
	o.Certification = news
	o.happened(ctx, order.TimelineItem{Event: order.HappenedStageChanged, Note: "certification: " + string(news)})
	if news == order.CertificationCertified && o.holdKind() == order.HoldAwaitingCertification {
		o.unhold(ctx)
		o.turn++
	}
}

// watchCertification asks about a trial's certification beside everything else,
// from the mini program's creation on.
func (o *orderRun) watchCertification(ctx workflow.Context) {
	watched := o.input.Request.Kind == order.KindTrial && o.MiniAppID != "" && o.OrderNo != "" &&
		o.Certification != order.CertificationCertified && !o.Stage.Ended()
	if !watched {
		o.certifier.close()
		return
	}
	if o.certifier.future != nil {
		return
	}
	ctx, cancel := workflow.WithCancel(ctx)
	question := o.merchantQuestion(o.pacing(o.input.Schedules.Certification))
	o.certifier = pending{cancel: cancel, future: start(ctx, o.input.Request.AppID, activities.AwaitCertification, question, "watch the trial's certification")}
}

// certified takes what the watch on the certification found. A watch that fails
// is not begun again by itself: the hold says what is wrong, retry begins it.
func (o *orderRun) certified(ctx workflow.Context) {
	truth, err := answerTo(ctx, activities.AwaitCertification, o.certifier.future)
	if err == nil {
		o.adoptMerchant(ctx, truth)
	}
	o.certifier.close()
	if err != nil {
		o.refused(ctx, activities.AwaitCertification.Name, activities.FailureOf(err))
		o.certifier.future, _ = workflow.NewFuture(ctx)
	}
}

// awaitAuthorization claims the mini program and waits for its turn and its token.
// Alipay has no query that returns one, so after a while a person is asked.
func (o *orderRun) awaitAuthorization(ctx workflow.Context) error {
	if err := o.claim(ctx); err != nil {
		return err
	}
	if o.Queue == nil && o.Authorization == order.AuthorizationAuthorized {
		o.move(ctx, order.EventAuthorized, "authorised")
		return nil
	}
	return o.listenForToken(ctx)
}

// listenForToken listens for the mini program's word. Somebody may have terminated it
// meanwhile, and nobody would say so: now and then it is claimed anew, which changes
// nothing where it runs.
func (o *orderRun) listenForToken(ctx workflow.Context) error {
	until := o.now(ctx).Add(o.input.Schedules.Settled.Delay(1))
	if err := o.pursue(ctx, pursuit{until: until}); err != nil {
		return err
	}
	if !o.now(ctx).Before(until) {
		o.claimAnew()
	}
	return nil
}

// claimAnew lets the order claim its mini program once more, if it waits for its word.
func (o *orderRun) claimAnew() {
	if o.Authorization != order.AuthorizationAuthorized || o.Queue != nil || !o.Placed {
		o.Claimed = false
	}
}

// claim puts this order in charge of its mini program, or in the queue for it. The
// entity hands over the messages it held and says where authorisation stands. One
// that somebody has terminated is claimed anew.
func (o *orderRun) claim(ctx workflow.Context) error {
	if o.Claimed {
		return nil
	}
	request := o.input.Request
	o.Placed = false
	call := activities.ClaimCall{
		Order: activities.OrderAddress{AppID: request.AppID, OutOrderNo: request.OutOrderNo},
		MiniProgram: order.MiniProgramInput{
			AppID: request.AppID, MiniAppID: o.MiniAppID, Schedules: o.input.Schedules, CrowdedAt: o.input.CrowdedAt,
		},
	}
	claiming := start(ctx, request.AppID, activities.ClaimMiniProgram, call, "take charge of the mini program")
	if err := claiming.Get(ctx, nil); err != nil {
		return err
	}
	o.Claimed = true
	return nil
}
