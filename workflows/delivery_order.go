package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// findOrder waits for the message's order for as long as the schedule says, and
// hands the message over, or, when there is none, to the ISV's backend.
func (d *deliveryRun) findOrder(ctx workflow.Context) (settled bool, err error) {
	n := d.input.Notification
	call := activities.LocateCall{
		Order: activities.OrderAddress{AppID: n.AppID, OutOrderNo: n.OutOrderNo}, MiniAppID: n.MiniAppID, Key: n.NotificationKey,
		Pacing: activities.Pacing{Schedule: d.input.Schedules.Locate, GiveUpAfter: d.patience(ctx)},
	}
	future, ended := d.attempt(inside(ctx, d.lookingFor()), activities.LocateOrder, call)
	if !ended {
		return false, nil
	}
	var location activities.Location
	if err := future.Get(ctx, &location); err != nil {
		return true, err
	}
	switch location.State {
	case activities.LocationRunning:
		return true, d.handOver(ctx, location.OutOrderNo)
	case activities.LocationEnded:
		if location.Disposition.Final() {
			d.become(ctx, order.DispositionDuplicate, "its order had ended and had heard it: "+string(location.Disposition))
			return true, nil
		}
		d.become(ctx, order.DispositionLate, "its order had ended")
		return true, nil
	case activities.LocationUnknown:
	}
	return d.forward(ctx, d.unclaimed())
}

// patience is how long to look yet. A verdict has waited with its mini program
// already, and a person who replays wants to know at once: they get a short look.
func (d *deliveryRun) patience(ctx workflow.Context) order.Duration {
	if d.input.Notification.OutOrderNo == "" {
		return 1
	}
	return order.Duration(max(d.lookUntil.Sub(workflow.Now(ctx)), time.Nanosecond))
}

func (d *deliveryRun) lookingFor() string {
	if n := d.input.Notification; n.OutOrderNo == "" {
		return "look for the order in charge of " + n.MiniAppID
	}
	return "wait for the order " + d.input.Notification.OutOrderNo
}

func (d *deliveryRun) unclaimed() string {
	if d.input.Notification.OutOrderNo == "" {
		return d.input.Reason
	}
	return "no order with its out_order_no was started in time"
}

// handOver gives the message to its order and takes the order's word on what became of it.
func (d *deliveryRun) handOver(ctx workflow.Context, outOrderNo string) error {
	n := d.input.Notification.WithoutRaw()
	n.Copied = false
	call := activities.HandOverCall{
		Order: activities.OrderAddress{AppID: n.AppID, OutOrderNo: outOrderNo}, Notification: n,
	}
	d.settling = true
	defer func() { d.settling = false }()
	var disposition order.Disposition
	ctx = inside(ctx, "hand the message to its order")
	if err := workflow.ExecuteActivity(ctx, activities.HandOver, call).Get(ctx, &disposition); err != nil {
		return err
	}
	d.become(ctx, disposition, "its order has taken it")
	return nil
}
