package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// forward hands the message to the ISV's backend, because of why. A target that
// does not take it is tried by the schedule; where none is configured the message
// waits for one, counted from its arrival. After that it is a dead letter.
func (d *deliveryRun) forward(ctx workflow.Context, why string) (settled bool, err error) {
	if d.replayed != "" {
		why += "; " + d.replayed
	}
	d.become(ctx, order.DispositionWaiting, why+"; on its way to the forward target")
	if d.input.Notification.Copied && !d.input.Copy {
		taken, ended, err := d.copyTaken(ctx)
		if err != nil || !ended {
			return ended, err
		}
		if taken {
			d.become(ctx, order.DispositionForwarded, why+"; the forward target has taken its copy")
			return true, nil
		}
	}
	schedule, window := d.input.Schedules.Forwarding()
	call := activities.ForwardCall{
		Notification: d.forwarded(), Schedule: schedule,
		Until: workflow.Now(ctx).Add(window), TargetUntil: d.input.Notification.ReceivedAt.Add(window),
	}
	future, ended := d.attempt(outside(ctx, "hand the message to the ISV's backend"), activities.Forward, call)
	if !ended {
		return false, nil
	}
	var done activities.Forwarded
	if err := future.Get(ctx, &done); err != nil {
		if temporal.IsCanceledError(err) {
			return true, err
		}
		done = activities.Forwarded{Disposition: order.DispositionDead, Reason: activities.FailureOf(err).Message}
	}
	d.become(ctx, done.Disposition, why+"; "+done.Reason)
	return true, nil
}

// copyTaken asks what became of the copy that was sent when the message came, so
// that the backend does not get it a second time days later.
func (d *deliveryRun) copyTaken(ctx workflow.Context) (taken, ended bool, err error) {
	key := d.input.Notification.NotificationKey
	future, ended := d.attempt(inside(ctx, "see what became of the message's copy"), activities.AwaitCopy, key)
	if !ended {
		return false, false, nil
	}
	var disposition order.Disposition
	err = future.Get(ctx, &disposition)
	return disposition == order.DispositionForwarded, true, err
}

// forwarded is the message without what only an order needs.
func (d *deliveryRun) forwarded() order.Notification {
	n := d.input.Notification
	n.Evidence = order.Evidence{}
	return n
}
