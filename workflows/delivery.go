package workflows

import (
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// Delivery is a verified message with no order to go to. It looks for its order:
// one that runs gets it, one that has ended makes it late, one that does not
// exist is waited for. What nobody can use stays visible as a dead letter.
func Delivery(ctx workflow.Context, input order.DeliveryInput) (order.DeliveryView, error) {
	d := &deliveryRun{input: input, state: order.DispositionWaiting, reason: input.Reason}
	if err := workflow.SetQueryHandler(ctx, order.ViewQuery, func() (order.DeliveryView, error) {
		return d.view(), nil
	}); err != nil {
		return order.DeliveryView{}, err
	}
	d.wakes = workflow.GetSignalChannel(ctx, order.WakeSignal)
	if err := d.run(ctx); err != nil {
		return order.DeliveryView{}, err
	}
	return d.view(), nil
}

type deliveryRun struct {
	input  order.DeliveryInput
	state  order.Disposition
	reason string
	wakes  workflow.ReceiveChannel
}

func (d *deliveryRun) run(ctx workflow.Context) error {
	d.publish(ctx)
	n := d.input.Notification
	switch {
	case d.input.Disposition != "":
		d.become(ctx, d.input.Disposition, d.input.Reason)
	case n.Flaw != "":
		d.become(ctx, order.DispositionDead, n.Flaw)
	case n.OutOrderNo == "":
		d.become(ctx, order.DispositionDead, "it names no order: "+d.input.Reason)
	default:
		return d.findOrder(ctx)
	}
	return nil
}

// findOrder waits for the message's order for as long as the schedule says.
func (d *deliveryRun) findOrder(ctx workflow.Context) error {
	location, err := d.locate(ctx)
	if err != nil {
		return err
	}
	switch location.State {
	case activities.LocationRunning:
		return d.handOver(ctx)
	case activities.LocationEnded:
		if location.Disposition.Final() {
			d.become(ctx, order.DispositionDuplicate, "its order had ended and had heard it: "+string(location.Disposition))
			return nil
		}
		d.become(ctx, order.DispositionLate, "its order had ended")
	case activities.LocationUnknown:
		d.become(ctx, order.DispositionDead, "no order with its out_order_no was started in time")
	}
	return nil
}

// locate looks for the order again and again, and at once when it is woken.
func (d *deliveryRun) locate(ctx workflow.Context) (activities.Location, error) {
	n := d.input.Notification
	call := activities.LocateCall{
		Order: activities.OrderAddress{AppID: n.AppID, OutOrderNo: n.OutOrderNo}, Key: n.NotificationKey,
		Pacing: activities.Pacing{Schedule: d.input.Schedules.Locate, GiveUpAfter: d.input.Schedules.LocateFor},
	}
	began := workflow.Now(ctx)
	for {
		call.Pacing.GiveUpAfter = order.Duration(max(d.input.Schedules.LocateFor.Std()-workflow.Now(ctx).Sub(began), 1))
		looking, stop := workflow.WithCancel(inside(ctx, "wait for the order "+n.OutOrderNo))
		future := workflow.ExecuteActivity(looking, activities.LocateOrder, call)
		woken := false
		selector := workflow.NewSelector(ctx)
		selector.AddFuture(future, func(workflow.Future) {})
		selector.AddReceive(d.wakes, func(channel workflow.ReceiveChannel, _ bool) {
			channel.Receive(ctx, nil)
			woken = true
		})
		selector.Select(ctx)
		found := future.IsReady() // asked before stop, which makes the future ready too: with a cancellation
		stop()
		if woken && !found {
			continue
		}
		var location activities.Location
		err := future.Get(ctx, &location)
		return location, err
	}
}

// handOver gives the message to its order and takes the order's word on what became of it.
func (d *deliveryRun) handOver(ctx workflow.Context) error {
	n := d.input.Notification
	call := activities.HandOverCall{
		Order: activities.OrderAddress{AppID: n.AppID, OutOrderNo: n.OutOrderNo}, Notification: n,
	}
	var disposition order.Disposition
	ctx = inside(ctx, "hand the message to its order")
	if err := workflow.ExecuteActivity(ctx, activities.HandOver, call).Get(ctx, &disposition); err != nil {
		return err
	}
	d.become(ctx, disposition, "its order has taken it")
	return nil
}

func (d *deliveryRun) become(ctx workflow.Context, state order.Disposition, reason string) {
	d.state, d.reason = state, reason
	d.publish(ctx)
}

func (d *deliveryRun) publish(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, "## "+escape(d.input.Notification.Name)+"\n\n**"+string(d.state)+"**: "+escape(d.reason)+"\n")
	view := d.view()
	updates := []temporal.SearchAttributeUpdate{
		temporal.NewSearchAttributeKeyKeyword(order.AttributeDeliveryState).ValueSet(string(d.state)),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeAppID).ValueSet(view.AppID),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeOutOrderNo).ValueSet(view.OutOrderNo),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID).ValueSet(view.MiniAppID),
	}
	logger := workflow.GetLogger(ctx)
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		logger.Error("search attributes could not be set", "error", err)
	}
	if err := workflow.UpsertMemo(ctx, map[string]any{order.SummaryMemo: view}); err != nil {
		logger.Error("the summary could not be set", "error", err)
	}
}

func (d *deliveryRun) view() order.DeliveryView {
	return deliveryView(d.input.Notification, d.state, d.reason, "delivery")
}
