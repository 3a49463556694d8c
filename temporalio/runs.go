package temporalio

import (
	"context"
	"slices"
	"strings"

	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
)

// ReportedProblems is the search attribute in which Temporal itself reports that a workflow task fails,
// after five attempts. Lists rely on it, because they can't describe each workflow.
const ReportedProblems = "TemporalReportedProblems"

// Conditions that find the workflows that operators have stopped. They rely on Temporal's own
// ExecutionStatus, because a stopped workflow can't update its attributes. A reset closes a run as
// terminated too, so [CurrentRuns] drops the superseded ones.
const (
	WhereClosed  = "ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled')"
	WherePaused  = "ExecutionStatus = 'Paused'"
	WhereFailing = ReportedProblems + " IS NOT NULL AND ExecutionStatus = 'Running'"
)

// ExecutionOf derives the execution of a workflow from what visibility knows, so that lists and single
// workflows agree.
func ExecutionOf(info *workflowpb.WorkflowExecutionInfo) order.Execution {
	switch info.GetStatus() {
	case enums.WORKFLOW_EXECUTION_STATUS_PAUSED:
		return order.ExecutionPaused
	case enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, enums.WORKFLOW_EXECUTION_STATUS_FAILED,
		enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT, enums.WORKFLOW_EXECUTION_STATUS_CANCELED:
		return order.ExecutionTerminated
	case enums.WORKFLOW_EXECUTION_STATUS_RUNNING:
		if len(ProblemsOf(info)) > 0 {
			return order.ExecutionFailing
		}
	default: // it has ended by itself, or continues in another run
	}
	return order.ExecutionRunning
}

// ProblemsOf returns what Temporal reports of a workflow whose task fails.
func ProblemsOf(info *workflowpb.WorkflowExecutionInfo) []string {
	payload := info.GetSearchAttributes().GetIndexedFields()[ReportedProblems]
	var problems []string
	if payload == nil || converter.GetDefaultDataConverter().FromPayload(payload, &problems) != nil {
		return nil
	}
	return problems
}

// ListPage lists one page of workflows.
type ListPage func(ctx context.Context, query string, size int, token []byte) (*workflowservice.ListWorkflowExecutionsResponse, error)

// RunsQuery is [RunsOf] or [RunsBetween].
type RunsQuery func(ids []string) string

// Sizes of the pages that [CurrentRuns] asks for: so many workflows at once, each with a few runs.
const (
	runsAtOnce = 50
	runsOnPage = 200
)

// CurrentRuns removes rows that are not the last run of their workflow, because a reset, and an order
// that begins again, leave the closed run as a row of its own; the last run may be on another page,
// or may not match the filter.
func CurrentRuns(ctx context.Context, rows []*workflowpb.WorkflowExecutionInfo, runs RunsQuery, list ListPage) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var closed []string
	for _, row := range rows {
		if id := row.GetExecution().GetWorkflowId(); row.GetCloseTime() != nil && !slices.Contains(closed, id) {
			closed = append(closed, id)
		}
	}
	last := map[string]*workflowpb.WorkflowExecutionInfo{}
	for ids := range slices.Chunk(closed, runsAtOnce) {
		// Each workflow has few rows, so one page nearly always has them all.
		for token, more := []byte(nil), true; more; more = len(token) > 0 {
			page, err := list(ctx, runs(ids), runsOnPage, token)
			if err != nil {
				return nil, err
			}
			for _, run := range page.GetExecutions() {
				if id := run.GetExecution().GetWorkflowId(); last[id] == nil || newer(run, last[id]) {
					last[id] = run
				}
			}
			token = page.GetNextPageToken()
		}
	}
	return slices.DeleteFunc(slices.Clone(rows), func(row *workflowpb.WorkflowExecutionInfo) bool {
		newest := last[row.GetExecution().GetWorkflowId()]
		return newest != nil && row.GetCloseTime() != nil && newest.GetExecution().GetRunId() != row.GetExecution().GetRunId()
	}), nil
}

// RunsOf returns a query for all runs of workflows, but those that continued as new.
func RunsOf(ids []string) string {
	quoted := make([]string, 0, len(ids))
	for _, id := range ids {
		quoted = append(quoted, Quote(id))
	}
	return "WorkflowId IN (" + strings.Join(quoted, ", ") + ") AND ExecutionStatus != 'ContinuedAsNew'"
}

// RunsBetween is [RunsOf] for SQLite, which looks for ids in every row unless it is told between which
// ones they are. It compares them by their bytes; a store that sorts by language would miss some.
func RunsBetween(ids []string) string {
	return RunsOf(ids) + " AND WorkflowId >= " + Quote(slices.Min(ids)) + " AND WorkflowId <= " + Quote(slices.Max(ids))
}

// newer reports whether one run of a workflow came after another. An open run is always the last,
// because Temporal allows one.
func newer(one, other *workflowpb.WorkflowExecutionInfo) bool {
	if open := one.GetCloseTime() == nil; open != (other.GetCloseTime() == nil) {
		return open
	}
	return one.GetStartTime().AsTime().After(other.GetStartTime().AsTime())
}
