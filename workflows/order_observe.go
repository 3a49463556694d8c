package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// While an app is observed another system acts for its orders, and they follow: every step is what
// an external one is, whatever the policy says. An order learns it from who starts it, from an act
// that is not admitted, or from a worker whose configuration says so; and it learns from a worker,
// or by retry, that Miniflow acts now. What it would have called stands on its timeline.

// observing makes the order follow another system. What people had asked for and is not done yet is
// dropped, since it can't be done.
func (o *orderRun) observing(ctx workflow.Context) {
	if o.Observed || o.Stage.Ended() {
		return
	}
	o.Observed = true
	o.lookAgain()
	o.tryNow()
	o.happened(ctx, order.TimelineItem{Event: order.HappenedCommand, Note: words.New("note.observed")})
	if o.Hold != nil && !o.authorizationMissing() {
		o.unhold(ctx)
	}
	for _, course := range []struct {
		command order.Command
		wanted  bool
	}{{order.CommandCancel, o.CancelRequested}, {order.CommandWithdraw, o.Withdraw}, {order.CommandResubmit, o.Rework != nil}} {
		if course.wanted {
			o.happened(ctx, order.TimelineItem{Event: order.HappenedCommand, Note: words.New("note.not_while_observed", course.command)})
		}
	}
	o.CancelRequested, o.Withdraw, o.Rework, o.AskFirst = false, false, nil, ""
	o.Reason = words.Text{} // of the cancellation
}

// acting makes the order act again, from where it stands.
func (o *orderRun) acting(ctx workflow.Context) {
	if !o.Observed {
		return
	}
	o.Observed = false
	o.lookAgain()
	o.happened(ctx, order.TimelineItem{Event: order.HappenedCommand, Note: words.New("note.acts")})
}

// wonder finds out whether Miniflow acts by now, for a person who thinks so. Where that can't be
// found out, the order goes on following.
func (o *orderRun) wonder(ctx workflow.Context) {
	if !o.wondering {
		return
	}
	o.wondering = false
	call := activities.ModeCall{AppID: o.input.Request.AppID, MerchantRef: o.input.Request.MerchantRef}
	if mode, err := durable.Near(ctx, activities.AskMode, call, o.say(words.New("do.ask_mode"))); err == nil && mode == order.ModeActive {
		o.acting(ctx)
	}
}

// follow is the step of an order that is observed. Where Miniflow would only ask, it asks.
func (o *orderRun) follow(ctx workflow.Context) error {
	if o.wonder(ctx); !o.Observed {
		return nil
	}
	o.Act = nil // whatever became of it shows
	policy := o.input.Request.Policy
	switch o.Stage {
	case order.StageCreating:
		o.holdBack(ctx, activities.CreateMiniProgram.Name, policy.Create)
		if o.OrderNo != "" || o.input.Request.Kind == order.KindRelease {
			return o.create(ctx)
		}
		return o.wait(ctx)
	case order.StageBuilding:
		o.holdBack(ctx, activities.UploadVersion.Name, policy.Upload)
		return o.pursue(ctx, o.following(o.pacing(o.input.Schedules.Release)))
	case order.StageSubmitting:
		o.holdBack(ctx, activities.SubmitAudit.Name, policy.Submit)
		return o.followSlowly(ctx, activities.VersionInit)
	case order.StageAuditRejected:
		return o.followSlowly(ctx, activities.VersionAuditReject, activities.VersionBaseAuditPass)
	case order.StageBasePassed:
		if policy.OnBasePass == order.BasePassGoOnline {
			o.holdBack(ctx, activities.PutOnline.Name, policy.Release)
		}
		return o.lookFor(ctx, activities.AwaitChange, words.New("do.see_change"), activities.VersionBaseAuditPass)
	case order.StageReleasing:
		if !o.Submission.GoesOnlineByItself() {
			o.holdBack(ctx, activities.PutOnline.Name, policy.Release)
		}
		return o.lookFor(ctx, activities.AwaitRelease, words.New("do.see_release"), onItsWayOnline()...)
	case order.StageAwaitingMerchant, order.StageAwaitingAuthorization, order.StageScanning, order.StageAuditing:
		return o.act(ctx) // it only asks
	case order.StageOnline, order.StageMerchantRejected, order.StageConfirmTimedOut, order.StageCreationFailed, order.StageCancelled:
	}
	return nil
}

// holdBack notes once at each visit what Miniflow would have called. A step that the policy leaves to
// the ISV's systems it would not have called either.
func (o *orderRun) holdBack(ctx workflow.Context, call string, mode order.StepMode) {
	if o.Visit.HeldBack || mode == order.StepExternal || call == activities.CreateMiniProgram.Name && !o.wouldCreate() {
		return
	}
	o.Visit.HeldBack = true
	note := "note.held_back"
	if mode == order.StepManual {
		note = "note.held_back_manual"
	}
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedHeldBack, Call: o.callName(call), Note: words.New(note, o.callName(call)),
	})
}

// wouldCreate reports whether the order asks Alipay for a mini program at all.
func (o *orderRun) wouldCreate() bool {
	request := o.input.Request
	return request.Kind != order.KindRelease && request.OrderNo == "" && len(o.Create) > 0
}

// followSlowly asks once which version the other system works on, and then sleeps while that stands
// at one of these statuses.
func (o *orderRun) followSlowly(ctx workflow.Context, while ...activities.VersionStatus) error {
	question := o.following(o.once(o.input.Schedules.Settled), while...)
	return o.sleep(ctx, slumber{wait: order.WaitChange, while: while}, question)
}

// following asks which version the other system works on. A number that was only asked for is none
// that the other system has to use.
func (o *orderRun) following(pacing activities.Pacing, while ...activities.VersionStatus) pursuit {
	call := activities.FollowCall{Question: o.versionQuestion(pacing, while...), After: o.Tried, Since: o.madeSince()}
	if !o.Uploaded {
		call.Question.AppVersion = ""
	}
	return calling(o, activities.FollowVersion, call, words.New("do.follow_version"), o.adoptFollowed)
}

// madeSince is when the first version of the order can have been made; zero where every version of
// the mini program is the order's.
func (o *orderRun) madeSince() time.Time {
	const before = time.Hour // the other system may have begun first
	if o.input.Request.Kind != order.KindRelease {
		return time.Time{}
	}
	return o.input.CreatedAt.Add(-before)
}

// adoptFollowed takes the version that the other system works on for the order's, and where it
// stands.
func (o *orderRun) adoptFollowed(ctx workflow.Context, followed activities.Followed) {
	if followed.AppVersion == "" {
		return
	}
	if followed.AppVersion != o.Version.AppVersion || !o.Uploaded {
		o.followNext(ctx, followed.AppVersion)
	}
	if o.Stage == order.StageBuilding && followed.Truth.Status == activities.VersionInit {
		o.adoptBuild(ctx, activities.BuildAnswer{State: activities.BuildDone, Scan: scanOf(followed.Truth)})
		return
	}
	o.adoptVersion(ctx, followed.Truth)
}

// followNext follows another version. There is one in Alipay's pipeline at a time, so what was
// followed before is out of it.
func (o *orderRun) followNext(ctx workflow.Context, number string) {
	if o.Uploaded && o.Stage != order.StageBuilding {
		o.backInDevelopment(ctx)
		o.move(ctx, order.EventVersionReplaced, words.New("note.other_version", number))
	}
	o.Version.AppVersion, o.Uploaded, o.dirty = number, true, true
	o.Reserved = false // the other system has uploaded it
}

// scanRefused waits for the other system's next version.
func (o *orderRun) scanRefused(ctx workflow.Context) {
	o.triedNumber(o.Version.AppVersion)
	o.beginBuild()
	o.move(ctx, order.EventVersionReplaced, words.New("note.scan_refused"))
}

// poked asks Alipay again, and takes in who acts for the order from now on.
func (o *orderRun) poked(ctx workflow.Context, poke order.Poke) {
	if poke.Mode == "" {
		o.happened(ctx, order.TimelineItem{Event: order.HappenedNotification, Note: poke.Why})
	}
	switch poke.Mode {
	case order.ModeActive:
		o.acting(ctx)
	case order.ModeObserve:
		o.observing(ctx)
	}
	o.claimAgain()
	o.lookAgain()
}

// scanOf returns the result of a scan that is over.
func scanOf(truth activities.VersionAnswer) *activities.VersionAnswer {
	if truth.Scan != scanPassed {
		return nil
	}
	return &truth
}
