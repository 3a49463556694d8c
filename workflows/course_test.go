package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// notes are an order's timeline in one text.
func notes(view order.View) string {
	var all []string
	for _, item := range view.Timeline {
		all = append(all, item.Event+" "+item.Note.String())
	}
	return strings.Join(all, "\n")
}

// TestACancelWithoutAuthorizationSaysWhatItLeaves at Alipay, since nothing can be undone.
func TestACancelWithoutAuthorizationSaysWhatItLeaves(t *testing.T) {
	reject := []verdict{{status: gateway.VersionAuditReject, after: time.Hour}}
	for stage, c := range map[order.Stage]struct {
		verdicts []verdict
		left     string
	}{
		order.StageAuditing:      {[]verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}, "0.0.1 in audit"},
		order.StageAuditRejected: {reject, "0.0.1, which was rejected"},
		order.StageReleasing:     {reviewed, "0.0.1, which has passed its audit"},
	} {
		w := ready(t)
		w.platform.verdicts, w.input.Request.Policy.Release = c.verdicts, order.StepManual
		w.at(10*time.Hour, func(p *platform) { p.token = "" })
		w.send(10*time.Hour, revoked("T1"))
		before := w.viewAt(11 * time.Hour)
		w.command(12*time.Hour, order.CommandCancel, order.Instruction{Reason: "too late"})
		view := w.run()
		if before.Stage != stage || view.Stage != order.StageCancelled || !strings.HasPrefix(view.Reason.String(), "too late; ") || !strings.Contains(view.Reason.String(), c.left) {
			t.Errorf("%s: stood at %s, ended %s because %q", stage, before.Stage, view.Stage, view.Reason)
		}
	}
}

// TestACancelSaysThatAReleaseMayHaveWorked, when its answer was lost and nobody can ask any more.
func TestACancelSaysThatAReleaseMayHaveWorked(t *testing.T) {
	w := ready(t)
	w.platform.lose("online", 0)
	w.wire.answersLate(activities.PutOnline.Name, 10*time.Second, func() {
		w.platform.change(func(p *platform) { p.token = "" })
		w.send(0, revoked("T1"))
	})
	w.command(5*time.Hour, order.CommandCancel, order.Instruction{})
	view := w.run()
	if view.Stage != order.StageCancelled || !strings.Contains(view.Reason.String(), "may be online") {
		t.Errorf("ended %s because %q", view.Stage, view.Reason)
	}
}

// TestACancelThatAlipayRefuses is tried again by itself, and shows why.
func TestACancelThatAlipayRefuses(t *testing.T) {
	w := ready(t)
	w.epilogue = 6 * time.Hour
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
	locked := refusal(codes.ClassPermanent, "VERSION_LOCKED")
	w.platform.refuse("cancel", locked, locked, locked)
	w.command(10*time.Minute, order.CommandCancel, order.Instruction{})
	held := w.viewAt(10*time.Minute + 4*time.Second)
	view := w.run()
	w.endsTrue(view)
	if held.Stage != order.StageAuditing || held.Hold == nil || held.Hold.Code != "VERSION_LOCKED" || !held.CancelRequested ||
		!strings.Contains(held.WaitingFor.String(), "next try at 20") {
		t.Errorf("stood at %s with %+v, waiting for %q", held.Stage, held.Hold, held.WaitingFor)
	}
	if view.Stage != order.StageCancelled || w.platform.calls["cancel"] != 4 {
		t.Errorf("ended %s after %d tries", view.Stage, w.platform.calls["cancel"])
	}
}

// TestAVersionThatAlipayDoesNotShowForAMoment is not gone: it is in audit, and taken out of it.
func TestAVersionThatAlipayDoesNotShowForAMoment(t *testing.T) {
	w := ready(t)
	w.epilogue = 6 * time.Hour
	w.command(10*time.Minute, order.CommandCancel, order.Instruction{})
	w.at(10*time.Minute-time.Second, func(p *platform) {
		unseen := refusal(codes.ClassQuery, "MINIAPP_VERSION_NOT_EXSIT")
		p.refusals["detail"] = append(p.refusals["detail"], unseen, unseen)
	})
	view := w.run()
	w.endsTrue(view)
	if w.platform.effects["cancel"] != 1 {
		t.Errorf("ended %s: %s, after %v", view.Stage, view.Reason, w.platform.effects)
	}
}

// passesBefore lets the audit end a second before it is withdrawn.
func passesBefore(w *world) {
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: time.Hour}, {status: gateway.VersionWaitRelease, after: time.Hour}}
	w.command(62*time.Minute+time.Second, order.CommandWithdraw, order.Instruction{})
}

// TestAWithdrawThatLosesTheRace to a pass stops before the release.
func TestAWithdrawThatLosesTheRace(t *testing.T) {
	w := ready(t)
	passesBefore(w)
	w.sweep.off = true
	w.input.Schedules.Audit = order.Schedule{{Every: 24 * time.Hour}}
	held := w.viewAt(5 * time.Hour)
	w.command(6*time.Hour, order.CommandApprove, order.Instruction{})
	view := w.run()
	if held.Stage != order.StageReleasing || held.Hold == nil || held.Hold.Kind != order.HoldNeedsApproval || w.platform.effects["take back"] != 0 {
		t.Errorf("stood at %s with %+v", held.Stage, held.Hold)
	}
	if view.Stage != order.StageOnline || !strings.Contains(notes(view), "withdraw came too late") {
		t.Errorf("ended %s:\n%s", view.Stage, notes(view))
	}
}

// TestAWithdrawThatLosesTheRaceToAutoOnline takes the version back at once; where Alipay
// is faster still it is online, and the order says so.
func TestAWithdrawThatLosesTheRaceToAutoOnline(t *testing.T) {
	for _, faster := range []bool{false, true} {
		w := ready(t)
		passesBefore(w)
		w.sweep.off = true
		w.byItself()
		w.input.Schedules.Audit = order.Schedule{{Every: 24 * time.Hour}}
		w.epilogue = 5 * time.Hour
		if faster {
			w.platform.byItself = 500 * time.Millisecond
		}
		held := &order.View{}
		if !faster {
			held = w.viewAt(3 * time.Hour)
			w.command(4*time.Hour, order.CommandCancel, order.Instruction{})
		}
		view := w.run()
		w.endsTrue(view)
		if faster {
			if view.Stage != order.StageOnline || !strings.Contains(notes(view), "withdraw came too late") {
				t.Errorf("ended %s:\n%s", view.Stage, notes(view))
			}
			continue
		}
		if held.Stage != order.StageSubmitting || held.Hold == nil || held.Hold.Kind != order.HoldNeedsApproval || w.platform.effects["online by itself"] != 0 {
			t.Errorf("stood at %s with %+v after %v", held.Stage, held.Hold, w.platform.effects)
		}
	}
}

// TestACorrectionAnswersOneRejection: while the version is being taken back for it,
// somebody submits it in the console. It is not taken out of that audit, and the next
// rejection waits for its own correction.
func TestACorrectionAnswersOneRejection(t *testing.T) {
	w := ready(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionAuditReject, after: time.Hour}}
	w.platform.refuse("take back", refusal(codes.ClassWait, "CAN_NOT_BACK_DEV_NOW"))
	w.command(2*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{Fields: []order.Sealed{`{}`}}})
	w.at(2*time.Hour+10*time.Second, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionAuditing })
	w.at(3*time.Hour, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionAuditReject })
	held := w.viewAt(30 * time.Hour)
	w.command(31*time.Hour, order.CommandCancel, order.Instruction{})
	view := w.run()
	if held.Stage != order.StageAuditRejected || len(held.Audits) != 2 || w.platform.effects["apply"] != 1 || w.platform.effects["cancel"] != 0 {
		t.Errorf("stood at %s with %d audits after %v", held.Stage, len(held.Audits), w.platform.effects)
	}
	if !strings.Contains(notes(view), "resubmit was not carried out") {
		t.Errorf("nothing says what became of the correction:\n%s", notes(view))
	}
}

// TestALateVerdictOfAnEarlierAttempt: the first delivery of attempt 1's rejection comes
// while attempt 2 is in audit and Alipay can't be asked.
func TestALateVerdictOfAnEarlierAttempt(t *testing.T) {
	w := ready(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionAuditReject, after: time.Hour}, {status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
	w.command(2*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{}})
	w.at(3*time.Hour, func(p *platform) { p.token = "" })
	w.send(3*time.Hour, revoked("T1"))
	late := audited(order.VerdictRejected)
	late.SentAt = w.env.Now().Add(62 * time.Minute)
	w.send(4*time.Hour, late)
	after := w.viewAt(5 * time.Hour)
	w.command(6*time.Hour, order.CommandCancel, order.Instruction{})
	view := w.run()
	if after.Stage != order.StageAuditing || len(after.Audits) != 2 || after.Audits[1].Verdict != "" || dispositions(view)["n3"] != order.DispositionStale {
		t.Errorf("stood at %s with %+v; the message became %s", after.Stage, after.Audits, dispositions(view)["n3"])
	}
}

// TestAnAgreementWithoutAnID is a wait: there is nothing to go on with.
func TestAnAgreementWithoutAnID(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.at(time.Minute, func(p *platform) { agree(p); p.nameless = true })
	nameless := confirmed("AGREED")
	nameless.MiniAppID = ""
	w.send(2*time.Minute, nameless)
	waiting := w.viewAt(30 * time.Minute)
	w.at(time.Hour, func(p *platform) { p.nameless = false })
	w.send(61*time.Minute, authorized("T1", w.env.Now()))
	view := w.run()
	if waiting.Stage != order.StageAwaitingMerchant || waiting.MiniAppID != "" || view.Stage != order.StageOnline {
		t.Errorf("stood at %s of %q, ended %s", waiting.Stage, waiting.MiniAppID, view.Stage)
	}
}
