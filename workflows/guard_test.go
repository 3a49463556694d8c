package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// Bounds on the calls of one order that Alipay refuses, over all its calls.
const (
	firstHour = 60
	laterHour = 12
)

const month = 30 * 24 * time.Hour

// sampleUnderRace is the share of the largest tables that the race detector sees, one in so many and
// other ones each time: all of a table is run without it.
const sampleUnderRace = 8

// everyRefusal lists what Alipay can say to a call: each class, in a code that no table
// has, and the codes that a cure is known for.
func everyRefusal() map[string]*gateway.Error {
	all := map[string]*gateway.Error{}
	for _, class := range codes.Classes() {
		all["unlisted "+string(class)] = refusal(class, "NOBODY_KNOWS_"+string(class), "field")
	}
	for code, meaning := range map[string]codes.Meaning{
		"CODE_TEMPLATE_NOT_SAFE":       {Class: codes.ClassWait},
		"LARGER_VERSION_HAS_EXISTED":   {Class: codes.ClassFix, AutoFix: codes.AutoFixHigherVersion, Fields: []string{"app_version"}},
		"EXIST_LARGER_ONLINED_VERSION": {Class: codes.ClassFix, AutoFix: codes.AutoFixNewVersion, Fields: []string{"app_version"}},
		"VERSION_MAX_20":               {Class: codes.ClassFix, AutoFix: codes.AutoFixDeleteOldVersions},
		"HAS_NO_MODIFY_CNT":            {Class: codes.ClassFix, AutoFix: codes.AutoFixDropFields, Fields: []string{"app_name", "app_logo", "app_desc"}},
		"NOT_ALLOW_BETA_CATEGORY":      {Class: codes.ClassFix},
		"40005":                        {Class: codes.ClassRetry, Slow: true},
		"MINIAPP_VERSION_NOT_EXSIT":    {Class: codes.ClassQuery},
		"VERSION_HAS_EXISTED":          {Class: codes.ClassQuery},
		"ORDER_FINISHED":               {Class: codes.ClassQuery},
	} {
		all[code] = &gateway.Error{Method: "test", Code: "40004", SubCode: code, Meaning: meaning}
	}
	return all
}

// lives are stories in which each call is made at least once, told without a refusal.
func lives() map[string]func(*world) {
	return map[string]func(*world){
		"create": straightOn, "query": straightOn, "list": straightOn, "upload": straightOn, "build": straightOn,
		"detail": straightOn, "apply": straightOn, "online": straightOn,
		"cancel": func(w *world) {
			w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 1000 * time.Hour}}
			w.command(30*time.Minute, order.CommandWithdraw, order.Instruction{})
		},
		"take back": func(w *world) {
			w.platform.verdicts = []verdict{{status: gateway.VersionAuditReject, after: time.Hour}}
			w.command(2*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{}})
		},
	}
}

func straightOn(*world) {}

// TestRefusedForEver: whatever call Alipay refuses, in whatever words, for however long:
// an order's refused calls stay few, and the order shows what is wrong.
func TestRefusedForEver(t *testing.T) {
	nth := 0
	for method, life := range lives() {
		for name, said := range everyRefusal() {
			for _, cancelled := range []bool{false, true} {
				if nth++; underRace && nth%sampleUnderRace != 0 {
					continue
				}
				t.Run(fmt.Sprint(method, " ", name, " ", cancelled), func(t *testing.T) {
					t.Parallel()
					w := ready(t)
					w.horizon = 36 * time.Hour // by then every pause is at its longest
					if method == "apply" && name == "CODE_TEMPLATE_NOT_SAFE" {
						w.horizon = month
					}
					w.platform.change(func(p *platform) { p.forEver[method] = said })
					life(w)
					if cancelled {
						w.command(3*time.Hour, order.CommandCancel, order.Instruction{})
					}
					var view order.View
					w.env.RegisterDelayedCallback(func() { view = w.viewNow() }, w.horizon-time.Hour)
					w.run()
					w.staysCalm(t, view)
				})
			}
		}
	}
}

// staysCalm checks the bounds, and that a person sees why an order does not go on.
func (w *world) staysCalm(t *testing.T, view order.View) {
	t.Helper()
	first, later := w.platform.busiest(w.input.CreatedAt)
	if first > firstHour || later > laterHour {
		t.Errorf("%d calls were refused in the first hour and up to %d in a later one; %v", first, later, w.platform.calls)
	}
	overdue := w.input.CreatedAt.Add(w.horizon).Sub(view.StageSince) > w.input.Schedules.Watchdogs[view.Stage].Std()
	if view.Stage != "" && !view.Stage.Ended() && view.Hold == nil && overdue && !strings.Contains(view.WaitingFor.String(), "next try at") {
		t.Errorf("at the end it is %s, and waits for %q", view.Stage, view.WaitingFor)
	}
}

// TestATemplateThatIsBeingScanned: CODE_TEMPLATE_NOT_SAFE is tried again at a pace, and shows.
func TestATemplateThatIsBeingScanned(t *testing.T) {
	w := ready(t)
	w.platform.change(func(p *platform) { p.forEver["upload"] = refusal(codes.ClassWait, "CODE_TEMPLATE_NOT_SAFE") })
	held := w.viewAt(30 * time.Minute)
	w.at(2*time.Hour, func(p *platform) { delete(p.forEver, "upload") })
	view := w.run()
	if held.Hold == nil || held.Hold.Kind != order.HoldPipelineBusy || held.Hold.Code != "CODE_TEMPLATE_NOT_SAFE" {
		t.Errorf("held by %+v", held.Hold)
	}
	if view.Stage != order.StageOnline || view.Hold != nil || w.platform.calls["upload"] > 20 {
		t.Errorf("ended %s after %d uploads", view.Stage, w.platform.calls["upload"])
	}
}

// TestAWithdrawThatAlipayRefuses asks for a person, once.
func TestAWithdrawThatAlipayRefuses(t *testing.T) {
	w := ready(t)
	lives()["cancel"](w)
	w.platform.change(func(p *platform) { p.forEver["cancel"] = refusal(codes.ClassPermanent, "NO_RIGHT") })
	held := w.viewAt(20 * time.Hour)
	w.at(21*time.Hour, func(p *platform) { delete(p.forEver, "cancel") })
	w.command(22*time.Hour, order.CommandRetry, order.Instruction{})
	back := w.viewAt(23 * time.Hour)
	w.command(24*time.Hour, order.CommandCancel, order.Instruction{})
	w.run()
	if held.Stage != order.StageAuditing || held.Hold == nil || held.Hold.Code != "NO_RIGHT" || w.platform.calls["cancel"] > 3 {
		t.Errorf("stood at %s with %+v after %d calls", held.Stage, held.Hold, w.platform.calls["cancel"])
	}
	if back.Stage != order.StageSubmitting || back.Hold == nil || back.Hold.Kind != order.HoldNeedsApproval {
		t.Errorf("after retry at %s with %+v", back.Stage, back.Hold)
	}
}

// TestALargerVersionThatNoQueryExplains ends in a hold that says so.
func TestALargerVersionThatNoQueryExplains(t *testing.T) {
	for method, code := range map[string]string{"upload": "LARGER_VERSION_HAS_EXISTED", "apply": "EXIST_LARGER_ONLINED_VERSION"} {
		w := ready(t)
		w.platform.change(func(p *platform) { p.forEver[method] = everyRefusal()[code] })
		held := w.viewAt(20 * time.Hour)
		w.command(21*time.Hour, order.CommandCancel, order.Instruction{})
		w.run()
		if held.Hold == nil || held.Hold.Kind != order.HoldNeedsInput || held.Hold.Code != code || w.platform.calls[method] > 10 {
			t.Errorf("%s: held by %+v after %v", method, held.Hold, w.platform.calls)
		}
		if strings.Contains(held.WaitingFor.String(), "next try") {
			t.Errorf("nothing is tried by itself, and it waits for %q", held.WaitingFor)
		}
	}
}

// TestAnAnswerThatIsNoNews: a version in a gray release can't be taken back, and each
// answer takes its time. It is asked for again at a pace.
func TestAnAnswerThatIsNoNews(t *testing.T) {
	w := ready(t)
	w.input.Request.Policy.Release = order.StepManual
	w.horizon = 12 * time.Hour
	w.at(3*time.Hour, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionGray })
	for range 500 {
		w.wire.answersLate("TakeBack", time.Second, nil)
	}
	w.command(4*time.Hour, order.CommandCancel, order.Instruction{})
	w.run()
	if tries := w.wire.begun["TakeBack"]; tries < 10 || tries > 60 {
		t.Errorf("%d tries in eight hours", tries)
	}
}

// TestAStatusThatNoTableHas ends in a hold that shows it, whenever it comes.
func TestAStatusThatNoTableHas(t *testing.T) {
	for _, when := range []time.Duration{-time.Hour, 30 * time.Minute, 90 * time.Minute} {
		w := ready(t)
		w.horizon, w.input.Request.Policy.Release = month, order.StepManual
		strange := func(p *platform) {
			for _, version := range p.versions {
				version.Status = "HALF_MOON"
			}
		}
		if when < 0 {
			when = 2*time.Minute + time.Second
			w.input.Request.Policy.Submit = order.StepManual
			w.command(3*time.Minute, order.CommandApprove, order.Instruction{})
		}
		w.at(when, strange)
		held := w.viewAt(20 * time.Hour)
		var view order.View
		w.env.RegisterDelayedCallback(func() { view = w.viewNow() }, month-time.Hour)
		w.run()
		if held.Hold == nil || held.Hold.Kind != order.HoldNeedsOperator || held.Hold.Code != "HALF_MOON" {
			t.Errorf("after %s stood at %s with %+v", when, held.Stage, held.Hold)
		}
		w.staysCalm(t, view)
		if w.platform.calls["detail"] > 300 {
			t.Errorf("asked %d times", w.platform.calls["detail"])
		}
	}
}
