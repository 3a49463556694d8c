package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
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
		return found{}, problem(http.StatusTooManyRequests,
			"this process holds %d long-polls, the most it holds; try again after Retry-After or leave wait out", maxWaiters).after(againSoon)
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
