package history

import (
	"context"
	"slices"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/temporalio"
)

// Bounds of one list. A run of an order has some hundred events, and begins anew before it is long.
const (
	mostCalls  = 200
	mostRuns   = 3
	mostPages  = 6
	pageEvents = 500
)

// Pages reads a history from its end, one page after the other; Temporal's service does.
type Pages func(context.Context, *workflowservice.GetWorkflowExecutionHistoryReverseRequest) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error)

// Calls lists the calls of a workflow that Temporal has described, newest first: those of the run that
// was described, and of the runs before it. A history that is gone leaves the list incomplete.
func Calls(ctx context.Context, pages Pages, namespace string, described *workflowservice.DescribeWorkflowExecutionResponse) (List, error) {
	info := described.GetWorkflowExecutionInfo()
	next := newRun(info.GetExecution().GetRunId(), isOpen(info.GetStatus()), described.GetPendingActivities())
	w := walk{pages: pages, namespace: namespace, workflowID: info.GetExecution().GetWorkflowId(), left: mostPages}
	list := List{Calls: []Call{}, Complete: true}
	seen := map[string]bool{}
	for runs := 0; next != nil; runs++ {
		if runs == mostRuns || len(list.Calls) >= mostCalls {
			list.Complete = false
			break
		}
		whole, err := w.read(ctx, next)
		if err != nil {
			return list, err
		}
		list.Complete = list.Complete && whole && !next.cut
		for _, call := range next.found {
			if !seen[call.id] {
				seen[call.id] = true
				list.Calls = append(list.Calls, call.Call)
			}
		}
		if next = next.former(); !whole {
			next = nil
		}
	}
	return list.newest(), nil
}

func isOpen(status enums.WorkflowExecutionStatus) bool {
	return status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING || status == enums.WORKFLOW_EXECUTION_STATUS_PAUSED
}

// former returns the run before, nil where there is none.
func (r *run) former() *run {
	if r.before == "" {
		return nil
	}
	return newRun(r.before, false, nil)
}

// newest sorts and bounds the list: a run that was reset goes on beside the one that came of it.
func (l List) newest() List {
	slices.SortStableFunc(l.Calls, func(one, other Call) int { return other.At.Compare(one.At) })
	if len(l.Calls) > mostCalls {
		l.Calls, l.Complete = l.Calls[:mostCalls], false
	}
	return l
}

// walk reads histories, and as many pages as are left.
type walk struct {
	pages                 Pages
	namespace, workflowID string
	left                  int
}

// read reads a run's history, and reports whether it was there as a whole.
func (w *walk) read(ctx context.Context, r *run) (bool, error) {
	request := &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
		Namespace: w.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: w.workflowID, RunId: r.id}, MaximumPageSize: pageEvents,
	}
	for ; w.left > 0; w.left-- {
		page, err := w.pages(ctx, request)
		if temporalio.NotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for _, event := range page.GetHistory().GetEvents() {
			r.take(event)
		}
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			w.left--
			return true, nil
		}
	}
	return false, nil
}
