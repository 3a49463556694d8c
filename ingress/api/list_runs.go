package api

import (
	"context"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
	"miniflow/temporalio"
)

// Conditions that find the workflows that operators have stopped.
const (
	whereClosed  = temporalio.WhereClosed
	wherePaused  = temporalio.WherePaused
	whereFailing = temporalio.WhereFailing
	// whereStanding excludes the runs that were closed from outside, because they are in no
	// stage any more.
	whereStanding  = "ExecutionStatus != 'Terminated' AND ExecutionStatus != 'Failed' AND ExecutionStatus != 'TimedOut' AND ExecutionStatus != 'Canceled'"
	needsAttention = "(" + order.AttributeOrderHold + " IN ('needs_approval', 'needs_input', 'needs_operator') OR " +
		whereClosed + " OR " + wherePaused + " OR (" + whereFailing + "))"
)

var executionConditions = map[order.Execution]string{
	order.ExecutionRunning:    "(ExecutionStatus = 'Completed' OR (ExecutionStatus = 'Running' AND " + reportedProblems + " IS NULL))",
	order.ExecutionPaused:     wherePaused,
	order.ExecutionTerminated: whereClosed,
	order.ExecutionFailing:    whereFailing,
}

// currentRuns removes rows that are not the last run of their workflow.
func (a *API) currentRuns(ctx context.Context, rows []*workflowpb.WorkflowExecutionInfo) ([]*workflowpb.WorkflowExecutionInfo, error) {
	return temporalio.CurrentRuns(ctx, rows, a.runsOf(ctx), a.list)
}

// runsOf is the query for the runs of workflows that suits the store.
func (a *API) runsOf(ctx context.Context) temporalio.RunsQuery {
	if a.store.comparesBytes(ctx, a.config.Temporal) {
		return temporalio.RunsBetween
	}
	return temporalio.RunsOf
}
