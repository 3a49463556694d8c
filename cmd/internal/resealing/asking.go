package resealing

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
	"miniflow/temporalio"
)

// input is what a run was started with, as JSON.
func (r *Resealing) input(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (json.RawMessage, error) {
	page, err := r.Temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: r.Namespace, Execution: info.GetExecution(), MaximumPageSize: 1, HistoryEventFilterType: enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT,
	})
	if err != nil {
		return nil, err
	}
	events := page.GetHistory().GetEvents()
	if len(events) == 0 {
		return nil, fmt.Errorf("a history is empty")
	}
	var input json.RawMessage
	payloads := events[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	return input, converter.GetDefaultDataConverter().FromPayloads(payloads, &input)
}

// state is what a run carries now where that is another than its input, as JSON.
func (r *Resealing) state(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (state json.RawMessage, err error) {
	query := ""
	switch info.GetType().GetName() {
	case order.WorkflowType:
		query = order.CarriedQuery
	case order.AttentionWorkflowType:
		query = order.ViewQuery
	case order.MiniProgramWorkflowType:
		state, _ = temporalio.Memo[json.RawMessage](info, order.TokenMemo)
	}
	if query == "" {
		return state, nil
	}
	answer, err := r.Temporal.QueryWorkflow(ctx, info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId(), query)
	if err != nil {
		return nil, err
	}
	return state, answer.Get(&state)
}

// unusedAfter is when what closes now is deleted.
func (r *Resealing) unusedAfter(ctx context.Context) (time.Time, error) {
	described, err := r.Temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: r.Namespace})
	if err != nil {
		return time.Time{}, fmt.Errorf("ask how long Temporal keeps what has closed: %w", err)
	}
	return r.Now().Add(described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()).UTC(), nil
}
