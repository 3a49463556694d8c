package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// What is asked of the merchant is told to the ISV's backend, which has the merchant's number, and
// told again by a schedule while it isn't done. The reminders have no timer of their own: the
// watchdog's goes off earlier, so that an order whose merchant is quick has no event more than before,
// and a reminder costs what a timer that goes off costs. (A Webhook could list the orders that wait,
// but has no memory of when it last reminded of each, and those who read events by the API would not
// see it.)

// askMerchant notes that something is asked of the merchant now.
func (o *orderRun) askMerchant(ctx workflow.Context, task order.MerchantTask) {
	o.Visit.Reminded = 0
	o.happened(ctx, order.TimelineItem{Event: order.HappenedMerchantNeeded, Task: task, Note: task.Asks()})
}

// reminds reports whether the order knows of reminders. One that began before there were any has no
// schedule in its input, and does what its history has: no version marker is needed, which would be
// two events for each order.
func (o *orderRun) reminds() bool { return o.sleeps && len(o.input.Schedules.Remind) > 0 }

// merchantTask is what the merchant has to do now, and since when.
func (o *orderRun) merchantTask() (order.MerchantTask, time.Time) {
	return order.View{
		Stage: o.Stage, StageSince: o.StageSince, Hold: o.Hold, Queue: o.Queue,
		Authorization: o.Authorization, CancelRequested: o.CancelRequested,
	}.MerchantTask()
}

// reminderDue is when the merchant is reminded next; zero where there is nothing to be reminded of, or
// no reminder is left. Whom to remind of what another system does is for that system to know.
func (o *orderRun) reminderDue() time.Time {
	task, since := o.merchantTask()
	if task == "" || o.Observed || !o.reminds() {
		return time.Time{}
	}
	schedule := o.input.Schedules.Remind
	if times, ends := schedule.Counted(); ends && o.Visit.Reminded >= times {
		return time.Time{}
	}
	due := since
	for i := range o.Visit.Reminded + 1 {
		due = due.Add(schedule.Delay(i + 1))
	}
	return due
}

// remind reminds the merchant where that is due: once, however many reminders were due while no worker
// ran.
func (o *orderRun) remind(ctx workflow.Context) {
	before := o.Visit.Reminded
	for due := o.reminderDue(); !due.IsZero() && !due.After(o.now(ctx)); due = o.reminderDue() {
		o.Visit.Reminded++
	}
	if o.Visit.Reminded == before {
		return
	}
	task, _ := o.merchantTask()
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedMerchantNeeded, Task: task, Reminder: o.Visit.Reminded, Note: task.Asks(),
	})
}

// earlier returns the earlier of two moments, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
