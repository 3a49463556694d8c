package main_test

import (
	"testing"
	"time"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/activities"
	"miniflow/alipay/alipaysim"
	"miniflow/order"
	"miniflow/temporalio"
)

// TestTenDaysOfWaitingCostNoEvents: a history holds what happened, and while an order waits for a
// merchant or a reviewer nothing does. Ten days last seconds here. What would go off in ten days
// goes off in these seconds as well: watchdogs are of the same speed, if not shorter than what a
// busy machine needs for an order's own work.
func TestTenDaysOfWaitingCostNoEvents(t *testing.T) {
	const times, day, work = 50_000, 24 * time.Hour, 10 * time.Second
	lives := map[string]struct {
		merchant, audit time.Duration
		watchdog        time.Duration // of the audit
	}{
		"happy":     {8 * time.Minute, 12 * time.Minute, 3 * day},
		"patient":   {10 * day, 10 * day, 14 * day},
		"escalated": {10 * day, 10 * day, 3 * day}, // asks Alipay, and then for a person
	}
	s := startStandalone(t, speed(times), "--demo=false", "--well-behaved")
	tp := s.temporal()
	rules := []alipaysim.Rule{{OutOrderNo: "lends-*", Merchant: &alipaysim.MerchantRule{Answer: "none"}}}
	for no, life := range lives {
		rules = append(rules, alipaysim.Rule{
			OutOrderNo: no, Merchant: &alipaysim.MerchantRule{Answer: "AGREED", After: after(life.merchant)},
			Authorize: &alipaysim.AuthorizeRule{After: after(times * time.Second)}, // moments later
			Audits:    []alipaysim.AuditRule{{Result: "pass", After: after(life.audit)}},
		})
	}
	s.rules(rules...)
	for no, life := range lives {
		tp.begin(no, tp.lent(s, "lends-"+no), func(schedules *order.Schedules) {
			for stage, takes := range order.DefaultSchedules().Watchdogs {
				schedules.Watchdogs[stage] = max(takes/times, order.Duration(work))
			}
			schedules.Watchdogs[order.StageAuditing] = max(order.Duration(life.watchdog/times), order.Duration(work))
			for wait, takes := range order.DefaultSchedules().Expected {
				schedules.Expected[wait] = takes / times
			}
			schedules.AgreeFor = order.Duration(time.Second) // what a watchdog leaves to the answer that it asks for
		})
	}
	for no, life := range lives {
		s.awaitStage(no, order.StageOnline)
		id := order.WorkflowID(appID, no)
		events := tp.history(id, tp.described(id).GetExecution().GetRunId()).GetEvents()
		merchant, audit := inWait(t, events, activities.CreateMiniProgram.Name, life.merchant/times), inWait(t, events, activities.SubmitAudit.Name, life.audit/times)
		t.Logf("%s: %d events, of which %d while it waits for the merchant and %d for the audit", no, len(events), merchant, audit)
		const most, waiting = 140, 10
		if len(events) > most || no != "escalated" && merchant+audit > waiting {
			t.Errorf("%s has %d events, %d of them while it waits", no, len(events), merchant+audit)
		}
	}
}

// inWait counts the events between what an act has led to and the first word of anybody's. Where
// that word comes long before what is waited for, somebody woke the order for nothing.
func inWait(t *testing.T, events []*historypb.HistoryEvent, act string, lasts time.Duration) (count int) {
	t.Helper()
	const settled = 2 * time.Second // what an act leads to itself
	if lasts < settled {
		return 0
	}
	var scheduled int64
	var from time.Time
	for _, event := range events {
		at := event.GetEventTime().AsTime()
		if event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == act {
			scheduled = event.GetEventId()
		}
		if done := event.GetActivityTaskCompletedEventAttributes(); done != nil && done.GetScheduledEventId() == scheduled {
			from = at
		}
		switch {
		case from.IsZero() || at.Before(from.Add(settled)):
		case event.GetWorkflowExecutionSignaledEventAttributes() != nil:
			if waited := at.Sub(from); waited < lasts-settled {
				t.Errorf("%s: it waited for %s and is told something after %s", act, lasts, waited)
			}
			return count
		default:
			count++
		}
	}
	t.Errorf("nothing ended the wait after %s", act)
	return count
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
	if _, err := tp.ExecuteWorkflow(tp.t.Context(), temporalio.OrderOptions(view, input.Language), order.WorkflowType, input); err != nil {
		tp.t.Fatal(err)
	}
}
