package api

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/ingress/api/problem"
)

// awaitNews waits until the order's sequence is above after, nothing more will happen, or the
// time is over, and returns the order as it then is. It waits on the workflow's history: an
// update would write events into it, and polling would cost a worker each time.
func (a *API) awaitNews(ctx context.Context, path OrderPath, wait time.Duration, after int) (found, error) {
	select {
	case a.waiters <- struct{}{}:
		defer func() { <-a.waiters }()
	default:
		return found{}, problem.New(problem.TooManyWaiting,
			"this process holds %d long-polls, the most it holds; try again after Retry-After or leave wait out", maxWaiters).After(againSoon)
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var watch *historyWatch
	for timeOver := false; ; {
		// The description comes before the view and the view before the wait, so that
		// anything that happens in between ends the wait at once.
		f, err := a.look(ctx, path.AppID, path.OutOrderNo)
		if err != nil || f.view.Sequence > after || f.view.Stage.Ended() || f.closed() || timeOver {
			return f, err
		}
		if watch == nil || watch.runID() != f.runID() {
			watch = a.watch(f.info)
		}
		switch err := watch.next(waiting); {
		case waiting.Err() != nil || passing(err):
			timeOver = true
		case errors.Is(err, errRunOver):
			// Another run has followed, or the workflow is closed: the next look finds out
			// which, because the history of this run doesn't tell.
			watch, timeOver = nil, !sleep(waiting, jittered(againFirst))
		case err != nil:
			return found{}, temporalProblem(err, "wait for the order", problem.OrderUnknown)
		}
	}
}

func (a *API) watch(info *workflowpb.WorkflowExecutionInfo) *historyWatch {
	return &historyWatch{
		service: a.config.Temporal.WorkflowService(), known: info.GetHistoryLength(),
		request: &workflowservice.GetWorkflowExecutionHistoryRequest{
			Namespace: a.config.Namespace, Execution: info.GetExecution(), WaitNewEvent: true, SkipArchival: true,
		},
	}
}

var errRunOver = errors.New("the run has ended")

type historyWatch struct {
	service workflowservice.WorkflowServiceClient
	request *workflowservice.GetWorkflowExecutionHistoryRequest
	// known is the last event that the caller has seen, so that old events don't end the
	// wait.
	known int64
}

func (h *historyWatch) runID() string { return h.request.GetExecution().GetRunId() }

// next returns once the run has an event beyond the known ones, or [errRunOver] once it has
// ended. The history is read from its start, because Temporal offers no other beginning;
// continuing as new bounds its length. A temporary error of Temporal is retried until ctx
// ends.
func (h *historyWatch) next(ctx context.Context) error {
	for {
		page, err := again(ctx, func() (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
			return h.service.GetWorkflowExecutionHistory(ctx, h.request)
		})
		if err != nil {
			return err
		}
		if len(page.GetNextPageToken()) == 0 {
			return errRunOver
		}
		h.request.NextPageToken = page.GetNextPageToken()
		if len(page.GetRawHistory()) > 0 {
			return nil // querying the order is cheaper than decoding here
		}
		events := page.GetHistory().GetEvents()
		if len(events) == 0 {
			continue
		}
		if last := events[len(events)-1].GetEventId(); last > h.known {
			h.known = last
			return nil
		}
	}
}

// again repeats a call to Temporal until it succeeds or ctx ends, as long as its errors are
// temporary: "workflow is busy", a limit that is reached, a shard that moves, a query that
// timed out. Most of them pass within milliseconds, so a caller that still has time should
// not see them. The call has to be harmless to repeat.
func again[T any](ctx context.Context, call func() (T, error)) (T, error) {
	for pause := againFirst; ; pause = min(2*pause, againMost) {
		answer, err := call()
		if err == nil || !passing(err) || !sleep(ctx, jittered(pause)) {
			return answer, err
		}
	}
}

// jittered returns between half and one and a half times pause, so that callers that were
// refused together do not come back together.
func jittered(pause time.Duration) time.Duration {
	return pause/2 + rand.N(pause) //nolint:gosec // nobody gains by guessing how long a question is put off
}

// sleep waits, and reports false at once where ctx ends before that, because the time is
// better spent answering.
func sleep(ctx context.Context, pause time.Duration) bool {
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

// retryingTemporal is a Temporal client that hides temporary errors, so that no handler has a
// retry of its own. Updates are retried by [update], which gives them an id, and long-polls
// by [historyWatch].
type retryingTemporal struct{ Temporal }

// ExecuteWorkflow is harmless to repeat, because an id starts one workflow.
func (t retryingTemporal) ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	return again(ctx, func() (client.WorkflowRun, error) {
		return t.Temporal.ExecuteWorkflow(ctx, options, workflow, args...)
	})
}

// DescribeWorkflowExecution only reads, so it is safe to repeat.
func (t retryingTemporal) DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return again(ctx, func() (*workflowservice.DescribeWorkflowExecutionResponse, error) {
		return t.Temporal.DescribeWorkflowExecution(ctx, workflowID, runID)
	})
}

// QueryWorkflow needs a worker. A workflow can't answer before its first task is done, which
// is temporary too.
func (t retryingTemporal) QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error) {
	return again(ctx, func() (converter.EncodedValue, error) {
		return t.Temporal.QueryWorkflow(ctx, workflowID, runID, queryType, args...)
	})
}

// ListWorkflow only reads visibility, so it is safe to repeat.
func (t retryingTemporal) ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return again(ctx, func() (*workflowservice.ListWorkflowExecutionsResponse, error) {
		return t.Temporal.ListWorkflow(ctx, request)
	})
}

// CountWorkflow only reads visibility, so it is safe to repeat.
func (t retryingTemporal) CountWorkflow(ctx context.Context, request *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	return again(ctx, func() (*workflowservice.CountWorkflowExecutionsResponse, error) {
		return t.Temporal.CountWorkflow(ctx, request)
	})
}

// update sends a workflow an update and waits until it is carried out. The update has an id,
// so that Temporal recognises a repetition.
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
