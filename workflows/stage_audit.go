package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// submit puts the version into audit.
func (o *orderRun) submit(ctx workflow.Context) error {
	if missing, err := o.missesAuthorization(ctx); missing || err != nil {
		return err
	}
	switch {
	case o.stopped(), o.input.Request.Policy.Submit == order.StepExternal:
		return o.lookFor(ctx, activities.AwaitChange, "see whether someone submits the version", activities.VersionInit)
	case o.mustAsk(o.input.Request.Policy.Submit):
		o.hold(ctx, order.HoldNeedsApproval, "SUBMIT", "submitting the version for audit waits for approval")
		return nil
	}
	return o.pursue(ctx, calling(o, activities.SubmitAudit, activities.SubmitCall{Question: o.onVersion(), Fields: o.Submission.Fields, Drop: o.Drop},
		"submit "+o.Version.AppVersion+" for audit", o.adoptVersion).unless(o.submissionRefused))
}

// submissionRefused knows the refusals that need no person: a field that may not
// be changed any more is left out, a version below one that is online is built
// anew under a higher number, a trial waits for its certification.
func (o *orderRun) submissionRefused(ctx workflow.Context, failure *activities.Failure) bool {
	for _, field := range failure.Drops {
		if !slices.Contains(o.Drop, field) { // Alipay does not say which: one after the other
			o.Drop = append(o.Drop, field)
			return true
		}
	}
	switch {
	case o.mayRenumber(activities.SubmitAudit.Name, failure):
		o.move(ctx, order.EventVersionReplaced, "Alipay wants a higher version")
		o.pauseAfterRepeats(ctx, activities.SubmitAudit.Name, failure)
		return true
	case failure.NeedsCertification && o.input.Request.Kind == order.KindTrial &&
		o.Certification != order.CertificationCertified:
		o.hold(ctx, order.HoldAwaitingCertification, failure.Code, failure.Message)
		return true
	}
	return false
}

// audit waits for the result, which a message announces and Alipay's query confirms.
func (o *orderRun) audit(ctx workflow.Context) error {
	if missing, err := o.missesAuthorization(ctx); missing || err != nil {
		return err
	}
	if o.Withdraw && !o.stopped() {
		return o.withdraw(ctx)
	}
	return o.pursue(ctx, calling(o, activities.AwaitAuditResult, o.versionQuestion(o.pacing(o.input.Schedules.Audit), activities.VersionAuditing),
		"wait for the result of the audit", o.adoptVersion))
}

// rework waits for a resubmission, takes the rejected version back, and begins
// again with what was corrected: the submission, or the version.
func (o *orderRun) rework(ctx workflow.Context) error {
	if missing, err := o.missesAuthorization(ctx); missing || err != nil {
		return err
	}
	if o.Rework == nil || o.stopped() {
		return o.lookFor(ctx, activities.AwaitChange, "wait for resubmit; see what is done in the console",
			activities.VersionAuditReject, activities.VersionBaseAuditPass)
	}
	rejected := o.onVersion() // if somebody has submitted it in the console, that is left alone
	rejected.While = []activities.VersionStatus{activities.VersionAuditReject, activities.VersionBaseAuditPass, activities.VersionWaitRelease}
	return o.pursue(ctx, calling(o, activities.TakeBack, rejected,
		"take "+o.Version.AppVersion+" back into development", func(ctx workflow.Context, truth activities.VersionAnswer) {
			if truth.Status != activities.VersionInit {
				o.dropRework(ctx, "the version is "+string(truth.Status)+" at Alipay")
				o.adoptVersion(ctx, truth)
				return
			}
			o.beginAgain(ctx)
		}))
}

// dropRework forgets a correction that its rejection outlived: it answers that one, and no later one.
func (o *orderRun) dropRework(ctx workflow.Context, why string) {
	if o.Rework == nil {
		return
	}
	o.Rework = nil
	o.happened(ctx, order.TimelineItem{Event: order.HappenedCommand, Note: "resubmit was not carried out: " + why})
}

// beginAgain begins again with what the resubmit command brought.
func (o *orderRun) beginAgain(ctx workflow.Context) {
	rework := o.Rework
	o.Rework, o.Drop = nil, nil
	if rework.Submission != nil {
		o.correctSubmission(*rework.Submission)
	}
	if rework.Version != nil {
		o.replaceVersion(*rework.Version)
		o.move(ctx, order.EventVersionReplaced, "a new version takes its place")
		return
	}
	o.move(ctx, order.EventResubmitted, "submitted again")
}

// decide follows the policy for an admission without promotion, or waits for the decision.
func (o *orderRun) decide(ctx workflow.Context) error {
	if missing, err := o.missesAuthorization(ctx); missing || err != nil {
		return err
	}
	if o.Withdraw && !o.stopped() {
		return o.takeBackWithdrawn(ctx)
	}
	switch o.input.Request.Policy.OnBasePass {
	case order.BasePassGoOnline:
		o.move(ctx, order.EventGoOnlineDecided, "by policy: online without promotion")
		return nil
	case order.BasePassResubmit:
		o.move(ctx, order.EventFixDecided, "by policy: to be fixed and submitted again")
		return nil
	case order.BasePassAsk:
	}
	return o.lookFor(ctx, activities.AwaitChange, "wait for decide-base-pass; see what is done in the console",
		activities.VersionBaseAuditPass)
}

// release puts the version online, or sees that it gets there.
func (o *orderRun) release(ctx workflow.Context) error {
	if missing, err := o.missesAuthorization(ctx); missing || err != nil {
		return err
	}
	policy := o.input.Request.Policy.Release
	switch {
	case o.Withdraw && !o.stopped():
		return o.takeBackWithdrawn(ctx)
	case o.stopped(), policy == order.StepExternal:
		return o.lookFor(ctx, activities.AwaitRelease, "see whether the version goes online", released()...)
	case o.Submission.GoesOnlineByItself() && !o.Visit.GraceOver:
		return o.awaitAutoOnline(ctx)
	case o.mustAsk(policy):
		o.hold(ctx, order.HoldNeedsApproval, "RELEASE", "putting the version online waits for approval")
		return nil
	}
	return o.putOnline(ctx)
}

// putOnline asks for the full form first. The limited one, where it is permitted, is
// asked for only once Alipay has refused that for want of an ICP filing, so that the
// order knows which of the two it became, though the answer be lost.
func (o *orderRun) putOnline(ctx workflow.Context) error {
	o.Limited = false
	return o.pursue(ctx, calling(o, activities.PutOnline, activities.ReleaseCall{Question: o.onVersion(), Limited: o.Visit.Unfiled},
		"put "+o.Version.AppVersion+" online", o.adoptVersion).unless(func(ctx workflow.Context, failure *activities.Failure) bool {
		if o.Visit.Unfiled {
			o.Visit.Unfiled = !failure.Decided // what says nothing of the limited form leaves open whether it took place
			return false
		}
		if o.Visit.Unfiled = failure.NeedsFiling && o.Submission.PermitsLimitedRelease(); o.Visit.Unfiled {
			o.countRefusal(ctx, activities.PutOnline.Name, failure)
		}
		return o.Visit.Unfiled
	}))
}

// awaitAutoOnline gives Alipay its time to put the version online by itself.
// Whether it does so after a base pass is not known, so then the time is short.
func (o *orderRun) awaitAutoOnline(ctx workflow.Context) error {
	pacing := o.pacing(o.input.Schedules.Release)
	if audit := o.lastAudit(); audit != nil && audit.Verdict == order.VerdictBasePassed {
		pacing.GiveUpAfter = o.input.Schedules.BasePassGrace
	}
	return o.pursue(ctx, calling(o, activities.AwaitRelease, o.versionQuestion(pacing, released()...),
		"wait until Alipay has put "+o.Version.AppVersion+" online", func(ctx workflow.Context, truth activities.VersionAnswer) {
			o.Visit.GraceOver = true
			o.adoptVersion(ctx, truth)
		}))
}

// released lists the statuses of a version on its way online.
func released() []activities.VersionStatus {
	return []activities.VersionStatus{
		activities.VersionWaitRelease, activities.VersionBaseAuditPass, activities.VersionGray,
	}
}

// versionCall is a question about where a version stands.
type versionCall = activities.Call[activities.VersionQuestion, activities.VersionAnswer]

// lookFor asks slowly what becomes of a version while a person, or another system, has the next word.
func (o *orderRun) lookFor(ctx workflow.Context, call versionCall, summary string, while ...activities.VersionStatus) error {
	schedule := o.input.Schedules.Settled
	if call == activities.AwaitRelease {
		schedule = o.input.Schedules.Release
	} else if o.Stage == order.StageSubmitting && !o.stopped() {
		schedule = o.input.Schedules.Audit
	}
	return o.pursue(ctx, calling(o, call, o.versionQuestion(o.pacing(schedule), while...),
		summary, o.adoptVersion))
}
