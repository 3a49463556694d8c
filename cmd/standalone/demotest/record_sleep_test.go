package demotest

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/workflows/sweep"
)

// undecided is a rule under which a person at Alipay decides everything, when the story says so.
var undecided = alipaysim.Rule{
	Merchant: &alipaysim.MerchantRule{Answer: "none"}, Audits: []alipaysim.AuditRule{{Result: "none"}},
}

// lend returns the input of an order that asks nothing of Alipay: with its sealed request, an order
// begins that has other schedules than the configuration's.
func lend(t *testing.T, temporal client.Client) order.Input {
	t.Helper()
	lender := begin(t, unique("lender"), alipaysim.Rule{}, func(body map[string]any) { body["policy"] = map[string]any{"create": "manual"} })
	lender.held(order.HoldNeedsApproval, order.StageCreating)
	var input order.Input
	decodeInput(t, temporal, order.WorkflowID(appID, lender.no), &input)
	lender.told(order.CommandCancel, map[string]any{"reason": "it has lent its request"})
	input.Request.Policy = order.DefaultPolicy()
	return input
}

// beginLent starts an order of a lent request, as the API would.
func beginLent(t *testing.T, temporal client.Client, no string, input order.Input, rule alipaysim.Rule) commanded {
	t.Helper()
	running.rules(t, no, rule)
	input.Request.OutOrderNo = no
	view := order.View{AppID: appID, OutOrderNo: no, Kind: input.Request.Kind, Stage: order.StageCreating}
	_, err := temporal.ExecuteWorkflow(t.Context(), temporalio.OrderOptions(view, input.Language), order.WorkflowType, input)
	must(t, err)
	return commanded{t, no}
}

// agreed has the merchant agree.
func (c commanded) agreed() {
	c.t.Helper()
	view := running.await(c.t, c.no, at(order.StageAwaitingMerchant))
	must(c.t, running.sim.Call(c.t.Context(), http.MethodPost, "/sim/v1/orders/"+view.OrderNo+"/answer", map[string]any{"status": "AGREED"}, nil))
}

// judged has the reviewer let its version pass.
func (c commanded) judged() {
	c.t.Helper()
	view := running.await(c.t, c.no, at(order.StageAuditing))
	must(c.t, running.sim.Call(c.t.Context(), http.MethodPost, "/sim/v1/mini-programs/"+view.MiniAppID+"/audit", map[string]any{"result": "pass"}, nil))
}

// sleeping waits until an order asks for nothing itself.
func (c commanded) sleeping(temporal client.Client, stage order.Stage) order.View {
	c.t.Helper()
	view := running.await(c.t, c.no, at(stage))
	must(c.t, outside.Poll(within(c.t), often, func() error {
		described, err := temporal.DescribeWorkflowExecution(c.t.Context(), order.WorkflowID(appID, c.no), "")
		if err == nil && (len(described.GetPendingActivities()) > 0 || described.GetPendingWorkflowTask() != nil) {
			err = fmt.Errorf("%s is still at work", c.no)
		}
		return err
	}))
	return view
}

// endSweep cancels the Sweep that runs, and waits until it has ended.
func endSweep(t *testing.T, temporal client.Client) {
	t.Helper()
	id := order.SweepWorkflowID(appID)
	must(t, temporal.CancelWorkflow(t.Context(), id, ""))
	must(t, outside.Poll(within(t), often, func() error {
		described, err := temporal.DescribeWorkflowExecution(t.Context(), id, "")
		if status := described.GetWorkflowExecutionInfo().GetStatus(); err == nil && status != enumspb.WORKFLOW_EXECUTION_STATUS_CANCELED {
			err = fmt.Errorf("%s is %s", id, status)
		}
		return err
	}))
}

// recordSleep leads orders through long waits, by what can end one beside a message, and records the
// Sweep that looks at them meanwhile.
func recordSleep(t *testing.T, temporal client.Client) []recording {
	t.Helper()
	endSweep(t, temporal)
	sweeping, err := temporal.ExecuteWorkflow(t.Context(), temporalio.SweepOptions(appID, ""), order.SweepWorkflowType, sweep.Input{AppID: appID, CrowdedAt: 60})
	must(t, err)
	roused := rousedByItsWatchdog(t, temporal)
	recordings := []recording{lookedAt(t, temporal), lookedAtInVain(t, temporal), roused()}
	return append(recordings, sweptAndCancelled(t, temporal, sweeping)...)
}

// rousedByItsWatchdog begins an order that asks Alipay itself before it asks for a person, and
// returns what leads it to its end.
func rousedByItsWatchdog(t *testing.T, temporal client.Client) func() recording {
	t.Helper()
	input := lend(t, temporal)
	input.Schedules.Watchdogs = map[order.Stage]order.Duration{order.StageAwaitingMerchant: order.Duration(2 * time.Second)}
	c := beginLent(t, temporal, unique("roused"), input, undecided)
	return func() recording {
		c.held(order.HoldNeedsOperator, order.StageAwaitingMerchant)
		c.agreed()
		c.judged()
		return c.recorded("roused-online", order.StageOnline)
	}
}

// soon is when orders are looked at whose own time it is, whatever messages do.
const soon = order.Duration(4 * time.Second)

// lookedAtSoon is an order that sleeps while it is audited, and whose look is due soon.
func lookedAtSoon(t *testing.T, temporal client.Client, name string) (commanded, order.View) {
	t.Helper()
	input := lend(t, temporal)
	input.Schedules.Expected = map[order.Wait]order.Duration{order.WaitAudit: soon}
	c := beginLent(t, temporal, unique(name), input, undecided)
	c.agreed()
	return c, c.sleeping(temporal, order.StageAuditing)
}

// lookedAt is an order whose verdict comes in no message: a look finds it, and pokes the order.
func lookedAt(t *testing.T, temporal client.Client) recording {
	t.Helper()
	c, _ := lookedAtSoon(t, temporal, "looked")
	unheard := undecided
	unheard.Pushes = &alipaysim.PushRule{Off: true}
	running.rules(t, c.no, unheard)
	c.judged()
	return c.recorded("looked-at-online", order.StageOnline)
}

// lookedAtInVain is an order about whose version Alipay refuses to answer: the look has it ask
// itself, and a person who tries again has it sleep on.
func lookedAtInVain(t *testing.T, temporal client.Client) recording {
	t.Helper()
	c, view := lookedAtSoon(t, temporal, "refused-look")
	refuse := func(faults ...alipaysim.Fault) {
		must(t, running.sim.Call(t.Context(), http.MethodPut, "/sim/v1/faults", alipaysim.Faults{Faults: faults}, nil))
	}
	refuse(alipaysim.Fault{
		Method: "alipay.open.mini.version.detail.query", MiniAppID: view.MiniAppID, Kind: alipaysim.FaultError, SubCode: "USER_NOT_EXIST",
	})
	c.held(order.HoldNeedsOperator, order.StageAuditing)
	refuse()
	c.told(order.CommandRetry, map[string]any{})
	running.await(t, c.no, func(v order.View) bool { return v.Hold == nil && v.Stage == order.StageAuditing })
	c.judged()
	return c.recorded("refused-look-online", order.StageOnline)
}

// sweptAndCancelled are the last runs of a Sweep, which somebody asks for a pass and then cancels.
func sweptAndCancelled(t *testing.T, temporal client.Client, sweeping client.WorkflowRun) []recording {
	t.Helper()
	id := sweeping.GetID()
	must(t, temporal.SignalWorkflow(t.Context(), id, "", order.PassSignal, nil))
	first := executionRun(t, temporal, id)
	must(t, outside.Poll(within(t), often, func() error { // so that a run is recorded that was signalled
		if executionRun(t, temporal, id) == first {
			return fmt.Errorf("%s does not continue as new", id)
		}
		return nil
	}))
	endSweep(t, temporal)
	runs := everyRun(t, temporal, "sweep", order.SweepWorkflowType, id, "cancelled")
	runs = slices.Delete(runs, 1, max(1, len(runs)-3)) // the first, and the last three
	for i := range runs {
		runs[i].Name = fmt.Sprintf("sweep-%d", i+1)
	}
	_, err := temporal.ExecuteWorkflow(t.Context(), temporalio.SweepOptions(appID, ""), order.SweepWorkflowType, sweep.Input{AppID: appID})
	must(t, err)
	return runs
}
