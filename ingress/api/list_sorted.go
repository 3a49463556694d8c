package api

import (
	"context"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/ingress/api/problem"
	"miniflow/order"
)

// maxSorted is how many orders are sorted at most: SQL stores know no ORDER BY, so all that fit have
// to be read first.
const maxSorted = 1000

// sortedBy are what orders can be sorted by; a minus in front of the name turns the order around.
var sortedBy = map[string]func(*workflowpb.WorkflowExecutionInfo, order.View) time.Time{
	"created_at":  func(_ *workflowpb.WorkflowExecutionInfo, view order.View) time.Time { return view.CreatedAt },
	"stage_since": func(_ *workflowpb.WorkflowExecutionInfo, view order.View) time.Time { return view.StageSince },
	"changed_at":  func(row *workflowpb.WorkflowExecutionInfo, _ order.View) time.Time { return changedAt(row) },
}

// listSorted handles GET /v1/orders?sort=: the first of all orders that fit. Where too many fit it
// refuses, because the first of a part would be taken for the first of all.
func (a *API) listSorted(ctx context.Context, input *listOrdersInput, within reach, started time.Time) (*listOrdersOutput, error) {
	if input.Cursor != "" || input.ChangedSince != "" {
		return nil, problem.Bad("query.sort", "is one page: leave cursor and changed_since out, limit says how many")
	}
	query := input.query(within, started)
	count, err := a.countWorkflows(ctx, query)
	if err != nil {
		return nil, err
	}
	if count > maxSorted {
		return nil, problem.Bad("query.sort", "more than a thousand orders fit, which are not sorted: narrow them down by stage, hold, attention, since or another filter")
	}
	rows, err := a.allRows(ctx, query)
	if err != nil {
		return nil, err
	}
	if rows, err = a.currentRuns(ctx, within.merchants.theirs(rows)); err != nil {
		return nil, err
	}
	listed := orderList{Orders: a.sortRows(rows, input.Sort, started)}
	if input.Limit > 0 && len(listed.Orders) > input.Limit {
		listed.Orders = listed.Orders[:input.Limit]
	}
	return &listOrdersOutput{Body: listed}, nil
}

func (a *API) sortRows(rows []*workflowpb.WorkflowExecutionInfo, by string, started time.Time) []order.View {
	name, backwards := strings.CutPrefix(by, "-")
	type sortable struct {
		at   time.Time
		view order.View
	}
	var found []sortable
	for _, row := range rows {
		if view, ok := a.row(row); ok && !view.CreatedAt.Before(started) {
			found = append(found, sortable{sortedBy[name](row, view), view})
		}
	}
	slices.SortStableFunc(found, func(one, other sortable) int {
		if backwards {
			one, other = other, one
		}
		return one.at.Compare(other.at)
	})
	views := make([]order.View, 0, len(found))
	for _, one := range found {
		views = append(views, one.view)
	}
	return views
}
