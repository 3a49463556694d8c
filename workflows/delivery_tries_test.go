package workflows_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// TestAForwardThatFailsShowsItself: how often it was tried, what came of it at last,
// and when it is tried again; a person who replays it does not wait for that.
func TestAForwardThatFailsShowsItself(t *testing.T) {
	p := newParcel(t)
	p.backend.status = http.StatusBadGateway
	failing := p.pageAt(10 * time.Hour)
	replayed := p.asks(10*time.Hour+time.Minute, order.ReplayUpdate, "ops", "")
	again := p.pageAt(10*time.Hour + 2*time.Minute)
	p.at(20*time.Hour, func() { p.backend.status = http.StatusOK })
	done := p.wantEnd(order.DispositionForwarded, "answered 200")
	if failing.Attempts < 8 || failing.LastError != "the forward target answered 502 Bad Gateway" ||
		failing.NextTry.Before(p.began.Add(10*time.Hour)) || failing.NextTry.After(p.began.Add(15*time.Hour)) {
		t.Errorf("after ten hours %+v", failing)
	}
	wantAnswer(t, replayed, order.DispositionWaiting, "replayed by ops")
	if again.Attempts <= failing.Attempts || again.NextTry.After(p.began.Add(11*time.Hour)) {
		t.Errorf("after the replay %+v", again)
	}
	if done.Attempts != len(p.backend.got) || done.LastError != "" || !done.NextTry.IsZero() {
		t.Errorf("at the end %+v, tried %d times", done, len(p.backend.got))
	}
}

// TestAForwardWithoutATarget shows what is missing, and counts no try.
func TestAForwardWithoutATarget(t *testing.T) {
	p := newParcel(t)
	p.backend.configure(false)
	waiting := p.pageAt(10 * time.Hour)
	p.runs()
	if waiting.Attempts != 0 || waiting.LastError != "no forward target is configured for app "+appID || waiting.NextTry.IsZero() {
		t.Errorf("shows %+v", waiting)
	}
}

// TestADeliveryContinues where it stood when its history grows long: with what was
// tried, and with the end that was set.
func TestADeliveryContinues(t *testing.T) {
	first := newParcel(t)
	first.backend.status = 0
	first.at(30*time.Hour, func() { first.env.SetContinueAsNewSuggested(true) })
	first.env.ExecuteWorkflow(order.DeliveryWorkflowType, first.input)
	var continued *workflow.ContinueAsNewError
	if err := first.env.GetWorkflowError(); !errors.As(err, &continued) {
		t.Fatalf("it did not continue: %v", err)
	}
	second := newParcel(t)
	second.env.SetStartTime(first.env.Now())
	second.began = first.began
	second.backend.status = 0
	if err := converter.GetDefaultDataConverter().FromPayloads(continued.Input, &second.input); err != nil {
		t.Fatal(err)
	}
	at := 41*time.Hour - first.env.Now().Sub(first.began)
	waiting, dead := second.pageAt(at), second.pageAt(at+32*time.Hour)
	second.wantEnd(order.DispositionDead, "could not be reached")
	if waiting.State != order.DispositionWaiting || waiting.Attempts <= len(first.backend.got) || dead.State != order.DispositionDead {
		t.Errorf("after 41 hours %+v, after 73 %+v", waiting, dead)
	}
	if gaps := second.backend.got; gaps[0] < 30*time.Hour || gaps[1]-gaps[0] < 4*time.Hour {
		t.Errorf("the new run tried after %v", gaps)
	}
}
