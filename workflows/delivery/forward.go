package delivery

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// forwarding is a message's way to the ISV's backend. It is carried, since a backend may be down
// for days.
type forwarding struct {
	// Why is the reason for it; empty while the message is not on its way there. Until ends
	// the tries of this time, Tried counts them. A replay begins another time, with the
	// whole schedule, since a person has mended something.
	Why   string    `json:"why,omitempty"`
	Until time.Time `json:"until,omitzero"`
	Tried int       `json:"tried,omitempty"`

	// Attempts counts the tries of every time, LastError is what came of the last one, and
	// NextTry is when the next one comes: what a person sees of a backend that is down.
	Attempts  int       `json:"attempts,omitempty"`
	LastError string    `json:"last_error,omitempty"`
	NextTry   time.Time `json:"next_try,omitzero"`
}

// turnBack ends this time's tries: the message looks again where it belongs, because an
// order may have started since.
func (f *forwarding) turnBack() { f.Why, f.NextTry = "", time.Time{} }

// beginForward hands the message to the ISV's backend, because of why. Where a copy went
// there when the message came, that may be enough.
func (d *delivery) beginForward(ctx workflow.Context, why string) (finished bool, err error) {
	if d.Replayed != "" {
		why += "; " + d.Replayed
	}
	_, window := d.input.Schedules.Forwarding()
	d.Forward.Why, d.Forward.Until, d.Forward.Tried = why, workflow.Now(ctx).UTC().Add(window), 0
	d.become(ctx, order.DispositionWaiting, why+"; on its way to the forward target")
	if d.input.Notification.Copied && !d.input.Copy {
		taken, ended, err := d.copyTaken(ctx)
		if err != nil || !ended {
			return ended, err
		}
		if taken {
			d.arrive(ctx, order.DispositionForwarded, "the forward target has taken its copy")
			return true, nil
		}
	}
	return d.forward(ctx)
}

// forward tries the backend once. One that does not take the message is tried again
// by the schedule; where none is configured the message waits for one, counted from
// its arrival. After that it is a dead letter. The pauses are the workflow's and not the
// activity's retries, so that people see each try and a replay ends a pause.
func (d *delivery) forward(ctx workflow.Context) (finished bool, err error) {
	if pause := d.Forward.NextTry.Sub(workflow.Now(ctx)); pause > 0 {
		return false, d.rest(ctx, pause)
	}
	schedule, window := d.input.Schedules.Forwarding()
	call := activities.ForwardCall{
		Notification: d.forwarded(), Schedule: schedule, Tried: d.Forward.Tried,
		Until: d.Forward.Until, TargetUntil: d.input.Notification.ReceivedAt.Add(window),
	}
	done, ended, err := attempt(ctx, d, activities.Forward, call, words.New("do.forward"))
	if !ended {
		return false, nil
	}
	if err != nil {
		if temporal.IsCanceledError(err) {
			return true, err
		}
		done = activities.Forwarded{Disposition: order.DispositionDead, Reason: activities.FailureOf(err).Message.String()}
	}
	if done.Tried {
		d.Forward.Tried++
		d.Forward.Attempts++
	}
	d.Forward.LastError = done.Reason
	if done.Disposition == "" { // not taken, and worth another try
		d.Forward.NextTry = workflow.Now(ctx).UTC().Add(done.Again.Std())
		d.publish(ctx)
		return false, nil
	}
	if done.Disposition == order.DispositionForwarded {
		d.Forward.LastError = ""
	}
	d.arrive(ctx, done.Disposition, done.Reason)
	return true, nil
}

// rest is the pause before the next try. A call ends it: a person who replays has mended
// something.
func (d *delivery) rest(ctx workflow.Context, pause time.Duration) error {
	resting, stop := workflow.WithCancel(ctx)
	d.awaited(ctx, workflow.NewTimerWithOptions(resting, pause, workflow.TimerOptions{Summary: d.say(words.New("do.forward_again"))}))
	// The timer is cancelled where a call came first, so that it wakes nobody later.
	stop()
	return ctx.Err()
}

func (d *delivery) arrive(ctx workflow.Context, as order.Disposition, reason string) {
	why := d.Forward.Why
	d.Forward.turnBack()
	d.become(ctx, as, why+"; "+reason)
}

// copyTaken asks what became of the copy that was sent when the message came, so
// that the backend does not get it a second time days later.
func (d *delivery) copyTaken(ctx workflow.Context) (taken, ended bool, err error) {
	key := d.input.Notification.NotificationKey
	disposition, ended, err := attempt(ctx, d, activities.AwaitCopy, key, words.New("do.await_copy"))
	return disposition == order.DispositionForwarded, ended, err
}

// forwarded returns the message without what only an order needs: the backend reads
// Alipay's own content.
func (d *delivery) forwarded() order.Notification {
	n := d.input.Notification
	n.Evidence = order.Evidence{}
	return n
}
