package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/api/serviceerror"
	workflowservice "go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/order"
	"miniflow/temporalio"
)

// TemporalClient is as much of Temporal as the activities use, so that a test can stand in for it.
// A client.Client is one.
type TemporalClient interface {
	Querier
	SignalWorkflow(ctx context.Context, workflowID, runID, signalName string, arg any) error
	SignalWithStartWorkflow(ctx context.Context, workflowID, signalName string, signalArg any,
		options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	NewWithStartWorkflowOperation(options client.StartWorkflowOptions, workflow any, args ...any) client.WithStartWorkflowOperation
	UpdateWithStartWorkflow(ctx context.Context, options client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
}

// Inside holds the activities that speak to Temporal, for what workflow code has no call of its
// own.
type Inside struct {
	Temporal  TemporalClient
	Namespace string
	// Tokens remembers what the signals of MiniPrograms say of tokens. It may be nil.
	Tokens *TokenKeeper
	// Acts reports whether Miniflow acts for a merchant of an app; nil is always.
	Acts func(appID, merchantRef string) bool
	// Adopting begins orders of apps that are observed.
	Adopting Adopting
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
		temporalio.MiniProgramOptions(input), order.MiniProgramWorkflowType, input)
	return err
}

// TakeCharge puts an order in charge of a mini program, or in its queue, and returns where it
// stands: one request in place of a signal there and another back.
//
// Repeating it is harmless: the entity knows its order.
func (i *Inside) TakeCharge(ctx context.Context, call ClaimCall) (standing order.AuthorizationChange, err error) {
	input := call.MiniProgram
	input.MiniAppID = order.PlainID(input.MiniAppID)
	start := i.Temporal.NewWithStartWorkflowOperation(temporalio.MiniProgramOptions(input), order.MiniProgramWorkflowType, input)
	handle, err := i.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: order.MiniProgramWorkflowID(input.AppID, input.MiniAppID), UpdateName: order.ClaimUpdate,
			Args: []any{order.Claim{OutOrderNo: call.Order.OutOrderNo}}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return standing, err
	}
	return standing, handle.Get(ctx, &standing)
}

// Signal signals a workflow. One that does not run ends it with [SignalGone], unless it has heard
// the message already. A token that comes with it is remembered, so that the calls that the signal
// leads to read it nowhere.
func (i *Inside) Signal(ctx context.Context, call SignalCall) error {
	if call.Token != nil && i.Tokens != nil {
		i.Tokens.Learn(*call.Token) // before the order can call
	}
	var arg any
	switch {
	case call.Notification != nil:
		arg = *call.Notification
	case call.Authorization != nil:
		arg = *call.Authorization
	case call.End != nil:
		arg = *call.End
	}
	err := i.Temporal.SignalWorkflow(ctx, call.WorkflowID, "", call.Signal, arg)
	if !temporalio.NotFound(err) {
		return err
	}
	heard, asked := i.heard(ctx, call)
	switch {
	case asked != nil:
		return asked
	case heard:
		return nil
	}
	return temporal.NewNonRetryableApplicationError("no such workflow runs: "+call.WorkflowID, SignalGone, err)
}

// heard reports whether a workflow that does not run any more has a disposition for the message that
// it was to be signalled: an earlier attempt may have reached it, whose answer was lost.
func (i *Inside) heard(ctx context.Context, call SignalCall) (bool, error) {
	if call.Notification == nil {
		return false, nil
	}
	known, err := i.disposition(ctx, call.WorkflowID, call.Notification.NotificationKey)
	if temporalio.NotFound(err) {
		return false, nil
	}
	return known.Final(), err
}

// SignalGone is the type of the failure when there is nobody to signal.
const SignalGone = "SIGNAL_GONE"

// IsSignalGone reports whether a signal found that its workflow does not run.
func IsSignalGone(err error) bool {
	var application *temporal.ApplicationError
	return errors.As(err, &application) && application.Type() == SignalGone
}

// wokenAtMost bounds the early messages that one order calls, so that the activity ends in time;
// the rest look by themselves.
const wokenAtMost = 200

// WakeDeliveries calls the messages that wait for an order, which would otherwise look for it up to
// an hour later.
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
// a [StartRefused] and not tried again: the workflow that keeps the message has to go on.
//
// Repeating it is harmless: the workflow's id is the message's own, and starts once.
func (i *Inside) StartDelivery(ctx context.Context, input order.DeliveryInput) error {
	_, err := temporalio.KeepDelivery(ctx, i.Temporal, input)
	if refusedForGood(err) {
		return temporal.NewNonRetryableApplicationError(err.Error(), StartRefused, err)
	}
	return err
}

// StartRefused is the type of the failure when Temporal will never start what it is given: the
// message has to be kept elsewhere.
const StartRefused = "START_REFUSED"

// IsStartRefused reports whether an activity ended because Temporal refused a start for good, so
// that its workflow doesn't ask again for ever.
func IsStartRefused(err error) bool {
	var application *temporal.ApplicationError
	return errors.As(err, &application) && application.Type() == StartRefused
}

// refusedForGood reports whether the same request gets this answer each time, and does
// not wait for something. The client itself sends no id that a header can't hold, and
// calls that Internal, which is otherwise worth another try; nothing but the words of
// gRPC distinguishes the two.
func refusedForGood(err error) bool {
	var invalid *serviceerror.InvalidArgument
	var unimplemented *serviceerror.Unimplemented
	var internal *serviceerror.Internal
	return errors.As(err, &invalid) || errors.As(err, &unimplemented) ||
		errors.As(err, &internal) && strings.Contains(internal.Message, "non-printable ASCII")
}
