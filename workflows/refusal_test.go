package workflows_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestAskFirstBelongsToItsStep: a withdrawal that lost to a base pass asks before that
// release, and not before the release of the attempt that followed.
func TestAskFirstBelongsToItsStep(t *testing.T) {
	w := ready(t)
	w.sweep.off = true
	w.platform.verdicts = []verdict{{status: gateway.VersionBaseAuditPass, after: time.Hour}, {status: gateway.VersionWaitRelease, after: time.Hour}}
	w.command(63*time.Minute, order.CommandWithdraw, order.Instruction{})
	w.command(2*time.Hour, order.CommandDecideBasePass, order.Instruction{Decision: order.BasePassResubmit})
	w.command(3*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{}})
	w.send(5*time.Hour, audited(order.VerdictPassed))
	w.horizon = 10 * time.Hour
	view := w.run()
	if view.Stage != order.StageOnline || !strings.Contains(notes(view), "withdraw came too late") {
		t.Errorf("the next attempt was not released by itself: ended %q", view.Stage)
	}
}

// TestNoneOfThreeFieldsMayChange: Alipay does not say which, so they are left out one by one.
func TestNoneOfThreeFieldsMayChange(t *testing.T) {
	w := ready(t)
	spent := everyRefusal()["HAS_NO_MODIFY_CNT"]
	w.platform.refuse("apply", spent, spent, spent)
	held := w.viewAt(30 * time.Minute)
	view := w.run()
	if held.Hold != nil || view.Stage != order.StageOnline || w.platform.calls["apply"] != 4 {
		t.Errorf("held by %+v; ended %s after %d submissions", held.Hold, view.Stage, w.platform.calls["apply"])
	}
}

// TestACreateThatSaysLookAtTheOrder: the order is asked about before a person is called.
func TestACreateThatSaysLookAtTheOrder(t *testing.T) {
	for _, code := range []string{"ORDER_FINISHED", "OPERATION_INVALID"} {
		w := newWorld(t)
		w.platform.lose("create", 0)
		w.platform.refuse("create", nil, refusal(codes.ClassQuery, code))
		w.at(10*time.Minute, agree)
		w.platform.verdicts = reviewed
		w.send(500*time.Millisecond, confirmed("PROCESS"))
		w.send(20*time.Minute, authorized("T1", w.env.Now()))
		held := w.viewAt(5 * time.Minute)
		view := w.run()
		if held.Stage != order.StageAwaitingMerchant || held.Hold != nil || view.Stage != order.StageOnline {
			t.Errorf("%s: stood at %s with %+v, ended %s", code, held.Stage, held.Hold, view.Stage)
		}
	}
}

// TestATokenWithoutThePermission: the merchant has to authorise again; nobody is to appeal.
func TestATokenWithoutThePermission(t *testing.T) {
	w := ready(t)
	began := w.env.Now()
	w.platform.refuse("apply", refusal(codes.ClassAuthorization, "aop.invalid-app-auth-token-no-api"))
	held := w.viewAt(30 * time.Minute)
	w.at(time.Hour, func(p *platform) { p.token = "T2" })
	w.send(time.Hour, authorized("T2", began.Add(time.Hour)))
	view := w.run()
	if held.Hold == nil || held.Hold.Kind != order.HoldAuthorizationRevoked || !strings.Contains(held.Hold.Message.String(), "authorise again") {
		t.Errorf("held by %+v", held.Hold)
	}
	if view.Stage != order.StageOnline {
		t.Errorf("ended %s", view.Stage)
	}
}

// TestAVerdictAboutAnotherVersion, or about the same number of another client, counts for
// nothing, whatever it says and though Alipay can't be asked.
func TestAVerdictAboutAnotherVersion(t *testing.T) {
	for what, other := range map[string]order.Notification{
		"another number": {AppVersion: "9.9.9"}, "another client": {AppVersion: "0.0.1", BundleID: "com.alipay.iot"},
	} {
		w := ready(t)
		w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
		w.at(20*time.Minute, func(p *platform) { p.token = "" })
		w.send(20*time.Minute, revoked("T1"))
		rejected := audited(order.VerdictRejected)
		rejected.AppVersion, rejected.BundleID = other.AppVersion, other.BundleID
		w.send(30*time.Minute, rejected)
		after := w.viewAt(time.Hour)
		w.command(2*time.Hour, order.CommandCancel, order.Instruction{})
		view := w.run()
		if after.Stage != order.StageAuditing || dispositions(view)["n3"] != order.DispositionStale {
			t.Errorf("%s: stood at %s; the message became %s", what, after.Stage, dispositions(view)["n3"])
		}
	}
}

// TestARefusedQuestion is not asked again at its stage until a person says so; a message's word counts meanwhile.
func TestARefusedQuestion(t *testing.T) {
	w := ready(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
	w.at(10*time.Minute, func(p *platform) { p.forEver["detail"] = refusal(codes.ClassPermanent, "NO_RIGHT") })
	asked, held := 0, w.viewAt(20*time.Hour)
	w.at(20*time.Hour, func(p *platform) { asked = p.calls["detail"] })
	w.at(25*time.Hour, func(p *platform) {
		if p.calls["detail"] != asked {
			t.Errorf("asked %d times more", p.calls["detail"]-asked)
		}
	})
	w.at(27*time.Hour+30*time.Minute, func(p *platform) {
		if p.calls["detail"] == asked {
			t.Error("the next stage's own question was not asked")
		}
		delete(p.forEver, "detail")
	})
	w.send(26*time.Hour, audited(order.VerdictRejected))
	word := w.viewAt(27 * time.Hour)
	w.command(28*time.Hour, order.CommandCancel, order.Instruction{})
	w.run()
	if held.Hold == nil || held.Hold.Code != "NO_RIGHT" || word.Stage != order.StageAuditRejected {
		t.Errorf("held by %+v, later at %s", held.Hold, word.Stage)
	}
}

// TestACommandLetsARefusedQuestionBeAskedAgain: whoever has put right what Alipay refused
// says so by any command, and Alipay is asked at once.
func TestACommandLetsARefusedQuestionBeAskedAgain(t *testing.T) {
	for _, command := range []order.Command{order.CommandRefresh, order.CommandRetry} {
		w := ready(t)
		w.at(10*time.Minute, func(p *platform) { p.forEver["detail"] = refusal(codes.ClassPermanent, "NO_RIGHT") })
		w.at(20*time.Hour, func(p *platform) { delete(p.forEver, "detail") })
		held := w.viewAt(21 * time.Hour)
		w.command(22*time.Hour, command, order.Instruction{})
		view := w.run()
		if held.Hold == nil || held.Hold.Code != "NO_RIGHT" || view.Stage != order.StageOnline {
			t.Errorf("%s: held by %+v, ended %s", command, held.Hold, view.Stage)
		}
	}
}

// TestTheCertificationIsNotAskedForAtOnceAgain after Alipay refused that question.
func TestTheCertificationIsNotAskedForAtOnceAgain(t *testing.T) {
	w := newWorld(t)
	w.trying()
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
	w.at(10*time.Minute, func(p *platform) { // often enough for a watch that begins again to be seen, and to end
		p.refusals["query"] = slices.Repeat([]*gateway.Error{refusal(codes.ClassPermanent, "NO_RIGHT")}, 20)
	})
	asked, held := 0, w.viewAt(20*time.Hour)
	w.at(20*time.Hour, func(p *platform) { asked = p.calls["query"] })
	w.command(21*time.Hour, order.CommandRetry, order.Instruction{})
	again := 0
	w.at(22*time.Hour, func(p *platform) { again = p.calls["query"] })
	w.command(23*time.Hour, order.CommandCancel, order.Instruction{})
	w.run()
	if held.Hold == nil || held.Hold.Code != "NO_RIGHT" || again != asked+1 || asked > 5 {
		t.Errorf("held by %+v; asked %d times, %d after retry", held.Hold, asked, again)
	}
}

// TestAStageAsksThoughTheOneBeforeCouldNot: Alipay refused the question about the audit, a
// message told its result, and whether the version is online is asked all the same.
func TestAStageAsksThoughTheOneBeforeCouldNot(t *testing.T) {
	w := ready(t)
	w.byItself()
	w.at(10*time.Minute, func(p *platform) { p.forEver["detail"] = refusal(codes.ClassPermanent, "NO_RIGHT") })
	held := w.viewAt(90 * time.Minute)
	w.at(2*time.Hour, func(p *platform) { delete(p.forEver, "detail") })
	w.send(3*time.Hour, audited(order.VerdictPassed))
	view := w.run()
	if held.Hold == nil || held.Hold.Code != "NO_RIGHT" || view.Stage != order.StageOnline || view.FinishedAt.Sub(w.input.CreatedAt) > 10*time.Hour {
		t.Errorf("held by %+v; ended %s at %v", held.Hold, view.Stage, view.FinishedAt)
	}
}

// TestAnApprovalThatTheConsoleAnswered is not asked for again : somebody took the version back
// and submitted it again; the correction of a later rejection needs nobody's word.
func TestAnApprovalThatTheConsoleAnswered(t *testing.T) {
	w := ready(t)
	w.input.Schedules.Audit = order.Schedule{{Every: 10 * time.Minute}}
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}, {status: gateway.VersionWaitRelease, after: time.Hour}}
	w.at(time.Hour, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionInit })
	asks := w.viewAt(2 * time.Hour)
	w.at(7*time.Hour, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionAuditing })
	w.at(14*time.Hour, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionAuditReject })
	w.send(15*time.Hour, audited(order.VerdictRejected))
	w.command(20*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{}})
	w.horizon = 40 * time.Hour
	view := w.run()
	if asks.Hold == nil || asks.Hold.Kind != order.HoldNeedsApproval || view.Stage != order.StageOnline {
		t.Errorf("asked by %+v, ended %q after %s", asks.Hold, view.Stage, notes(view))
	}
}
