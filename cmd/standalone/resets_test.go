package main_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// Reset leaves the old run as a row of its own.
func TestAnOrderThatWasResetStandsOnceInTheList(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	s.awaitingMerchant("reset")
	s.listedAs("reset", "", order.ExecutionRunning)
	temporal, id := s.temporal(), order.WorkflowID(appID, "reset")
	s.reset(id, func(finished []int64, _ int) int64 { return finished[len(finished)-1] })
	eventually(t, patience, "both runs are visible", func() error {
		if rows := temporal.executions("WorkflowId = '" + id + "'"); len(rows) < 2 {
			return errors.New("one is")
		}
		return nil
	})
	s.listedAs("reset", "", order.ExecutionRunning)
	s.listedAs("reset", "stage=awaiting_merchant", order.ExecutionRunning)
	if rows := s.rows("reset", "execution=terminated"); len(rows) > 0 {
		t.Errorf("the run that was reset is listed: %+v", rows)
	}
	s.awaitStats("that it is one order", func(stages, executions map[string]int64) bool {
		return stages["awaiting_merchant"] == 1 && executions["running"] == 1 && executions["terminated"] == 0
	})
}

// An order whose version is in audit is reset to where its upload waited for approval, without
// the commands and messages since. It knows of no version, and it is cancelled.
func TestAnOrderThatWasResetAndIsCancelled(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, speed(1000), "--demo=false")
	s.rules(alipaysim.Rule{Merchant: &alipaysim.MerchantRule{After: after(time.Minute)}, Audits: []alipaysim.AuditRule{{After: after(10000 * time.Hour)}}})
	body := s.formal("reset-late")
	body["policy"] = map[string]any{"upload": "manual"}
	s.place(body)
	waits := func(what string, right func(order.View) bool) { s.await("reset-late", what, right) }
	waits("waits for approval", func(v order.View) bool { return v.Hold != nil && v.Hold.Code == "UPLOAD" })
	if answer := s.command("reset-late", order.CommandApprove, nil); answer.status != http.StatusOK {
		t.Fatal(answer)
	}
	waits("is in audit", func(v order.View) bool { return v.Stage == order.StageAuditing })
	s.reset(order.WorkflowID(appID, "reset-late"), beforeItsFirstCommand,
		enumspb.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL, enumspb.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE)
	waits("waits for approval again", func(v order.View) bool { return v.Hold != nil && v.Hold.Code == "UPLOAD" && v.Version.AppVersion == "" })
	if answer := s.command("reset-late", order.CommandCancel, nil); answer.status != http.StatusOK {
		t.Fatal(answer)
	}
	if view := s.wantNothingAtWork("reset-late"); view.Stage != order.StageCancelled {
		t.Errorf("ended %s: %s", view.Stage, view.Reason)
	}
}

// A mini program is reset to its first task. It hears again what it had heard, and knows
// what it knew: whose token it is, what is online, that no order is in charge.
func TestAMiniProgramThatWasReset(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, speed(1000), "--demo=false")
	s.lively()
	s.place(s.formal("reset-mini"))
	view := s.awaitStage("reset-mini", order.StageOnline)
	path := "/v1/mini-programs/" + appID + "/" + view.MiniAppID
	known := func() order.MiniProgramView {
		return decode[order.MiniProgramView](t, s.api(http.MethodGet, path, nil), http.StatusOK)
	}
	released := func(v order.MiniProgramView) bool {
		return v.OutOrderNo == "" && v.Online != nil && v.Online.AppVersion == view.Version.AppVersion && v.Authorization == order.AuthorizationAuthorized
	}
	wait := func(what string) {
		t.Helper()
		eventually(t, patience, what, func() error {
			if v := known(); !released(v) {
				return fmt.Errorf("it says %+v", v)
			}
			return nil
		})
	}
	wait("the mini program knows that the order has ended")
	s.reset(order.MiniProgramWorkflowID(appID, view.MiniAppID), firstTask)
	wait("the mini program knows it again")
	next := s.formal("reset-mini-next")
	delete(next, "create")
	next["kind"], next["mini_app_id"] = order.KindRelease, view.MiniAppID
	s.place(next)
	s.awaitStage("reset-mini-next", order.StageOnline)
}

// firstTask and beforeItsFirstCommand choose the finished task of a history to which a
// workflow is reset.
func firstTask(finished []int64, _ int) int64 { return finished[0] }

func beforeItsFirstCommand(finished []int64, atCommand int) int64 { return finished[atCommand-2] }

// reset resets a workflow and says what is not to be applied again.
func (s *standalone) reset(id string, to func(finished []int64, atCommand int) int64, without ...enumspb.ResetReapplyExcludeType) {
	s.t.Helper()
	temporal := s.temporal()
	run := temporal.described(id).GetExecution().GetRunId()
	finished, atCommand := []int64{}, 0
	for _, event := range temporal.history(id, run).GetEvents() {
		switch event.GetEventType() {
		case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
			if atCommand == 0 {
				atCommand = len(finished)
			}
		case enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
			finished = append(finished, event.GetEventId())
		default:
		}
	}
	_, err := temporal.ResetWorkflowExecution(s.t.Context(), &workflowservice.ResetWorkflowExecutionRequest{
		Namespace: client.DefaultNamespace, WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run},
		Reason: "a test", WorkflowTaskFinishEventId: to(finished, atCommand), RequestId: "reset-" + id, ResetReapplyExcludeTypes: without,
	})
	if err != nil {
		s.t.Fatal(err)
	}
}
