package history_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

var began = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

const canary = "canary@example.com"

func payloads(t *testing.T, value any) *commonpb.Payloads {
	t.Helper()
	made, err := converter.GetDefaultDataConverter().ToPayloads(value)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func failureOf(err error) *failurepb.Failure {
	return temporal.GetDefaultFailureConverter().ErrorToFailure(err)
}

// scheduled is the history of an order that has called this.
func scheduled(t *testing.T, name string, input any, then ...*historypb.HistoryEvent) []*historypb.HistoryEvent {
	t.Helper()
	return append([]*historypb.HistoryEvent{
		{EventId: 1, EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{OriginalExecutionRunId: "run", Input: payloads(t, order.Input{})},
		}},
		{EventId: 2, EventType: enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, EventTime: timestamppb.New(began), Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{
			ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
				ActivityId: "2", ActivityType: &commonpb.ActivityType{Name: name}, Input: payloads(t, input),
			},
		}},
	}, then...)
}

func completed(t *testing.T, result any) *historypb.HistoryEvent {
	t.Helper()
	return &historypb.HistoryEvent{EventId: 3, EventType: enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, EventTime: timestamppb.New(began.Add(1500 * time.Millisecond)),
		Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{
			ScheduledEventId: 2, Result: payloads(t, result),
		}}}
}

func failedWith(err error) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventId: 3, EventType: enums.EVENT_TYPE_ACTIVITY_TASK_FAILED, EventTime: timestamppb.New(began.Add(time.Second)),
		Attributes: &historypb.HistoryEvent_ActivityTaskFailedEventAttributes{ActivityTaskFailedEventAttributes: &historypb.ActivityTaskFailedEventAttributes{
			ScheduledEventId: 2, Failure: failureOf(err),
		}}}
}

// TestWhatCameOfACall, by what the activities themselves leave in a history.
func TestWhatCameOfACall(t *testing.T) {
	traced := activities.Traced{TraceID: "trace-7"}
	for want, end := range map[string]*historypb.HistoryEvent{
		"done accepted: AUDITING  trace-7": completed(t, activities.VersionAnswer{Traced: traced, Status: activities.VersionAuditing,
			Reasons: []order.Reason{{Memo: canary}}}),
		"done accepted: 42  trace-7":                           completed(t, activities.Created{Traced: traced, OrderNo: "42", AuthorizeURL: "https://" + canary}),
		"done accepted  trace-7":                               completed(t, activities.Uploaded{Traced: traced}),
		"done accepted  ":                                      completed(t, "an answer that nobody can read"),
		"done accepted: 0.0.3  ":                               completed(t, activities.Number{AppVersion: "0.0.3"}),
		"failed no room CODE trace-8":                          failedWith(temporal.NewNonRetryableApplicationError(canary, "fix", nil, activities.Failure{Class: "fix", Code: "CODE", Message: words.Plain("no room"), TraceID: "trace-8", Fields: []string{canary}})),
		"failed it failed within Miniflow; the log says why  ": failedWith(errors.New("fetch https://" + canary)),
	} {
		all := runs{"run": scheduled(t, activities.SubmitAudit.Name, map[string]string{"fields": canary}, end)}
		list := all.list(t, "run", enums.WORKFLOW_EXECUTION_STATUS_RUNNING)
		text, err := json.Marshal(list)
		if err != nil || len(list.Calls) != 1 {
			t.Fatalf("%+v: %v", list, err)
		}
		call := list.Calls[0]
		if got := fmt.Sprintf("%s %s %s %s", call.State, call.Answer, call.Code, call.TraceID); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if strings.Contains(string(text), canary) {
			t.Errorf("it says what nobody may read here: %s", text)
		}
	}
}

// TestACallUnderWay: how often it was tried, what was answered last, when it is tried again.
func TestACallUnderWay(t *testing.T) {
	next := began.Add(time.Minute)
	waits := temporal.NewApplicationErrorWithOptions("asked: "+canary, activities.TypeWaiting, temporal.ApplicationErrorOptions{})
	refused := temporal.NewApplicationErrorWithOptions("asked", activities.TypeWaiting, temporal.ApplicationErrorOptions{
		Details: []any{activities.Wait{Code: "BUSY", Message: words.Plain("too many"), TraceID: "trace-9"}},
	})
	for want, pending := range map[string]*workflowpb.PendingActivityInfo{
		"running 1 not answered yet  ": {State: enums.PENDING_ACTIVITY_STATE_STARTED, Attempt: 1},
		"running 4 answered, and there is no news yet  2026-11-20T08:01:00Z": {
			State: enums.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 5, LastFailure: failureOf(waits), NextAttemptScheduleTime: timestamppb.New(next)},
		"running 4 too many BUSY 2026-11-20T08:01:00Z": {
			State: enums.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 5, LastFailure: failureOf(refused), NextAttemptScheduleTime: timestamppb.New(next)},
		"given_up 2 given up: the order went on without its answer  ": {State: enums.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED, Attempt: 2},
	} {
		pending.ActivityId = "2"
		all := runs{"run": scheduled(t, activities.AwaitAuditResult.Name, nil)}
		call := all.list(t, "run", enums.WORKFLOW_EXECUTION_STATUS_RUNNING, pending).Calls[0]
		again := ""
		if call.NextTry != nil {
			again = call.NextTry.Format(time.RFC3339)
		}
		if got := fmt.Sprintf("%s %d %s %s %s", call.State, call.Tries, call.Answer, call.Code, again); got != want || call.Duration != nil {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestTheListIsBounded, and says so.
func TestTheListIsBounded(t *testing.T) {
	all := runs{"run": scheduled(t, activities.CheckToken.Name, nil)}
	last := all["run"][1]
	for i := range 250 {
		all["run"] = append(all["run"], &historypb.HistoryEvent{
			EventId: int64(3 + i), EventType: last.GetEventType(), EventTime: timestamppb.New(began.Add(time.Duration(i) * time.Second)), Attributes: last.GetAttributes(),
		})
	}
	list := all.list(t, "run", enums.WORKFLOW_EXECUTION_STATUS_RUNNING)
	if newest := began.Add(249 * time.Second); len(list.Calls) != 200 || list.Complete || !list.Calls[0].At.Equal(newest) {
		t.Errorf("%d calls, complete %t", len(list.Calls), list.Complete)
	}
}

// TestAnOrderThatBeganAgainIsNotComplete, since it does not say which run was closed.
func TestAnOrderThatBeganAgainIsNotComplete(t *testing.T) {
	events := scheduled(t, activities.CheckToken.Name, nil)
	events[0].GetWorkflowExecutionStartedEventAttributes().Input = payloads(t, order.Input{BegunAgain: &order.BegunAgain{}})
	if list := (runs{"run": events}).list(t, "run", enums.WORKFLOW_EXECUTION_STATUS_RUNNING); list.Complete {
		t.Error("it is called complete")
	}
}

// registered are the names of activities.
type registered []string

func (r *registered) RegisterActivityWithOptions(_ any, options activity.RegisterOptions) {
	*r = append(*r, options.Name)
}

// TestEveryCallToAlipayIsFound, under the name that the activities say it has, and nothing else is.
func TestEveryCallToAlipayIsFound(t *testing.T) {
	var alipays, others registered
	(&activities.Alipay{}).Register(&alipays)
	(&activities.Inside{}).Register(&others)
	(&activities.Forwarder{}).Register(&others)
	for _, name := range slices.Concat(alipays, others) {
		for _, kind := range []order.Kind{order.KindFormal, order.KindTrial} {
			list := runs{"run": scheduled(t, name, map[string]any{"kind": kind})}.list(t, "run", enums.WORKFLOW_EXECUTION_STATUS_RUNNING)
			if found := len(list.Calls) == 1; found != slices.Contains(alipays, name) {
				t.Errorf("%s is found: %t", name, found)
				continue
			}
			if len(list.Calls) == 0 {
				continue
			}
			want, got := activities.MethodOf(name, kind), list.Calls[0].Method
			if want != name && want != got || want == name && name != activities.FollowVersion.Name && !strings.HasPrefix(got, "alipay.open.") {
				t.Errorf("%s is called %s for %s, and %s here", name, want, kind, got)
			}
		}
	}
	if len(alipays) < 15 {
		t.Errorf("only %d calls are registered", len(alipays))
	}
}
