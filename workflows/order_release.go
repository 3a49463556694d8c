package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// release puts the version online, or sees that it gets there: Alipay does it by itself where the
// submission says auto_online, and the ISV's systems do where the policy says external.
func (o *orderRun) release(ctx workflow.Context) error {
	policy := o.input.Request.Policy.Release
	switch {
	case o.Withdraw && !o.stopped():
		return o.takeBackWithdrawn(ctx)
	case o.awaitsFiling(ctx):
		return o.awaitFiling(ctx)
	case o.stopped(), policy == order.StepExternal:
		return o.lookFor(ctx, activities.AwaitRelease, words.New("do.see_release"), onItsWayOnline()...)
	case o.Submission.GoesOnlineByItself() && !o.Visit.GraceOver:
		return o.awaitAutoOnline(ctx)
	case o.mustAsk(policy):
		o.hold(ctx, order.HoldNeedsApproval, "RELEASE", words.New("hold.release"))
		return nil
	}
	return o.putOnline(ctx)
}

// putOnline asks for the full form first. The limited one, where it is permitted, is
// asked for only once Alipay has refused that for want of an ICP filing, so that the
// order knows which of the two it became, though the answer be lost.
func (o *orderRun) putOnline(ctx workflow.Context) error {
	o.Limited = false
	call := activities.ReleaseCall{Question: o.onVersion(), Limited: o.Visit.Unfiled}
	return o.pursue(ctx, calling(o, activities.PutOnline, call,
		words.New("do.put_online", o.Version.AppVersion), o.adoptVersion).onRefusal(o.releaseRefused))
}

// releaseRefused goes from the full form to the limited one, where the submission permits
// that, and not back: a refusal that says nothing of the limited form leaves open whether
// it took place.
func (o *orderRun) releaseRefused(ctx workflow.Context, failure *activities.Failure) bool {
	if o.Visit.Unfiled {
		o.Visit.Unfiled = !failure.Decided
		return false
	}
	if o.Visit.Unfiled = failure.NeedsFiling && o.Submission.PermitsLimitedRelease(); o.Visit.Unfiled {
		o.countRefusal(ctx, activities.PutOnline.Name, failure)
	}
	return o.Visit.Unfiled || o.unfiled(ctx, failure)
}

// awaitAutoOnline gives Alipay its time to put the version online by itself.
// Whether it does so after a base pass is not known, so then the time is short.
func (o *orderRun) awaitAutoOnline(ctx workflow.Context) error {
	pacing := o.pacing(o.input.Schedules.Release)
	if audit := o.lastAudit(); audit != nil && audit.Verdict == order.VerdictBasePassed {
		pacing.GiveUpAfter = o.input.Schedules.BasePassGrace
	}
	return o.pursue(ctx, calling(o, activities.AwaitRelease, o.versionQuestion(pacing, onItsWayOnline()...),
		words.New("do.await_online", o.Version.AppVersion), func(ctx workflow.Context, truth activities.VersionAnswer) {
			o.Visit.GraceOver = true
			o.adoptVersion(ctx, truth)
		}))
}

// onItsWayOnline lists the statuses of a version that has passed and is not online yet. A gray
// release is among them: it ends online or back.
func onItsWayOnline() []activities.VersionStatus {
	return []activities.VersionStatus{
		activities.VersionWaitRelease, activities.VersionBaseAuditPass, activities.VersionGray,
	}
}

// isOnline is what users see from now on. Alipay counts the days of a limited release by its own time.
func (o *orderRun) isOnline() *order.OnlineVersion {
	online := order.OnlineVersion{
		AppVersion: o.Version.AppVersion, BundleID: o.Version.Bundle(), Since: *o.FinishedAt,
		Promotable: o.Promotable != nil && *o.Promotable, Limited: o.Limited,
	}
	if o.Limited && !o.onlineAt.IsZero() {
		online.Since = o.onlineAt
	}
	return &online
}
