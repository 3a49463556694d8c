package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// An order acts for a merchant only while it is in charge of the mini program and the
// mini program has a token that is believed valid. Both are the MiniProgram workflow's to
// say: the order claims, learns by a signal where it stands, and reports a token that Alipay
// refused.

// claim puts this order in charge of its mini program, or in the queue for it. The
// entity hands over the messages that it kept and says where authorisation stands. One
// that somebody has terminated is claimed again, which starts it.
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
			Language: o.input.Language,
		},
	}
	why := o.say(words.New("do.claim"))
	if o.sleeps {
		if standing, err := durable.Near(ctx, activities.TakeCharge, call, why); err == nil {
			o.Claimed = true
			o.authorizationChanged(ctx, standing)
			return nil
		}
	}
	if err := durable.Start(ctx, request.AppID, activities.ClaimMiniProgram, call, why).Get(ctx, nil); err != nil {
		return err
	}
	o.Claimed = true
	return nil
}

// mayBeNamed is until when the message with the merchant's authorisation is awaited, which names
// the order that it belongs to and so puts it in charge; zero where it needs no such message.
func (o *orderRun) mayBeNamed() time.Time {
	request := o.input.Request
	if !o.sleeps || o.Claimed || request.Kind == order.KindRelease || request.OrderNo != "" || request.Policy.Create == order.StepExternal {
		return time.Time{}
	}
	return o.StageSince.Add(o.input.Schedules.AgreeFor.Std())
}

// awaitToken waits for the mini program to say where things stand. Somebody may have
// terminated it meanwhile, and nobody would say so: now and then it is claimed again,
// which changes nothing where it runs.
func (o *orderRun) awaitToken(ctx workflow.Context) error {
	lost := o.lostUntil()
	if !lost.IsZero() && !o.now(ctx).Before(lost) {
		o.endLost(ctx)
		return nil
	}
	o.doze()
	until := earlier(earlier(o.now(ctx).Add(o.input.Schedules.Settled.Delay(1)), lost), o.inviteDue())
	if err := o.pursue(ctx, pursuit{until: until}); err != nil {
		return err
	}
	if !o.now(ctx).Before(until) {
		o.claimAgain()
	}
	return nil
}

// claimAgain has the order claim its mini program once more, where it waits for the mini
// program to say something. One that is in charge and authorised has no reason to.
func (o *orderRun) claimAgain() {
	if o.Authorization != order.AuthorizationAuthorized || o.Queue != nil || !o.Placed {
		o.Claimed = false
	}
}

// authorizationChanged takes what the mini program says: whether calls may be made, and whether
// this order is in charge. It counts a turn, so that a stage that waited looks again.
func (o *orderRun) authorizationChanged(ctx workflow.Context, change order.AuthorizationChange) {
	if o.sleeps && o.knowsAlready(change) { // a mini program that begins a new run says everything once more
		return
	}
	o.lookAgain()
	o.Queue, o.Placed, o.dirty = nil, true, true
	o.NamedBy = cmp.Or(change.MiniAppID, o.NamedBy)
	o.Claimed = o.Claimed || o.sleeps // the mini program speaks to those who have claimed it, and to whom its token names
	if change.QueuedBehind != "" {
		o.Queue = &order.QueuePlace{Behind: change.QueuedBehind, Place: change.Place}
	}
	if change.Doubtful {
		o.Unasked = change.Code
		return // a call with it was refused, and Alipay has not said yet whether it is valid
	}
	o.Doubt, o.Unasked = nil, ""
	if change.Authorization == o.Authorization {
		return
	}
	o.Authorization = change.Authorization
	o.noteLost(ctx)
	if o.Authorization == order.AuthorizationAuthorized {
		o.RefusedToken = ""
	}
	o.Visit.QuestionRefused = false
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedAuthorizationChanged, Note: words.New("note.authorization", change.Authorization),
	})
}

// knowsAlready reports whether a mini program's word changes nothing: then nothing is asked again
// because of it.
func (o *orderRun) knowsAlready(change order.AuthorizationChange) bool {
	var queue order.QueuePlace
	if o.Queue != nil {
		queue = *o.Queue
	}
	settled := o.Placed && o.Claimed && o.Doubt == nil && o.Unasked == "" && !change.Doubtful
	return settled && change.Authorization == o.Authorization &&
		queue == (order.QueuePlace{Behind: change.QueuedBehind, Place: change.Place})
}

// missesAuthorization holds the order while its stage makes calls for the merchant and none may be
// made, and listens meanwhile: Alipay's audit goes on, and so do its messages. It reports whether
// that was so.
func (o *orderRun) missesAuthorization(ctx workflow.Context) (bool, error) {
	if !o.Stage.NeedsAuthorization() {
		return false, nil
	}
	if err := o.claim(ctx); err != nil {
		return true, err
	}
	if o.Queue != nil || !o.Placed { // another order may have taken charge while this one's mini program was claimed again
		return true, o.awaitToken(ctx)
	}
	if !o.authorizationMissing() {
		if kind := o.holdKind(); kind == order.HoldAuthorizationRevoked || kind == order.HoldPunished {
			o.unhold(ctx)
		}
		return false, nil
	}
	o.asleep = nil // nobody can ask Alipay
	o.hold(ctx, o.authorizationHold(), o.authorizationCode(), o.authorizationWording())
	return true, o.awaitToken(ctx)
}

// authorizationMissing reports whether the stage's calls can't be made for want of a token. Before
// building no call carries one.
func (o *orderRun) authorizationMissing() bool {
	return o.Stage.NeedsAuthorization() && o.Authorization != order.AuthorizationAuthorized
}

// codeNoAPI is Alipay's code for a token that was given before the application had
// the permission: the merchant has to authorise again, and nobody is punished.
const codeNoAPI = "aop.invalid-app-auth-token-no-api"

// authorizationHold returns who has to do something: the merchant authorises again, or
// appeals against a penalty.
func (o *orderRun) authorizationHold() order.HoldKind {
	if o.Authorization == order.AuthorizationPunished && o.RefusedToken != codeNoAPI {
		return order.HoldPunished
	}
	return order.HoldAuthorizationRevoked
}

// authorizationCode returns why, in Alipay's code where there is one: people search its documents
// for that.
func (o *orderRun) authorizationCode() string {
	switch {
	case o.Unasked != "":
		return o.Unasked
	case o.RefusedToken == codeNoAPI:
		return codeNoAPI
	}
	return string(o.Authorization)
}

// authorizationWording says to a person what is wrong and who can end it, which differs: the
// merchant, Alipay, or only time.
func (o *orderRun) authorizationWording() words.Text {
	switch {
	case o.Unasked != "":
		return words.New("hold.token_unasked", o.Unasked)
	case o.RefusedToken == codeNoAPI:
		return words.New("hold.token_permission")
	case o.Authorization == order.AuthorizationPunished:
		return words.New("hold.token_punished")
	}
	return words.New("hold.token_gone")
}

// doubtToken takes note that Alipay refused the token. Until the mini program has looked
// into it, no further call is made with it, which Alipay would only refuse again.
func (o *orderRun) doubtToken(ctx workflow.Context, failure *activities.Failure) {
	o.Authorization, o.RefusedToken = order.AuthorizationRevoked, failure.Code
	o.noteLost(ctx)
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedAuthorizationChanged, Note: words.New("note.token_refused", failure.Code),
	})
	o.askAboutToken(failure.Code, failure.Fingerprint)
}

// askAboutToken has the mini program find out about the token. The doubt is kept
// until the answer has come, so that a run that begins with one sends it again.
func (o *orderRun) askAboutToken(code, fingerprint string) {
	o.Doubt = &order.Doubt{OutOrderNo: o.input.Request.OutOrderNo, Code: code, Fingerprint: fingerprint}
	o.doubtSent, o.dirty = false, true
}

// sendDoubt reports the doubt to the mini program without waiting: the order has to go on
// listening, since the answer comes as a signal.
func (o *orderRun) sendDoubt(ctx workflow.Context) {
	if o.Doubt == nil || o.doubtSent || o.doubting.Future != nil || !o.Claimed {
		return
	}
	id := order.MiniProgramWorkflowID(o.input.Request.AppID, o.MiniAppID)
	o.doubtSent = true
	o.doubting = durable.Pending{Future: workflow.SignalExternalWorkflow(ctx, id, "", order.DoubtSignal, *o.Doubt)}
}

// doubtArrived ends the sending: the mini program knows of the doubt, or is not there any
// more, since somebody has terminated it, and the order claims it again.
func (o *orderRun) doubtArrived(ctx workflow.Context) {
	err := o.doubting.Future.Get(ctx, nil)
	o.doubting.Close()
	if err == nil {
		return
	}
	workflow.GetLogger(ctx).Warn("the mini program does not run and is claimed again", "error", err)
	o.Claimed, o.Doubt, o.Authorization = false, nil, order.AuthorizationNone
	o.lookAgain()
}
