package api

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/google/uuid"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/ingress/api/problem"
)

// awaitNews waits until the order's sequence is above after, nothing more will
// come of it, or the time is over, and returns it as it then is. It waits on the
// workflow's history: an update would write events into it, and asking again and
// again would cost a worker each time.
func (a *API) awaitNews(ctx context.Context, path OrderPath, wait time.Duration, after int) (found, error) {
	select {
	case a.waiters <- struct{}{}:
		defer func() { <-a.waiters }()
	default:
		return found{}, problem.New(http.StatusTooManyRequests,
			"this process holds %d long-polls, the most it holds; try again after Retry-After or leave wait out", maxWaiters).After(againSoon)
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var watch *historyWatch
	for timeOver := false; ; {
		// How it stands first, then the view, then the wait: what happens in between ends the wait at once.
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
			// Another run has come after it, or it is closed: the next look says which.
			watch, timeOver = nil, !rest(waiting, jittered(againFirst))
		case err != nil:
			return found{}, temporalProblem(err, "wait for the order", noSuchOrder)
		}
	}
}

// watch begins to wait for what comes after what is known of a run.
func (a *API) watch(info *workflowpb.WorkflowExecutionInfo) *historyWatch {
	return &historyWatch{
		service: a.config.Temporal.WorkflowService(), known: info.GetHistoryLength(),
		request: &workflowservice.GetWorkflowExecutionHistoryRequest{
			Namespace: a.config.Namespace, Execution: info.GetExecution(), WaitNewEvent: true, SkipArchival: true,
		},
	}
}

// errRunOver says that a run has no more events to come.
var errRunOver = errors.New("the run has ended")

// historyWatch waits for one run's events.
type historyWatch struct {
	service workflowservice.WorkflowServiceClient
	request *workflowservice.GetWorkflowExecutionHistoryRequest
	// known is the last event that is no news.
	known int64
}

func (h *historyWatch) runID() string { return h.request.GetExecution().GetRunId() }

// next returns once the run has an event beyond those known; [errRunOver] once it
// has ended. The history is read from its start, for Temporal has no other way to
// begin; it is bounded by the order's continuing as new. What Temporal refuses for
// a moment is asked again until ctx ends.
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
			return nil // a server that sends histories undecoded: asking the order is cheaper than decoding
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
