package api

import (
	"context"
	"slices"
	"strings"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

// Conditions that find the workflows that operators have stopped. They rely on Temporal's own
// ExecutionStatus, because a stopped workflow can't update its attributes. A reset closes a
// run as terminated too, so [API.currentRuns] drops the superseded ones.
const (
	whereClosed  = "ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled')"
	wherePaused  = "ExecutionStatus = 'Paused'"
	whereFailing = reportedProblems + " IS NOT NULL AND ExecutionStatus = 'Running'"
	// whereStanding excludes the runs that were closed from outside, because they are in no
	// stage any more.
	whereStanding = "ExecutionStatus != 'Terminated' AND ExecutionStatus != 'Failed' AND ExecutionStatus != 'TimedOut' AND ExecutionStatus != 'Canceled'"
	// needsAttention leaves out the holds that end by themselves, such as a busy pipeline.
	needsAttention = "(" + order.AttributeOrderHold + " IN ('needs_approval', 'needs_input', 'needs_operator') OR " +
		whereClosed + " OR " + wherePaused + " OR (" + whereFailing + "))"
)

var executionConditions = map[order.Execution]string{
	order.ExecutionRunning:    "(ExecutionStatus = 'Completed' OR (ExecutionStatus = 'Running' AND " + reportedProblems + " IS NULL))",
	order.ExecutionPaused:     wherePaused,
	order.ExecutionTerminated: whereClosed,
	order.ExecutionFailing:    whereFailing,
}

// currentRuns removes rows that are not the last run of their workflow. A reset, and an order
// that begins again, leave the closed run as a row of its own; the last run may be on another
// page, or may not match the filter.
func (a *API) currentRuns(ctx context.Context, rows []*workflowpb.WorkflowExecutionInfo) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var closed []string
	for _, row := range rows {
		if id := row.GetExecution().GetWorkflowId(); row.GetCloseTime() != nil && !slices.Contains(closed, id) {
			closed = append(closed, id)
		}
	}
	last := map[string]*workflowpb.WorkflowExecutionInfo{}
	for ids := range slices.Chunk(closed, pageSize) {
		// Each order has few rows, so one page nearly always has them all.
		for token, more := []byte(nil), true; more; more = len(token) > 0 {
			page, err := a.list(ctx, runsOf(ids), maxPageSize, token)
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

func runsOf(ids []string) string {
	quoted := make([]string, 0, len(ids))
	for _, id := range ids {
		quoted = append(quoted, temporalio.Quote(id))
	}
	return "WorkflowId IN (" + strings.Join(quoted, ", ") + ") AND ExecutionStatus != 'ContinuedAsNew'"
}

// newer reports whether one run of a workflow came after another. An open run is always the
// last, because Temporal allows one.
func newer(one, other *workflowpb.WorkflowExecutionInfo) bool {
	if open := one.GetCloseTime() == nil; open != (other.GetCloseTime() == nil) {
		return open
	}
	return one.GetStartTime().AsTime().After(other.GetStartTime().AsTime())
}
