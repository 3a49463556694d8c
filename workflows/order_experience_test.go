package workflows_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

func (p *platform) CreateExperience(_ context.Context, token alipay.Secret, number, _ string) error {
	return p.on("try", token, number, func(*gateway.VersionDetail) error {
		if _, tried := p.tried[number]; tried {
			return refusal(codes.ClassQuery, "CAN_NOT_SET_EXP_REPEAT")
		}
		p.effects["try"]++
		if p.unpacked > 0 {
			p.unpacked--
			return nil
		}
		p.tried[number] = gateway.Experience{Status: gateway.ExperiencePackaging}
		p.later(10*time.Second, func() {
			p.change(func(p *platform) {
				p.tried[number] = gateway.Experience{Status: gateway.ExperiencePackged, QRCode: "https://qr.example/" + number, Schema: "alipays://open/" + number}
			})
		})
		return nil
	})
}

func (p *platform) QueryExperience(_ context.Context, token alipay.Secret, number, _ string) (gateway.Experience, error) {
	found := gateway.Experience{Status: gateway.ExperienceNone}
	return found, p.on("tried", token, number, func(*gateway.VersionDetail) error {
		if tried, ok := p.tried[number]; ok {
			found = tried
		}
		return nil
	})
}

func (p *platform) CancelExperience(_ context.Context, token alipay.Secret, number, _ string) error {
	return p.on("untry", token, number, func(*gateway.VersionDetail) error {
		p.effects["untry"]++
		delete(p.tried, number)
		return nil
	})
}

// triedOut is a world whose order has people try its version out, and is authorised at once.
func triedOut(t *testing.T) *world {
	w := newWorld(t)
	yes := true
	w.input.Request.Version.Experience = &yes
	w.platform.verdicts = reviewed
	w.at(time.Minute, agree)
	w.send(2*time.Minute, authorized("T1", w.env.Now()))
	return w
}

// TestAVersionIsTriedOut: before its audit the version is made one to try out, once, whatever becomes of
// the answer; the order shows where and waits for a person, who approves it, brings another, or ends the
// order, which takes it from the people that try it.
func TestAVersionIsTriedOut(t *testing.T) {
	yes, no := true, false
	for name, c := range map[string]struct {
		set    func(*world)
		tries  int // how often a version was made one to try out
		end    order.Stage
		number string
	}{
		"approved": {func(w *world) { w.command(time.Hour, order.CommandApprove, order.Instruction{}) }, 1, order.StageOnline, "0.0.1"},
		"the answer was lost": {func(w *world) {
			w.platform.lose("try", 0)
			w.command(time.Hour, order.CommandApprove, order.Instruction{})
		}, 1, order.StageOnline, "0.0.1"},
		"not scanned yet": {func(w *world) {
			w.platform.refuse("try", refusal(codes.ClassWait, "CAN_NOT_SET_WITHOUT_SCAN_PASS"))
			w.command(time.Hour, order.CommandApprove, order.Instruction{})
		}, 1, order.StageOnline, "0.0.1"},
		"a manual step needs one approval": {func(w *world) {
			w.input.Request.Policy.Submit = order.StepManual
			w.command(time.Hour, order.CommandApprove, order.Instruction{})
		}, 1, order.StageOnline, "0.0.1"},
		"another version, tried out too": {func(w *world) {
			w.command(time.Hour, order.CommandResubmit, order.Instruction{Version: &order.Version{TemplateVersion: "2.0.0"}})
			w.command(3*time.Hour, order.CommandApprove, order.Instruction{})
		}, 2, order.StageOnline, "0.0.2"},
		"another version, not tried out": {func(w *world) {
			w.command(time.Hour, order.CommandResubmit, order.Instruction{Version: &order.Version{Experience: &no}})
		}, 1, order.StageOnline, "0.0.2"},
		"wished at the second version": {func(w *world) {
			w.input.Request.Version.Experience = nil
			w.input.Request.Policy.Submit = order.StepManual
			w.command(time.Hour, order.CommandResubmit, order.Instruction{Version: &order.Version{Experience: &yes}})
			w.command(3*time.Hour, order.CommandApprove, order.Instruction{})
		}, 1, order.StageOnline, "0.0.2"},
		"submitted in the console": {func(w *world) {
			w.at(time.Hour, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionWaitRelease })
		}, 1, order.StageOnline, "0.0.1"},
		"cancelled": {func(w *world) { w.command(time.Hour, order.CommandCancel, order.Instruction{}) }, 1, order.StageCancelled, "0.0.1"},
		"rejected, and submitted again": {func(w *world) {
			w.platform.verdicts = []verdict{{status: gateway.VersionAuditReject, after: time.Hour}, reviewed[0]}
			w.command(time.Hour, order.CommandApprove, order.Instruction{})
			w.command(3*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{Fields: []order.Sealed{`{}`}}})
		}, 1, order.StageOnline, "0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := triedOut(t)
			c.set(w)
			w.at(59*time.Minute, func(p *platform) {
				if p.effects["apply"] != 0 {
					t.Error("submitted before anybody had tried it out")
				}
			})
			view := w.run()
			if view.Stage != c.end || view.Version.AppVersion != c.number || w.platform.effects["try"] != c.tries || view.Links.ExperienceQR != "" {
				t.Errorf("ended %s with %s after %d, %+v", view.Stage, view.Version.AppVersion, w.platform.effects["try"], view.Links)
			}
			if c.end == order.StageCancelled && (w.platform.versions["0.0.1"] != nil || w.platform.effects["untry"] != 1) {
				t.Errorf("the version stays: %v", w.platform.effects)
			}
		})
	}
}

// TestPeopleSeeWhatToTryOut: while the order waits for the approval it says where the version can be tried
// out, and asks for a person as a webhook and the list of what needs one show it.
func TestPeopleSeeWhatToTryOut(t *testing.T) {
	w := triedOut(t)
	before, waits := w.viewAt(2*time.Minute), w.viewAt(30*time.Minute)
	w.command(time.Hour, order.CommandApprove, order.Instruction{})
	view := w.run()
	if before.Links.ExperienceQR != "" || waits.Links.ExperienceQR != "https://qr.example/0.0.1" || waits.Links.Experience != "alipays://open/0.0.1" {
		t.Errorf("the links were %+v, then %+v", before.Links, waits.Links)
	}
	if hold := waits.Hold; waits.Stage != order.StageSubmitting || hold == nil || hold.Kind != order.HoldNeedsApproval || hold.Code != "EXPERIENCE" ||
		!slices.Contains(waits.Commands, order.CommandApprove) || !slices.Contains(waits.Commands, order.CommandResubmit) {
		t.Errorf("%s, held by %+v; it takes %v", waits.Stage, waits.Hold, waits.Commands)
	}
	if !slices.ContainsFunc(view.Timeline, func(item order.TimelineItem) bool {
		return item.Event == order.HappenedAttentionNeeded && item.Code == "EXPERIENCE"
	}) {
		t.Error("nobody was told")
	}
}

// TestAnExperienceVersionThatIsNotThere: one that Alipay does not show is made once more, and then at a
// person's word alone. What the ISV's own systems submit waits for nobody.
func TestAnExperienceVersionThatIsNotThere(t *testing.T) {
	for unpacked, c := range map[int]struct{ held, want string }{
		1: {"needs_approval EXPERIENCE", "2"}, 2: {"needs_operator notExpVersion", "3"},
	} {
		w := triedOut(t)
		w.platform.change(func(p *platform) { p.unpacked = unpacked })
		held := w.viewAt(time.Hour)
		if unpacked > 1 {
			w.command(2*time.Hour, order.CommandRetry, order.Instruction{})
		}
		w.command(3*time.Hour, order.CommandApprove, order.Instruction{})
		view := w.run()
		if held.Hold == nil || string(held.Hold.Kind)+" "+held.Hold.Code != c.held {
			t.Errorf("held by %+v", held.Hold)
		}
		if made := fmt.Sprint(w.platform.effects["try"]); view.Stage != order.StageOnline || made != c.want {
			t.Errorf("ended %s after %s", view.Stage, made)
		}
	}
	external := triedOut(t)
	external.input.Request.Policy.Submit = order.StepExternal
	waits := external.viewAt(time.Hour)
	external.at(2*time.Hour, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionWaitRelease })
	if view := external.run(); waits.Hold != nil && waits.Hold.Code == "EXPERIENCE" || waits.Links.ExperienceQR == "" || view.Stage != order.StageOnline {
		t.Errorf("held by %+v, %+v; ended %s", waits.Hold, waits.Links, view.Stage)
	}
}
