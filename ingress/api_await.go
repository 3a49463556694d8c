package ingress

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/order"
)

// awaitNews waits until the order's sequence is above after, it has ended, or the
// time is over, and returns it as it then is. It waits on the workflow's history:
// an update would write events into it, and asking again and again would cost a
// worker each time.
func (a *API) awaitNews(ctx context.Context, path OrderPath, wait time.Duration, after int) (order.View, string, error) {
	select {
	case a.waiters <- struct{}{}:
		defer func() { <-a.waiters }()
	default:
		return order.View{}, "", problem(http.StatusTooManyRequests,
			"this process holds %d long-polls, the most it holds; try again after Retry-After or leave wait out", maxWaiters).after(againSoon)
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		view, runID, over, err := a.awaitRun(ctx, waiting, path, after)
		if over || err != nil {
			return view, runID, err
		}
	}
}

// awaitRun waits with one run of the order. over is false when the run has ended
// and another has come after it.
func (a *API) awaitRun(ctx, waiting context.Context, path OrderPath, after int) (_ order.View, _ string, over bool, _ error) {
	// History first, then the view: what happens in between ends the wait at once.
	info, err := a.describe(ctx, path.AppID, path.OutOrderNo)
	if err != nil {
		return order.View{}, "", false, err
	}
	watch := historyWatch{service: a.config.Temporal.WorkflowService(), known: info.GetHistoryLength()}
	watch.request = &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: a.config.Namespace, Execution: info.GetExecution(), WaitNewEvent: true, SkipArchival: true,
	}
	for timeOver := !running(info); ; {
		view, err := a.view(ctx, path.AppID, path.OutOrderNo)
		if err != nil {
			return order.View{}, "", false, err
		}
		if view.Sequence > after || view.Stage.Ended() || timeOver {
			return view, info.GetExecution().GetRunId(), true, nil
		}
		more, err := watch.next(waiting)
		switch {
		case waiting.Err() != nil || late(err):
			timeOver = true
		case err != nil:
			return order.View{}, "", false, temporalProblem(err, "wait for the order", noSuchOrder)
		case !more:
			return order.View{}, "", false, nil
		}
	}
}

// historyWatch waits for one run's events.
type historyWatch struct {
	service workflowservice.WorkflowServiceClient
	request *workflowservice.GetWorkflowExecutionHistoryRequest
	// known is the last event that is no news.
	known int64
}

// next returns once the run has an event beyond those known; false once it has
// ended. The history is read from its start, for Temporal has no other way to
// begin; it is bounded by the order's continuing as new.
func (h *historyWatch) next(ctx context.Context) (bool, error) {
	for {
		page, err := h.service.GetWorkflowExecutionHistory(ctx, h.request)
		if err != nil {
			return false, err
		}
		if len(page.GetNextPageToken()) == 0 {
			return false, nil
		}
		h.request.NextPageToken = page.GetNextPageToken()
		if len(page.GetRawHistory()) > 0 {
			return true, nil // a server that sends histories undecoded: asking the order is cheaper than decoding
		}
		events := page.GetHistory().GetEvents()
		if len(events) == 0 {
			continue
		}
		if last := events[len(events)-1].GetEventId(); last > h.known {
			h.known = last
			return true, nil
		}
	}
}

// late tells whether a long-poll merely ran out of time.
func late(err error) bool {
	var overdue *serviceerror.DeadlineExceeded
	var canceled *serviceerror.Canceled
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &overdue) || errors.As(err, &canceled)
}
