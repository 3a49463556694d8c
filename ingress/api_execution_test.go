package ingress

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/order"
)

var stoppedAt = apiStart.Add(time.Hour)

// terminated is what Terminate in the Temporal UI does to an order.
func terminated(flow *apiFlow) {
	flow.status = enums.WORKFLOW_EXECUTION_STATUS_TERMINATED
	flow.described = func(d *workflowservice.DescribeWorkflowExecutionResponse) {
		d.WorkflowExecutionInfo.CloseTime = timestamppb.New(stoppedAt)
	}
	flow.last = &historypb.HistoryEvent{EventId: 9, Attributes: &historypb.HistoryEvent_WorkflowExecutionTerminatedEventAttributes{
		WorkflowExecutionTerminatedEventAttributes: &historypb.WorkflowExecutionTerminatedEventAttributes{Identity: "ann@ops", Reason: "wrong\nbutton"},
	}}
	summary := flow.view
	summary.Sequence = 4
	flow.summary = summary.Summary()
}

// paused is what Pause does: queries are rejected and updates refused.
func paused(flow *apiFlow) {
	flow.status = enums.WORKFLOW_EXECUTION_STATUS_PAUSED
	flow.described = func(d *workflowservice.DescribeWorkflowExecutionResponse) {
		d.WorkflowExtendedInfo = &workflowpb.WorkflowExecutionExtendedInfo{PauseInfo: &workflowpb.WorkflowExecutionPauseInfo{
			Identity: "ben@ops", PausedTime: timestamppb.New(stoppedAt), Reason: "a look at Alipay",
		}}
	}
	flow.summary = flow.view.Summary()
}

// failingTask is what another build's history does to a worker.
func failingTask(flow *apiFlow) {
	flow.described = func(d *workflowservice.DescribeWorkflowExecutionResponse) {
		payload, err := converter.GetDefaultDataConverter().ToPayload([]string{"category=WorkflowTaskFailed", "cause=WorkflowTaskFailedCauseNonDeterministicError"})
		if err != nil {
			panic(err)
		}
		d.WorkflowExecutionInfo.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"TemporalReportedProblems": payload}}
		d.PendingWorkflowTask = &workflowpb.PendingWorkflowTaskInfo{Attempt: 7, OriginalScheduledTime: timestamppb.New(stoppedAt)}
	}
	flow.summary = flow.view.Summary()
}

// everyCommand is each command with a body that is in order by itself.
func everyCommand() map[order.Command]string {
	bodies := map[order.Command]string{
		order.CommandProvideInput: `{"order_no":"1"}`, order.CommandResubmit: `{"version":{"app_version":"1.0.2"}}`,
		order.CommandDecideBasePass: `{"decision":"go_online"}`,
	}
	for _, command := range order.Commands() {
		if bodies[command] == "" {
			bodies[command] = "{}"
		}
	}
	return bodies
}

// Terminate in the Temporal UI: the order was shown as auditing until retention
// ended, each command that it offered answered 404, and a long-poll never waited.
func TestATerminatedOrderSaysSoAndWhatToDo(t *testing.T) {
	for name, answers := range map[string]bool{"a worker can still read it": true, "no worker can read it": false} {
		t.Run(name, func(t *testing.T) {
			stand := openAPI(t)
			stand.do("POST", "/v1/orders", body(nil)).want(http.StatusCreated)
			flow := stand.temporal.flows[order.WorkflowID(apiApp, "A-1")]
			flow.view.Stage, flow.view.Sequence, flow.view.Commands = order.StageAuditing, 5, []order.Command{order.CommandWithdraw}
			terminated(flow)
			sequence := 5
			if !answers {
				stand.temporal.down["query"], sequence = serviceerror.NewQueryFailed("the history can't be replayed"), 4
			}
			began := time.Now()
			for what, answer := range map[string]*apiAnswer{
				"GET": stand.do("GET", orderPathOf("A-1"), "").want(http.StatusOK), "POST again": stand.do("POST", "/v1/orders", body(nil)).want(http.StatusOK),
				"a long-poll": stand.do("GET", orderPathOf("A-1")+"?wait=60s&after=99", "").want(http.StatusOK),
			} {
				got := read[order.View](answer)
				if got.Execution != order.ExecutionTerminated || got.Stage != order.StageAuditing || got.Sequence != sequence ||
					!slices.Equal(got.Commands, []order.Command{order.CommandBeginAgain}) || got.FinishedAt == nil || !got.FinishedAt.Equal(stoppedAt) {
					t.Errorf("%s: %s", what, answer.text)
				}
				if by := got.Interruption; by == nil || by.By != "ann@ops" || by.Reason != "wrong button" || !by.Since.Equal(stoppedAt) || !strings.Contains(by.Remedy, "begin-again") {
					t.Errorf("%s: interrupted by %+v", what, by)
				}
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("a long-poll waited %v for what can't come", took)
			}
			for command, body := range everyCommand() {
				answer := stand.do("POST", orderPathOf("A-1")+"/"+string(command), body).want(http.StatusConflict)
				for _, word := range []string{string(command) + " is not possible now", "ann@ops", "wrong button", "begin-again"} {
					if !strings.Contains(answer.text, word) {
						t.Errorf("%s does not say %q: %s", command, word, answer.text)
					}
				}
			}
		})
	}
}

// The other ways in which a run is closed from outside are no other.
func TestEveryRunClosedFromOutsideIsTerminated(t *testing.T) {
	for status, event := range map[enums.WorkflowExecutionStatus]*historypb.HistoryEvent{
		enums.WORKFLOW_EXECUTION_STATUS_FAILED:    {Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{}},
		enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT: {Attributes: &historypb.HistoryEvent_WorkflowExecutionTimedOutEventAttributes{}},
		enums.WORKFLOW_EXECUTION_STATUS_CANCELED:  {Attributes: &historypb.HistoryEvent_WorkflowExecutionCanceledEventAttributes{}},
	} {
		stand := openAPI(t)
		flow := stand.anOrder(order.StageAuditing)
		terminated(flow)
		flow.status, flow.last = status, event
		got := read[order.View](stand.do("GET", orderPathOf("A-1"), "").want(http.StatusOK))
		if got.Execution != order.ExecutionTerminated || got.Interruption == nil || got.Interruption.Reason == "" {
			t.Errorf("%s is shown as %s, %+v", status, got.Execution, got.Interruption)
		}
	}
}

// Pause: every GET, command and repeated POST was a 500.
func TestAPausedOrderSaysByWhomAndSinceWhen(t *testing.T) {
	stand := openAPI(t)
	stand.do("POST", "/v1/orders", body(nil)).want(http.StatusCreated)
	flow := stand.temporal.flows[order.WorkflowID(apiApp, "A-1")]
	flow.view.Stage, flow.view.Commands = order.StageAuditing, []order.Command{order.CommandWithdraw}
	paused(flow)
	stand.temporal.down["query"] = serviceerror.NewFailedPrecondition("query rejected: PAUSED")
	stand.temporal.down["update"] = serviceerror.NewFailedPrecondition("Workflow is paused. Cannot update the workflow.")
	for what, answer := range map[string]*apiAnswer{
		"GET": stand.do("GET", orderPathOf("A-1"), "").want(http.StatusOK), "POST again": stand.do("POST", "/v1/orders", body(nil)).want(http.StatusOK),
	} {
		got := read[order.View](answer)
		if got.Execution != order.ExecutionPaused || got.Stage != order.StageAuditing || len(got.Commands) > 0 || got.FinishedAt != nil {
			t.Errorf("%s: %s", what, answer.text)
		}
		if by := got.Interruption; by == nil || by.By != "ben@ops" || by.Reason != "a look at Alipay" || !by.Since.Equal(stoppedAt) {
			t.Errorf("%s: interrupted by %+v", what, by)
		}
	}
	for command, body := range everyCommand() {
		if answer := stand.do("POST", orderPathOf("A-1")+"/"+string(command), body).want(http.StatusConflict); !strings.Contains(answer.text, "unpause") {
			t.Errorf("%s does not say what to do: %s", command, answer.text)
		}
	}
}

// It is paused in the moment between the look and the update.
func TestACommandThatMeetsAPauseSaysSo(t *testing.T) {
	stand := openAPI(t)
	flow := stand.anOrder(order.StageAuditing)
	stand.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
		paused(flow)
		return nil, serviceerror.NewFailedPrecondition("Workflow is paused. Cannot update the workflow.")
	}
	if answer := stand.do("POST", orderPathOf("A-1")+"/refresh", "").want(http.StatusConflict); !strings.Contains(answer.text, "ben@ops") {
		t.Errorf("answered %s", answer.text)
	}
}

// A long-poll on a paused order waits; that it is unpaused is news.
func TestALongPollOnAPausedOrderWaits(t *testing.T) {
	stand := openAPI(t)
	flow := stand.anOrder(order.StageAuditing)
	paused(flow)
	stand.temporal.change(flow, func(*apiFlow) {})
	answered := stand.waitFor(orderPathOf("A-1") + "?wait=30s&after=5")
	stand.temporal.change(flow, func(f *apiFlow) {
		f.status, f.described, f.view.Sequence = enums.WORKFLOW_EXECUTION_STATUS_RUNNING, nil, 6
	})
	if got := read[order.View]((<-answered).want(http.StatusOK)); got.Sequence != 6 || got.Execution != order.ExecutionRunning {
		t.Errorf("answered %+v", got)
	}
}

func TestAFailingOrderIs503WithTheReason(t *testing.T) {
	stand := openAPI(t)
	flow := stand.anOrder(order.StageAuditing)
	failingTask(flow)
	if got := read[order.View](stand.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)); got.Execution != order.ExecutionFailing || len(got.Commands) > 0 {
		t.Errorf("one that can still be read is shown as %s with %v", got.Execution, got.Commands)
	}
	stand.temporal.down["query"] = serviceerror.NewQueryFailed("nondeterminism")
	answers := []*apiAnswer{
		stand.do("GET", orderPathOf("A-1"), ""), stand.do("GET", orderPathOf("A-1")+"?wait=30s", ""), stand.do("POST", orderPathOf("A-1")+"/refresh", ""),
		stand.do("POST", orderPathOf("A-1")+"/begin-again", ""),
	}
	for i, answer := range answers {
		answer.want(http.StatusServiceUnavailable)
		for _, word := range []string{"NonDeterministicError", "attempt 7", "build"} {
			if !strings.Contains(answer.text, word) {
				t.Errorf("answer %d does not say %q: %s", i, word, answer.text)
			}
		}
		if answer.header.Get("Retry-After") == "" {
			t.Errorf("answer %d says nothing about when to come back", i)
		}
	}
	// Before Temporal itself reports it, the attempts tell; one that was lost with its worker does not.
	for attempt, want := range map[int32]order.Execution{2: order.ExecutionRunning, 3: order.ExecutionFailing} {
		delete(stand.temporal.down, "query")
		flow.described = func(d *workflowservice.DescribeWorkflowExecutionResponse) {
			d.PendingWorkflowTask = &workflowpb.PendingWorkflowTaskInfo{Attempt: attempt}
		}
		if got := read[order.View](stand.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)); got.Execution != want {
			t.Errorf("attempt %d is %s, want %s", attempt, got.Execution, want)
		}
	}
}

// A paused or terminated entity is said on its orders, and by itself.
func TestAnOrderSaysThatItsMiniProgramIsStopped(t *testing.T) {
	for execution, stop := range map[order.Execution]func(*apiFlow){
		"": func(*apiFlow) {}, order.ExecutionPaused: paused, order.ExecutionTerminated: terminated, order.ExecutionFailing: failingTask,
	} {
		stand := openAPI(t)
		stand.anOrder(order.StageAuditing, func(v *order.View) { v.MiniAppID = apiMini })
		stop(stand.aMiniProgram(t))
		if got := read[order.View](stand.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)); got.MiniProgramExecution != execution {
			t.Errorf("said %q, want %q", got.MiniProgramExecution, execution)
		}
		if execution != order.ExecutionPaused {
			continue
		}
		stand.temporal.down["query"] = serviceerror.NewFailedPrecondition("query rejected: PAUSED")
		for _, answer := range []*apiAnswer{stand.do("GET", miniPath, ""), stand.do("POST", miniPath+"/token", "")} {
			if answer.want(http.StatusConflict); !strings.Contains(answer.text, "ben@ops") {
				t.Errorf("answered %s", answer.text)
			}
		}
	}
}

// runRow is one line of visibility.
func runRow(no, run string, status enums.WorkflowExecutionStatus, started time.Duration, view order.View) *workflowpb.WorkflowExecutionInfo {
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: order.WorkflowID(apiApp, no), RunId: run}, Status: status,
		StartTime: timestamppb.New(apiStart.Add(started)), Memo: memoOf(view),
	}
	if status != enums.WORKFLOW_EXECUTION_STATUS_RUNNING && status != enums.WORKFLOW_EXECUTION_STATUS_PAUSED {
		info.CloseTime = timestamppb.New(stoppedAt)
	}
	return info
}

// visible answers lists from rows as Temporal would: by workflow id where the query names some.
func (s *apiStand) visible(rows ...*workflowpb.WorkflowExecutionInfo) {
	s.temporal.onList = func(request *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		answer := &workflowservice.ListWorkflowExecutionsResponse{}
		for _, one := range rows {
			id, query := one.GetExecution().GetWorkflowId(), request.GetQuery()
			closed := executionOf(one) == order.ExecutionTerminated
			switch {
			case strings.Contains(query, "WorkflowId IN") && !strings.Contains(query, "'"+id+"'"),
				strings.Contains(query, " AND "+whereClosed) && !closed,
				strings.Contains(query, "OrderStage = 'auditing'") && !strings.HasSuffix(one.GetExecution().GetRunId(), "auditing"):
			default:
				answer.Executions = append(answer.Executions, one)
			}
		}
		return answer
	}
}

// Reset leaves the old run as a row of its own: an order stood twice in list and stats.
func TestAnOrderThatWasResetIsListedOnce(t *testing.T) {
	stand := openAPI(t)
	view := func(no string, stage order.Stage) order.View {
		return order.View{AppID: apiApp, OutOrderNo: no, Stage: stage, CreatedAt: apiStart}
	}
	stand.visible(
		runRow("reset", "old-auditing", enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, 0, view("reset", order.StageAuditing)),
		runRow("reset", "new", enums.WORKFLOW_EXECUTION_STATUS_RUNNING, time.Hour, view("reset", order.StageReleasing)),
		runRow("reset-twice", "first", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, 0, view("reset-twice", order.StageCancelled)),
		runRow("reset-twice", "second", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, time.Hour, view("reset-twice", order.StageOnline)),
		runRow("terminated", "only-auditing", enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, 0, view("terminated", order.StageAuditing)),
		runRow("paused", "only", enums.WORKFLOW_EXECUTION_STATUS_PAUSED, 0, view("paused", order.StageBuilding)),
	)
	list := func(query string) (got []string) {
		for _, one := range read[orderList](stand.do("GET", "/v1/orders"+query, "").want(http.StatusOK)).Orders {
			got = append(got, fmt.Sprint(one.OutOrderNo, " ", one.Stage, " ", one.Execution, " ", one.Commands, " ", one.FinishedAt != nil))
		}
		return got
	}
	want := []string{
		"reset releasing running [] false", "reset-twice online running [] false",
		"terminated auditing terminated [begin-again] true", "paused building paused [] false",
	}
	if diff := cmp.Diff(want, list("")); diff != "" {
		t.Errorf("listed (-want +got)\n%s", diff)
	}
	// The newer run does not match the filter, and is what counts all the same.
	if diff := cmp.Diff(want[2:3], list("?stage=auditing")); diff != "" {
		t.Errorf("listed (-want +got)\n%s", diff)
	}
	stand.temporal.onCount = func(query string) int64 {
		if !strings.Contains(query, "OrderStage = 'auditing'") {
			return 0
		}
		if !strings.Contains(query, whereStanding) {
			t.Errorf("closed runs are counted among the stages: %s", query)
		}
		return 3
	}
	counted := read[stats](stand.do("GET", "/v1/stats", "").want(http.StatusOK))
	if counted.ByExecution[order.ExecutionTerminated] != 1 || counted.ByStage[order.StageAuditing] != 3 {
		t.Errorf("counted %+v", counted)
	}
}

// What needs a person is found by one filter.
func TestAttentionFindsWhatIsStopped(t *testing.T) {
	stand := openAPI(t)
	stand.do("GET", "/v1/orders?attention=true", "").want(http.StatusOK)
	query := stand.temporal.lists[0].GetQuery()
	for _, part := range []string{"needs_operator", "needs_input", "needs_approval", "'Terminated'", "'Paused'", "TemporalReportedProblems IS NOT NULL"} {
		if !strings.Contains(query, part) {
			t.Errorf("the query has no %s: %s", part, query)
		}
	}
	if got := len(executionConditions); got != len(order.Executions()) {
		t.Errorf("%d executions can be filtered by, there are %d", got, len(order.Executions()))
	}
}

func TestBeginAgain(t *testing.T) {
	stand := openAPI(t)
	stand.do("POST", "/v1/orders", body(nil)).want(http.StatusCreated)
	flow := stand.temporal.flows[order.WorkflowID(apiApp, "A-1")]
	accepted := flow.input
	flow.view.Stage, flow.view.OrderNo, flow.view.Sequence = order.StageAuditing, "2026", 5
	terminated(flow)
	stand.temporal.queryAnswers[order.WorkflowID(apiApp, "A-1")+" "+order.CarriedQuery] = json.RawMessage(`{"drop":["app_desc"]}`)
	stand.clock.forward(2 * time.Hour)
	answer := stand.as(keyWrite, "POST", orderPathOf("A-1")+"/begin-again", `{"reason":"it was the wrong button"}`).want(http.StatusOK)
	if got := read[order.View](answer); got.Execution != order.ExecutionRunning || got.FinishedAt != nil {
		t.Errorf("answered %s", answer.text)
	}
	begun := stand.temporal.flows[order.WorkflowID(apiApp, "A-1")]
	if begun == flow || begun.options.WorkflowIDReusePolicy != enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY {
		t.Fatalf("started with %+v", begun.options)
	}
	if diff := cmp.Diff(accepted.Request, begun.input.Request); diff != "" || !begun.input.CreatedAt.Equal(accepted.CreatedAt) {
		t.Errorf("it is another request (-want +got)\n%s", diff)
	}
	by := begun.input.BegunAgain
	if by == nil || by.Reason != "it was the wrong button" || by.Actor != "name of "+keyWrite || !by.At.Equal(stand.clock.now()) ||
		by.Last.OrderNo != "2026" || by.Last.Sequence != 5 || by.Last.FinishedAt != nil || by.Last.Stage != order.StageAuditing ||
		string(by.Carried) != `{"drop":["app_desc"]}` {
		t.Errorf("begun again by %+v", by)
	}
	stand.do("POST", orderPathOf("A-1")+"/begin-again", "").want(http.StatusConflict)
	if stand.temporal.starts != 2 {
		t.Errorf("%d workflows were started, want 2", stand.temporal.starts)
	}
}

// begin-again is for what was closed from outside, and for nothing else.
func TestBeginAgainIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(*apiFlow)
		status  int
		detail  string
	}{
		"it runs":      {func(*apiFlow) {}, http.StatusConflict, "the order's workflow runs"},
		"it is paused": {paused, http.StatusConflict, "unpause"},
		"it has ended": {func(f *apiFlow) {
			f.status, f.view.Stage = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, order.StageOnline
		}, http.StatusConflict, "the order has ended (online)"},
	} {
		t.Run(name, func(t *testing.T) {
			stand := openAPI(t)
			test.arrange(stand.anOrder(order.StageAuditing))
			if answer := stand.do("POST", orderPathOf("A-1")+"/begin-again", "").want(test.status); !strings.Contains(answer.text, test.detail) {
				t.Errorf("answered %s", answer.text)
			}
			if stand.temporal.starts > 0 {
				t.Error("a workflow was started")
			}
		})
	}
	stand := openAPI(t)
	stand.do("POST", orderPathOf("nobody")+"/begin-again", "").want(http.StatusNotFound)
	stand.as(keyRead, "POST", orderPathOf("A-1")+"/begin-again", "").want(http.StatusForbidden)
	stand.do("POST", orderPathOf("A-1")+"/begin-again", `{"reason":"`+strings.Repeat("x", 301)+`"}`).wantFields("reason")
}

// The start was done and its answer lost: the repetition finds its own run.
func TestBeginAgainWhoseAnswerWasLostIsDone(t *testing.T) {
	stand := openAPI(t)
	flow := stand.anOrder(order.StageAuditing)
	terminated(flow)
	stand.temporal.onStart = func() error { return serviceerror.NewUnavailable("the answer was lost") }
	stand.do("POST", orderPathOf("A-1")+"/begin-again", "").want(http.StatusOK)
	if stand.temporal.starts != 1 {
		t.Errorf("%d workflows were started, want 1", stand.temporal.starts)
	}
}
