package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowservice "go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
	"miniflow/temporalio"
)

// TemporalClient is as much of Temporal as the activities use. A client.Client is one.
type TemporalClient interface {
	Querier
	SignalWorkflow(ctx context.Context, workflowID, runID, signalName string, arg any) error
	SignalWithStartWorkflow(ctx context.Context, workflowID, signalName string, signalArg any,
		options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
}

// Inside holds the activities that speak to Temporal.
type Inside struct {
	Temporal  TemporalClient
	Namespace string
}

// ClaimMiniProgram puts an order in charge of a mini program and starts its
// entity when it does not exist.
//
// Repeating it is harmless: the entity knows its order.
func (i *Inside) ClaimMiniProgram(ctx context.Context, call ClaimCall) error {
	input := call.MiniProgram
	input.MiniAppID = order.PlainID(input.MiniAppID)
	_, err := i.Temporal.SignalWithStartWorkflow(ctx,
		order.MiniProgramWorkflowID(input.AppID, input.MiniAppID),
		order.ClaimSignal, order.Claim{OutOrderNo: call.Order.OutOrderNo},
		temporalio.StartMiniProgram(input.AppID, input.MiniAppID), order.MiniProgramWorkflowType, input)
	return err
}

// wokenAtMost bounds the early messages that one order calls; the rest look by themselves.
const wokenAtMost = 200

// WakeDeliveries calls the messages that wait for an order.
//
// Repeating it is harmless: a Delivery that is called looks, and looking changes nothing.
func (i *Inside) WakeDeliveries(ctx context.Context, address OrderAddress) error {
	page, err := i.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: i.Namespace, PageSize: wokenAtMost,
		Query: temporalio.NewQuery(order.DeliveryWorkflowType, address.AppID).Running().Equals(order.AttributeOutOrderNo, address.OutOrderNo).String(),
	})
	if err != nil {
		return fmt.Errorf("list the early messages: %w", err)
	}
	for _, execution := range page.GetExecutions() {
		id := execution.GetExecution().GetWorkflowId()
		err := i.Temporal.SignalWorkflow(ctx, id, "", order.WakeSignal, nil)
		if err != nil && !temporalio.NotFound(err) {
			return fmt.Errorf("wake %s: %w", id, err)
		}
	}
	return nil
}

// StartDelivery makes a Delivery of a message. A message whose id another one
// with other content has taken is kept beside it as a conflict.
//
// What Temporal refuses for good, such as a message that is too large for it, is
// a [StartRefused] and not tried again: whoever keeps the message has to go on.
//
// Repeating it is harmless: the workflow's id is the message's own, and starts once.
func (i *Inside) StartDelivery(ctx context.Context, input order.DeliveryInput) error {
	_, err := temporalio.KeepDelivery(ctx, i.Temporal, input)
	if refusedForGood(err) {
		return temporal.NewNonRetryableApplicationError(err.Error(), StartRefused, err)
	}
	return err
}

// StartRefused is the type of the failure when Temporal will never start what it is
// given.
const StartRefused = "START_REFUSED"

// IsStartRefused tells whether an activity ended because Temporal refused a start
// for good.
func IsStartRefused(err error) bool {
	var application *temporal.ApplicationError
	return errors.As(err, &application) && application.Type() == StartRefused
}

// refusedForGood tells an answer that the same request gets each time from one that
// waits for something. The client itself sends no id that a header can't hold, and
// calls that Internal, which is otherwise worth another try; nothing but the words of
// gRPC tells the two apart.
func refusedForGood(err error) bool {
	var invalid *serviceerror.InvalidArgument
	var unimplemented *serviceerror.Unimplemented
	var internal *serviceerror.Internal
	return errors.As(err, &invalid) || errors.As(err, &unimplemented) ||
		errors.As(err, &internal) && strings.Contains(internal.Message, "non-printable ASCII")
}

// LocateOrder looks for a message's order until it exists or the pacing gives up. It changes nothing.
func (i *Inside) LocateOrder(ctx context.Context, call LocateCall) (Location, error) {
	number, err := i.numberOf(ctx, call)
	if err != nil {
		return Location{}, err
	}
	id := order.WorkflowID(call.Order.AppID, number)
	described, err := i.Temporal.DescribeWorkflowExecution(ctx, id, "")
	switch {
	case err == nil:
	case !temporalio.NotFound(err):
		return Location{}, fmt.Errorf("look for %s: %w", id, err)
	case exhausted(call.Pacing, attempt(ctx)):
		return Location{State: LocationUnknown}, nil
	default:
		return Location{}, waiting("looked for "+id+": no such order", call.Pacing.Schedule.Delay(attempt(ctx)))
	}
	if described.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return Location{State: LocationRunning, OutOrderNo: number}, nil
	}
	return i.ended(ctx, id, number, call.Key)
}

// ended is what an ended order says of itself, and of a message.
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

// ask asks a workflow and reads its answer.
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

// copyDelay is the pause between two looks at a message's copy.
const copyDelay = time.Minute

// AwaitCopy waits until the copy of a message has its disposition. It changes nothing.
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

// settleDelays are the pauses between two looks at what an order made of a message:
// it asks Alipay first, and an order that stands under a hold may take days.
var settleDelays = order.Schedule{
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
	return "", waiting("gave the message to "+id+": not settled yet", settleDelays.Delay(attempt(ctx)))
}
