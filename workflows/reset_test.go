package workflows_test

import (
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
	"miniflow/words"
)

// TestResetToTheFirstTask: an operator resets an order whose version is built already. It
// finds its own number again, builds nothing twice, and does not wait for its own version.
func TestResetToTheFirstTask(t *testing.T) {
	for _, status := range []gateway.VersionStatus{gateway.VersionInit, gateway.VersionAuditing, gateway.VersionWaitRelease} {
		w := released(t)
		w.wire.resets()
		w.numbers.records = []order.VersionReservation{{
			OutOrderNo: outNo, AppVersion: "1.0.4", BundleID: order.DefaultBundleID, TemplateID: "T1", SeenFreeAt: w.env.Now().Add(-time.Hour),
		}}
		w.somebodys("1.0.4")
		w.platform.made["1.0.4"] = w.env.Now().Add(-59 * time.Minute)
		w.platform.versions["1.0.4"].Status = status
		w.at(3*time.Hour, func(p *platform) {
			if p.versions["1.0.4"].Status == gateway.VersionAuditing {
				p.versions["1.0.4"].Status = gateway.VersionWaitRelease
			}
		})
		view := w.run()
		if view.Stage != order.StageOnline || view.Version.AppVersion != "1.0.4" || w.platform.effects["upload"] != 0 || w.platform.effects["online"] != 1 {
			t.Errorf("%s: ended %s with %s after %v", status, view.Stage, view.Version.AppVersion, w.platform.effects)
		}
		if !strings.Contains(notes(view), "reset") {
			t.Errorf("%s: nothing says that it was reset", status)
		}
	}
}

// TestResetInTheMiddle: the act that comes after the reset asks what stands at Alipay first.
func TestResetInTheMiddle(t *testing.T) {
	for _, when := range []time.Duration{20 * time.Minute, 30 * time.Second} {
		w := ready(t)
		w.env.RegisterDelayedCallback(func() { w.wire.resets() }, when)
		view := w.run()
		if view.Stage != order.StageOnline || view.Hold != nil {
			t.Errorf("ended %s", view.Stage)
		}
		if err := w.platform.once("create", "upload", "apply", "online"); err != nil {
			t.Error(err)
		}
	}
}

// TestACancellationBeforeAResetIsFoundOut: what the run had done before the reset stands at
// Alipay, so an order that was created there does not end cancelled while its merchant is asked.
func TestACancellationBeforeAResetIsFoundOut(t *testing.T) {
	w := newWorld(t)
	w.platform.ordered = true
	w.wire.resets()
	w.wire.answersLate("CreateMiniProgram", 10*time.Second, func() { w.commandNow(order.CommandCancel, order.Instruction{}) })
	var waiting order.View
	w.env.RegisterDelayedCallback(func() { waiting = w.viewNow() }, 5*time.Minute)
	w.at(time.Hour, func(p *platform) { p.merchant = alipay.MerchantTimeout })
	view := w.run()
	if waiting.Stage != order.StageAwaitingMerchant || waiting.OrderNo != orderNo || !waiting.CancelRequested {
		t.Errorf("with the merchant still asked it stands at %s, with order_no %q", waiting.Stage, waiting.OrderNo)
	}
	if view.Stage != order.StageCancelled || !view.FinishedAt.After(w.input.CreatedAt.Add(time.Hour)) || w.wire.begun["CreateMiniProgram"] != 2 || w.platform.effects["create"] != 0 {
		t.Errorf("ended %s after %d creations", view.Stage, w.wire.begun["CreateMiniProgram"])
	}
}

// TestACancellationInTemporal is the command cancel: it withdraws the version from audit.
func TestACancellationInTemporal(t *testing.T) {
	r := newRelay(t)
	r.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
	r.at(time.Minute, agree)
	r.add(r.began.Add(time.Hour), func(env *testsuite.TestWorkflowEnvironment) { env.CancelWorkflow() })
	view := r.run()
	if view.Stage != order.StageCancelled || r.platform.effects["cancel"] != 1 || !strings.Contains(view.Reason.String(), "Temporal") {
		t.Errorf("ended %s because %q after %v", view.Stage, view.Reason, r.platform.effects)
	}
}

// TestAMiniProgramThatWasTerminated is claimed again by its order: at once when a doubt
// can't be told, and after a while, or when it is poked, where the order only waits for its word.
func TestAMiniProgramThatWasTerminated(t *testing.T) {
	for name, wakes := range map[string]func(*relay){ // each but the last within three hours
		"by a doubt": func(r *relay) {
			r.platform.refuse("apply", refusal(codes.ClassAuthorization, "aop.invalid-app-auth-token"))
			r.gone = true
		},
		"by a poke": func(r *relay) {
			r.silent = 1
			r.add(r.began.Add(10*time.Minute), func(env *testsuite.TestWorkflowEnvironment) {
				env.SignalWorkflow(order.PokeSignal, order.Poke{Why: words.Plain("its authorisation has arrived")})
			})
		},
		"after a while": func(r *relay) { r.silent = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelay(t)
			r.platform.verdicts = reviewed
			r.at(90*time.Second, agree)
			wakes(r)
			view := r.run()
			if view.Stage != order.StageOnline || r.claims != 2 {
				t.Errorf("ended %s after %d claims", view.Stage, r.claims)
			}
			if took := view.FinishedAt.Sub(r.began); took > 3*time.Hour && name != "after a while" {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestADoubtOnItsWay is told before the order continues as new, or again by the next run;
// what Alipay says meanwhile is not lost.
func TestADoubtOnItsWay(t *testing.T) {
	r := newRelay(t)
	r.platform.verdicts = reviewed
	r.at(90*time.Second, agree)
	r.platform.refuse("apply", refusal(codes.ClassAuthorization, "aop.invalid-app-auth-token"))
	r.cut(100 * time.Second)
	r.answersDoubts = 10 * time.Minute
	view := r.run()
	if view.Stage != order.StageOnline || r.doubts == 0 || r.runs != 2 {
		t.Errorf("ended %s after %d doubts in %d runs", view.Stage, r.doubts, r.runs)
	}
}

// TestAMessageDuringTheLastDispatch: while an order that continues as new, or has ended,
// hands on one message, another comes. Neither is lost.
func TestAMessageDuringTheLastDispatch(t *testing.T) {
	for _, ends := range []bool{false, true} {
		r := newRelay(t)
		r.platform.verdicts = reviewed
		r.at(90*time.Second, agree)
		first, other := confirmed("AGREED"), confirmed("REJECTED")
		first.Digest, other.Digest = "aa", "bb"
		r.hears(2*time.Minute, "x", first)
		r.delivering = func(env *testsuite.TestWorkflowEnvironment) {
			last := confirmed("PROCESS")
			last.AppID, last.NotifyID, last.Digest = appID, "last", "last"
			env.SignalWorkflow(order.NotificationSignal, last)
		}
		if ends {
			r.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
			r.add(r.began.Add(time.Hour), func(env *testsuite.TestWorkflowEnvironment) {
				env.UpdateWorkflow(string(order.CommandCancel), "u", &outcome{}, order.Instruction{})
			})
		}
		r.add(r.began.Add(time.Hour), func(env *testsuite.TestWorkflowEnvironment) {
			if !ends {
				env.SetContinueAsNewSuggested(true)
			}
		})
		r.hears(time.Hour, "x", other)
		view := r.run()
		if dispositions(view)["last"] != order.DispositionApplied || r.delivered != 1 {
			t.Errorf("ends %v: dispositions %v, %d deliveries, %d runs", ends, dispositions(view), r.delivered, r.runs)
		}
	}
}

// unknownWorkflow is what a signal to a workflow that does not run comes to.
func unknownWorkflow() error { return &temporal.UnknownExternalWorkflowExecutionError{} }

// signalled is what becomes of a signal to the mini program.
func (r *relay) signalled(env *testsuite.TestWorkflowEnvironment, name string) error {
	if name != order.DoubtSignal {
		return nil
	}
	if r.doubts++; r.gone {
		return unknownWorkflow()
	}
	r.arm(env, r.add(env.Now().Add(r.answersDoubts), isAuthorized), env.Now())
	return nil
}

// isAuthorized tells the order that its token is valid.
func isAuthorized(env *testsuite.TestWorkflowEnvironment) {
	env.SignalWorkflow(order.AuthorizationSignal, order.AuthorizationChange{Authorization: order.AuthorizationAuthorized})
}

// TestAResetDuringAnUpload finds the order's number again before anything is uploaded.
func TestAResetDuringAnUpload(t *testing.T) {
	w := ready(t)
	busy := refusal(codes.ClassWait, "BUSY")
	w.platform.refuse("upload", busy)
	w.env.RegisterDelayedCallback(func() { w.wire.resets() }, 2*time.Minute+10*time.Second)
	view := w.run()
	if view.Stage != order.StageOnline || view.Version.AppVersion != "0.0.1" || w.wire.begun["BuildVersion"] < 2 || w.platform.effects["upload"] != 1 {
		t.Errorf("ended %s with %q; asked for a number %d times, after %v",
			view.Stage, view.Version.AppVersion, w.wire.begun["BuildVersion"], w.platform.effects)
	}
}

// TestAMiniProgramThatKeepsNoNumbers was terminated, and runs again once its order claims it.
func TestAMiniProgramThatKeepsNoNumbers(t *testing.T) {
	r := newRelay(t)
	r.platform.verdicts = reviewed
	r.at(90*time.Second, agree)
	r.numbers.gone = func() bool { return r.claims < 2 }
	view := r.run()
	if view.Stage != order.StageOnline || r.claims != 2 {
		t.Errorf("ended %s after %d claims", view.Stage, r.claims)
	}
}
