package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// submissionRefused knows the refusals that need no person: a field that may not
// be changed any more is left out, a version below one that is online is built
// again under a higher number, a trial waits for its certification.
func (o *orderRun) submissionRefused(ctx workflow.Context, failure *activities.Failure) bool {
	for _, field := range failure.Drops {
		if !slices.Contains(o.Drop, field) { // Alipay does not say which: one after the other
			o.Drop = append(o.Drop, field)
			return true
		}
	}
	switch {
	case o.mayRenumber(activities.SubmitAudit.Name, failure):
		o.move(ctx, order.EventVersionReplaced, words.New("note.higher_version"))
		o.pauseAfterRepeats(ctx, activities.SubmitAudit.Name, failure)
		return true
	case failure.NeedsCertification && o.input.Request.Kind == order.KindTrial &&
		o.Certification != order.CertificationCertified:
		o.hold(ctx, order.HoldAwaitingCertification, failure.Code, failure.Message)
		return true
	}
	return false
}

// adoptTakenBack begins again once the rejected version is back in development. Anything
// else was done in the console, and the correction answers a rejection that is over.
func (o *orderRun) adoptTakenBack(ctx workflow.Context, truth activities.VersionAnswer) {
	if truth.Status != activities.VersionInit {
		o.dropRework(ctx, words.New("why.version_is", truth.Status))
		o.adoptVersion(ctx, truth)
		return
	}
	o.carryOutResubmit(ctx)
}

// dropRework forgets a correction whose rejection is over: it answers that one, and no later one.
// The person who gave it sees so in the timeline.
func (o *orderRun) dropRework(ctx workflow.Context, why words.Text) {
	if o.Rework == nil {
		return
	}
	o.Rework = nil
	o.happened(ctx, order.TimelineItem{Event: order.HappenedCommand, Note: words.New("note.resubmit_dropped", why)})
}

// carryOutResubmit begins again with what the resubmit command brought. A version that was
// rejected can be submitted again under its number; another one is built first.
func (o *orderRun) carryOutResubmit(ctx workflow.Context) {
	rework := o.Rework
	o.Rework, o.Drop = nil, nil
	if rework.Submission != nil {
		o.correctSubmission(*rework.Submission)
	}
	if rework.Version != nil {
		o.replaceVersion(*rework.Version)
		o.move(ctx, order.EventVersionReplaced, words.New("note.replaced"))
		return
	}
	o.move(ctx, order.EventResubmitted, words.New("note.resubmitted"))
}

// withdraw takes the version out of audit. A result that came first counts, since Alipay then has
// nothing to withdraw.
func (o *orderRun) withdraw(ctx workflow.Context) error {
	return o.pursue(ctx, calling(o, activities.CancelAudit, o.onVersion(),
		words.New("do.withdraw", o.Version.AppVersion), o.adoptVersion))
}

// takeBackWithdrawn takes back a version that passed before it could be withdrawn
// and that Alipay puts online by itself. If Alipay was faster still, it is online.
func (o *orderRun) takeBackWithdrawn(ctx workflow.Context) error {
	return o.pursue(ctx, calling(o, activities.TakeBack, o.onVersion(),
		words.New("do.take_back_withdrawn", o.Version.AppVersion),
		func(ctx workflow.Context, truth activities.VersionAnswer) {
			o.adoptVersion(ctx, truth)
			o.Withdraw = false
		}))
}
