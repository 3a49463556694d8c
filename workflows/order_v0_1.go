package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/workflows/durable"
)

// What runs that began under release 0.1 do, whose histories have it so: they hold an activity
// that asks on and on through every wait, and have a timer for each stage. None of it is left
// once no such run is: a run that continues as new sleeps.

// changeSleeps names the change that let orders sleep.
const changeSleeps = "orders-sleep"

// wakeEarlyMessages calls the messages that came before this order. Its end is not
// awaited: a message that misses this call looks again by itself.
func (o *orderRun) wakeEarlyMessages(ctx workflow.Context) {
	if o.Woken {
		return
	}
	o.Woken = true
	address := activities.OrderAddress{AppID: o.input.Request.AppID, OutOrderNo: o.input.Request.OutOrderNo}
	durable.Start(ctx, address.AppID, activities.WakeDeliveries, address, "call the messages that came early")
}

// watchCertification asks about a trial's certification beside everything else.
func (o *orderRun) watchCertification(ctx workflow.Context) {
	if !o.awaitsCertification() {
		o.certification.Close()
		return
	}
	if o.certification.Future != nil {
		return
	}
	question := o.merchantQuestion(o.pacing(o.input.Schedules.Certification))
	o.certification = durable.Asking(ctx, o.input.Request.AppID, activities.AwaitCertification, question, "watch the trial's certification")
}

// watchEachStage starts a watchdog of its own for each visit of a stage under each hold.
func (o *orderRun) watchEachStage(ctx workflow.Context) {
	after, set := o.input.Schedules.Watchdogs[o.Stage]
	watched := o.watched()
	if !set || o.Visit.Escalated == watched || o.Stage.Ended() || o.Queue != nil {
		o.watchdog.Close()
		return
	}
	if o.watchdog.Future != nil && o.watching == watched {
		return
	}
	o.watchdog.Close()
	since := o.Visit.HoldChanged
	if o.StageSince.After(since) {
		since = o.StageSince
	}
	left := max(after.Std()-o.now(ctx).Sub(since), time.Millisecond)
	o.watching = watched
	o.watchdog = durable.Waiting(ctx, left, "watchdog: asks for a person if the order is still "+string(o.Stage))
}
