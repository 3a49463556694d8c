package demotest

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

// commanded is an order that people lead.
type commanded struct {
	t  *testing.T
	no string
}

// begin starts an order of a number of its own, changed as the story needs it.
func begin(t *testing.T, no string, rule alipaysim.Rule, change func(map[string]any)) commanded {
	t.Helper()
	running.rules(t, no, rule)
	body := outside.Sample(appID, no, running.logo)
	change(body)
	must(t, running.api.Call(t.Context(), http.MethodPost, "/v1/orders", body, nil))
	return commanded{t, no}
}

// held waits for a hold.
func (c commanded) held(kind order.HoldKind, stage order.Stage) {
	c.t.Helper()
	running.await(c.t, c.no, func(v order.View) bool { return v.Hold != nil && v.Hold.Kind == kind && v.Stage == stage })
}

// told sends a command.
func (c commanded) told(command order.Command, body map[string]any) {
	c.t.Helper()
	must(c.t, running.api.Call(c.t.Context(), http.MethodPost, "/v1/orders/"+appID+"/"+c.no+"/"+string(command), body, nil))
}

// approved waits for a manual step and lets it go on.
func (c commanded) approved(stage order.Stage) {
	c.t.Helper()
	c.held(order.HoldNeedsApproval, stage)
	c.told(order.CommandApprove, map[string]any{})
}

func (c commanded) recorded(name string, end order.Stage) recording {
	c.t.Helper()
	running.await(c.t, c.no, at(end))
	return recording{Name: "order-" + name, WorkflowType: order.WorkflowType, End: string(end), workflowID: order.WorkflowID(appID, c.no)}
}

// recordPeople leads orders by hand: every command and every hold that a person ends.
func recordPeople(t *testing.T, temporal client.Client) []recording {
	t.Helper()
	passes := alipaysim.Rule{
		Merchant: &alipaysim.MerchantRule{Answer: "AGREED"},
		Audits:   []alipaysim.AuditRule{{Result: "pass", After: alipaysim.Duration(20 * time.Minute)}},
	}
	return append([]recording{
		everyStepApproved(t, passes), refusedAndGivenUp(t), busyAndCancelled(t),
	}, recordContinued(t, temporal, passes)...)
}

// everyStepApproved is an order whose every step waits for a person, which is corrected,
// withdrawn and submitted again.
func everyStepApproved(t *testing.T, rule alipaysim.Rule) recording {
	t.Helper()
	c := begin(t, unique("manual"), rule, func(body map[string]any) {
		body["policy"] = map[string]any{"create": "manual", "upload": "manual", "submit": "manual", "release": "manual"}
		submission, _ := body["submission"].(map[string]any)
		delete(submission, "files")
	})
	c.approved(order.StageCreating)
	c.approved(order.StageBuilding)
	c.approved(order.StageSubmitting)
	c.held(order.HoldNeedsInput, order.StageSubmitting)
	c.told(order.CommandProvideInput, map[string]any{"submission": map[string]any{"files": map[string]any{"app_logo": running.logo}}})
	running.await(t, c.no, at(order.StageAuditing))
	c.told(order.CommandRefresh, map[string]any{})
	c.told(order.CommandWithdraw, map[string]any{})
	c.approved(order.StageSubmitting)
	running.await(t, c.no, at(order.StageAuditing))
	c.approved(order.StageReleasing)
	return c.recorded("manual-online", order.StageOnline)
}

// refusedAndGivenUp is an order that Alipay refuses for good, is tried again, and given up.
func refusedAndGivenUp(t *testing.T) recording {
	t.Helper()
	no := unique("refused")
	faults := alipaysim.Faults{Faults: []alipaysim.Fault{{
		Method: "alipay.open.mini.isv.create", OutOrderNo: no, Kind: alipaysim.FaultError, SubCode: "HAS_RISK",
	}}}
	must(t, running.sim.Call(t.Context(), http.MethodPut, "/sim/v1/faults", faults, nil))
	c := begin(t, no, alipaysim.Rule{}, func(map[string]any) {})
	c.held(order.HoldNeedsOperator, order.StageCreating)
	c.told(order.CommandRetry, map[string]any{})
	c.held(order.HoldNeedsOperator, order.StageCreating)
	c.told(order.CommandGiveUp, map[string]any{"reason": "the merchant is refused"})
	return c.recorded("refused-given-up", order.StageCreationFailed)
}

// busyAndCancelled is an order that waits for Alipay's pipeline and is cancelled in audit.
func busyAndCancelled(t *testing.T) recording {
	t.Helper()
	no := unique("cancelled")
	faults := alipaysim.Faults{Faults: []alipaysim.Fault{{
		Method: "alipay.open.mini.version.audit.apply", Kind: alipaysim.FaultError, SubCode: "CAN_NOT_SUBMIT_WITH_AUDIT", Times: 1,
	}}}
	must(t, running.sim.Call(t.Context(), http.MethodPut, "/sim/v1/faults", faults, nil))
	c := begin(t, no, alipaysim.Rule{
		Merchant: &alipaysim.MerchantRule{Answer: "AGREED"}, Audits: []alipaysim.AuditRule{{Result: "none"}},
	}, func(map[string]any) {})
	running.await(t, no, at(order.StageAuditing))
	c.told(order.CommandCancel, map[string]any{"reason": "the merchant has closed"})
	return c.recorded("busy-cancelled", order.StageCancelled)
}

// recordContinued starts an order that continues as new every few dozen events, as its
// mini program does, and resets another in audit to its first task.
func recordContinued(t *testing.T, temporal client.Client, rule alipaysim.Rule) []recording {
	t.Helper()
	reset := begin(t, unique("reset"), rule, func(map[string]any) {})
	view := running.await(t, reset.no, at(order.StageAuditing))
	_, err := temporal.ResetWorkflowExecution(t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: "default", WorkflowExecution: executionOf(t, temporal, order.WorkflowID(appID, reset.no)),
		Reason: "recorded", RequestId: view.OutOrderNo, WorkflowTaskFinishEventId: 4,
	})
	must(t, err)
	recordings := []recording{reset.recorded("reset-online", order.StageOnline)}

	input := lend(t, temporal)
	input.Request.OutOrderNo, input.CrowdedAt = unique("continued"), 25
	running.rules(t, input.Request.OutOrderNo, rule)
	_, err = temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: order.WorkflowID(appID, input.Request.OutOrderNo), TaskQueue: order.TaskQueue,
	}, order.WorkflowType, input)
	must(t, err)
	view = running.await(t, input.Request.OutOrderNo, at(order.StageOnline))
	recordings = append(recordings, everyRun(t, temporal, "order-continued", order.WorkflowType, order.WorkflowID(appID, view.OutOrderNo), string(view.Stage))...)
	return append(recordings, entityContinued(t, temporal, input.Schedules)...)
}

// entityContinued is a mini program that holds message after message until it continues as new.
func entityContinued(t *testing.T, temporal client.Client, schedules order.Schedules) []recording {
	t.Helper()
	miniAppID := "2021" + strconv.FormatInt(time.Now().UnixNano(), 10)[:12]
	id := order.MiniProgramWorkflowID(appID, miniAppID)
	_, err := temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: id, TaskQueue: order.TaskQueue},
		order.MiniProgramWorkflowType, order.MiniProgramInput{AppID: appID, MiniAppID: miniAppID, Schedules: schedules, CrowdedAt: 20})
	must(t, err)
	first := executionRun(t, temporal, id)
	for i := 0; executionRun(t, temporal, id) == first; i++ {
		running.push(t, "held-"+miniAppID+"-"+strconv.Itoa(i), messageAuditPassed, map[string]any{"mini_app_id": miniAppID, "mini_app_version": "0.0.1"})
		must(t, outside.Poll(within(t), often, func() error {
			var view order.MiniProgramView
			value, err := temporal.QueryWorkflow(t.Context(), id, "", order.ViewQuery)
			if err == nil {
				err = value.Get(&view)
			}
			if err == nil && view.Held <= i {
				err = fmt.Errorf("it holds %d messages", view.Held)
			}
			return err
		}))
	}
	return everyRun(t, temporal, "mini-program-continued", order.MiniProgramWorkflowType, id, "")
}

// messageAuditPassed names a mini program and no order.
const messageAuditPassed = "alipay.open.mini.version.audit.passed"

// everyRun names each run of a workflow that continued as new; there have to be some.
func everyRun(t *testing.T, temporal client.Client, name, kind, workflowID, end string) []recording {
	t.Helper()
	var runs []recording
	run := executionRun(t, temporal, workflowID)
	for run != "" {
		runs = append([]recording{{WorkflowType: kind, workflowID: workflowID, runID: run}}, runs...)
		run = startedOf(t, temporal, workflowID, run).GetContinuedExecutionRunId()
	}
	if len(runs) < 2 {
		t.Errorf("%s did not continue as new", workflowID)
	}
	for i := range runs {
		runs[i].Name, runs[i].End = name+"-"+strconv.Itoa(i+1), "continued"
	}
	runs[len(runs)-1].End = end
	return runs
}

func executionRun(t *testing.T, temporal client.Client, workflowID string) string {
	t.Helper()
	described, err := temporal.DescribeWorkflowExecution(t.Context(), workflowID, "")
	must(t, err)
	return described.GetWorkflowExecutionInfo().GetExecution().GetRunId()
}

func executionOf(t *testing.T, temporal client.Client, workflowID string) *commonpb.WorkflowExecution {
	t.Helper()
	return &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: executionRun(t, temporal, workflowID)}
}

// startedOf is how a run was started.
func startedOf(t *testing.T, temporal client.Client, workflowID, runID string) *historypb.WorkflowExecutionStartedEventAttributes {
	t.Helper()
	events := temporal.GetWorkflowHistory(t.Context(), workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	first, err := events.Next()
	must(t, err)
	return first.GetWorkflowExecutionStartedEventAttributes()
}

func decodeInput(t *testing.T, temporal client.Client, workflowID string, into any) {
	t.Helper()
	started := startedOf(t, temporal, workflowID, "")
	must(t, converter.GetDefaultDataConverter().FromPayloads(started.GetInput(), into))
}

// unique is a number that no earlier run of this test has used.
func unique(name string) string { return name + "-" + strconv.FormatInt(time.Now().UnixNano(), 36) }
