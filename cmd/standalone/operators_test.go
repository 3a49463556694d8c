package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	temporalsdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"miniflow/alipay"
	"miniflow/order"
)

// rows are the lines of an order in the list.
func (s *standalone) rows(no, filter string) (found []order.View) {
	s.t.Helper()
	page := decode[struct {
		Orders []order.View `json:"orders"`
	}](s.t, s.api(http.MethodGet, "/v1/orders?"+filter, nil), http.StatusOK)
	for _, one := range page.Orders {
		if one.OutOrderNo == no {
			found = append(found, one)
		}
	}
	return found
}

// listedAs waits until the list has an order once, standing so.
func (s *standalone) listedAs(no, filter string, execution order.Execution) {
	s.t.Helper()
	eventually(s.t, patience, fmt.Sprintf("the list has %s once, %s", no, execution), func() error {
		if last := s.rows(no, filter); len(last) != 1 || last[0].Execution != execution {
			return fmt.Errorf("it has %+v", last)
		}
		return nil
	})
}

// stats are the counts, once they are as wanted: they are kept for ten seconds.
func (s *standalone) awaitStats(what string, right func(stages, executions map[string]int64) bool) {
	s.t.Helper()
	eventually(s.t, patience, "the counts say "+what, func() error {
		counted := decode[struct {
			ByStage     map[string]int64 `json:"by_stage"`
			ByExecution map[string]int64 `json:"by_execution"`
		}](s.t, s.api(http.MethodGet, "/v1/stats", nil), http.StatusOK)
		if !right(counted.ByStage, counted.ByExecution) {
			return fmt.Errorf("they say %+v", counted)
		}
		return nil
	})
}

// Terminate, as the Temporal UI does it: the order says so everywhere, takes no
// command but one, and nobody who waits for it spins.
func TestATerminatedOrderSaysSoAndBeginsAgain(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	s.awaitingMerchant("stopped")
	id := order.WorkflowID(appID, "stopped")
	if err := s.temporal().TerminateWorkflow(t.Context(), id, "", "the wrong button"); err != nil {
		t.Fatal(err)
	}
	view := s.view("stopped")
	if view.Execution != order.ExecutionTerminated || view.Interruption == nil || view.Interruption.Reason.String() != "the wrong button" ||
		!slices.Equal(view.Commands, []order.Command{order.CommandBeginAgain}) || view.FinishedAt == nil || len(view.Timeline) == 0 {
		t.Errorf("it is shown as %+v, interrupted by %+v", view, view.Interruption)
	}
	for command, body := range commandBodies() {
		if p := refusal(t, s.command("stopped", command, body), http.StatusConflict); !strings.Contains(p.Detail, "begin-again") {
			t.Errorf("%s is refused with %q", command, p.Detail)
		}
	}
	answer := s.api(http.MethodGet, orderPath("stopped")+"?wait=50s&after=999", nil)
	if got := decode[order.View](t, answer, http.StatusOK); got.FinishedAt == nil {
		t.Errorf("a long-poll is answered by what looks as if more would come: %s", answer)
	}
	s.listedAs("stopped", "attention=true", order.ExecutionTerminated)
	s.listedAs("stopped", "execution=terminated&stage=awaiting_merchant", order.ExecutionTerminated)
	s.awaitStats("that no stage has it", func(stages, executions map[string]int64) bool {
		return stages["awaiting_merchant"] == 0 && executions["terminated"] == 1
	})
	decode[order.View](t, s.api(http.MethodPost, "/v1/orders", s.formal("stopped")), http.StatusOK)

	begun := decode[order.View](t, s.command("stopped", order.CommandBeginAgain, map[string]any{"reason": "a test"}), http.StatusOK)
	if begun.Execution != order.ExecutionRunning || begun.FinishedAt != nil || !begun.CreatedAt.Equal(view.CreatedAt) {
		t.Errorf("it began again as %+v", begun)
	}
	refusal(t, s.command("stopped", order.CommandBeginAgain, nil), http.StatusConflict)
	s.listedAs("stopped", "", order.ExecutionRunning)
}

// Request Cancellation: an order hears its command, a message that waits is over.
func TestARequestToCancelIsHeardAsItsPageSays(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	temporal := s.temporal()
	s.awaitingMerchant("wished")
	if err := temporal.CancelWorkflow(t.Context(), order.WorkflowID(appID, "wished"), ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "the order hears the command cancel", func() error {
		if view := s.view("wished"); !view.CancelRequested && view.Stage != order.StageCancelled {
			return fmt.Errorf("it is %+v", view)
		}
		return nil
	})

	message := s.push(map[string]any{"msg_method": alipay.MessageMerchantConfirmed, "biz_content": `{"out_order_no":"nobody","order_no":"1","status":"AGREED"}`})
	id := order.DeliveryWorkflowID(appID, message)
	eventually(t, patience, "the message waits for its order", func() error {
		_, err := s.delivery(order.DispositionWaiting, message)
		return err
	})
	if err := temporal.CancelWorkflow(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "the message is over", func() error {
		if status := temporal.described(id).GetStatus(); status != enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED {
			return fmt.Errorf("it is %s", status)
		}
		return nil
	})
}

// Pause: queries and updates are refused by Temporal, and every call was a 500.
func TestAPausedOrderIsSurvivedAndSaid(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	waiting := s.awaitingMerchant("paused")
	known := s.view("paused")
	temporal := s.temporal()
	id := order.WorkflowID(appID, "paused")
	_, err := temporal.WorkflowService().PauseWorkflowExecution(t.Context(), &workflowservice.PauseWorkflowExecutionRequest{
		Namespace: client.DefaultNamespace, WorkflowId: id, Identity: "ann@ops", Reason: "a look at Alipay", RequestId: "pause-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	view := s.view("paused")
	if by := view.Interruption; view.Execution != order.ExecutionPaused || by == nil || by.By != "ann@ops" || by.Reason.String() != "a look at Alipay" ||
		time.Since(by.Since) > time.Hour || view.Stage != order.StageAwaitingMerchant || len(view.Commands) > 0 {
		t.Errorf("it is shown as %+v, interrupted by %+v", view, by)
	}
	for command, body := range commandBodies() {
		if p := refusal(t, s.command("paused", command, body), http.StatusConflict); !strings.Contains(p.Detail, "unpause") {
			t.Errorf("%s is refused with %q", command, p.Detail)
		}
	}
	decode[order.View](t, s.api(http.MethodPost, "/v1/orders", s.formal("paused")), http.StatusOK)
	s.listedAs("paused", "attention=true", order.ExecutionPaused)
	s.listedAs("paused", "execution=paused", order.ExecutionPaused)

	news := make(chan reply, 1)
	go func() {
		answer, _ := s.ask(http.MethodGet, fmt.Sprintf("%s?wait=50s&after=%d", orderPath("paused"), known.Sequence), nil)
		news <- answer
	}()
	s.pushed(confirmed(t, "paused-1", s.answers(waiting.OrderNo, "REJECTED"), "REJECTED"))
	_, err = temporal.WorkflowService().UnpauseWorkflowExecution(t.Context(), &workflowservice.UnpauseWorkflowExecutionRequest{
		Namespace: client.DefaultNamespace, WorkflowId: id, Identity: "ann@ops", RequestId: "unpause-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := decode[order.View](t, <-news, http.StatusOK); got.Sequence <= known.Sequence {
		t.Errorf("the message that came meanwhile is no news: %+v", got)
	}
	s.awaitStage("paused", order.StageMerchantRejected)
}

// A history that no worker here can go on with, because another build wrote it.
func TestAFailingOrderIs503AndUnderAttention(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	temporal := s.temporal()
	another := worker.New(temporal.Client, "another-build", worker.Options{})
	another.RegisterWorkflowWithOptions(func(workflow.Context, order.Input) error {
		panic("this build did something else here")
	}, workflow.RegisterOptions{Name: order.WorkflowType})
	if err := another.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(another.Stop)
	view := order.View{AppID: appID, OutOrderNo: "failing", Stage: order.StageAuditing}
	_, err := temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: order.WorkflowID(appID, "failing"), TaskQueue: "another-build", Memo: map[string]any{order.SummaryMemo: view},
		TypedSearchAttributes: attributesOf(view),
	}, order.WorkflowType, order.Input{Schedules: order.DefaultSchedules()})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "it is found to fail", func() error {
		answer, err := s.ask(http.MethodGet, orderPath("failing"), nil)
		if err != nil || answer.status != http.StatusServiceUnavailable || !strings.Contains(string(answer.body), "workflow task fails") {
			return fmt.Errorf("%s %w", answer, err)
		}
		return nil
	})
	refusal(t, s.command("failing", order.CommandRefresh, nil), http.StatusServiceUnavailable)
	s.listedAs("failing", "attention=true", order.ExecutionFailing)
	s.listedAs("failing", "execution=failing", order.ExecutionFailing)
	s.awaitStats("that it fails", func(_, executions map[string]int64) bool {
		return executions["failing"] == 1 && executions["running"] == 0
	})
}

// attributesOf make an order that another build started findable, as the API does.
func attributesOf(view order.View) temporalsdk.SearchAttributes {
	return temporalsdk.NewSearchAttributes(
		temporalsdk.NewSearchAttributeKeyKeyword(order.AttributeAppID).ValueSet(view.AppID),
		temporalsdk.NewSearchAttributeKeyKeyword(order.AttributeOutOrderNo).ValueSet(view.OutOrderNo),
		temporalsdk.NewSearchAttributeKeyKeyword(order.AttributeOrderStage).ValueSet(string(view.Stage)),
	)
}
