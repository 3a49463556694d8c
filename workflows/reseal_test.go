package workflows_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

func (w *world) reseal(call activities.ResealCall) activities.Resealed {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.resealed = append(w.resealed, call.Values)
	var again activities.Resealed
	for _, value := range call.Values {
		again.Values = append(again.Values, order.Sealed(strings.Replace(string(value), ":old:", ":new:", 1)))
	}
	return again
}

func sealedUnder(key, text string) order.Sealed {
	return order.Sealed("sealed:v1:" + key + ":" + base64.RawURLEncoding.EncodeToString([]byte(text)))
}

// TestResealedOrderCarriesNothingUnderTheOldKey: after the signal everything that an order carries is
// under the new key, and what a person has corrected since is there too; it goes on to its end.
func TestResealedOrderCarriesNothingUnderTheOldKey(t *testing.T) {
	w := newWorld(t)
	w.input.Request.Create = []order.Sealed{sealedUnder("old", `{"app_name":"店"}`)}
	w.input.Request.Submission.Fields = []order.Sealed{sealedUnder("old", `{"fields":{"version_desc":"x"}}`)}
	w.platform.verdicts = []verdict{{status: gateway.VersionAuditReject, after: time.Hour}, {status: gateway.VersionWaitRelease, after: time.Hour}}
	w.at(time.Minute, agree)
	w.send(2*time.Minute, authorized("T1", w.env.Now()))
	reseal := func(when time.Duration) {
		w.env.RegisterDelayedCallback(func() { w.must(w.env.SignalWorkflowByID(order.WorkflowID(appID, outNo), order.ResealSignal, nil)) }, when)
	}
	reseal(30 * time.Minute)
	w.command(5*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{Fields: []order.Sealed{sealedUnder("old", `{"fields":{}}`)}}})
	reseal(5*time.Hour + 30*time.Minute)
	reseal(5*time.Hour + 40*time.Minute)
	view := w.run()
	if view.Stage != order.StageOnline || len(view.Audits) != 2 || len(w.resealed) != 3 {
		t.Fatalf("at %s after %d audits, resealed %d times", view.Stage, len(view.Audits), len(w.resealed))
	}
	for i, old := range []int{2, 1, 0} {
		found := 0
		for _, value := range w.resealed[i] {
			if strings.Contains(string(value), ":old:") {
				found++
			}
		}
		if found != old {
			t.Errorf("time %d: %d of %d values under the old key, want %d", i+1, found, len(w.resealed[i]), old)
		}
	}
}

// TestResealedMiniProgramCarriesItsTokenUnderTheNewKey into its next run, and nothing under the old one.
func TestResealedMiniProgramCarriesItsTokenUnderTheNewKey(t *testing.T) {
	e := newEntity(t)
	e.env.RegisterActivityWithOptions(func(_ context.Context, call activities.ResealCall) (activities.Resealed, error) {
		return (&world{}).reseal(call), nil
	}, activityName(activities.Reseal.Name))
	n := authorized("T1", e.began)
	n.Evidence.Token.Sealed = sealedUnder("old", "T1")
	e.hears(time.Minute, n)
	e.claims(2*time.Minute, outNo)
	e.signal(3*time.Minute, order.ResealSignal, nil)
	e.runs(time.Hour)
	var continued *workflow.ContinueAsNewError
	if !errors.As(e.err, &continued) {
		t.Fatalf("it ended with %v", e.err)
	}
	var next order.MiniProgramInput
	if err := converter.GetDefaultDataConverter().FromPayloads(continued.Input, &next); err != nil {
		t.Fatal(err)
	}
	carried := string(next.Carried)
	if !strings.Contains(carried, string(sealedUnder("new", "T1"))) || strings.Contains(carried, ":old:") {
		t.Errorf("it carries %s", carried)
	}
}
