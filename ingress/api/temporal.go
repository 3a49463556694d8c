package api

import (
	"context"
	"errors"
	"strings"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// Temporal is the part of client.Client that the REST API needs, so that a test's fake shows
// every call that it makes.
type Temporal interface {
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	SignalWorkflow(ctx context.Context, workflowID, runID, signalName string, arg any) error
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
	NewWithStartWorkflowOperation(options client.StartWorkflowOptions, workflow any, args ...any) client.WithStartWorkflowOperation
	UpdateWithStartWorkflow(ctx context.Context, options client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	CountWorkflow(ctx context.Context, request *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error)
	// WorkflowService is needed for long-polls of a history, which the SDK's own client
	// doesn't offer with a known position.
	WorkflowService() workflowservice.WorkflowServiceClient
}

// Sealer seals what must be unreadable in Temporal and opens it again. The context is the app
// id and one of the order.Seal… purposes, so that a value can't be used for another.
type Sealer interface {
	Seal(plain []byte, context ...string) (order.Sealed, error)
	Open(sealed order.Sealed, context ...string) ([]byte, error)
}

func ask[T any](ctx context.Context, temporalClient Temporal, workflowID, runID, query string, args ...any) (T, error) {
	var answer T
	value, err := temporalClient.QueryWorkflow(ctx, workflowID, runID, query, args...)
	if err != nil {
		return answer, err
	}
	return answer, value.Get(&answer)
}

func notReady(err error) bool {
	var early *serviceerror.WorkflowNotReady
	return errors.As(err, &early)
}

// noPoller is part of Temporal's message when no worker has polled for a while. The text is
// compared, because there is no error type for it.
const noPoller = "no poller"

// passing reports whether an error is temporary: no worker, or Temporal that is down or
// overloaded. Only such a call is retried, because any other would fail again.
func passing(err error) bool {
	var (
		unready     *serviceerror.FailedPrecondition
		unavailable *serviceerror.Unavailable
		exhausted   *serviceerror.ResourceExhausted
		late        *serviceerror.DeadlineExceeded
		canceled    *serviceerror.Canceled
		updateLate  *client.WorkflowUpdateServiceTimeoutOrCanceledError
	)
	if errors.As(err, &unready) && strings.Contains(unready.Message, noPoller) {
		return true
	}
	return notReady(err) || errors.As(err, &unavailable) || errors.As(err, &exhausted) || errors.As(err, &late) ||
		errors.As(err, &canceled) || errors.As(err, &updateLate) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// refusal returns why a workflow refused an update, and whether it did. A worker of an earlier
// release says it in English alone.
func refusal(err error) (words.Text, bool) {
	var refused *temporal.ApplicationError
	if !errors.As(err, &refused) || refused.Type() != order.RefusedType {
		return words.Text{}, false
	}
	var why words.Text
	if !refused.HasDetails() || refused.Details(&why) != nil || why.IsZero() {
		why = words.Sentence(refused.Message())
	}
	return why, true
}

// temporalProblem returns the answer to a failed call to Temporal. missing is the kind for a
// workflow that does not exist, because callers name different things; what names the action.
func temporalProblem(err error, what string, missing problem.Kind) *problem.Problem {
	switch {
	case temporalio.NotFound(err) && missing != "":
		return problem.Of(missing).Because(err)
	case passing(err):
		return problem.New(problem.TemporalUnwell,
			"Temporal, or a worker of Miniflow, did not answer in time to %s; try again after Retry-After", what).
			After(againSoon).Because(err)
	default:
		return problem.New(problem.Failed,
			"Miniflow failed to %s; the log of this process says why", what).Because(err)
	}
}
