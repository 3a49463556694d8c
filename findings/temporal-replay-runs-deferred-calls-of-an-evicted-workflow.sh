#!/usr/bin/env bash
# go.temporal.io/sdk v1.50.0: a workflow that a worker puts out of its memory has its
# deferred calls made, in the middle of its life.
#
# A run that leaves a worker's cache (eviction, shutdown, the end of a replay) has not
# ended, but its coroutines are unwound: every `defer` of the workflow code runs then, at
# a moment that no history knows and side by side with those of the run's other
# coroutines. "Tell the others that I am done" or "cancel what I started" in a defer
# happens while the workflow waits for its next event; what the defers share is a data
# race. A history of one workflow task shows it: nothing has happened but the start of a
# day's timer, and the deferred call is made.
#
# Seen: "replayed: <nil>; deferred calls made: 2, while the story had a day to wait".
# Fails when that changes.
set -euo pipefail
place="$(mktemp -d)"
trap 'chmod -R u+w "$place"; rm -rf "$place"' EXIT
cd "$place"
cat >go.mod <<'MOD'
module finding

go 1.24

require (
	go.temporal.io/api v1.63.5
	go.temporal.io/sdk v1.50.0
	google.golang.org/protobuf v1.36.11
)
MOD
cat >finding_test.go <<'GO'
package finding

import (
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var made atomic.Int32

func story(ctx workflow.Context) error {
	defer made.Add(1)
	workflow.Go(ctx, func(ctx workflow.Context) {
		defer made.Add(1)
		_ = workflow.Sleep(ctx, 48*time.Hour)
	})
	return workflow.Sleep(ctx, 24*time.Hour)
}

// begun is the history of a run whose first workflow task has set its timers.
func begun() *history.History {
	queue := &taskqueue.TaskQueue{Name: "finding"}
	at := timestamppb.New(time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC))
	events := []*history.HistoryEvent{
		{EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{
				WorkflowType: &common.WorkflowType{Name: "story"}, TaskQueue: queue, OriginalExecutionRunId: "run", FirstExecutionRunId: "run",
			}}},
		{EventType: enums.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, Attributes: &history.HistoryEvent_WorkflowTaskScheduledEventAttributes{
			WorkflowTaskScheduledEventAttributes: &history.WorkflowTaskScheduledEventAttributes{TaskQueue: queue, Attempt: 1}}},
		{EventType: enums.EVENT_TYPE_WORKFLOW_TASK_STARTED, Attributes: &history.HistoryEvent_WorkflowTaskStartedEventAttributes{
			WorkflowTaskStartedEventAttributes: &history.WorkflowTaskStartedEventAttributes{ScheduledEventId: 2}}},
		{EventType: enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, Attributes: &history.HistoryEvent_WorkflowTaskCompletedEventAttributes{
			WorkflowTaskCompletedEventAttributes: &history.WorkflowTaskCompletedEventAttributes{ScheduledEventId: 2, StartedEventId: 3}}},
		timer("5", 24*time.Hour), timer("6", 48*time.Hour),
	}
	for i, event := range events {
		event.EventId, event.EventTime = int64(i+1), at
	}
	return &history.History{Events: events}
}

func timer(id string, lasts time.Duration) *history.HistoryEvent {
	return &history.HistoryEvent{EventType: enums.EVENT_TYPE_TIMER_STARTED, Attributes: &history.HistoryEvent_TimerStartedEventAttributes{
		TimerStartedEventAttributes: &history.TimerStartedEventAttributes{
			TimerId: id, StartToFireTimeout: durationpb.New(lasts), WorkflowTaskCompletedEventId: 4,
		}}}
}

func TestDeferredCalls(t *testing.T) {
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflow(story)
	err := replayer.ReplayWorkflowHistory(nil, begun())
	for deadline := time.Now().Add(10 * time.Second); made.Load() < 2 && time.Now().Before(deadline); {
	}
	t.Logf("replayed: %v; deferred calls made: %d, while the story had a day to wait", err, made.Load())
	if err != nil || made.Load() != 2 {
		t.Fatal("that has changed")
	}
}
GO
go mod tidy >/dev/null 2>&1
go test -count=1 -v -run TestDeferredCalls . | grep -E 'replayed|changed|\.go|^(ok|FAIL|---)'
