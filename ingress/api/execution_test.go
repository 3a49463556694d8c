package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

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

// terminated is the effect of Terminate in the Temporal UI on an order.
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

// paused is the effect of Pause: queries are rejected and updates refused.
func paused(flow *apiFlow) {
	flow.status = enums.WORKFLOW_EXECUTION_STATUS_PAUSED
	flow.described = func(d *workflowservice.DescribeWorkflowExecutionResponse) {
		d.WorkflowExtendedInfo = &workflowpb.WorkflowExecutionExtendedInfo{PauseInfo: &workflowpb.WorkflowExecutionPauseInfo{
			Identity: "ben@ops", PausedTime: timestamppb.New(stoppedAt), Reason: "a look at Alipay",
		}}
	}
	flow.summary = flow.view.Summary()
}

// failingTask is the effect of another build's history on a worker.
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

// papersBody are the papers of a trial's merchant.
const papersBody = `{"create":{"alipay_account":"shop@example.com","cert_name":"小店","cert_no":"91330000000000000X","contact_name":"联系人","contact_phone":"13800000000","legal_personal_name":"法人"}}`

// everyCommand returns each command with a valid body.
func everyCommand() map[order.Command]string {
	bodies := map[order.Command]string{
		order.CommandProvideInput: `{"order_no":"1"}`, order.CommandResubmit: `{"version":{"app_version":"1.0.2"}}`,
		order.CommandDecideBasePass: `{"decision":"go_online"}`, order.CommandCertify: papersBody,
	}
	for _, command := range order.Commands() {
		if bodies[command] == "" {
			bodies[command] = "{}"
		}
	}
	return bodies
}

// After Terminate in the Temporal UI the order was once shown as auditing until retention
// ended, each command that it offered answered 404, and a long-poll never waited.
func TestATerminatedOrderSaysSoAndWhatToDo(t *testing.T) {
	for name, answers := range map[string]bool{"a worker can still read it": true, "no worker can read it": false} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			env.do("POST", "/v1/orders", body(nil)).want(http.StatusCreated)
			flow := env.temporal.flows[order.WorkflowID(apiApp, "A-1")]
			flow.view.Stage, flow.view.Sequence, flow.view.Commands = order.StageAuditing, 5, []order.Command{order.CommandWithdraw}
			terminated(flow)
			sequence := 5
			if !answers {
				env.temporal.down["query"], sequence = serviceerror.NewQueryFailed("the history can't be replayed"), 4
			}
			began := time.Now()
			for what, answer := range map[string]*apiAnswer{
				"GET": env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK), "POST again": env.do("POST", "/v1/orders", body(nil)).want(http.StatusOK),
				"a long-poll": env.do("GET", orderPathOf("A-1")+"?wait=60s&after=99", "").want(http.StatusOK),
			} {
				got := read[order.View](answer)
				if got.Execution != order.ExecutionTerminated || got.Stage != order.StageAuditing || got.Sequence != sequence ||
					!slices.Equal(got.Commands, []order.Command{order.CommandBeginAgain}) || got.FinishedAt == nil || !got.FinishedAt.Equal(stoppedAt) {
					t.Errorf("%s: %s", what, answer.text)
				}
				if by := got.Interruption; by == nil || by.By != "ann@ops" || by.Reason.String() != "wrong button" || !by.Since.Equal(stoppedAt) || !strings.Contains(by.Remedy.String(), "begin-again") {
					t.Errorf("%s: interrupted by %+v", what, by)
				}
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("a long-poll waited %v for what can't come", took)
			}
			for command, body := range everyCommand() {
				answer := env.do("POST", orderPathOf("A-1")+"/"+string(command), body).want(http.StatusConflict)
				for _, word := range []string{string(command) + " is not possible now", "ann@ops", "wrong button", "begin-again"} {
					if !strings.Contains(answer.text, word) {
						t.Errorf("%s does not say %q: %s", command, word, answer.text)
					}
				}
			}
		})
	}
}

// The other ways in which a run is closed from outside have the same effect.
func TestEveryRunClosedFromOutsideIsTerminated(t *testing.T) {
	for status, event := range map[enums.WorkflowExecutionStatus]*historypb.HistoryEvent{
		enums.WORKFLOW_EXECUTION_STATUS_FAILED:    {Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{}},
		enums.WORKFLOW_EXECUTION_STATUS_TIMED_OUT: {Attributes: &historypb.HistoryEvent_WorkflowExecutionTimedOutEventAttributes{}},
		enums.WORKFLOW_EXECUTION_STATUS_CANCELED:  {Attributes: &historypb.HistoryEvent_WorkflowExecutionCanceledEventAttributes{}},
	} {
		env := openAPI(t)
		flow := env.anOrder(order.StageAuditing)
		terminated(flow)
		flow.status, flow.last = status, event
		got := read[order.View](env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK))
		if got.Execution != order.ExecutionTerminated || got.Interruption == nil || got.Interruption.Reason.String() == "" {
			t.Errorf("%s is shown as %s, %+v", status, got.Execution, got.Interruption)
		}
	}
}

// After Pause every GET, command and repeated POST was once a 500.
func TestAPausedOrderSaysByWhomAndSinceWhen(t *testing.T) {
	env := openAPI(t)
	env.do("POST", "/v1/orders", body(nil)).want(http.StatusCreated)
	flow := env.temporal.flows[order.WorkflowID(apiApp, "A-1")]
	flow.view.Stage, flow.view.Commands = order.StageAuditing, []order.Command{order.CommandWithdraw}
	paused(flow)
	env.temporal.down["query"] = serviceerror.NewFailedPrecondition("query rejected: PAUSED")
	env.temporal.down["update"] = serviceerror.NewFailedPrecondition("Workflow is paused. Cannot update the workflow.")
	for what, answer := range map[string]*apiAnswer{
		"GET": env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK), "POST again": env.do("POST", "/v1/orders", body(nil)).want(http.StatusOK),
	} {
		got := read[order.View](answer)
		if got.Execution != order.ExecutionPaused || got.Stage != order.StageAuditing || len(got.Commands) > 0 || got.FinishedAt != nil {
			t.Errorf("%s: %s", what, answer.text)
		}
		if by := got.Interruption; by == nil || by.By != "ben@ops" || by.Reason.String() != "a look at Alipay" || !by.Since.Equal(stoppedAt) {
			t.Errorf("%s: interrupted by %+v", what, by)
		}
	}
	for command, body := range everyCommand() {
		if answer := env.do("POST", orderPathOf("A-1")+"/"+string(command), body).want(http.StatusConflict); !strings.Contains(answer.text, "unpause") {
			t.Errorf("%s does not say what to do: %s", command, answer.text)
		}
	}
}

// The order is paused between the look and the update.
func TestACommandThatMeetsAPauseSaysSo(t *testing.T) {
	env := openAPI(t)
	flow := env.anOrder(order.StageAuditing)
	env.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
		paused(flow)
		return nil, serviceerror.NewFailedPrecondition("Workflow is paused. Cannot update the workflow.")
	}
	if answer := env.do("POST", orderPathOf("A-1")+"/refresh", "").want(http.StatusConflict); !strings.Contains(answer.text, "ben@ops") {
		t.Errorf("answered %s", answer.text)
	}
}

// A long-poll on a paused order waits; unpausing the order ends the wait.
func TestALongPollOnAPausedOrderWaits(t *testing.T) {
	env := openAPI(t)
	flow := env.anOrder(order.StageAuditing)
	paused(flow)
	env.temporal.change(flow, func(*apiFlow) {})
	answered := env.waitFor(orderPathOf("A-1") + "?wait=30s&after=5")
	env.temporal.change(flow, func(f *apiFlow) {
		f.status, f.described, f.view.Sequence = enums.WORKFLOW_EXECUTION_STATUS_RUNNING, nil, 6
	})
	if got := read[order.View]((<-answered).want(http.StatusOK)); got.Sequence != 6 || got.Execution != order.ExecutionRunning {
		t.Errorf("answered %+v", got)
	}
}

func TestAFailingOrderIs503WithTheReason(t *testing.T) {
	env := openAPI(t)
	flow := env.anOrder(order.StageAuditing)
	failingTask(flow)
	if got := read[order.View](env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)); got.Execution != order.ExecutionFailing || len(got.Commands) > 0 {
		t.Errorf("one that can still be read is shown as %s with %v", got.Execution, got.Commands)
	}
	env.temporal.down["query"] = serviceerror.NewQueryFailed("nondeterminism")
	answers := []*apiAnswer{
		env.do("GET", orderPathOf("A-1"), ""), env.do("GET", orderPathOf("A-1")+"?wait=30s", ""), env.do("POST", orderPathOf("A-1")+"/refresh", ""),
		env.do("POST", orderPathOf("A-1")+"/begin-again", ""),
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
	// Before Temporal itself reports it, the attempts show it; a single attempt may have been
	// lost with its worker.
	for attempt, want := range map[int32]order.Execution{2: order.ExecutionRunning, 3: order.ExecutionFailing} {
		delete(env.temporal.down, "query")
		flow.described = func(d *workflowservice.DescribeWorkflowExecutionResponse) {
			d.PendingWorkflowTask = &workflowpb.PendingWorkflowTaskInfo{Attempt: attempt}
		}
		if got := read[order.View](env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)); got.Execution != want {
			t.Errorf("attempt %d is %s, want %s", attempt, got.Execution, want)
		}
	}
}

// An order shows that its entity is paused or terminated, and so does the mini program.
func TestAnOrderSaysThatItsMiniProgramIsStopped(t *testing.T) {
	for execution, stop := range map[order.Execution]func(*apiFlow){
		"": func(*apiFlow) {}, order.ExecutionPaused: paused, order.ExecutionTerminated: terminated, order.ExecutionFailing: failingTask,
	} {
		env := openAPI(t)
		env.anOrder(order.StageAuditing, func(v *order.View) { v.MiniAppID = apiMini })
		stop(env.aMiniProgram(t))
		if got := read[order.View](env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)); got.MiniProgramExecution != execution {
			t.Errorf("said %q, want %q", got.MiniProgramExecution, execution)
		}
		if execution != order.ExecutionPaused {
			continue
		}
		env.temporal.down["query"] = serviceerror.NewFailedPrecondition("query rejected: PAUSED")
		for _, answer := range []*apiAnswer{env.do("GET", miniPath, ""), env.do("POST", miniPath+"/token", "")} {
			if answer.want(http.StatusConflict); !strings.Contains(answer.text, "ben@ops") {
				t.Errorf("answered %s", answer.text)
			}
		}
	}
}
