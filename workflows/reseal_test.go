package workflows_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

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

// TestResealedMiniProgramGoesOn with the same token under the new key.
func TestResealedMiniProgramGoesOn(t *testing.T) {
	w := newWorld(t)
	w.at(time.Minute, agree)
	token := authorized("T1", w.env.Now())
	token.Evidence.Token.Sealed = sealedUnder("old", "T1")
	w.send(2*time.Minute, token)
	reseal := func(when time.Duration) {
		w.env.RegisterDelayedCallback(func() {
			w.must(w.env.SignalWorkflowByID(order.MiniProgramWorkflowID(appID, miniAppID), order.ResealSignal, nil))
		}, when)
	}
	reseal(3 * time.Minute)
	reseal(4 * time.Minute)
	view := w.run()
	if view.Stage != order.StageOnline || len(w.resealed) != 2 || len(w.resealed[0]) == 0 {
		t.Fatalf("at %s, resealed %v", view.Stage, w.resealed)
	}
	for _, value := range w.resealed[1] {
		if strings.Contains(string(value), ":old:") {
			t.Error("the token is still under the old key")
		}
	}
}
