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

// unfiled is a world whose version passes its audit, and whose mini program has no ICP filing before
// done; says is what Alipay says of it, by when.
func unfiled(t *testing.T, done time.Duration, says map[time.Duration]gateway.FilingStatus) *world {
	t.Helper()
	w := ready(t)
	w.platform.verdicts, w.platform.unfiled = reviewed, true
	for when, status := range says {
		w.at(when, func(p *platform) { p.filing = gateway.Filing{Status: status, Description: "主体名称不符"} })
	}
	if done > 0 {
		w.at(done, func(p *platform) { p.unfiled = false })
	}
	return w
}

// TestAnOrderAwaitsItsFiling in a hold of its own, and goes online once that is done: soon where Alipay
// says something else of it, within a day where Alipay says nothing. Meanwhile it calls little.
func TestAnOrderAwaitsItsFiling(t *testing.T) {
	tests := map[string]struct {
		says    map[time.Duration]gateway.FilingStatus
		by      time.Duration
		onlines int
	}{
		"told by its status": {map[time.Duration]gateway.FilingStatus{10 * time.Hour: "AUDITING", 50 * time.Hour: "FINISHED"}, 53 * time.Hour, 4},
		"told by nobody":     {nil, 75 * time.Hour, 4},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := unfiled(t, 50*time.Hour, test.says)
			held, later, done := w.viewAt(4*time.Hour), w.viewAt(20*time.Hour), w.viewAt(test.by)
			view := w.run()
			if held.Stage != order.StageReleasing || held.Hold == nil || held.Hold.Kind != order.HoldAwaitingFiling || held.Hold.Code != order.CodeUnfiled {
				t.Fatalf("held at %s by %+v", held.Stage, held.Hold)
			}
			if task, _ := held.MerchantTask(); task != order.TaskFile || held.NextLook == nil || held.LookEvery != (6*time.Hour).Seconds() {
				t.Errorf("the merchant is to %q, it looks at %v and each %v", task, held.NextLook, held.LookEvery)
			}
			if test.says != nil {
				if task, _ := later.MerchantTask(); later.Hold.Code != "AUDITING" || task != "" || !strings.Contains(later.Hold.Message.String(), "主体名称不符") {
					t.Errorf("while it is examined: %+v, the merchant is to %q", later.Hold, task)
				}
			}
			if done.Stage != order.StageOnline || view.Stage != order.StageOnline || w.platform.calls["online"] != test.onlines || strings.Contains(notes(view), "limited until") {
				t.Errorf("by then %s, in the end %s after %d releases: %s", done.Stage, view.Stage, w.platform.calls["online"], notes(view))
			}
		})
	}
}

// TestARefusedFilingIsTheMerchantsAgain, and the release is not tried for it.
func TestARefusedFilingIsTheMerchantsAgain(t *testing.T) {
	w := unfiled(t, 40*time.Hour, map[time.Duration]gateway.FilingStatus{
		8 * time.Hour: "AUDITING", 12 * time.Hour: gateway.FilingSupervisionReject, 40 * time.Hour: "FINISHED",
	})
	refused := w.viewAt(20 * time.Hour)
	tried := 0
	w.at(20*time.Hour, func(p *platform) { tried = p.calls["online"] })
	view := w.run()
	if task, _ := refused.MerchantTask(); refused.Hold == nil || refused.Hold.Code != "SUPERVISION_AUDIT_REJECT" || task != order.TaskFile || tried != 1 {
		t.Errorf("held by %+v after %d releases, the merchant is to %q", refused.Hold, tried, task)
	}
	if view.Stage != order.StageOnline {
		t.Errorf("ended %s", view.Stage)
	}
}

// TestAFilingNeedNotBeAwaited: a person permits the limited release, somebody releases the version in the
// console, or the order is cancelled.
func TestAFilingNeedNotBeAwaited(t *testing.T) {
	permit := true
	tests := map[string]struct {
		does    func(*world)
		end     order.Stage
		limited bool
	}{
		"permitted": {func(w *world) {
			w.command(5*time.Hour, order.CommandProvideInput, order.Instruction{Submission: &order.Submission{PermitLimitedRelease: &permit}})
		}, order.StageOnline, true},
		"released in the console": {func(w *world) {
			w.at(5*time.Hour, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionRelease })
		}, order.StageOnline, false},
		"retried once it is done": {func(w *world) {
			w.at(4*time.Hour, func(p *platform) { p.unfiled = false })
			w.command(5*time.Hour, order.CommandRetry, order.Instruction{})
		}, order.StageOnline, false},
		"cancelled": {func(w *world) {
			w.command(5*time.Hour, order.CommandCancel, order.Instruction{})
		}, order.StageCancelled, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := unfiled(t, 0, nil)
			held := w.viewAt(4 * time.Hour)
			test.does(w)
			soon := w.viewAt(8 * time.Hour)
			view := w.run()
			if !slices.Contains(held.Commands, order.CommandProvideInput) {
				t.Errorf("held, it takes %v", held.Commands)
			}
			if limited := strings.Contains(notes(view), "limited until"); soon.Stage != test.end || view.Stage != test.end || limited != test.limited {
				t.Errorf("soon %s, ended %s, limited %v: %s", soon.Stage, view.Stage, limited, notes(view))
			}
		})
	}
}

// TestAnAppThatMayNotAskAboutFilings goes on all the same: the token is good, and the release tells.
func TestAnAppThatMayNotAskAboutFilings(t *testing.T) {
	w := unfiled(t, 20*time.Hour, nil)
	w.platform.change(func(p *platform) {
		p.forEver["filing"] = refusal(codes.ClassAuthorization, "isv.insufficient-isv-permissions")
	})
	held := w.viewAt(10 * time.Hour)
	view := w.run()
	if held.Hold == nil || held.Hold.Kind != order.HoldAwaitingFiling || held.Authorization != order.AuthorizationAuthorized || view.Stage != order.StageOnline {
		t.Errorf("held by %+v, %s, ended %s", held.Hold, held.Authorization, view.Stage)
	}
}
