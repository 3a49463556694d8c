package api

import (
	"context"
	"fmt"
	"slices"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

// listMiniProgramsInput has a limit of its own, because each row costs a query.
type listMiniProgramsInput struct {
	AppID  string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
	Limit  int    `query:"limit" minimum:"1" maximum:"50" doc:"Rows on a page; 25 when left out."`
	Cursor string `query:"cursor" maxLength:"4096" doc:"next_cursor of the page before, with the same filters."`
}

type listMiniProgramsOutput struct{ Body miniProgramPage }

type miniProgramPage struct {
	MiniPrograms []order.MiniProgramView `json:"mini_programs"`
	// NextCursor is empty on the last page, so that a client's loop has one condition.
	NextCursor string `json:"next_cursor" doc:"Empty on the last page."`
}

func (a *API) listMiniPrograms(ctx context.Context, input *listMiniProgramsInput) (*listMiniProgramsOutput, error) {
	apps, err := appsFor(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	query := temporalio.NewQuery(order.MiniProgramWorkflowType, apps...).Where("ExecutionStatus IN ('Running', 'Paused')").String()
	at, err := readCursor(input.Cursor, query)
	if err != nil {
		return nil, err
	}
	size := heldPage
	if input.Limit > 0 {
		size = input.Limit
	}
	ask := func(ctx context.Context) (miniProgramPage, error) {
		return a.miniProgramPage(ctx, query, size, at.Token)
	}
	if callerOf(ctx).merchants.bounded {
		listed, err := ask(ctx)
		return &listMiniProgramsOutput{Body: listed}, err
	}
	// The first who asked may go away, and the others still wait.
	asking := context.WithoutCancel(ctx)
	about := fmt.Sprintf("%s %d %x", query, size, at.Token)
	listed, err := a.miniPrograms.get(ctx, about, ages{queriedFor, queriedStale}, a.config.Now, func() (miniProgramPage, error) { return ask(asking) })
	return &listMiniProgramsOutput{Body: listed}, err
}

// miniProgramPage reads one page, of which each row costs a query.
func (a *API) miniProgramPage(ctx context.Context, query string, size int, token []byte) (miniProgramPage, error) {
	page, err := a.list(ctx, query, size, token)
	if err != nil {
		return miniProgramPage{}, err
	}
	rows, err := a.ownMiniProgramRows(ctx, page.GetExecutions())
	if err != nil {
		return miniProgramPage{}, err
	}
	listed := miniProgramPage{MiniPrograms: make([]order.MiniProgramView, len(rows)), NextCursor: cursor{Token: page.GetNextPageToken()}.write(query)}
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	atOnce(len(rows), func(i int) { listed.MiniPrograms[i] = a.miniProgramRow(asking, rows[i]) })
	return listed, nil
}

// ownMiniProgramRows keeps the mini programs of the caller's merchants.
func (a *API) ownMiniProgramRows(ctx context.Context, rows []*workflowpb.WorkflowExecutionInfo) ([]*workflowpb.WorkflowExecutionInfo, error) {
	if !callerOf(ctx).merchants.bounded {
		return rows, nil
	}
	byApp := map[string][]string{}
	for _, row := range rows {
		appID, miniAppID := entityOf(row)
		byApp[appID] = append(byApp[appID], miniAppID)
	}
	own := map[string]map[string]bool{}
	for appID, ids := range byApp {
		var err error
		if own[appID], err = a.ownMiniPrograms(ctx, appID, ids); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(rows), func(row *workflowpb.WorkflowExecutionInfo) bool {
		appID, miniAppID := entityOf(row)
		return !own[appID][miniAppID]
	}), nil
}

func entityOf(row *workflowpb.WorkflowExecutionInfo) (appID, miniAppID string) {
	appID, _ = temporalio.Attribute[string](row, order.AttributeAppID)
	miniAppID, _ = temporalio.Attribute[string](row, order.AttributeMiniAppID)
	return appID, miniAppID
}

// miniProgramRow asks one mini program how it stands. A paused one can't answer, and one that
// fails must not hide the others, so such a row holds what its search attributes say.
func (a *API) miniProgramRow(ctx context.Context, row *workflowpb.WorkflowExecutionInfo) order.MiniProgramView {
	execution := executionOf(row)
	if execution == order.ExecutionRunning {
		view, err := ask[order.MiniProgramView](ctx, a.config.Temporal, row.GetExecution().GetWorkflowId(), "", order.ViewQuery)
		if err == nil {
			view.Execution, view.Queue, view.Events = execution, filled(view.Queue), filled(view.Events)
			return view
		}
		a.config.Log.WarnContext(ctx, "a mini program did not say how it stands", "workflow_id", row.GetExecution().GetWorkflowId(), "error", err.Error())
	}
	appID, miniAppID := entityOf(row)
	return order.MiniProgramView{AppID: appID, MiniAppID: miniAppID, Authorization: order.AuthorizationNone, Queue: []string{}, Events: []order.MiniProgramEvent{}, Execution: execution}
}
