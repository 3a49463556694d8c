package activities

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

// LocateOrder looks for a message's order until it exists or the pacing gives up, since a message
// can come before its order. It changes nothing.
func (i *Inside) LocateOrder(ctx context.Context, call LocateCall) (Location, error) {
	number, err := i.numberOf(ctx, call)
	if err != nil {
		return Location{}, err
	}
	id := order.WorkflowID(call.Order.AppID, number)
	described, err := i.Temporal.DescribeWorkflowExecution(ctx, id, "")
	switch {
	case err == nil:
	case temporalio.NotFound(err):
		return i.missing(ctx, call, number)
	default:
		return Location{}, fmt.Errorf("look for %s: %w", id, err)
	}
	if described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return Location{State: LocationRunning, OutOrderNo: number}, nil
	}
	return i.ended(ctx, id, number, call.Key)
}

// missing is the answer about an order that there is not: it is begun, awaited or given up.
func (i *Inside) missing(ctx context.Context, call LocateCall, number string) (Location, error) {
	adopts, err := i.adopts(ctx, call, attempt(ctx))
	switch {
	case err != nil:
		return Location{}, err
	case adopts:
		return Location{State: LocationRunning, OutOrderNo: number}, i.adopt(ctx, call)
	case exhausted(call.Pacing, attempt(ctx)):
		return Location{State: LocationUnknown}, nil
	}
	return Location{}, waiting("looked for "+order.WorkflowID(call.Order.AppID, number)+": no such order", call.Pacing.Schedule.Delay(attempt(ctx)))
}

// ended asks an ended order about the message first: one that it had received before its end has
// its disposition already, and is not late.
func (i *Inside) ended(ctx context.Context, id, number string, key order.NotificationKey) (Location, error) {
	disposition, err := i.disposition(ctx, id, key)
	if err != nil {
		return Location{}, err
	}
	var view order.View
	if err := i.ask(ctx, id, order.ViewQuery, &view); err != nil {
		return Location{}, err
	}
	return Location{
		State: LocationEnded, OutOrderNo: number, Disposition: disposition,
		Stage: view.Stage, OrderNo: view.OrderNo, MiniAppID: view.MiniAppID,
	}, nil
}

// numberOf is the number of the order that is looked for: the message's own, that of
// the order which has taken the version that it names, or that of the order in charge
// of its mini program. An empty one finds no order.
func (i *Inside) numberOf(ctx context.Context, call LocateCall) (string, error) {
	if call.Order.OutOrderNo != "" || call.MiniAppID == "" {
		return call.Order.OutOrderNo, nil
	}
	id := order.MiniProgramWorkflowID(call.Order.AppID, call.MiniAppID)
	if call.AppVersion != "" {
		var reserved []order.VersionReservation
		if err := i.ask(ctx, id, order.ReservationsQuery, &reserved); err != nil && !temporalio.NotFound(err) {
			return "", err
		}
		for _, one := range reserved {
			if one.Names(call.AppVersion, call.BundleID) {
				return one.OutOrderNo, nil
			}
		}
	}
	var view order.MiniProgramView
	if err := i.ask(ctx, id, order.ViewQuery, &view); err != nil && !temporalio.NotFound(err) {
		return "", err
	}
	return view.OutOrderNo, nil
}

func (i *Inside) ask(ctx context.Context, id, query string, into any, args ...any) error {
	value, err := i.Temporal.QueryWorkflow(ctx, id, "", query, args...)
	if err != nil {
		return fmt.Errorf("ask %s for its %s: %w", id, query, err)
	}
	if err := value.Get(into); err != nil {
		return fmt.Errorf("read the %s of %s: %w", query, id, err)
	}
	return nil
}

// copyDelay is the pause between two looks at a message's copy, whose own tries are minutes apart
// at least.
const copyDelay = time.Minute

// AwaitCopy waits until the copy of a message has its disposition: a message that was copied is not
// forwarded itself. It changes nothing.
func (i *Inside) AwaitCopy(ctx context.Context, key order.NotificationKey) (order.Disposition, error) {
	id := order.CopyWorkflowID(key.AppID, key.NotifyID)
	var view order.DeliveryView
	err := i.ask(ctx, id, order.ViewQuery, &view)
	if temporalio.NotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if !view.State.Final() {
		return "", waiting("asked "+id+" how it stands: "+string(view.State), copyDelay)
	}
	return view.State, nil
}

func (i *Inside) disposition(ctx context.Context, id string, key order.NotificationKey) (order.Disposition, error) {
	var disposition order.Disposition
	return disposition, i.ask(ctx, id, order.DispositionQuery, &disposition, key)
}

// takenDelays are the pauses between two looks at what an order made of a message:
// it asks Alipay first, and an order that stands under a hold may take days.
var takenDelays = order.Schedule{
	{Every: time.Second, Times: 1}, {Every: 2 * time.Second, Times: 1}, {Every: 5 * time.Second, Times: 1},
	{Every: 15 * time.Second, Times: 2}, {Every: time.Minute, Times: 5}, {Every: 5 * time.Minute},
}

// HandOver gives a message to its order and waits for the order's word on it.
//
// Repeating it is harmless: the order knows the message by its id and digest.
func (i *Inside) HandOver(ctx context.Context, call HandOverCall) (order.Disposition, error) {
	id := order.WorkflowID(call.Order.AppID, call.Order.OutOrderNo)
	known, err := i.disposition(ctx, id, call.Notification.NotificationKey)
	if err != nil {
		return "", err
	}
	if known == "" {
		err := i.Temporal.SignalWorkflow(ctx, id, "", order.NotificationSignal, call.Notification)
		if temporalio.NotFound(err) {
			return order.DispositionLate, nil
		}
		if err != nil {
			return "", fmt.Errorf("signal %s: %w", id, err)
		}
	}
	if known.Final() {
		return known, nil
	}
	return "", waiting("gave the message to "+id+": not settled yet", takenDelays.Delay(attempt(ctx)))
}
