package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/order"
)

// runRow returns one line of visibility.
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

// visible answers lists from rows as Temporal would: by workflow id where the query names
// some.
func (s *apiEnv) visible(rows ...*workflowpb.WorkflowExecutionInfo) {
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

// Reset leaves the old run as a row of its own, so that an order was once listed and counted
// twice.
func TestAnOrderThatWasResetIsListedOnce(t *testing.T) {
	env := openAPI(t)
	view := func(no string, stage order.Stage) order.View {
		return order.View{AppID: apiApp, OutOrderNo: no, Stage: stage, CreatedAt: apiStart}
	}
	env.visible(
		runRow("reset", "old-auditing", enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, 0, view("reset", order.StageAuditing)),
		runRow("reset", "new", enums.WORKFLOW_EXECUTION_STATUS_RUNNING, time.Hour, view("reset", order.StageReleasing)),
		runRow("reset-twice", "first", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, 0, view("reset-twice", order.StageCancelled)),
		runRow("reset-twice", "second", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, time.Hour, view("reset-twice", order.StageOnline)),
		runRow("terminated", "only-auditing", enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, 0, view("terminated", order.StageAuditing)),
		runRow("paused", "only", enums.WORKFLOW_EXECUTION_STATUS_PAUSED, 0, view("paused", order.StageBuilding)),
	)
	list := func(query string) (got []string) {
		for _, one := range read[orderList](env.do("GET", "/v1/orders"+query, "").want(http.StatusOK)).Orders {
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
	// The newer run counts although it does not match the filter.
	if diff := cmp.Diff(want[2:3], list("?stage=auditing")); diff != "" {
		t.Errorf("listed (-want +got)\n%s", diff)
	}
	env.temporal.onCount = func(query string) int64 {
		if !strings.Contains(query, "OrderStage = 'auditing'") {
			return 0
		}
		if !strings.Contains(query, whereStanding) {
			t.Errorf("closed runs are counted among the stages: %s", query)
		}
		return 3
	}
	counted := read[stats](env.do("GET", "/v1/stats", "").want(http.StatusOK))
	if counted.ByExecution[order.ExecutionTerminated] != 1 || counted.ByStage[order.StageAuditing] != 3 {
		t.Errorf("counted %+v", counted)
	}
}

// One filter finds everything that needs a person.
func TestAttentionFindsWhatIsStopped(t *testing.T) {
	env := openAPI(t)
	env.do("GET", "/v1/orders?attention=true", "").want(http.StatusOK)
	query := env.temporal.lists[0].GetQuery()
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
	env := openAPI(t)
	env.do("POST", "/v1/orders", body(nil)).want(http.StatusCreated)
	flow := env.temporal.flows[order.WorkflowID(apiApp, "A-1")]
	accepted := flow.input
	flow.view.Stage, flow.view.OrderNo, flow.view.Sequence = order.StageAuditing, "2026", 5
	terminated(flow)
	env.temporal.queryAnswers[order.WorkflowID(apiApp, "A-1")+" "+order.CarriedQuery] = json.RawMessage(`{"drop":["app_desc"]}`)
	env.clock.Forward(2 * time.Hour)
	answer := env.as(keyWrite, "POST", orderPathOf("A-1")+"/begin-again", `{"reason":"it was the wrong button"}`).want(http.StatusOK)
	if got := read[order.View](answer); got.Execution != order.ExecutionRunning || got.FinishedAt != nil || got.Stage != order.StageCreating || got.Sequence != 1 {
		t.Errorf("answered %s", answer.text)
	}
	begun := env.temporal.flows[order.WorkflowID(apiApp, "A-1")]
	if begun == flow || begun.options.WorkflowIDReusePolicy != enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY {
		t.Fatalf("started with %+v", begun.options)
	}
	if diff := cmp.Diff(accepted.Request, begun.input.Request); diff != "" || !begun.input.CreatedAt.Equal(accepted.CreatedAt) {
		t.Errorf("it is another request (-want +got)\n%s", diff)
	}
	by := begun.input.BegunAgain
	if by == nil || by.Reason != "it was the wrong button" || by.Actor != "name of "+keyWrite || !by.At.Equal(env.clock.Now()) ||
		by.Last.OrderNo != "2026" || by.Last.Sequence != 5 || by.Last.FinishedAt != nil || by.Last.Stage != order.StageAuditing ||
		string(by.Carried) != `{"drop":["app_desc"]}` {
		t.Errorf("begun again by %+v", by)
	}
	env.do("POST", orderPathOf("A-1")+"/begin-again", "").want(http.StatusConflict)
	if env.temporal.starts != 2 {
		t.Errorf("%d workflows were started, want 2", env.temporal.starts)
	}
}

// begin-again is only for workflows that were closed from outside.
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
			env := openAPI(t)
			test.arrange(env.anOrder(order.StageAuditing))
			if answer := env.do("POST", orderPathOf("A-1")+"/begin-again", "").want(test.status); !strings.Contains(answer.text, test.detail) {
				t.Errorf("answered %s", answer.text)
			}
			if env.temporal.starts > 0 {
				t.Error("a workflow was started")
			}
		})
	}
	env := openAPI(t)
	env.do("POST", orderPathOf("nobody")+"/begin-again", "").want(http.StatusNotFound)
	env.as(keyRead, "POST", orderPathOf("A-1")+"/begin-again", "").want(http.StatusForbidden)
	env.do("POST", orderPathOf("A-1")+"/begin-again", `{"reason":"`+strings.Repeat("x", 301)+`"}`).wantFields("reason")
}

// The start was carried out and its answer lost: the repetition finds its own run.
func TestBeginAgainWhoseAnswerWasLostIsDone(t *testing.T) {
	env := openAPI(t)
	flow := env.anOrder(order.StageAuditing)
	terminated(flow)
	env.temporal.onStart = func() error { return serviceerror.NewUnavailable("the answer was lost") }
	env.do("POST", orderPathOf("A-1")+"/begin-again", "").want(http.StatusOK)
	if env.temporal.starts != 1 {
		t.Errorf("%d workflows were started, want 1", env.temporal.starts)
	}
}

// Another request began it again at the same moment, or it was started in another way: this
// request gets a conflict and takes nothing for its own.
func TestBeginAgainThatSomebodyElseWasFasterWith(t *testing.T) {
	for name, theirs := range map[string]func(*order.Input){
		"another person":  func(in *order.Input) { in.BegunAgain.Actor = "ben" },
		"another time":    func(in *order.Input) { in.BegunAgain.At = in.BegunAgain.At.Add(-time.Second) },
		"not begun again": func(in *order.Input) { in.BegunAgain = nil },
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			terminated(env.anOrder(order.StageAuditing))
			env.temporal.onStart = func() error {
				input := &env.temporal.flows[order.WorkflowID(apiApp, "A-1")].input
				begun := *input.BegunAgain
				input.BegunAgain = &begun
				theirs(input)
				return serviceerror.NewUnavailable("the answer was lost")
			}
			answer := env.do("POST", orderPathOf("A-1")+"/begin-again", "").want(http.StatusConflict)
			if !strings.Contains(answer.text, "the order's workflow runs") {
				t.Errorf("answered %s", answer.text)
			}
		})
	}
}

// A start that Temporal refuses is not a conflict: the order does not run, and another
// attempt may help.
func TestBeginAgainThatTemporalRefuses(t *testing.T) {
	env := openAPI(t)
	terminated(env.anOrder(order.StageAuditing))
	env.temporal.fail("start", serviceerror.NewPermissionDenied("no", ""))
	if answer := env.do("POST", orderPathOf("A-1")+"/begin-again", ""); answer.status < 500 {
		t.Errorf("answered %d %s", answer.status, answer.text)
	}
	env.do("POST", orderPathOf("A-1")+"/begin-again", "").want(http.StatusOK)
}
