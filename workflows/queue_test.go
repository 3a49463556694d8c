package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/testsuite"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
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
	view := r.run()
	for place, seen := range map[int]order.View{2: queued, 1: next} {
		if seen.Queue == nil || seen.Queue.Behind != "OUT0" || seen.Queue.Place != place || !strings.Contains(seen.WaitingFor.String(), "queued behind order OUT0") ||
			seen.Hold != nil || seen.Stage != order.StageAwaitingAuthorization {
			t.Errorf("at place %d it showed %+v at %s and waited for %q under %+v", place, seen.Queue, seen.Stage, seen.WaitingFor, seen.Hold)
		}
	}
	if r.claims < 8 { // somebody may terminate the mini program meanwhile, and nobody would say so
		t.Errorf("in two days it has claimed its mini program %d times", r.claims)
	}
	if view.Stage != order.StageOnline || view.Queue != nil {
		t.Errorf("ended %s with %+v", view.Stage, view.Queue)
	}
}

// TestAnOrderThatLosesItsPlace to another, while its mini program was claimed again, acts no
// more until its turn comes.
func TestAnOrderThatLosesItsPlace(t *testing.T) {
	w := ready(t)
	stands := func(change order.AuthorizationChange) func() {
		return func() {
			w.must(w.env.SignalWorkflowByID(order.WorkflowID(appID, outNo), order.AuthorizationSignal, change))
		}
	}
	w.wire.answersLate("BuildVersion", 10*time.Second,
		stands(order.AuthorizationChange{Authorization: order.AuthorizationAuthorized, QueuedBehind: "OUT0", Place: 1}))
	var queued order.View
	w.env.RegisterDelayedCallback(func() {
		queued = w.viewNow()
		if w.platform.effects["apply"] != 0 {
			t.Errorf("acts while another is in charge: %v", w.platform.effects)
		}
	}, 5*time.Hour)
	w.env.RegisterDelayedCallback(stands(order.AuthorizationChange{Authorization: order.AuthorizationAuthorized}), 5*time.Hour+time.Minute)
	view := w.run()
	if queued.Stage != order.StageBuilding || queued.Queue == nil || !strings.Contains(queued.WaitingFor.String(), "queued behind order OUT0") {
		t.Errorf("at %s it showed %+v and waited for %q", queued.Stage, queued.Queue, queued.WaitingFor)
	}
	if view.Stage != order.StageOnline || w.platform.effects["upload"] != 1 {
		t.Errorf("ended %s after %v", view.Stage, w.platform.effects)
	}
}

// TestTheListAndThePageShowThePlace of a queued order, also when it moves up; one that is
// cancelled in the queue stands in no queue any more.
func TestTheListAndThePageShowThePlace(t *testing.T) {
	w := ready(t)
	send := func(when time.Duration, name string, arg any) {
		w.env.RegisterDelayedCallback(func() { w.must(w.env.SignalWorkflowByID(order.MiniProgramWorkflowID(appID, miniAppID), name, arg)) }, when)
	}
	send(time.Second, order.ClaimSignal, order.Claim{OutOrderNo: "OUT0"})
	send(2*time.Second, order.ClaimSignal, order.Claim{OutOrderNo: "OUTX"})
	send(10*time.Hour, order.EndSignal, order.End{OutOrderNo: "OUTX"})
	for place, when := range map[int]time.Duration{2: 9 * time.Hour, 1: 11 * time.Hour} {
		w.env.RegisterDelayedCallback(func() {
			if listed := w.summary.Queue; listed == nil || *listed != (order.QueuePlace{Behind: "OUT0", Place: place}) {
				t.Errorf("at place %d the list shows %+v", place, listed)
			}
			var shown sdkpb.WorkflowMetadata
			value, err := w.env.QueryWorkflowByID(order.WorkflowID(appID, outNo), "__temporal_workflow_metadata")
			w.must(err)
			w.must(value.Get(&shown))
			if row := fmt.Sprintf("| queued behind | OUT0 &#40;place %d&#41; |", place); !strings.Contains(shown.GetCurrentDetails(), row) {
				t.Errorf("its page does not say %q:\n%s", row, shown.GetCurrentDetails())
			}
		}, when)
	}
	w.command(12*time.Hour, order.CommandCancel, order.Instruction{Reason: "no longer wanted"})
	view := w.run()
	if view.Stage != order.StageCancelled || view.Queue != nil || w.platform.effects["upload"] != 0 {
		t.Errorf("ended %s, queued %+v, after %v", view.Stage, view.Queue, w.platform.effects)
	}
}

// TestGivenUp: an order that has failed for good ends as creation_failed, with the person's
// words; one that has not, and one whose call is under way, does not.
func TestGivenUp(t *testing.T) {
	w := newWorld(t)
	w.input.Request.Version.AppVersion = "1.0.0" // which Alipay does not know
	w.platform.change(func(p *platform) { p.forEver["create"] = refusal(codes.ClassPermanent, "HAS_RISK") })
	var early *outcome
	w.wire.answersLate("CreateMiniProgram", 10*time.Second, func() { early = w.commandNow(order.CommandGiveUp, order.Instruction{}) })
	w.platform.lose("create", 1000*time.Hour)
	given := w.command(time.Hour, order.CommandGiveUp, order.Instruction{Reason: "the merchant has closed"})
	view := w.run()
	if early.rejected == nil || given.rejected != nil {
		t.Errorf("while create was under way: %v; later: %v", early.rejected, given.rejected)
	}
	if view.Stage != order.StageCreationFailed || view.Reason.String() != "given up at needs_operator HAS_RISK: the merchant has closed" {
		t.Errorf("ended %s because %q", view.Stage, view.Reason)
	}
}

// TestGivenUpWithAVersion: it says what it leaves at Alipay.
func TestGivenUpWithAVersion(t *testing.T) {
	w := ready(t)
	w.platform.change(func(p *platform) { p.forEver["apply"] = refusal(codes.ClassPermanent, "HAS_RISK") })
	w.command(time.Hour, order.CommandGiveUp, order.Instruction{})
	if view := w.run(); view.Stage != order.StageCreationFailed || view.Reason.String() != "given up at needs_operator HAS_RISK; version 0.0.1 stays at Alipay as it is" {
		t.Errorf("ended %s because %q", view.Stage, view.Reason)
	}
}

// TestALimitedRelease: what went online only in Alipay's limited form says so, though
// the answer to that call be lost.
func TestALimitedRelease(t *testing.T) {
	lost := func(w *world) {
		w.platform.refuse("online", refusal(codes.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION"))
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
			w.platform.refuse("online", refusal(codes.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION"))
			w.platform.lose("online", 20*time.Second)
		}},
		"filed between the two, the limited form refused": {unfiled: true, happens: func(w *world) {
			w.platform.refuse("online", refusal(codes.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION"),
				refusal(codes.ClassWait, "MINI_APP_VERSION_ITERATION_EXIST"))
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
	w.platform.refuse("cancel", refusal(codes.ClassWait, "NOT_NOW"))
	paused := w.command(30*time.Minute+30*time.Second, order.CommandWithdraw, order.Instruction{})
	w.command(time.Hour, order.CommandCancel, order.Instruction{})
	w.run()
	if during.rejected == nil || paused.rejected == nil {
		t.Errorf("a second withdraw during the call: %v; before its next try: %v", during.rejected, paused.rejected)
	}
}

// TestAnOrderThatEndsFreesItsMiniProgram for the next one, and leaves word of what is online
// and of its own version: what comes about that one is late, and about another is held.
func TestAnOrderThatEndsFreesItsMiniProgram(t *testing.T) {
	for _, limited := range []bool{true, false} {
		w := ready(t)
		w.epilogue = 20 * time.Hour
		w.input.Request.Submission.PermitLimitedRelease, w.platform.unfiled = &limited, limited
		last := verdict{status: gateway.VersionWaitRelease, after: time.Hour}
		if !limited { // and not promotable
			last.status = gateway.VersionBaseAuditPass
			w.input.Request.Policy.OnBasePass = order.BasePassGoOnline
		}
		w.platform.verdicts = []verdict{last}
		w.send(8*time.Hour, resultFor("0.0.1"))
		w.send(9*time.Hour, resultFor("0.0.2"))
		after := w.entityAt(10 * time.Hour)
		view := w.run()
		want := &order.OnlineVersion{
			AppVersion: "0.0.1", BundleID: order.DefaultBundleID, Limited: limited, Promotable: limited, Since: view.FinishedAt.UTC(),
		}
		if view.Stage != order.StageOnline || after.OutOrderNo != "" || !cmp.Equal(after.Online, want) {
			t.Errorf("ended %s; the mini program has the order %q, and online is %+v", view.Stage, after.OutOrderNo, after.Online)
		}
		if len(w.deliveries) != 1 || w.deliveries[0].Disposition != order.DispositionLate || w.deliveries[0].Notification.AppVersion != "0.0.1" || after.Held != 1 {
			t.Errorf("what came after the end is held %d times, and became %+v", after.Held, w.deliveries)
		}
	}
}

// TestAnOrderThatEndsUnconfirmed, after the merchant's authorisation has named it and before Alipay
// has said which mini program is its own, gives that mini program free.
func TestAnOrderThatEndsUnconfirmed(t *testing.T) {
	w := newWorld(t)
	w.input.Request.OrderNo = "20260000000000" // somebody's slip: Alipay knows no such order
	w.platform.forEver["query"] = refusal(codes.ClassFix, "INVALID_PARAMS")
	w.env.RegisterDelayedCallback(func() {
		w.must(w.env.SignalWorkflowByID(order.MiniProgramWorkflowID(appID, miniAppID), order.NotificationSignal, authorized("T1", w.env.Now())))
	}, time.Minute)
	named := w.entityAt(2 * time.Minute)
	w.command(3*time.Minute, order.CommandGiveUp, order.Instruction{Reason: "nothing helps"})
	w.epilogue = time.Hour
	after := w.entityAt(30 * time.Minute)
	view := w.run()
	if view.Stage != order.StageCreationFailed || view.MiniAppID != "" || named.OutOrderNo != outNo {
		t.Fatalf("ended %s of mini program %q, which had %q in charge", view.Stage, view.MiniAppID, named.OutOrderNo)
	}
	if after.OutOrderNo != "" {
		t.Errorf("the mini program still has %s in charge", after.OutOrderNo)
	}
}
