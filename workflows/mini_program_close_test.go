package workflows_test

import (
	"cmp"
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// closes asks for the entity's end.
func (e *entity) closes(when time.Duration) *outcome {
	return e.update(when, order.CloseUpdate, order.DeliveryInstruction{Actor: "ops", Reason: "the shop is gone"})
}

// TestClosingAMiniProgramThatLeft: what it holds goes to Deliveries, and then it ends, token or not.
func TestClosingAMiniProgramThatLeft(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.hears(time.Minute, granted("T1", e.began))
	e.hears(2*time.Minute, audited(order.VerdictPassed))
	closed := e.closes(3 * time.Minute)
	e.runs(time.Hour)
	view, ok := closed.view.(order.MiniProgramView)
	if !ok || closed.failed != nil || view.Held != 0 {
		t.Errorf("answered %+v (%v, %v)", closed.view, closed.rejected, closed.failed)
	}
	if took := e.env.Now().Sub(e.began); !e.closedByItself() || took > 4*time.Minute {
		t.Errorf("it ended after %s: %v", took, e.err)
	}
	same(t, "deliveries", e.deliveredAs(), "m2")
	if reason := e.deliveries[0].Reason; !strings.Contains(reason, "closed by ops: the shop is gone") {
		t.Errorf("its reason is %q", reason)
	}
}

// TestClosingAMiniProgramThatIsNeeded is refused, and an order that comes while it
// closes keeps it.
func TestClosingAMiniProgramThatIsNeeded(t *testing.T) {
	e := newEntity(t)
	e.claims(time.Minute, outNo)
	early := e.closes(2 * time.Minute)
	e.signal(3*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo, AppVersion: "1.0.0", BundleID: order.DefaultBundleID})
	e.hears(4*time.Minute, resultFor("1.0.1"))
	e.delivering = func() { e.env.SignalWorkflow(order.ClaimSignal, order.Claim{OutOrderNo: "OUT2"}) }
	crossed := e.closes(5 * time.Minute)
	view := e.viewAt(6 * time.Minute)
	e.runs(time.Hour)
	wantRefusal(t, early, "order OUT1 is in charge")
	if crossed.failed == nil || !strings.Contains(crossed.failed.Error(), "has taken charge") {
		t.Errorf("answered %+v (%v, %v)", crossed.view, crossed.rejected, crossed.failed)
	}
	if e.closedByItself() || view.OutOrderNo != "OUT2" {
		t.Errorf("closed %v, in charge %q", e.closedByItself(), view.OutOrderNo)
	}
}

// TestARequestToCancel loses nothing: an entity that keeps a token or has an order
// goes on; one that has neither hands on what it holds and ends.
func TestARequestToCancel(t *testing.T) {
	for what, needed := range map[string]func(*entity){
		"a token":  func(e *entity) { e.hears(time.Minute, granted("T1", e.began)) },
		"an order": func(e *entity) { e.claims(time.Minute, outNo) },
	} {
		e := newEntity(t)
		e.platform.token = "T1"
		needed(e)
		e.at(2*time.Minute, e.env.CancelWorkflow)
		e.claims(3*time.Minute, "OUT2")
		e.hears(4*time.Minute, audited(order.VerdictPassed))
		e.runs(time.Hour)
		if e.closedByItself() || len(e.passed) != 1 {
			t.Errorf("%s: ended with %v, passed on %v", what, e.err, e.passed)
		}
	}
	e := newEntity(t)
	e.hears(time.Minute, audited(order.VerdictPassed))
	e.at(2*time.Minute, e.env.CancelWorkflow)
	e.runs(time.Hour)
	if took := e.env.Now().Sub(e.began); !e.closedByItself() || took > 3*time.Minute {
		t.Errorf("one that nobody needs ended after %s: %v", took, e.err)
	}
	same(t, "deliveries", e.deliveredAs(), "m1")
}

// TestAMessageThatNoDeliveryCanBeStartedOf is dead and shown with its reason, and
// the entity hears what comes after it.
func TestAMessageThatNoDeliveryCanBeStartedOf(t *testing.T) {
	e := newEntity(t)
	e.undeliverable = map[string]bool{"m2": true}
	e.claims(time.Minute, outNo)
	e.signal(2*time.Minute, order.EndSignal, order.End{OutOrderNo: outNo})
	for i := range 3 {
		e.hears(time.Duration(i+3)*time.Minute, audited(order.VerdictPassed))
	}
	view := e.viewAt(10 * 24 * time.Hour)
	var held []order.DeliveryView
	e.at(10*24*time.Hour, func() { e.ask(order.HeldQuery, &held) })
	e.runs(40 * 24 * time.Hour)
	same(t, "deliveries", e.deliveredAs(), "m1 late", "m2 late", "m3 late")
	if view.Dead != 1 || view.Held != 0 || len(held) != 1 || held[0].NotifyID != "m2" || held[0].State != order.DispositionDead ||
		!strings.Contains(held[0].Reason.String(), "the id is not valid UTF-8") || e.becomes("m2") != order.DispositionDead {
		t.Errorf("%+v; shown %+v; it became %s", view, held, e.becomes("m2"))
	}
	if took := e.env.Now().Sub(e.began); !e.closedByItself() || took < deadFor {
		t.Errorf("ended after %s: %v", took, e.err)
	}
}

// TestAMessageThatComesWhileItLeaves is held for its own time.
func TestAMessageThatComesWhileItLeaves(t *testing.T) {
	e := newEntity(t)
	e.hears(time.Minute, audited(order.VerdictPassed))
	e.delivering = func() {
		n := audited(order.VerdictRejected)
		n.NotificationKey = order.NotificationKey{AppID: appID, NotifyID: "m2", Digest: "m2"}
		e.env.SignalWorkflow(order.NotificationSignal, n)
	}
	before := e.viewAt(80 * time.Hour)
	e.runs(30 * 24 * time.Hour)
	if took := e.env.Now().Sub(e.began); before.Held != 1 || !e.closedByItself() || took < 144*time.Hour || took > 145*time.Hour {
		t.Errorf("held %d; ended after %s: %v", before.Held, took, e.err)
	}
	same(t, "deliveries", e.deliveredAs(), "m1", "m2")
}

// TestAMessageWhileACancelledOneLeaves: it hands on one message, and another comes.
func TestAMessageWhileACancelledOneLeaves(t *testing.T) {
	e := newEntity(t)
	e.hears(time.Minute, audited(order.VerdictPassed))
	e.delivering = func() {
		n := audited(order.VerdictRejected)
		n.NotificationKey = order.NotificationKey{AppID: appID, NotifyID: "m2", Digest: "m2"}
		e.env.SignalWorkflow(order.NotificationSignal, n)
	}
	e.at(2*time.Minute, e.env.CancelWorkflow)
	e.runs(time.Hour)
	if !e.closedByItself() {
		t.Errorf("it did not close: %v", e.err)
	}
	same(t, "deliveries", e.deliveredAs(), "m1", "m2")
}

// TestAMessageInTheMomentInWhichAnEntityContinues is held by the next run: it came while a
// message that nobody claims was handed on.
func TestAMessageInTheMomentInWhichAnEntityContinues(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.hears(time.Minute, granted("T1", e.began)) // which keeps it alive
	e.hears(2*time.Minute, audited(order.VerdictPassed))
	e.delivering = func() {
		e.env.SetContinueAsNewSuggested(true)
		n := audited(order.VerdictRejected)
		n.NotificationKey = order.NotificationKey{AppID: appID, NotifyID: "m3", Digest: "m3"}
		e.env.SignalWorkflow(order.NotificationSignal, n)
	}
	e.runs(100 * time.Hour)
	next := resume(t, e)
	next.claims(time.Minute, outNo)
	next.runs(time.Hour)
	same(t, "deliveries", e.deliveredAs(), "m2")
	same(t, "passed on by the next run", next.passed, outNo+" m3")
}

// TestAnEntityListensWhileItAsks: Alipay takes its time, or gives no answer at all,
// and meanwhile orders claim, messages are passed on and a person's import is executed.
func TestAnEntityListensWhileItAsks(t *testing.T) {
	e := newEntity(t)
	e.platform.token = "T1"
	e.claims(time.Minute, outNo)
	e.hears(2*time.Minute, granted("T1", e.began))
	e.at(3*time.Minute, func() { e.platform.change(func(*platform) { e.silent = true }) })
	e.doubts(4*time.Minute, outNo, "T1")
	e.hears(5*time.Minute, audited(order.VerdictPassed))
	e.claims(6*time.Minute, "OUT2")
	view := e.viewAt(7 * time.Minute)
	e.runs(8 * time.Minute)
	same(t, "passed on", e.passed, outNo+" m2")
	if len(view.Queue) != 1 || e.news[len(e.news)-1] != "OUT2 authorized in doubt NO_ANSWER behind OUT1 #1" {
		t.Errorf("queued %v, informed of %v", view.Queue, e.news)
	}
}

// TestWhatAnOrderLearnsIsAwaited: the entity continues as new while an order is being
// told of a message, of Alipay's answer, or of an import. The order is told all the
// same, and again when the next run begins; and what comes meanwhile is received.
func TestWhatAnOrderLearnsIsAwaited(t *testing.T) {
	newer := func(e *entity) order.Notification { return granted("T2", e.began.Add(time.Hour)) }
	for what, news := range map[string]func(e *entity, crowd func()){
		"a message": func(e *entity, crowd func()) { e.at(2*time.Minute, crowd); e.hears(2*time.Minute, newer(e)) },
		"an import": func(e *entity, crowd func()) {
			e.at(2*time.Minute, crowd)
			e.imports(2*time.Minute, *newer(e).Evidence.Token)
		},
		"an answer": func(e *entity, crowd func()) {
			e.at(2*time.Minute, func() { e.platform.change(func(*platform) { e.meanwhile = crowd }) })
			e.doubts(2*time.Minute, outNo, "T1")
		},
	} {
		first := newEntity(t)
		first.platform.token = "T1"
		first.claims(time.Minute, outNo)
		first.claims(time.Minute, "OUT2")
		first.hears(90*time.Second, granted("T1", first.began))
		news(first, func() {
			first.env.SetContinueAsNewSuggested(true)
			first.informing = func() { // while the first order is told, more comes
				late := audited(order.VerdictPassed)
				late.NotificationKey = order.NotificationKey{AppID: appID, NotifyID: "late", Digest: "late"}
				first.env.SignalWorkflow(order.NotificationSignal, late)
			}
		})
		first.runs(time.Hour)
		var continued *workflow.ContinueAsNewError
		if !errors.As(first.err, &continued) {
			t.Fatalf("%s: it did not continue: %v", what, first.err)
		}
		state := map[string]string{"an answer": "punished"}[what]
		state = cmp.Or(state, "authorized")
		same(t, what+": news", first.news[5:], outNo+" "+state, "OUT2 "+state+" behind OUT1 #1")
		same(t, what+": passed on", first.passed, outNo+" late")
		second := resume(t, first)
		second.platform.token = "T2"
		if what == "an answer" {
			second.platform.token = "T1"
		}
		second.runs(time.Minute)
		same(t, what+": news of the second run", second.news, outNo+" "+state, "OUT2 "+state+" behind OUT1 #1")
	}
}
