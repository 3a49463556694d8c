package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
	"miniflow/words"
)

// warnings lists when a person was asked for.
func warnings(view order.View) []string {
	var all []string
	for _, item := range view.Timeline {
		if item.Event == order.HappenedAttentionNeeded {
			all = append(all, item.Note.String())
		}
	}
	return all
}

// TestAHoldDoesNotSpendTheWatchdog: what a hold has lasted is not counted against the
// stage, and the stage is watched again once the hold is over.
func TestAHoldDoesNotSpendTheWatchdog(t *testing.T) {
	w := ready(t)
	w.platform.refuse("apply", refusal(codes.ClassPermanent, "LOOK_HERE"))
	w.command(10*time.Hour, order.CommandRetry, order.Instruction{})
	w.wire.answersLate("SubmitAudit", 0, nil)
	w.wire.answersLate("SubmitAudit", 20*time.Hour, nil)
	fresh, late := w.viewAt(10*time.Hour+30*time.Minute), w.viewAt(11*time.Hour+30*time.Minute)
	view := w.run()
	if fresh.Hold != nil || late.Hold == nil || late.Hold.Code != "STILL_WAITING" {
		t.Errorf("half an hour after the hold: %+v, an hour and a half after: %+v", fresh.Hold, late.Hold)
	}
	if view.Stage != order.StageOnline {
		t.Errorf("ended %s", view.Stage)
	}
}

// TestAnApprovalDoesNotSpendTheWatchdog: a manual step that waits still warns, once, and
// what was approved late is watched from then on.
func TestAnApprovalDoesNotSpendTheWatchdog(t *testing.T) {
	w := ready(t)
	w.input.Request.Policy.Submit = order.StepManual
	w.command(10*time.Hour, order.CommandApprove, order.Instruction{})
	w.wire.answersLate("SubmitAudit", 20*time.Hour, nil)
	waiting, late := w.viewAt(9*time.Hour), w.viewAt(12*time.Hour)
	w.run()
	still := slices.DeleteFunc(warnings(*waiting), func(note string) bool { return !strings.Contains(note, "still waits") })
	if waiting.Hold == nil || waiting.Hold.Kind != order.HoldNeedsApproval || len(still) != 1 {
		t.Errorf("held by %+v after the warnings %q", waiting.Hold, warnings(*waiting))
	}
	if late.Hold == nil || late.Hold.Code != "STILL_WAITING" {
		t.Errorf("two hours after the approval: %+v", late.Hold)
	}
}

// TestTheNextStageIsWatched though a person was asked for at the one before.
func TestTheNextStageIsWatched(t *testing.T) {
	w := ready(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
	w.wire.answersLate("SubmitAudit", 2*time.Hour, nil)
	w.wire.answersLate("PutOnline", 5*time.Hour, nil)
	in, cleared, again := w.viewAt(90*time.Minute), w.viewAt(3*time.Hour), w.viewAt(105*time.Hour)
	w.run()
	if in.Hold == nil || cleared.Hold != nil || again.Stage != order.StageReleasing || again.Hold == nil || again.Hold.Code != "STILL_WAITING" {
		t.Errorf("held by %+v, then %+v, then at %s by %+v", in.Hold, cleared.Hold, again.Stage, again.Hold)
	}
}

// TestMessagesDoNotPutOffThePerson: once Alipay was asked for the watchdog, what comes every half a
// minute keeps nobody from being asked.
func TestMessagesDoNotPutOffThePerson(t *testing.T) {
	w := ready(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
	barks := w.input.Schedules.Watchdogs[order.StageAuditing].Std()
	for after := barks - time.Hour; after < barks+2*time.Hour; after += 30 * time.Second {
		w.env.RegisterDelayedCallback(func() {
			w.must(w.env.SignalWorkflowByID(order.WorkflowID(appID, outNo), order.PokeSignal, order.Poke{Why: words.Plain("nothing new")}))
		}, after)
	}
	before, asked := w.viewAt(barks-time.Minute), w.viewAt(barks+time.Hour)
	w.run()
	if before.Hold != nil || asked.Hold == nil || asked.Hold.Code != "STILL_WAITING" {
		t.Errorf("held by %+v, then by %+v", before.Hold, asked.Hold)
	}
}

// TestAWatchdogEndsWithItsStage: what took almost too long at one stage is not held against the next.
func TestAWatchdogEndsWithItsStage(t *testing.T) {
	w := ready(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 20 * time.Hour}}
	w.wire.answersLate("SubmitAudit", 50*time.Minute, nil)
	after := w.viewAt(3 * time.Hour)
	w.run()
	if after.Stage != order.StageAuditing || after.Hold != nil || len(warnings(*after)) > 0 {
		t.Errorf("two hours after it was submitted: %s, %+v, %q", after.Stage, after.Hold, warnings(*after))
	}
}

// TestWhatBelongsToOneVisitOfAStage is forgotten on the way out: an approval, the time of
// auto_online, that Alipay could not be asked.
func TestWhatBelongsToOneVisitOfAStage(t *testing.T) {
	w := ready(t)
	w.byItself()
	w.platform.byItself = 0
	w.input.Request.Policy.OnBasePass, w.input.Request.Policy.Submit = order.BasePassGoOnline, order.StepManual
	base := verdict{status: gateway.VersionBaseAuditPass, after: time.Hour}
	w.platform.verdicts = []verdict{base, base}
	w.platform.refuse("online", refusal(codes.ClassPermanent, "LOOK_HERE"))
	w.command(time.Hour, order.CommandApprove, order.Instruction{})
	// In the console: back in development, after the grace was over.
	w.at(5*time.Hour, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionInit })
	asks := w.viewAt(9 * time.Hour)
	w.command(10*time.Hour, order.CommandApprove, order.Instruction{})
	grace := w.viewAt(11*time.Hour + 15*time.Minute)
	at := 0
	w.at(11*time.Hour+15*time.Minute, func(p *platform) { at = p.calls["online"] })
	w.input.Schedules.Audit = order.Schedule{{Every: 5 * time.Minute}}
	w.input.Schedules.BasePassGrace = order.Duration(30 * time.Minute)
	view := w.run()
	if asks.Stage != order.StageSubmitting || asks.Hold == nil || asks.Hold.Kind != order.HoldNeedsApproval {
		t.Errorf("submitting for the second time: %s, %+v", asks.Stage, asks.Hold)
	}
	if grace.Stage != order.StageReleasing || grace.Hold != nil || at != 1 || view.Stage != order.StageOnline {
		t.Errorf("releasing for the second time: %s, %+v after %d calls; ended %s", grace.Stage, grace.Hold, at, view.Stage)
	}
}
