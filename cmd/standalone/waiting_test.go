package main_test

import (
	"testing"
	"time"

	"go.temporal.io/sdk/converter"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
	"miniflow/temporalio"
)

// TestTenDaysOfWaitingCostNoEvents: a history holds what happened, and while an order waits for a
// merchant or a reviewer nothing does. Ten days last seconds here; the order's watchdogs and
// expected times are of the same speed, without the floors of the standalone, so that all that
// would happen in ten days does.
func TestTenDaysOfWaitingCostNoEvents(t *testing.T) {
	const times, day = 50_000, 24 * time.Hour
	s := startStandalone(t, speed(times), "--demo=false", "--well-behaved")
	tp := s.temporal()
	lived := func(no string, merchant, audit time.Duration) int {
		rule := func(answer, of string) alipaysim.Rule {
			return alipaysim.Rule{
				OutOrderNo: of, Merchant: &alipaysim.MerchantRule{Answer: answer, After: after(merchant)},
				Audits: []alipaysim.AuditRule{{Result: "pass", After: after(audit)}},
			}
		}
		s.rules(rule("none", "lends-*"), rule("AGREED", ""))
		tp.begin(no, tp.lent(s, "lends-"+no), func(schedules *order.Schedules) {
			for stage, takes := range order.DefaultSchedules().Watchdogs {
				schedules.Watchdogs[stage] = takes / times
			}
			for wait, takes := range order.DefaultSchedules().Expected {
				schedules.Expected[wait] = takes / times
			}
			schedules.AgreeFor = order.Duration(time.Second) // what a watchdog leaves to the answer that it asks for
		})
		began := time.Now()
		s.awaitStage(no, order.StageOnline)
		id := order.WorkflowID(appID, no)
		events := len(tp.history(id, tp.described(id).GetExecution().GetRunId()).GetEvents())
		t.Logf("%s: %d events in %s", no, events, time.Since(began).Round(time.Second))
		return events
	}
	happy := lived("happy", 8*time.Hour, 12*time.Hour)
	patient := lived("patient", 10*day, 10*day)
	if happy > 140 || patient < happy-10 || patient > happy+10 {
		t.Errorf("an order has %d events, and %d where it waits ten days for its merchant and ten for its reviewer", happy, patient)
	}
}

// lent is the input of an order that asks nothing of Alipay, with its sealed request.
func (tp temporal) lent(s *standalone, no string) (input order.Input) {
	tp.t.Helper()
	body := s.formal(no)
	body["policy"] = map[string]any{"create": "manual"}
	s.place(body)
	id := order.WorkflowID(appID, no)
	started := tp.history(id, tp.described(id).GetExecution().GetRunId()).GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
	if err := converter.GetDefaultDataConverter().FromPayloads(started.GetInput(), &input); err != nil {
		tp.t.Fatal(err)
	}
	input.Request.Policy = order.DefaultPolicy()
	return input
}

// begin starts an order as the API would, with other schedules.
func (tp temporal) begin(no string, input order.Input, change func(*order.Schedules)) {
	tp.t.Helper()
	input.Request.OutOrderNo = no
	change(&input.Schedules)
	view := order.View{AppID: appID, OutOrderNo: no, Kind: input.Request.Kind, Stage: order.StageCreating}
	if _, err := tp.ExecuteWorkflow(tp.t.Context(), temporalio.OrderOptions(view), order.WorkflowType, input); err != nil {
		tp.t.Fatal(err)
	}
}
