package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// released is a new version of the mini program whose 1.0.3 is online.
func released(t tester) *world {
	w := newWorld(t)
	w.releasing()
	w.platform.verdicts = reviewed
	w.send(time.Minute, authorized("T1", w.env.Now()))
	return w
}

// somebodys keeps a version that another order, or nobody here, has made long before.
func (w *world) somebodys(number string) {
	w.platform.numbers = append(w.platform.numbers, number)
	w.platform.versions[number] = &gateway.VersionDetail{Status: gateway.VersionInit, ScanResult: gateway.ScanPassed}
	w.platform.made[number] = w.env.Now().Add(-24 * time.Hour)
	w.platform.from[number] = "T0"
}

// asksForANumber: the order waits for another number and has uploaded nothing.
func asksForANumber(t *testing.T, held order.View) {
	t.Helper()
	if held.Stage != order.StageBuilding || held.Hold == nil || held.Hold.Kind != order.HoldNeedsInput || held.Hold.Code != "VERSION_HAS_EXISTED" ||
		strings.Join(held.Hold.Fields, " ") != "version.app_version" {
		t.Errorf("stood at %s with %+v", held.Stage, held.Hold)
	}
}

// TestANumberThatSomebodyElseHasUsed never puts that build online under this order's name.
func TestANumberThatSomebodyElseHasUsed(t *testing.T) {
	w := released(t)
	w.somebodys("1.0.7")
	w.input.Request.Version.AppVersion = "1.0.7"
	held := w.viewAt(time.Hour)
	w.at(time.Hour, func(p *platform) {
		if p.effects["upload"] != 0 {
			t.Errorf("%d uploads", p.effects["upload"])
		}
	})
	w.command(2*time.Hour, order.CommandResubmit, order.Instruction{Version: &order.Version{AppVersion: "1.0.8"}})
	view := w.run()
	asksForANumber(t, *held)
	if view.Stage != order.StageOnline || view.Version.AppVersion != "1.0.8" || w.platform.from["1.0.8"] != "T1" || w.platform.effects["upload"] != 1 {
		t.Errorf("ended %s with %s after %v", view.Stage, view.Version.AppVersion, w.platform.effects)
	}
}

// TestAReleaseThatNamesTheNumberOnline asks for another, and does not end online having done nothing.
func TestAReleaseThatNamesTheNumberOnline(t *testing.T) {
	w := released(t)
	w.input.Request.Version.AppVersion = "1.0.3"
	held := w.viewAt(time.Hour)
	w.command(2*time.Hour, order.CommandResubmit, order.Instruction{Version: &order.Version{}})
	view := w.run()
	asksForANumber(t, *held)
	if view.Stage != order.StageOnline || view.Version.AppVersion != "1.0.4" || w.platform.effects["upload"] != 1 {
		t.Errorf("ended %s with %s after %v", view.Stage, view.Version.AppVersion, w.platform.effects)
	}
}

// TestAFailedBuild is built again under a higher number, once; the next failure asks for a
// person. What was tried is not tried again after a resubmit either.
func TestAFailedBuild(t *testing.T) {
	for _, state := range []gateway.BuildState{gateway.BuildFailed, gateway.BuildTimeout} {
		w := released(t)
		w.platform.builds = []gateway.BuildState{state, state, "", state}
		held := w.viewAt(time.Hour)
		w.command(2*time.Hour, order.CommandResubmit, order.Instruction{Version: &order.Version{TemplateVersion: "2"}})
		view := w.run()
		if held.Stage != order.StageBuilding || held.Hold == nil || held.Hold.Kind != order.HoldNeedsOperator || !strings.HasPrefix(held.Hold.Code, "BUILD_") ||
			held.Version.AppVersion != "1.0.5" {
			t.Errorf("%s: stood at %s of %s with %+v", state, held.Stage, held.Version.AppVersion, held.Hold)
		}
		if view.Stage != order.StageOnline || view.Version.AppVersion != "1.0.6" || w.platform.effects["upload"] != 3 {
			t.Errorf("%s: ended %s with %s after %v", state, view.Stage, view.Version.AppVersion, w.platform.effects)
		}
	}
}

// TestANumberOfThePersonsBelowOnesThatFailed does not let the next one fall below them again.
func TestANumberOfThePersonsBelowOnesThatFailed(t *testing.T) {
	w := released(t)
	failed := gateway.BuildFailed
	w.platform.builds = []gateway.BuildState{failed, failed, failed}
	w.command(time.Hour, order.CommandResubmit, order.Instruction{Version: &order.Version{AppVersion: "1.0.3"}})
	w.command(2*time.Hour, order.CommandResubmit, order.Instruction{Version: &order.Version{}})
	view := w.run()
	if view.Stage != order.StageOnline || view.Version.AppVersion != "1.0.7" || w.platform.calls["upload"] != 4 {
		t.Errorf("ended %s with %s after %v", view.Stage, view.Version.AppVersion, w.platform.calls)
	}
}

// TestAFailedScan asks for a person, and a resubmit builds another version.
func TestAFailedScan(t *testing.T) {
	w := released(t)
	w.platform.scans = []gateway.ScanResult{"False"}
	held := w.viewAt(time.Hour)
	w.command(2*time.Hour, order.CommandResubmit, order.Instruction{Version: &order.Version{TemplateVersion: "2"}})
	view := w.run()
	if held.Stage != order.StageScanning || held.Hold == nil || held.Hold.Code != "SCAN_FAILED" {
		t.Errorf("stood at %s with %+v", held.Stage, held.Hold)
	}
	if view.Stage != order.StageOnline || view.Version.AppVersion != "1.0.5" || w.platform.effects["apply"] != 1 {
		t.Errorf("ended %s with %s after %v", view.Stage, view.Version.AppVersion, w.platform.effects)
	}
}

// TestAVersionThatIsNotShownRightAfterItsBuild is waited for; nobody is called.
func TestAVersionThatIsNotShownRightAfterItsBuild(t *testing.T) {
	w := released(t)
	unseen := refusal(codes.ClassQuery, "MINIAPP_VERSION_NOT_EXSIT")
	w.input.Schedules.Scan = order.Schedule{{Every: time.Second}}
	w.platform.refuse("detail", nil, unseen, unseen, unseen)
	held := w.viewAt(10 * time.Minute)
	view := w.run()
	if held.Hold != nil || view.Stage != order.StageOnline || w.platform.effects["apply"] != 1 {
		t.Errorf("held by %+v; ended %s after %v", held.Hold, view.Stage, w.platform.effects)
	}
}

// TestAGracefulAutoOnline: Alipay puts the version online by itself, and Miniflow does not.
func TestAGracefulAutoOnline(t *testing.T) {
	w := released(t)
	w.byItself()
	w.platform.byItself = 90 * time.Minute
	held := w.viewAt(2 * time.Hour)
	view := w.run()
	if held.Stage != order.StageReleasing || held.Hold != nil || view.Stage != order.StageOnline || w.platform.calls["online"] != 0 {
		t.Errorf("stood at %s with %+v; ended %s after %v", held.Stage, held.Hold, view.Stage, w.platform.calls)
	}
}

// TestAGraceAfterABasePass: auto_online gets its time, then Miniflow puts the version online.
func TestAGraceAfterABasePass(t *testing.T) {
	w := released(t)
	w.byItself()
	w.platform.verdicts = []verdict{{status: gateway.VersionBaseAuditPass, after: time.Hour}}
	w.input.Request.Policy.OnBasePass = order.BasePassGoOnline
	began := w.env.Now()
	view := w.run()
	took := view.FinishedAt.Sub(began)
	if view.Stage != order.StageOnline || w.platform.calls["online"] != 1 || took < 70*time.Minute || took > 2*time.Hour {
		t.Errorf("ended %s after %s and %v", view.Stage, took, w.platform.calls)
	}
}
