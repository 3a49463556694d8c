package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// Order runs one order from its request to its end, and returns how it ended. This file
// is its story: run takes one step after another, a step is the method of the stage, and
// a stage pursues one thing. What goes on beside the story is in order_loop.go.
//
// A request to cancel the workflow is the command cancel: what has begun at Alipay
// can't be dropped, so the story runs on where Temporal's cancellation does not reach.
func Order(ctx workflow.Context, input order.Input) (order.View, error) {
	story, _ := workflow.NewDisconnectedContext(ctx)
	o, err := newOrderRun(story, input)
	if err != nil {
		return order.View{}, err
	}
	o.cancellable = ctx
	workflow.Go(story, func(story workflow.Context) {
		ctx.Done().Receive(story, nil)
		o.cancelledInTemporal(story)
	})
	if err := o.run(story); err != nil {
		return order.View{}, err
	}
	return o.view(), nil
}

// run takes steps until the order has ended. A step returns as soon as something has
// changed; what it has learned is in the state, so the next one begins with the truth.
func (o *orderRun) run(ctx workflow.Context) error {
	o.wakeEarlyMessages(ctx)
	o.noteBegunAgain(ctx)
	for !o.Stage.Ended() {
		if err := o.keepPace(ctx, o.step); err != nil {
			return err
		}
		if (o.crowded(ctx) || o.resealing) && !o.Stage.Ended() {
			return o.continueAsNew(ctx)
		}
	}
	return o.close(ctx)
}

// step takes the next step of an order that acts, or of one that follows another system. From
// building on every call carries the merchant's token, so nothing is tried without it.
func (o *orderRun) step(ctx workflow.Context) error {
	if o.CancelRequested && !o.Observed {
		return o.cancel(ctx)
	}
	if done, err := o.goesFirst(ctx); done || err != nil {
		return err
	}
	if o.Observed {
		return o.follow(ctx)
	}
	return o.act(ctx)
}

// act does what the stage asks for.
func (o *orderRun) act(ctx workflow.Context) error {
	switch o.Stage {
	case order.StageCreating:
		return o.create(ctx)
	case order.StageAwaitingMerchant:
		return o.awaitMerchant(ctx)
	case order.StageAwaitingAuthorization:
		return o.awaitAuthorization(ctx)
	case order.StageBuilding:
		return o.build(ctx)
	case order.StageScanning:
		return o.scan(ctx)
	case order.StageSubmitting:
		return o.submit(ctx)
	case order.StageAuditing:
		return o.audit(ctx)
	case order.StageAuditRejected:
		return o.rework(ctx)
	case order.StageBasePassed:
		return o.decide(ctx)
	case order.StageReleasing:
		return o.release(ctx)
	case order.StageOnline, order.StageMerchantRejected, order.StageConfirmTimedOut,
		order.StageCreationFailed, order.StageCancelled:
		return nil
	}
	return fmt.Errorf("no step is written for stage %q", o.Stage)
}

// create gets an order_no from Alipay: by asking for a mini program, or from the
// ISV that asks by itself. A release order has its mini program already.
func (o *orderRun) create(ctx workflow.Context) error {
	request := o.input.Request
	switch {
	case request.Kind == order.KindRelease:
		o.move(ctx, order.EventMerchantAgreed, words.New("note.new_release", o.MiniAppID))
		return nil
	case o.OrderNo != "" && !o.missesLink():
		o.move(ctx, order.EventOrderCreated, words.New("note.adopted", o.OrderNo))
		return nil
	case o.stopped(), request.Policy.Create == order.StepExternal:
		return o.wait(ctx)
	case o.mustAsk(request.Policy.Create):
		o.hold(ctx, order.HoldNeedsApproval, "CREATE", words.New("hold.create"))
		return nil
	}
	return o.pursue(ctx, o.creation().onRefusal(o.creationRefused))
}

// awaitMerchant waits until the merchant has answered in the Alipay app, which can take days. A
// message announces the answer; the query is asked all the same, since a message can be lost.
func (o *orderRun) awaitMerchant(ctx workflow.Context) error {
	if o.stopped() {
		return o.wait(ctx)
	}
	return o.sleep(ctx, slumber{wait: order.WaitMerchant}, calling(o, activities.AwaitMerchant, o.merchantQuestion(o.once(o.input.Schedules.Confirm)),
		words.New("do.ask_merchant"), o.adoptMerchant).onRefusal(o.orderUnknown))
}

// awaitAuthorization claims the mini program and waits for its turn and its token.
// Alipay has no query that returns one, so after a while a person is asked.
func (o *orderRun) awaitAuthorization(ctx workflow.Context) error {
	if until := o.mayBeNamed(); o.now(ctx).Before(until) {
		return o.pursue(ctx, pursuit{until: until})
	}
	if err := o.claim(ctx); err != nil {
		return err
	}
	if o.Queue == nil && o.Authorization == order.AuthorizationAuthorized {
		o.move(ctx, order.EventAuthorized, words.New("note.authorized"))
		return nil
	}
	return o.awaitTokenOrInvite(ctx)
}

// build uploads a version from the template and waits until Alipay has built it. The
// number is recorded for the order first: no query of Alipay's says whose a number is.
func (o *orderRun) build(ctx workflow.Context) error {
	policy := o.input.Request.Policy.Upload
	external := policy == order.StepExternal
	switch {
	case o.stopped():
		return o.wait(ctx)
	case external && o.Version.AppVersion == "":
		o.hold(ctx, order.HoldNeedsInput, "APP_VERSION_IS_BLANK", words.New("hold.name_version"), "version.app_version")
		return nil
	case o.Uploaded || external:
		return o.pursue(ctx, o.awaitingBuild())
	case o.mustAsk(policy):
		o.hold(ctx, order.HoldNeedsApproval, "UPLOAD", words.New("hold.upload"))
		return nil
	case !o.Reserved && o.sleeps:
		return o.pursue(ctx, o.building())
	case !o.Reserved:
		return o.pursue(ctx, o.numbering(words.New("do.number")).onRefusal(o.numberRefused))
	}
	return o.pursue(ctx, o.uploading())
}

// scan waits for the security scan, which Alipay begins by itself after the build, and of whose end
// it sends no message.
func (o *orderRun) scan(ctx workflow.Context) error {
	if o.stopped() {
		return o.wait(ctx)
	}
	return o.pursue(ctx, calling(o, activities.AwaitScan, o.versionQuestion(o.pacing(o.input.Schedules.Scan)),
		words.New("do.await_scan", o.Version.AppVersion), o.adoptScan))
}

// submit puts the version into audit. While that waits for somebody it looks slowly,
// since the version can be submitted in Alipay's console as well.
func (o *orderRun) submit(ctx workflow.Context) error {
	policy := o.input.Request.Policy.Submit
	switch {
	case o.stopped(), policy == order.StepExternal:
		return o.lookFor(ctx, activities.AwaitChange, words.New("do.see_submission"), activities.VersionInit)
	case o.mustAsk(policy):
		o.hold(ctx, order.HoldNeedsApproval, "SUBMIT", words.New("hold.submit"))
		return nil
	}
	call := activities.SubmitCall{Question: o.onVersion(), Fields: o.Submission.Fields, Drop: o.Drop, OutOrderNo: o.input.Request.OutOrderNo}
	return o.pursue(ctx, calling(o, activities.SubmitAudit, call,
		words.New("do.submit", o.Version.AppVersion), o.adoptVersion).onRefusal(o.submissionRefused))
}

// audit waits for the result, which a message announces and Alipay's query confirms. A withdrawal
// is tried first, since a result makes it pointless.
func (o *orderRun) audit(ctx workflow.Context) error {
	if o.Withdraw && !o.stopped() {
		return o.withdraw(ctx)
	}
	inAudit := slumber{wait: order.WaitAudit, while: []activities.VersionStatus{activities.VersionAuditing}}
	return o.sleep(ctx, inAudit, calling(o, activities.AwaitAuditResult, o.versionQuestion(o.once(o.input.Schedules.Audit), inAudit.while...),
		words.New("do.ask_audit"), o.adoptVersion))
}

// rework waits for a resubmission, takes the rejected version back, which Alipay wants before any
// other submission, and begins again with what was corrected: the submission, or the version.
func (o *orderRun) rework(ctx workflow.Context) error {
	if o.Rework == nil || o.stopped() {
		return o.lookFor(ctx, activities.AwaitChange, words.New("do.await_resubmit"),
			activities.VersionAuditReject, activities.VersionBaseAuditPass)
	}
	rejected := o.onVersion() // if somebody has submitted it in the console, that is left alone
	rejected.While = []activities.VersionStatus{activities.VersionAuditReject, activities.VersionBaseAuditPass, activities.VersionWaitRelease}
	return o.pursue(ctx, calling(o, activities.TakeBack, rejected, words.New("do.take_back", o.Version.AppVersion), o.adoptTakenBack))
}

// decide follows the policy for an admission without promotion, or waits for the decision: a mini
// program that may not be promoted is worth something to some merchants and nothing to others.
func (o *orderRun) decide(ctx workflow.Context) error {
	if o.Withdraw && !o.stopped() {
		return o.takeBackWithdrawn(ctx)
	}
	switch o.input.Request.Policy.OnBasePass {
	case order.BasePassGoOnline:
		o.move(ctx, order.EventGoOnlineDecided, words.New("note.policy_online"))
		return nil
	case order.BasePassResubmit:
		o.move(ctx, order.EventFixDecided, words.New("note.policy_fix"))
		return nil
	case order.BasePassAsk:
	}
	return o.lookFor(ctx, activities.AwaitChange, words.New("do.await_decision"), activities.VersionBaseAuditPass)
}
