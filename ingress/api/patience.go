package api

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

// again makes a call to Temporal until it is answered, for as long as ctx lasts:
// "workflow is busy", a limit that is reached, a shard that moves, a query that
// timed out pass by themselves, mostly within milliseconds, and are no answer for
// a caller who has time. The call has to be harmless to repeat.
func again[T any](ctx context.Context, call func() (T, error)) (T, error) {
	for pause := againFirst; ; pause = min(2*pause, againMost) {
		answer, err := call()
		if err == nil || !passing(err) || !rest(ctx, jittered(pause)) {
			return answer, err
		}
	}
}

// jittered is half of pause and up to as much again, so that callers who were
// refused together do not come back together.
func jittered(pause time.Duration) time.Duration {
	return pause/2 + rand.N(pause) //nolint:gosec // nobody gains by guessing how long a question is put off
}

// rest waits, and reports false where ctx does not last as long.
func rest(ctx context.Context, pause time.Duration) bool {
	if end, bounded := ctx.Deadline(); ctx.Err() != nil || bounded && time.Until(end) < pause {
		return false
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// patientTemporal is a Temporal whose momentary refusals nobody sees. Updates are
// repeated by [update], which knows them again, and long-polls by [historyWatch].
type patientTemporal struct{ Temporal }

// ExecuteWorkflow is harmless to repeat: an id starts one workflow.
func (t patientTemporal) ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	return again(ctx, func() (client.WorkflowRun, error) {
		return t.Temporal.ExecuteWorkflow(ctx, options, workflow, args...)
	})
}

// DescribeWorkflowExecution asks Temporal alone.
func (t patientTemporal) DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return again(ctx, func() (*workflowservice.DescribeWorkflowExecutionResponse, error) {
		return t.Temporal.DescribeWorkflowExecution(ctx, workflowID, runID)
	})
}

// QueryWorkflow asks a worker. A workflow whose first task no worker has done yet can't answer, which passes too.
func (t patientTemporal) QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error) {
	return again(ctx, func() (converter.EncodedValue, error) {
		return t.Temporal.QueryWorkflow(ctx, workflowID, runID, queryType, args...)
	})
}

// ListWorkflow asks visibility.
func (t patientTemporal) ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return again(ctx, func() (*workflowservice.ListWorkflowExecutionsResponse, error) {
		return t.Temporal.ListWorkflow(ctx, request)
	})
}

// CountWorkflow asks visibility.
func (t patientTemporal) CountWorkflow(ctx context.Context, request *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return again(ctx, func() (*workflowservice.CountWorkflowExecutionsResponse, error) {
		return t.Temporal.CountWorkflow(ctx, request)
	})
}

// update sends a workflow an update and waits until it is carried out. It has an id
// of its own, so that Temporal knows a repetition again.
func update[T any](ctx context.Context, a *API, options client.UpdateWorkflowOptions) (T, error) {
	options.WaitForStage = client.WorkflowUpdateStageCompleted
	if options.UpdateID == "" {
		id, err := uuid.NewRandomFromReader(a.config.Rand)
		if err != nil {
			var none T
			return none, err
		}
		options.UpdateID = id.String()
	}
	return again(ctx, func() (answer T, err error) {
		handle, err := a.config.Temporal.UpdateWorkflow(ctx, options)
		if err == nil {
			err = handle.Get(ctx, &answer)
		}
		return answer, err
	})
}
