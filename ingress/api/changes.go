package api

import (
	"context"
	"slices"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/temporalio"
)

const (
	// changeLag is how long a change may take to be listed: what is younger is left for the next
	// call, since a row that came late would never be seen.
	changeLag = 10 * time.Second
	// changePage is how many orders one answer has at most, unless more have changed within one
	// changeStep.
	changePage = 1000
	changeStep = time.Millisecond
	// changeRows are listed at once.
	changeRows = 500
)

// listChanged handles GET /v1/orders?changed_since=: the orders that have changed since, in the order
// of change, up to changed_until. SQL stores know no ORDER BY, so a window is halved until it is
// small enough to be sorted here.
func (a *API) listChanged(ctx context.Context, input *listOrdersInput, within reach, started time.Time) (*listOrdersOutput, error) {
	since, err := readMoment("query.changed_since", input.ChangedSince)
	if err != nil {
		return nil, err
	}
	if input.Cursor != "" || input.Limit != 0 {
		return nil, problem.Bad("query.changed_since", "has neither cursor nor limit: go on with changed_until as the next changed_since")
	}
	latest := a.config.Now().Add(-changeLag).UTC().Truncate(changeStep)
	listed := orderList{Orders: []order.View{}, ChangedUntil: &since}
	if !since.Before(latest) {
		return &listOrdersOutput{Body: listed}, nil
	}
	until, err := a.changeWindow(ctx, input, within, since, latest)
	if err != nil {
		return nil, err
	}
	rows, err := a.allRows(ctx, input.query(within, started).ChangedBetween(since, until))
	if err != nil {
		return nil, err
	}
	if until.Equal(latest) {
		until = behindLast(rows, since, latest)
	}
	if rows, err = a.withoutFormerRuns(ctx, within.merchants.theirs(rows)); err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(one, other *workflowpb.WorkflowExecutionInfo) int {
		return changedAt(one).Compare(changedAt(other))
	})
	for _, execution := range rows {
		if view, ok := a.row(execution); ok && !view.CreatedAt.Before(started) {
			listed.Orders = append(listed.Orders, view)
		}
	}
	listed.ChangedUntil = &until
	return &listOrdersOutput{Body: listed}, nil
}

// changeWindow returns the end of a window that begins at since and holds few enough orders.
func (a *API) changeWindow(ctx context.Context, input *listOrdersInput, within reach, since, until time.Time) (time.Time, error) {
	for until.Sub(since) > changeStep {
		count, err := a.countWorkflows(ctx, input.query(within, time.Time{}).ChangedBetween(since, until))
		if err != nil {
			return until, err
		}
		if count <= changePage {
			break
		}
		until = since.Add(max(until.Sub(since)/2, changeStep)).Truncate(changeStep)
		if !until.After(since) { // since lies within a step
			until = until.Add(changeStep)
		}
	}
	return until, nil
}

func (a *API) countWorkflows(ctx context.Context, query *temporalio.Query) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	counted, err := a.config.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: a.config.Namespace, Query: query.String()})
	if err != nil {
		return 0, temporalProblem(err, "count the orders", "")
	}
	return counted.GetCount(), nil
}

// allRows lists all pages. The caller has counted them.
func (a *API) allRows(ctx context.Context, query *temporalio.Query) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var rows []*workflowpb.WorkflowExecutionInfo
	var token []byte
	for {
		page, err := a.list(ctx, query.String(), changeRows, token)
		if err != nil {
			return nil, err
		}
		if rows = append(rows, page.GetExecutions()...); len(page.GetNextPageToken()) == 0 {
			return rows, nil
		}
		token = page.GetNextPageToken()
	}
}

// withoutFormerRuns removes the runs that were closed from outside of orders that run again: who has
// read of such a one that the order has ended asks no more. The run that follows is listed once its
// own change is old enough. Runs that have ended by themselves are the last of nearly every order, and
// asking about each would take longer than the list.
func (a *API) withoutFormerRuns(ctx context.Context, rows []*workflowpb.WorkflowExecutionInfo) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var stopped, others []*workflowpb.WorkflowExecutionInfo
	for _, row := range rows {
		if executionOf(row) == order.ExecutionTerminated {
			stopped = append(stopped, row)
		} else {
			others = append(others, row)
		}
	}
	stopped, err := a.currentRuns(ctx, stopped)
	return append(others, stopped...), err
}

// behindLast returns the moment behind the last of these changes, since where there are none. That, and
// no time of this process, is how far a list has come that nothing was left out of: changes bear the
// time of Temporal, and a clock here that is ahead of it would pass over those that are to come. Stores
// keep times less exactly than orders do, so it is a whole step behind, or the last would come again.
func behindLast(rows []*workflowpb.WorkflowExecutionInfo, since, latest time.Time) time.Time {
	for _, row := range rows {
		behind := changedAt(row).UTC().Truncate(changeStep).Add(changeStep)
		if behind.After(latest) {
			return latest
		}
		if behind.After(since) {
			since = behind
		}
	}
	return since
}

func changedAt(execution *workflowpb.WorkflowExecutionInfo) time.Time {
	at, _ := temporalio.Attribute[time.Time](execution, order.AttributeChangedAt)
	return at
}
