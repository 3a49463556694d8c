package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// cancel is the step of an order that is to end. It begins with the truth about what is
// at Alipay and undoes that, so that the mini program is free for the next order. What
// can't be undone is adopted: an order whose version is online already ends online.
func (o *orderRun) cancel(ctx workflow.Context) error {
	switch {
	case o.Stage == order.StageCreating:
		return o.cancelCreation(ctx)
	case o.Stage == order.StageAwaitingMerchant: // Alipay takes no cancellation while the merchant can still confirm
		return o.awaitMerchant(ctx)
	case (o.Stage == order.StageAwaitingAuthorization || !o.mayBeAtAlipay()) && !o.hasEarlier(ctx):
		o.move(ctx, order.EventCancelled, o.cancelNote())
		return nil
	case !o.Claimed:
		return o.claim(ctx)
	case o.isUnauthorized() && (o.Doubt != nil || !o.Placed):
		// whether the merchant's authorisation is gone is being asked
		return o.awaitToken(ctx)
	case o.isUnauthorized(): // it is gone: no call can take the version out any more
		o.leaveBehind(ctx)
		return nil
	case o.Stage == order.StageAwaitingAuthorization: // an earlier run has left something, which needs the token
		o.move(ctx, order.EventAuthorized, words.New("note.authorized"))
		return nil
	case !o.mayBeAtAlipay():
		return o.findEarlier(ctx)
	}
	return o.takeOut(ctx)
}

// hasEarlier reports whether an earlier run of the order may have left something at Alipay. A reset
// shows only when it is looked for.
func (o *orderRun) hasEarlier(ctx workflow.Context) bool { return o.Earlier || o.lookForReset(ctx) }

// isUnauthorized reports whether nothing can be asked or undone for want of a token; cancelling
// asks it at every stage, where other steps ask only from building on.
func (o *orderRun) isUnauthorized() bool { return o.Authorization != order.AuthorizationAuthorized }

// findEarlier finds the version that an earlier run of the order has made, by the number
// that is recorded for the order. One that is not recorded for it is not taken out.
func (o *orderRun) findEarlier(ctx workflow.Context) error {
	return o.pursue(ctx, o.numbering(words.New("do.find_earlier")).onRefusal(
		func(ctx workflow.Context, failure *activities.Failure) bool {
			switch {
			case failure.Taken:
				o.Earlier = false
				return true
			case failure.Class == activities.FailureAuthorization:
				return false
			}
			o.pause(ctx, activities.ReserveVersion.Name, failure)
			o.hold(ctx, order.HoldNeedsOperator, failure.Code, words.New("hold.earlier_unfound", failure.Message))
			return true
		}))
}

// cancelCreation ends an order that Alipay knows nothing of. Where create may have
// arrived nobody knows, and the same call is made again until Alipay says.
func (o *orderRun) cancelCreation(ctx workflow.Context) error {
	switch {
	case o.OrderNo != "":
		o.move(ctx, order.EventOrderCreated, words.New("note.order_no", o.OrderNo))
		return nil
	case o.Unheard:
	case o.input.Request.Policy.Create == order.StepAuto && o.lookForReset(ctx):
		o.Unheard = true // the run before the reset has called it at once
	default:
		o.move(ctx, order.EventCancelled, o.cancelNote())
		return nil
	}
	return o.pursue(ctx, o.creation().onRefusal(o.cancelledCreationRefused))
}

// cancelledCreationRefused ends the order once Alipay has said no to the create whose answer was
// lost, and asks again before: a mini program may exist.
func (o *orderRun) cancelledCreationRefused(ctx workflow.Context, failure *activities.Failure) bool {
	if o.Unheard {
		o.pause(ctx, activities.CreateMiniProgram.Name, failure)
		o.hold(ctx, order.HoldNeedsOperator, failure.Code, words.New("hold.create_unheard", failure.Message), failure.Fields...)
		return true
	}
	said := "end.not_created"
	if failure.Ask {
		said = "end.maybe_created"
	}
	o.Reason = words.New(said, o.cancelNote(), failure.Code)
	o.move(ctx, order.EventCancelled, o.Reason)
	return true
}

// mayBeAtAlipay reports whether a version of this order may exist at Alipay. Where that is
// not certain it is assumed: to look for what is not there costs a question, to leave what
// is there blocks the pipeline for the next order.
func (o *orderRun) mayBeAtAlipay() bool {
	external := o.input.Request.Policy.Upload == order.StepExternal
	return o.Version.AppVersion != "" && (o.Uploaded || external || o.lost(activities.UploadVersion.Name) || o.Stage != order.StageBuilding)
}

// takeOut takes the version out of Alipay's pipeline. An act whose answer was lost
// may still be under way there: a question that shows nothing of it a moment later proves
// nothing, so the order waits for as long as Alipay's queries may lag.
func (o *orderRun) takeOut(ctx workflow.Context) error {
	if o.Act != nil && o.Act.Call != activities.TakeBack.Name {
		if shown := o.Act.Lost.Add(o.input.Schedules.AgreeFor.Std()); shown.After(o.now(ctx)) {
			return o.rest(ctx, o.Act.Call, shown)
		}
	}
	question := o.onVersion()
	question.Delete = o.uploadedItself()
	return o.pursue(ctx, calling(o, activities.TakeBack, question,
		words.New("do.take_out", o.Version.AppVersion), o.takenOut).onRefusal(o.takeOutRefused))
}

// uploadedItself reports whether the version's number is recorded for this order, which uploads under
// no other: it is deleted once it is out of the pipeline, where another system's is left alone.
func (o *orderRun) uploadedItself() bool {
	return o.Reserved && o.input.Request.Policy.Upload != order.StepExternal
}

// takeOutRefused ends the order where there is nothing to take out, and tries again
// where Alipay does not let go.
func (o *orderRun) takeOutRefused(ctx workflow.Context, failure *activities.Failure) bool {
	switch {
	case failure.Absent && o.neverThere():
		o.move(ctx, order.EventCancelled, o.cancelNote())
		return true
	case failure.Class == activities.FailureAuthorization:
		return false
	}
	o.pause(ctx, activities.TakeBack.Name, failure)
	o.hold(ctx, order.HoldNeedsOperator, failure.Code, words.New("hold.not_let_go", o.Version.AppVersion, failure.Message))
	return true
}

// neverThere reports whether a version that Alipay does not show is believed not to be
// there: one that is still to be built, or that was not shown time and again.
func (o *orderRun) neverThere() bool {
	waits := o.Pauses.of(activities.TakeBack.Name)
	return o.Stage == order.StageBuilding || waits != nil && waits.Times >= maxTraceless
}

// takenOut adopts where the version stands after it was to be taken out. Another status than
// the one that was wanted means that Alipay was faster; the next step begins with that.
func (o *orderRun) takenOut(ctx workflow.Context, truth activities.VersionAnswer) {
	switch truth.Status {
	case activities.VersionInit, activities.VersionOffline, activities.VersionAuditOffline:
		note := o.cancelNote()
		switch {
		case truth.Deleted:
			note = words.New("end.deleted", note, o.Version.AppVersion)
		case truth.Kept != "":
			note = words.New("end.kept", note, o.Version.AppVersion, truth.Kept)
		}
		o.move(ctx, order.EventCancelled, note)
	case activities.VersionGray:
		o.hold(ctx, order.HoldNeedsOperator, string(truth.Status),
			words.New("hold.gray"))
	case activities.VersionAuditing, activities.VersionWaitRelease, activities.VersionBaseAuditPass, activities.VersionAuditReject,
		activities.VersionRelease:
		o.adoptVersion(ctx, truth)
	default:
		o.adoptVersion(ctx, truth)
	}
}

// leaveBehind ends an order whose merchant's authorisation is gone: nothing can be
// undone any more, so the order's reason says what is left.
func (o *orderRun) leaveBehind(ctx workflow.Context) {
	left := "left.development"
	switch o.Stage {
	case order.StageAuditing:
		left = "left.audit"
	case order.StageAuditRejected:
		left = "left.rejected"
	case order.StageBasePassed, order.StageReleasing:
		left = "left.passed"
		if o.lost(activities.PutOnline.Name) || o.Submission.GoesOnlineByItself() {
			left = "left.maybe_online"
		}
	case order.StageSubmitting:
		left = "left.maybe_submitted"
	case order.StageAwaitingAuthorization, order.StageBuilding:
		if o.Earlier {
			left = "left.earlier"
		}
	case order.StageCreating, order.StageAwaitingMerchant, order.StageScanning,
		order.StageOnline, order.StageMerchantRejected, order.StageConfirmTimedOut, order.StageCreationFailed, order.StageCancelled:
	}
	o.Reason = words.New("end.left", o.cancelNote(), words.New(left, o.Version.AppVersion))
	o.move(ctx, order.EventCancelled, o.Reason)
}

// cancelNote returns what is said of a cancelled order: the person's words, unless the merchant has
// confirmed meanwhile, which somebody has to know.
func (o *orderRun) cancelNote() words.Text {
	confirms := o.input.Request.Kind != order.KindRelease
	if confirms && o.MiniAppID != "" && o.Stage == order.StageAwaitingAuthorization {
		return words.New("end.confirmed", o.MiniAppID)
	}
	if !o.Reason.IsZero() {
		return o.Reason
	}
	return words.New("end.command")
}

// cancelledInTemporal executes a request to cancel the workflow, which operators make
// in the Temporal UI: it is the command cancel.
func (o *orderRun) cancelledInTemporal(ctx workflow.Context) {
	if o.situation().Refuse(order.CommandCancel) != nil {
		return
	}
	o.execute(ctx, order.CommandCancel, order.Instruction{Actor: "temporal"})
	o.Reason = words.New("end.temporal")
}

// giveUp ends an order that has failed for good, at a person's word. Unlike cancel it undoes
// nothing: it is for an order of which Alipay will not let go.
func (o *orderRun) giveUp(ctx workflow.Context, reason string) {
	note := words.New("end.given_up")
	if o.Hold != nil {
		note = words.New("end.given_up_at", o.Hold.Kind, o.Hold.Code)
	}
	if reason != "" {
		note = words.New("end.because", note, order.CutText(reason, 300))
	}
	if o.mayBeAtAlipay() && o.Stage.NeedsAuthorization() {
		note = words.New("end.stays", note, o.Version.AppVersion)
	}
	o.Reason = note
	o.move(ctx, order.EventCreationFailed, o.Reason)
}
