package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
	"miniflow/order"
)

// TestCancelledBeforeTheUpload: what Alipay does not know needs no call.
func TestCancelledBeforeTheUpload(t *testing.T) {
	w := ready(t)
	w.input.Request.Version.AppVersion = "1.0.0"
	w.platform.change(func(p *platform) { p.forEver["upload"] = refusal(codes.ClassPermanent, "TEMPLATE_IS_GONE") })
	w.command(time.Hour, order.CommandCancel, order.Instruction{})
	if view := w.run(); view.Stage != order.StageCancelled || w.wire.begun["TakeBack"] != 0 {
		t.Errorf("ended %s after %d calls to take the version back", view.Stage, w.wire.begun["TakeBack"])
	}
}

// TestCancelledWhileItIsBuilt: somebody has submitted the version in the console before
// Alipay says that it is built. It does not stay in audit.
func TestCancelledWhileItIsBuilt(t *testing.T) {
	for _, policy := range []order.StepMode{order.StepAuto, order.StepExternal} {
		w := ready(t)
		w.input.Request.Policy.Upload, w.input.Request.Version.AppVersion = policy, "1.0.0"
		if policy == order.StepExternal {
			w.at(0, func(p *platform) { p.keep(rules.Upload{AppVersion: "1.0.0"}) })
		}
		w.platform.built["1.0.0"] = gateway.BuildRunning
		w.at(7*time.Minute, func(p *platform) { delete(p.built, "1.0.0"); p.versions["1.0.0"].Status = gateway.VersionAuditing })
		early := w.viewAt(6 * time.Minute)
		w.command(7*time.Minute+time.Millisecond, order.CommandCancel, order.Instruction{})
		view := w.run()
		if early.Stage != order.StageBuilding || view.Stage != order.StageCancelled || w.platform.pipeline()[gateway.VersionAuditing] != 0 || w.platform.effects["cancel"] != 1 {
			t.Errorf("upload by %s: from %s it ended %s after %v, and at Alipay stands %v", policy, early.Stage, view.Stage, w.platform.effects, w.platform.pipeline())
		}
	}
}

// TestCancelledWhileTheUploadIsUnsure: its answer was lost. What Alipay shows a moment later is
// taken out of audit; what it does not show then was never there, and nobody waits for it.
func TestCancelledWhileTheUploadIsUnsure(t *testing.T) {
	for arrived, after := range map[bool]time.Duration{true: 0, false: 1000 * time.Hour} {
		w := ready(t)
		w.platform.lose("upload", after)
		w.wire.answersLate("BuildVersion", 10*time.Second, func() {
			w.commandNow(order.CommandCancel, order.Instruction{})
			if arrived {
				w.platform.change(func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionAuditing })
			}
		})
		view, want := w.run(), 0
		if arrived {
			want = 1
		}
		if view.Stage != order.StageCancelled || w.platform.effects["cancel"] != want || w.platform.pipeline()[gateway.VersionAuditing] != 0 {
			t.Errorf("arrived %v: ended %s after %v, and at Alipay stands %v", arrived, view.Stage, w.platform.effects, w.platform.pipeline())
		}
		if strings.Contains(notes(view), "needs_operator") || w.wire.begun["TakeBack"] != 1 {
			t.Errorf("arrived %v: a person was asked, or %d calls made", arrived, w.wire.begun["TakeBack"])
		}
		if took := view.FinishedAt.Sub(w.input.CreatedAt); took > 5*time.Minute {
			t.Errorf("arrived %v: the cancellation was carried out after %s", arrived, took)
		}
	}
}

// TestTheCallIsNamedAsAlipayNamesIt, of a trial too, so that a person finds it in the documentation.
func TestTheCallIsNamedAsAlipayNamesIt(t *testing.T) {
	for kind, want := range map[order.Kind]string{order.KindFormal: "alipay.open.mini.isv.create", order.KindTrial: "alipay.open.mini.isv.fastregister.create"} {
		w := newWorld(t)
		w.input.Request.Kind = kind
		var during order.View
		w.wire.answersLate("CreateMiniProgram", 10*time.Second, func() { during = w.viewNow() })
		w.at(time.Hour, func(p *platform) {
			p.merchant, p.registration = alipay.MerchantTimeout, alipay.FastRegisterConfirmTimeout
		})
		if w.run(); during.WaitingFor.String() != "Alipay's answer to "+want {
			t.Errorf("a %s order waits for %q", kind, during.WaitingFor)
		}
	}
}

// TestCancelledAndTheMerchantConfirmsAfterAll: the mini program exists, and the order's end says
// so; a release asks no merchant, and its mini program is no news.
func TestCancelledAndTheMerchantConfirmsAfterAll(t *testing.T) {
	w := newWorld(t)
	w.command(time.Minute, order.CommandCancel, order.Instruction{})
	w.at(time.Hour, func(p *platform) { p.merchant = alipay.MerchantAgreed })
	if view := w.run(); view.Stage != order.StageCancelled || view.Reason.String() != "cancelled; the merchant confirmed "+miniAppID+" after all" {
		t.Errorf("ended %s because %q", view.Stage, view.Reason)
	}
	w = newWorld(t)
	w.releasing()
	w.command(time.Minute, order.CommandCancel, order.Instruction{})
	if view := w.run(); view.Stage != order.StageCancelled || view.Reason.String() != "cancelled by command" {
		t.Errorf("a release ended %s because %q", view.Stage, view.Reason)
	}
}
