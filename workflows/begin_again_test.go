package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/order"
)

// TestAnOrderThatIsBegunAgainFindsWhatItHadDone : somebody terminated it in audit. The
// new run creates nothing, uploads nothing and submits nothing a second time, goes on
// with the attempt that is in audit, and says who began it again.
func TestAnOrderThatIsBegunAgainFindsWhatItHadDone(t *testing.T) {
	w := newWorld(t)
	w.platform.merchant, w.platform.token, w.platform.ordered = alipay.MerchantAgreed, "T1", true
	applied := w.env.Now().Add(-24 * time.Hour).Truncate(time.Second)
	version := &alipay.VersionDetail{Status: alipay.VersionAuditing, ScanResult: alipay.ScanPassed, SubmittedAt: applied}
	w.platform.numbers, w.platform.versions["0.0.1"] = []string{"0.0.1"}, version
	w.numbers.records = []order.VersionReservation{{
		OutOrderNo: outNo, AppVersion: "0.0.1", BundleID: order.DefaultBundleID, TemplateID: "T1", SeenFreeAt: applied.Add(-time.Hour),
	}}
	w.input.BegunAgain = &order.BegunAgain{Actor: "ops", Reason: "terminated by mistake", At: w.env.Now(), Last: order.View{
		Stage: order.StageAuditing, OrderNo: orderNo, MiniAppID: miniAppID, Sequence: 9,
		Timeline: []order.TimelineItem{{Sequence: 9, Event: order.HappenedStageChanged, Stage: order.StageAuditing}},
		Audits:   []order.Audit{{Attempt: 1, SubmittedAt: applied.Add(3 * time.Second)}}, Version: order.VersionView{AppVersion: "0.0.1", TemplateID: "T1"},
	}}
	w.send(time.Minute, authorized("T1", w.env.Now()))
	w.at(3*time.Hour, func(*platform) { version.Status = alipay.VersionWaitRelease })
	view := w.run()
	if view.Stage != order.StageOnline || view.Version.AppVersion != "0.0.1" {
		t.Errorf("ended %s with %s", view.Stage, view.Version.AppVersion)
	}
	if w.platform.effects["create"]+w.platform.effects["upload"]+w.platform.effects["apply"] != 0 || w.platform.effects["online"] != 1 {
		t.Errorf("effects %v", w.platform.effects)
	}
	if len(view.Audits) != 1 || view.Audits[0].Verdict != order.VerdictPassed || !view.Audits[0].SubmittedAt.Equal(applied) {
		t.Errorf("audits %+v", view.Audits)
	}
	if begun := view.Timeline[1]; begun.Sequence != 10 || begun.Actor != "ops" || !strings.Contains(begun.Note, "terminated by mistake") {
		t.Errorf("the second thing on its timeline is %+v", begun)
	}
}
