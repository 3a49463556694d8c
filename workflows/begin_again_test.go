package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/order"
	"miniflow/words"
)

// TestAnOrderThatIsBegunAgainFindsWhatItHadDone: somebody terminated it in audit. The
// new run creates nothing, uploads nothing and submits nothing a second time, goes on
// with the attempt that is in audit, and says who began it again.
func TestAnOrderThatIsBegunAgainFindsWhatItHadDone(t *testing.T) {
	w := newWorld(t)
	w.platform.merchant, w.platform.token, w.platform.ordered = alipay.MerchantAgreed, "T1", true
	applied := w.env.Now().Add(-24 * time.Hour).Truncate(time.Second)
	rejected := applied.Add(-48 * time.Hour)
	version := &gateway.VersionDetail{Status: gateway.VersionAuditing, ScanResult: gateway.ScanPassed, SubmittedAt: applied}
	w.platform.numbers, w.platform.versions["0.0.1"] = []string{"0.0.1"}, version
	w.numbers.records = []order.VersionReservation{{
		OutOrderNo: outNo, AppVersion: "0.0.1", BundleID: order.DefaultBundleID, TemplateID: "T1", SeenFreeAt: applied.Add(-time.Hour),
	}}
	w.input.BegunAgain = &order.BegunAgain{Actor: "ops", Reason: "terminated by mistake", At: w.env.Now(), Last: order.View{
		Stage: order.StageAuditing, OrderNo: orderNo, MiniAppID: miniAppID, Sequence: 9,
		Timeline: []order.TimelineItem{{Sequence: 9, Event: order.HappenedStageChanged, Stage: order.StageAuditing}},
		Audits: []order.Audit{
			{Attempt: 1, SubmittedAt: applied.Add(-72 * time.Hour), EndedAt: &rejected, Verdict: order.VerdictRejected, Reasons: []order.Reason{{Part: "all", Memo: "类目不符"}}},
			{Attempt: 2, SubmittedAt: applied.Add(3 * time.Second)},
		}, Version: order.VersionView{AppVersion: "0.0.1", TemplateID: "T1"},
	}}
	w.send(time.Minute, authorized("T1", w.env.Now()))
	w.at(3*time.Hour, func(*platform) { version.Status = gateway.VersionWaitRelease })
	view := w.run()
	if view.Stage != order.StageOnline || view.Version.AppVersion != "0.0.1" {
		t.Errorf("ended %s with %s", view.Stage, view.Version.AppVersion)
	}
	if w.wire.begun["CreateMiniProgram"] != 0 {
		t.Errorf("create was called %d times by an order whose order_no is known", w.wire.begun["CreateMiniProgram"])
	}
	if w.platform.effects["create"]+w.platform.effects["upload"]+w.platform.effects["apply"] != 0 || w.platform.effects["online"] != 1 {
		t.Errorf("effects %v", w.platform.effects)
	}
	if len(view.Audits) != 2 || view.Audits[1].Verdict != order.VerdictPassed || !view.Audits[1].SubmittedAt.Equal(applied) ||
		view.Audits[0].Verdict != order.VerdictRejected || len(view.Audits[0].Reasons) != 1 {
		t.Errorf("audits %+v", view.Audits)
	}
	if begun := view.Timeline[1]; begun.Sequence != 10 || begun.Actor != "ops" || !strings.Contains(begun.Note.String(), "terminated by mistake") {
		t.Errorf("the second thing on its timeline is %+v", begun)
	}
}

// begunAgain is an order that was begun three weeks ago, terminated, and begun again now.
func begunAgain(w *world, last order.View) {
	w.input.CreatedAt = w.env.Now().Add(-3 * 7 * 24 * time.Hour)
	last.Sequence = 9
	w.input.BegunAgain = &order.BegunAgain{Actor: "ops", Reason: "terminated by mistake", At: w.env.Now(), Last: last}
}

// TestAnOrderThatIsBegunAgainShowsWhatItKnew: its numbers, the merchant's link, how far the
// certification is.
func TestAnOrderThatIsBegunAgainShowsWhatItKnew(t *testing.T) {
	w := newWorld(t)
	w.input.Request.Kind = order.KindTrial
	begunAgain(w, order.View{
		Stage: order.StageAwaitingMerchant, OrderNo: orderNo, MiniAppID: miniAppID, Certification: order.CertificationOperator,
		Links: order.Links{MerchantAuthorize: "https://authorize.example/7"},
	})
	seen := w.viewAt(10 * time.Minute)
	w.registers(time.Hour, alipay.FastRegisterConfirmTimeout)
	view := w.run()
	if seen.OrderNo != orderNo || seen.MiniAppID != miniAppID || seen.Certification != order.CertificationOperator ||
		seen.Links.MerchantAuthorize != "https://authorize.example/7" {
		t.Errorf("it showed %q, %q, %s and %+v", seen.OrderNo, seen.MiniAppID, seen.Certification, seen.Links)
	}
	if view.Stage != order.StageConfirmTimedOut || strings.Contains(notes(view), "needs_operator") {
		t.Errorf("ended %s; notes %s", view.Stage, notes(view))
	}
}

// TestNoWatchdogEscalatesThePast of an order that is begun again: its time in the stage is its new run's.
func TestNoWatchdogEscalatesThePast(t *testing.T) {
	w := newWorld(t)
	w.input.Request.Policy.Create = order.StepExternal
	begunAgain(w, order.View{Stage: order.StageCreating})
	early, late := w.viewAt(50*time.Minute), w.viewAt(70*time.Minute)
	w.command(2*time.Hour, order.CommandCancel, order.Instruction{})
	w.run()
	if !early.StageSince.Equal(w.input.BegunAgain.At) || early.Hold != nil || late.Hold == nil || late.Hold.Code != "STILL_WAITING" {
		t.Errorf("in its stage since %s; held by %+v, and after an hour by %+v", early.StageSince, early.Hold, late.Hold)
	}
}

// TestAnOrderThatIsBegunAgainFromItsRequest alone, where the closed run's last words have nothing else.
func TestAnOrderThatIsBegunAgainFromItsRequest(t *testing.T) {
	w := newWorld(t)
	w.input.Request.OrderNo, w.input.Request.MiniAppID = "ORD0", "2021000000000009"
	begunAgain(w, order.View{Stage: order.StageCreating})
	seen := w.viewAt(10 * time.Minute)
	w.at(time.Hour, func(p *platform) { p.merchant = alipay.MerchantRejected })
	if view := w.run(); view.Stage != order.StageMerchantRejected || seen.OrderNo != "ORD0" || seen.MiniAppID != "2021000000000009" ||
		seen.Version.TemplateID != "T1" || seen.Certification != order.CertificationNone {
		t.Errorf("ended %s; it showed %q, %q, %+v and %q", view.Stage, seen.OrderNo, seen.MiniAppID, seen.Version, seen.Certification)
	}
}

// TestAnOrderThatIsBegunAgainBuildsWhatReplacedItsVersion: a person had resubmitted with another
// template and number before it was terminated.
func TestAnOrderThatIsBegunAgainBuildsWhatReplacedItsVersion(t *testing.T) {
	w := released(t)
	w.input.Request.Version.AppVersion = "1.0.4"
	begunAgain(w, order.View{
		Stage: order.StageBuilding, MiniAppID: miniAppID, Version: order.VersionView{TemplateID: "T2", TemplateVersion: "0.0.9", AppVersion: "1.0.5"},
	})
	view := w.run()
	if view.Stage != order.StageOnline || view.Version.AppVersion != "1.0.5" || w.platform.from["1.0.5"] != "T2" || view.Version.TemplateVersion != "0.0.9" {
		t.Errorf("ended %s with %+v, built from %q", view.Stage, view.Version, w.platform.from["1.0.5"])
	}
}

// TestAnOrderThatIsBegunAgainChoosesItsNumberAnew: the one that it had chosen has been taken meanwhile.
func TestAnOrderThatIsBegunAgainChoosesItsNumberAnew(t *testing.T) {
	w := released(t)
	w.somebodys("1.0.4")
	begunAgain(w, order.View{Stage: order.StageBuilding, MiniAppID: miniAppID, Version: order.VersionView{TemplateID: "T1", AppVersion: "1.0.4"}})
	if view := w.run(); view.Stage != order.StageOnline || view.Version.AppVersion != "1.0.5" || strings.Contains(notes(view), "needs_input") {
		t.Errorf("ended %s with %+v", view.Stage, view.Version)
	}
}

// TestAnOrderThatWasBeingCancelled is cancelled all the same when it is begun again.
func TestAnOrderThatWasBeingCancelled(t *testing.T) {
	w := released(t)
	begunAgain(w, order.View{Stage: order.StageAuditing, MiniAppID: miniAppID, CancelRequested: true, Reason: words.Plain("the shop has closed")})
	if view := w.run(); view.Stage != order.StageCancelled || view.Reason.String() != "the shop has closed" || w.platform.effects["upload"] != 0 {
		t.Errorf("ended %s because %q after %v", view.Stage, view.Reason, w.platform.effects)
	}
}

// TestThatItWasBegunAgainIsSaidOnce, also by an order that continues as new afterwards.
func TestThatItWasBegunAgainIsSaidOnce(t *testing.T) {
	r := newRelay(t)
	r.platform.verdicts = reviewed
	r.input.BegunAgain = &order.BegunAgain{Actor: "ops", Reason: "terminated by mistake", At: r.began}
	r.at(90*time.Second, agree)
	r.cut(100 * time.Second)
	view := r.run()
	if said := strings.Count(notes(view), "begin-again: terminated by mistake"); view.Stage != order.StageOnline || r.runs != 2 || said != 1 {
		t.Errorf("ended %s after %d runs, which say %d times who began it again", view.Stage, r.runs, said)
	}
}
