package workflows_test

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"

	"miniflow/alipay"
	"miniflow/order"
)

// TestAnOrderBehindAnother says so, with its place, and touches nothing until it is its turn.
func TestAnOrderBehindAnother(t *testing.T) {
	r := newRelay(t)
	r.platform.verdicts = reviewed
	r.silent = 100
	r.at(90*time.Second, agree)
	places := func(when time.Duration, behind string, place int) {
		r.add(r.began.Add(when), func(env *testsuite.TestWorkflowEnvironment) {
			env.SignalWorkflow(order.AuthorizationSignal, order.AuthorizationChange{
				Authorization: order.AuthorizationAuthorized, QueuedBehind: behind, Place: place,
			})
		})
	}
	places(3*time.Minute, "OUT0", 2)
	places(30*time.Hour, "OUT0", 1)
	r.cut(31 * time.Hour)
	places(50*time.Hour, "", 0)
	var queued, next order.View
	r.add(r.began.Add(20*time.Hour), func(env *testsuite.TestWorkflowEnvironment) { queued = r.view(env) })
	r.add(r.began.Add(40*time.Hour), func(env *testsuite.TestWorkflowEnvironment) {
		next = r.view(env)
		if r.platform.effects["upload"] != 0 {
			t.Errorf("acts while it is queued: %v", r.platform.effects)
		}
	})
	view := r.tell()
	for place, seen := range map[int]order.View{2: queued, 1: next} {
		if seen.Queue == nil || seen.Queue.Behind != "OUT0" || seen.Queue.Place != place || !strings.Contains(seen.WaitingFor, "queued behind order OUT0") ||
			seen.Hold != nil {
			t.Errorf("at place %d it showed %+v and waited for %q under %+v", place, seen.Queue, seen.WaitingFor, seen.Hold)
		}
	}
	if view.Stage != order.StageOnline || view.Queue != nil {
		t.Errorf("ended %s with %+v", view.Stage, view.Queue)
	}
}

// TestGivenUp : an order that has failed for good ends as creation_failed, with the person's
// words; one that has not, and one whose call is under way, does not.
func TestGivenUp(t *testing.T) {
	w := newWorld(t)
	w.platform.change(func(p *platform) { p.forEver["create"] = refusal(alipay.ClassPermanent, "HAS_RISK") })
	var early *outcome
	w.wire.answersLate("CreateMiniProgram", 10*time.Second, func() { early = w.commandNow(order.CommandGiveUp, order.Instruction{}) })
	w.platform.lose("create", 1000*time.Hour)
	given := w.command(time.Hour, order.CommandGiveUp, order.Instruction{Reason: "the merchant has closed"})
	view := w.run()
	if early.rejected == nil || given.rejected != nil {
		t.Errorf("while create was under way: %v; later: %v", early.rejected, given.rejected)
	}
	if view.Stage != order.StageCreationFailed || view.Reason != "given up at needs_operator HAS_RISK: the merchant has closed" {
		t.Errorf("ended %s because %q", view.Stage, view.Reason)
	}
}

// TestALimitedRelease : what went online only in Alipay's limited form says so, though
// the answer to that call be lost.
func TestALimitedRelease(t *testing.T) {
	lost := func(w *world) {
		w.platform.refuse("online", refusal(alipay.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION"))
		w.platform.lose("online", 0)
	}
	tests := map[string]struct {
		unfiled bool
		happens func(*world)
		want    bool
	}{
		"filed":                           {},
		"unfiled":                         {unfiled: true, want: true},
		"unfiled, and the answer is lost": {unfiled: true, happens: lost, want: true},
		"unfiled, and the effect comes late": {unfiled: true, want: true, happens: func(w *world) {
			w.platform.refuse("online", refusal(alipay.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION"))
			w.platform.lose("online", 20*time.Second)
		}},
		"filed between the two, the limited form refused": {unfiled: true, happens: func(w *world) {
			w.platform.refuse("online", refusal(alipay.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION"),
				refusal(alipay.ClassWait, "MINI_APP_VERSION_ITERATION_EXIST"))
			w.at(40*time.Minute, func(p *platform) { p.unfiled = false })
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := ready(t)
			permit := true
			w.input.Request.Submission.PermitLimitedRelease = &permit
			w.platform.unfiled = test.unfiled
			if test.happens != nil {
				test.happens(w)
			}
			view := w.run()
			if limited := strings.Contains(notes(view), "limited until its ICP filing"); view.Stage != order.StageOnline || limited != test.want {
				t.Errorf("ended %s, limited %v: %s", view.Stage, limited, notes(view))
			}
		})
	}
}

// TestASecondWithdraw is refused while the first is carried out.
func TestASecondWithdraw(t *testing.T) {
	w := ready(t)
	lives()["cancel"](w)
	var during *outcome
	w.wire.answersLate("CancelAudit", 10*time.Second, func() { during = w.commandNow(order.CommandWithdraw, order.Instruction{}) })
	w.platform.refuse("cancel", refusal(alipay.ClassWait, "NOT_NOW"))
	paused := w.command(30*time.Minute+30*time.Second, order.CommandWithdraw, order.Instruction{})
	w.command(time.Hour, order.CommandCancel, order.Instruction{})
	w.run()
	if during.rejected == nil || paused.rejected == nil {
		t.Errorf("a second withdraw during the call: %v; before its next try: %v", during.rejected, paused.rejected)
	}
}

// TestAnOrderThatEndsFreesItsMiniProgram for the next one, and leaves word of what is online.
func TestAnOrderThatEndsFreesItsMiniProgram(t *testing.T) {
	w := ready(t)
	w.epilogue = 20 * time.Hour
	var after order.MiniProgramView
	w.env.RegisterDelayedCallback(func() {
		value, err := w.env.QueryWorkflowByID(order.MiniProgramWorkflowID(appID, miniAppID), order.ViewQuery)
		w.must(err)
		if err == nil {
			w.must(value.Get(&after))
		}
	}, 10*time.Hour)
	view := w.run()
	if view.Stage != order.StageOnline || after.OutOrderNo != "" || after.Online == nil || after.Online.AppVersion != view.Version.AppVersion {
		t.Errorf("ended %s; the mini program has the order %q, and online is %+v", view.Stage, after.OutOrderNo, after.Online)
	}
}
