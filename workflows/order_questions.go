package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// What an order asks Alipay, and how often. A question has everything in it but the token,
// which its activity fetches for each try, since the merchant may have replaced it.

// pacing returns how often a question is asked: by a schedule of its own, and by another
// when there is no answer.
func (o *orderRun) pacing(schedule order.Schedule) activities.Pacing {
	return activities.Pacing{Schedule: schedule, Again: o.input.Schedules.Again}
}

// merchantQuestion asks how far the merchant is, and how far a trial's certification:
// Alipay says both in one answer.
func (o *orderRun) merchantQuestion(pacing activities.Pacing) activities.MerchantQuestion {
	return activities.MerchantQuestion{
		AppID: o.input.Request.AppID, Kind: o.input.Request.Kind, OrderNo: o.OrderNo,
		Known: o.Certification, Pacing: pacing,
	}
}

// versionQuestion asks where the version stands, again and again while it stands at one of these
// statuses: only another is news.
func (o *orderRun) versionQuestion(pacing activities.Pacing, while ...activities.VersionStatus) activities.VersionQuestion {
	return activities.VersionQuestion{
		AppID: o.input.Request.AppID, MiniAppID: o.MiniAppID, BundleID: o.Version.Bundle(),
		AppVersion: o.Version.AppVersion, While: while, Pacing: pacing,
	}
}

// whose says for whom an act is made.
func (o *orderRun) whose() activities.Whose {
	return activities.Whose{Run: o.runID, MerchantRef: o.input.Request.MerchantRef}
}

// onVersion names the version that an act is about, and the run that the act belongs to, so that it
// does nothing after a reset.
func (o *orderRun) onVersion() activities.VersionQuestion {
	question := o.versionQuestion(activities.Pacing{})
	question.Whose = o.whose()
	return question
}

// versionCall narrows what [orderRun.lookFor] takes to the questions whose answer is a version's
// status.
type versionCall = activities.Call[activities.VersionQuestion, activities.VersionAnswer]

// lookFor asks slowly what becomes of a version while a person, or another system, has the
// next word: what is done in Alipay's console is adopted.
func (o *orderRun) lookFor(ctx workflow.Context, call versionCall, summary words.Text, while ...activities.VersionStatus) error {
	schedule, wait := o.input.Schedules.Settled, order.WaitChange
	if call == activities.AwaitRelease {
		schedule, wait = o.input.Schedules.Release, order.WaitRelease
	} else if o.Stage == order.StageSubmitting && !o.stopped() {
		schedule = o.input.Schedules.Audit
	}
	return o.sleep(ctx, slumber{wait: wait, while: while}, calling(o, call, o.versionQuestion(o.once(schedule), while...),
		summary, o.adoptVersion))
}
