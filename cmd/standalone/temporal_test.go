package main_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
)

// temporal looks into the standalone's Temporal, as an operator could.
type temporal struct {
	client.Client
	t *testing.T
}

// temporal connects to the process that runs now.
func (s *standalone) temporal() temporal {
	s.t.Helper()
	dialled, err := client.DialContext(s.t.Context(), client.Options{
		HostPort: s.at.Temporal, Logger: sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))),
	})
	if err != nil {
		s.t.Fatalf("reach Temporal: %v", err)
	}
	s.t.Cleanup(dialled.Close)
	return temporal{dialled, s.t}
}

// executions lists runs by a visibility query; empty is all of them.
func (tp temporal) executions(query string) (all []*workflowpb.WorkflowExecutionInfo) {
	tp.t.Helper()
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: client.DefaultNamespace, Query: query}
	for {
		page, err := tp.ListWorkflow(tp.t.Context(), request)
		if err != nil {
			tp.t.Fatalf("list %q: %v", query, err)
		}
		all = append(all, page.GetExecutions()...)
		if request.NextPageToken = page.GetNextPageToken(); len(request.NextPageToken) == 0 {
			return all
		}
	}
}

// described is a workflow's last run.
func (tp temporal) described(workflowID string) *workflowpb.WorkflowExecutionInfo {
	tp.t.Helper()
	answer, err := tp.DescribeWorkflowExecution(tp.t.Context(), workflowID, "")
	if err != nil {
		tp.t.Fatalf("describe %s: %v", workflowID, err)
	}
	return answer.GetWorkflowExecutionInfo()
}

// history is every event of one run.
func (tp temporal) history(workflowID, runID string) *historypb.History {
	tp.t.Helper()
	history := &historypb.History{}
	events := tp.GetWorkflowHistory(tp.t.Context(), workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			tp.t.Fatalf("read the history of %s: %v", workflowID, err)
		}
		history.Events = append(history.Events, event)
	}
	return history
}

// ask queries a workflow.
func ask[T any](tp temporal, workflowID, query string, args ...any) (result T) {
	tp.t.Helper()
	answer, err := tp.QueryWorkflow(tp.t.Context(), workflowID, "", query, args...)
	if err == nil {
		err = answer.Get(&result)
	}
	if err != nil {
		tp.t.Fatalf("query %s of %s: %v", query, workflowID, err)
	}
	return result
}

// pending says what every open workflow waits for. It is for a test that failed.
func (s *standalone) pending() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.t.Context()), 5*time.Second)
	defer cancel()
	dialled, err := client.DialContext(ctx, client.Options{HostPort: s.at.Temporal})
	if err != nil {
		return err.Error()
	}
	defer dialled.Close()
	page, err := dialled.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: "ExecutionStatus = 'Running'"})
	if err != nil {
		return err.Error()
	}
	var text strings.Builder
	for _, execution := range page.GetExecutions() {
		id := execution.GetExecution().GetWorkflowId()
		fmt.Fprintf(&text, "%s\n", id)
		described, err := dialled.DescribeWorkflowExecution(ctx, id, "")
		if err != nil {
			fmt.Fprintf(&text, "  %v\n", err)
			continue
		}
		for _, activity := range described.GetPendingActivities() {
			fmt.Fprintf(&text, "  %s attempt %d %s, next %s: %s\n", activity.GetActivityType().GetName(), activity.GetAttempt(), activity.GetState(),
				activity.GetNextAttemptScheduleTime().AsTime().Format(time.TimeOnly), activity.GetLastFailure().GetMessage())
		}
		if task := described.GetPendingWorkflowTask(); task != nil {
			fmt.Fprintf(&text, "  workflow task attempt %d %s\n", task.GetAttempt(), task.GetState())
		}
	}
	return text.String()
}
