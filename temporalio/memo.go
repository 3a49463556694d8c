package temporalio

import (
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"
)

// Memo reads a field of a workflow's memo. It reports whether the field is there and readable; an
// older build may have written none.
func Memo[T any](workflow *workflowpb.WorkflowExecutionInfo, field string) (T, bool) {
	var value T
	payload := workflow.GetMemo().GetFields()[field]
	if payload == nil {
		return value, false
	}
	return value, converter.GetDefaultDataConverter().FromPayload(payload, &value) == nil
}

// Attribute reads a search attribute of a workflow, as [Memo] does a field of its memo.
func Attribute[T any](workflow *workflowpb.WorkflowExecutionInfo, name string) (T, bool) {
	var value T
	payload := workflow.GetSearchAttributes().GetIndexedFields()[name]
	if payload == nil {
		return value, false
	}
	return value, converter.GetDefaultDataConverter().FromPayload(payload, &value) == nil
}
