package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// ready is a formal order whose merchant agrees after a minute and authorises after two.
func ready(t tester) *world {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.at(time.Minute, agree)
	w.send(2*time.Minute, authorized("T1", w.env.Now()))
	return w
}

// byItself lets the order's version go online by itself a minute after it has passed.
func (w *world) byItself() {
	w.input.Request.Submission.AutoOnline = new(bool)
	*w.input.Request.Submission.AutoOnline = true
	w.platform.byItself = time.Minute
}

// endsTrue: what an order that has ended says is what stands at Alipay, an hour and more later.
func (w *world) endsTrue(view order.View) {
	w.t.Helper()
	stands := w.platform.pipeline()
	switch view.Stage {
	case order.StageCancelled:
		for _, status := range []gateway.VersionStatus{gateway.VersionAuditing, gateway.VersionWaitRelease, gateway.VersionRelease} {
			if stands[status] > 0 {
				w.t.Error("the order ended cancelled, and Alipay has a version at ", status, ": ", view.Reason)
			}
		}
	case order.StageOnline:
		if stands[gateway.VersionRelease] == 0 {
			w.t.Error("the order ended online, and nothing is online: ", stands)
		}
	default:
		w.t.Error("the order ended ", view.Stage)
	}
}

// crossing is an act, and a story that comes to it.
type crossing struct {
	name, call, method string
	reach              func(*world)
}

func crossings() []crossing {
	return []crossing{
		{"create", activities.CreateMiniProgram.Name, "create", func(w *world) {
			w.at(3*time.Hour, func(p *platform) { p.merchant = alipay.MerchantRejected })
		}},
		{"upload", activities.BuildVersion.Name, "upload", func(*world) {}},
		{"apply", activities.SubmitAudit.Name, "apply", func(*world) {}},
		{"online", activities.PutOnline.Name, "online", func(*world) {}},
		{"withdraw", activities.CancelAudit.Name, "cancel", func(w *world) {
			w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 5 * time.Hour}}
			w.command(30*time.Minute, order.CommandWithdraw, order.Instruction{})
		}},
		{"take back", activities.TakeBack.Name, "take back", func(w *world) {
			w.platform.verdicts = []verdict{{status: gateway.VersionAuditReject, after: time.Hour}, {status: gateway.VersionWaitRelease, after: time.Hour}}
			w.command(2*time.Hour, order.CommandResubmit, order.Instruction{Submission: &order.Submission{}})
		}},
	}
}

// TestCancelledWhileACallIsInFlight: whatever the call, and whether its answer is
// only late, lost, or lost long before its effect, what ended cancelled is neither in
// audit nor online. Until the truth is known the stage stays and says what it waits for.
func TestCancelledWhileACallIsInFlight(t *testing.T) {
	lost := func(after time.Duration) func(*world, string) {
		return func(w *world, method string) { w.platform.lose(method, after) }
	}
	for how, fault := range map[string]func(*world, string){
		"late": func(*world, string) {}, "lost": lost(0), "lost before its effect": lost(20 * time.Second),
	} {
		for _, c := range crossings() {
			t.Run(c.name+" "+how, func(t *testing.T) {
				w := ready(t)
				if c.name == "create" {
					w = newWorld(t)
				}
				w.epilogue = 6 * time.Hour
				w.byItself()
				if c.name == "online" {
					w.input.Request.Submission.AutoOnline = nil
				}
				c.reach(w)
				fault(w, c.method)
				var during order.View
				var first, second, other *outcome
				w.wire.answersLate(c.call, 10*time.Second, func() {
					first = w.commandNow(order.CommandCancel, order.Instruction{Reason: "not any more"})
					w.soon(func() {
						during = w.viewNow()
						second = w.commandNow(order.CommandCancel, order.Instruction{})
						other = w.commandNow(order.CommandResubmit, order.Instruction{Version: &order.Version{}})
					})
				})
				view := w.run()
				w.endsTrue(view)
				if first.rejected != nil || !during.CancelRequested || during.Stage.Ended() || !strings.Contains(during.WaitingFor.String(), "alipay.open.mini.") {
					t.Errorf("cancel was answered %v; the order stood at %s, cancel requested %v, and waited for %q",
						first.rejected, during.Stage, during.CancelRequested, during.WaitingFor)
				}
				if asked := string(order.StageAwaitingMerchant); c.name == "create" && !strings.Contains(trail(view), asked) {
					t.Errorf("the merchant is asked, and the order ended without waiting for the answer: %s", trail(view))
				}
				if second.rejected == nil || other.rejected == nil {
					t.Errorf("a second course was taken: cancel %v, resubmit %v", second.rejected, other.rejected)
				}
			})
		}
	}
}

// TestCancelledWhileCreateIsRepeated: create is refused for now and made again; the
// answer to the second is late when the order is cancelled. The merchant is asked, so
// the order says so until that is over.
func TestCancelledWhileCreateIsRepeated(t *testing.T) {
	w := newWorld(t)
	w.platform.refuse("create", refusal(codes.ClassWait, "ONGOING_ORDER_EXIST"))
	w.wire.answersLate(activities.CreateMiniProgram.Name, 0, nil)
	w.wire.answersLate(activities.CreateMiniProgram.Name, 10*time.Second, func() { w.commandNow(order.CommandCancel, order.Instruction{}) })
	asked := w.viewAt(time.Hour)
	w.command(90*time.Second, order.CommandRefresh, order.Instruction{})
	w.at(2*time.Hour, func(p *platform) { p.merchant = alipay.MerchantTimeout })
	view := w.run()
	if w.platform.effects["create"] == 1 && (asked.Stage != order.StageAwaitingMerchant || !asked.CancelRequested) {
		t.Errorf("the merchant is asked, and the order stood at %s", asked.Stage)
	}
	if view.Stage != order.StageCancelled || w.platform.effects["create"] != 1 {
		t.Errorf("ended %s after %v", view.Stage, w.platform.effects)
	}
}

// TestACommandWhileSubmitting is refused and abandons nothing; refresh and retry abandon nothing either.
func TestACommandWhileSubmitting(t *testing.T) {
	w := ready(t)
	var resubmit, approve *outcome
	var during order.View
	w.wire.answersLate(activities.SubmitAudit.Name, 10*time.Second, func() {
		during = w.viewNow()
		resubmit = w.commandNow(order.CommandResubmit, order.Instruction{Version: &order.Version{}})
		approve = w.commandNow(order.CommandApprove, order.Instruction{})
		w.commandNow(order.CommandRefresh, order.Instruction{})
		w.commandNow(order.CommandRetry, order.Instruction{})
	})
	view := w.run()
	if resubmit.rejected == nil || approve.rejected == nil {
		t.Errorf("resubmit %v, approve %v", resubmit.rejected, approve.rejected)
	}
	if !strings.Contains(during.WaitingFor.String(), "alipay.open.mini.version.audit.apply") {
		t.Errorf("waited for %q", during.WaitingFor)
	}
	if view.Stage != order.StageOnline || len(view.Audits) != 1 || w.wire.begun[activities.SubmitAudit.Name] != 1 {
		t.Errorf("ended %s after %d submissions, audits %+v", view.Stage, w.wire.begun[activities.SubmitAudit.Name], view.Audits)
	}
}

// TestATrialsLinkSurvivesItsOwnMessage: WAIT_CONFIRM overtakes create's answer, which is late or lost for good.
func TestATrialsLinkSurvivesItsOwnMessage(t *testing.T) {
	for how, lose := range map[string]bool{"late": false, "lost": true} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			w.input.Request.Kind = order.KindTrial
			if lose {
				w.platform.lose("create", 0)
				w.platform.lose("create", 0)
			}
			w.wire.answersLate(activities.CreateMiniProgram.Name, 2*time.Second, func() { w.send(0, registered(alipay.FastRegisterWaitConfirm)) })
			asked := w.viewAt(20 * time.Minute)
			w.at(time.Hour, func(p *platform) { p.registration = alipay.FastRegisterConfirmTimeout })
			w.run()
			if asked.Stage != order.StageAwaitingMerchant || asked.Links.MerchantAuthorize == "" || asked.OrderNo != orderNo {
				t.Errorf("stood at %s with the link %q and order_no %q", asked.Stage, asked.Links.MerchantAuthorize, asked.OrderNo)
			}
		})
	}
}

// TestATrialsLinkWhenItsMessageIsFirst: a run that was reset, or that is begun again,
// hears of its order_no before it has asked for the link. The same call brings it again.
func TestATrialsLinkWhenItsMessageIsFirst(t *testing.T) {
	w := newWorld(t)
	w.input.Request.Kind = order.KindTrial
	w.input.Request.Policy.Create = order.StepManual
	w.send(30*time.Second, registered(alipay.FastRegisterWaitConfirm))
	before := w.viewAt(40 * time.Second)
	w.command(time.Minute, order.CommandApprove, order.Instruction{})
	asked := w.viewAt(20 * time.Minute)
	w.at(time.Hour, func(p *platform) { p.registration = alipay.FastRegisterConfirmTimeout })
	w.run()
	if before.Stage != order.StageCreating || before.OrderNo != orderNo {
		t.Errorf("before the approval: %s with %q", before.Stage, before.OrderNo)
	}
	if asked.Stage != order.StageAwaitingMerchant || asked.Links.MerchantAuthorize == "" {
		t.Errorf("stood at %s with the link %q", asked.Stage, asked.Links.MerchantAuthorize)
	}
}

// TestAPausedCallIsMadeAtOnce when a person wants it; nothing else makes it before its time.
func TestAPausedCallIsMadeAtOnce(t *testing.T) {
	for _, command := range []order.Command{order.CommandRefresh, order.CommandRetry} {
		w := ready(t)
		busy := refusal(codes.ClassWait, "CAN_NOT_SUBMIT_WITH_AUDIT")
		w.platform.refuse("apply", busy, busy)
		paused, before := w.viewAt(3*time.Minute+30*time.Second), 0
		w.at(3*time.Minute+30*time.Second, func(p *platform) { before = p.calls["apply"] })
		w.command(3*time.Minute+31*time.Second, command, order.Instruction{})
		after := 0
		w.at(3*time.Minute+32*time.Second, func(p *platform) { after = p.calls["apply"] })
		w.run()
		if after != before+1 {
			t.Errorf("%s: %d submissions before and %d after", command, before, after)
		}
		for _, part := range []string{"CAN_NOT_SUBMIT_WITH_AUDIT", "next try at 20"} {
			if !strings.Contains(paused.WaitingFor.String(), part) {
				t.Errorf("waited for %q", paused.WaitingFor)
			}
		}
	}
}

// TestACallWithoutAnAnswerAsksForAPerson once the watchdog has had its time, and can still be cancelled.
func TestACallWithoutAnAnswerAsksForAPerson(t *testing.T) {
	w := ready(t)
	w.epilogue = 6 * time.Hour
	w.wire.answersLate(activities.SubmitAudit.Name, 3*time.Hour, nil)
	early, held := w.viewAt(30*time.Minute), w.viewAt(2*time.Hour)
	cancel := w.command(2*time.Hour+time.Minute, order.CommandCancel, order.Instruction{})
	waits := w.viewAt(150 * time.Minute)
	view := w.run()
	if early.Hold != nil || held.Hold == nil || held.Hold.Kind != order.HoldNeedsOperator || !strings.Contains(held.Hold.Message.String(), "audit.apply") {
		t.Errorf("held early by %+v, after the watchdog by %+v", early.Hold, held.Hold)
	}
	if cancel.rejected != nil || waits.Stage != order.StageSubmitting || !waits.CancelRequested {
		t.Errorf("cancel %v; stood at %s", cancel.rejected, waits.Stage)
	}
	w.endsTrue(view)
}
