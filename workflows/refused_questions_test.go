package workflows_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestAMessageThatAlipayWillNotBeAskedAbout is stale, with Alipay's code, and a person is
// asked: the order does not end on a word that nobody could confirm.
func TestAMessageThatAlipayWillNotBeAskedAbout(t *testing.T) {
	w := newWorld(t)
	w.at(90*time.Second, func(p *platform) { p.forEver["query"] = refusal(codes.ClassPermanent, "NO_PERMISSION") })
	n := confirmed("REJECTED")
	n.NotifyID = "word"
	w.send(91*time.Second, n)
	held := w.viewAt(100 * time.Second) // before the stage asks for itself
	w.at(time.Hour, func(p *platform) { delete(p.forEver, "query"); p.merchant = alipay.MerchantRejected })
	w.command(2*time.Hour, order.CommandRetry, order.Instruction{})
	view := w.run()
	if held.Stage != order.StageAwaitingMerchant || held.Hold == nil || held.Hold.Kind != order.HoldNeedsOperator || held.Hold.Code != "NO_PERMISSION" {
		t.Errorf("it stood at %s, held by %+v", held.Stage, held.Hold)
	}
	if dispositions(*held)["word"] != order.DispositionStale || !strings.Contains(notes(view), "Alipay refused the question: NO_PERMISSION") {
		t.Errorf("the message became %q; notes %s", dispositions(*held)["word"], notes(view))
	}
	if view.Stage != order.StageMerchantRejected {
		t.Errorf("ended %s", view.Stage)
	}
}

// TestATokenThatNobodyCanSayAnythingOf: the page names the answer for which the order makes no call.
func TestATokenThatNobodyCanSayAnythingOf(t *testing.T) {
	w := ready(t)
	w.platform.refuse("upload", refusal(codes.ClassAuthorization, "aop.invalid-app-auth-token"))
	w.platform.change(func(p *platform) { p.forEver["token"] = refusal(codes.ClassPermanent, "isv.illegal-client-ip") })
	held := w.viewAt(20 * time.Minute)
	w.at(time.Hour, func(p *platform) { delete(p.forEver, "token") })
	view := w.run()
	if held.Hold == nil || held.Hold.Kind != order.HoldAuthorizationRevoked || held.Hold.Code != "isv.illegal-client-ip" ||
		!strings.Contains(held.Hold.Message.String(), "token.app.query was answered isv.illegal-client-ip; it is asked again by itself") {
		t.Errorf("held by %+v", held.Hold)
	}
	if view.Stage != order.StageOnline || w.platform.effects["upload"] != 1 {
		t.Errorf("ended %s after %v", view.Stage, w.platform.effects)
	}
}

// TestAMessageOfWhatIsKnownAlready confirms it, and asks Alipay nothing: the order has
// passed and waits for an approval.
func TestAMessageOfWhatIsKnownAlready(t *testing.T) {
	w := ready(t)
	w.input.Request.Policy.Release = order.StepManual
	for i, verdict := range []order.Verdict{order.VerdictPassed, order.VerdictPassed} {
		n := audited(verdict)
		n.NotifyID, n.Digest = []string{"first", "second"}[i], []string{"aa", "bb"}[i]
		w.send(20*time.Hour+time.Duration(i)*time.Minute, n)
	}
	var asked int
	w.env.RegisterDelayedCallback(func() { asked = w.wire.begun["AwaitAuditResult"] }, 19*time.Hour)
	w.env.RegisterDelayedCallback(func() {
		if more := w.wire.begun["AwaitAuditResult"] - asked; more != 0 || asked == 0 {
			t.Errorf("Alipay was asked %d times about what it had said, after %d times", more, asked)
		}
	}, 21*time.Hour)
	w.command(22*time.Hour, order.CommandApprove, order.Instruction{})
	view := w.run()
	if became := dispositions(view); view.Stage != order.StageOnline || became["first"] != order.DispositionApplied || became["second"] != order.DispositionDuplicate {
		t.Errorf("ended %s; the messages became %v", view.Stage, became)
	}
}

// TestAMessageThatTemporalTakesNoDeliveryOf is dead, said so, and keeps its order from nothing.
func TestAMessageThatTemporalTakesNoDeliveryOf(t *testing.T) {
	w := ready(t)
	w.env.OnActivity(activities.StartDelivery.Name, mock.Anything, mock.Anything).Return(func(context.Context, order.DeliveryInput) error {
		return temporal.NewNonRetryableApplicationError("blob size exceeds limit", activities.StartRefused, nil)
	})
	n := confirmed("PROCESS")
	n.NotifyID = "same"
	w.send(30*time.Second, n)
	n.Digest = "another content"
	w.send(40*time.Second, n)
	view := w.run()
	if view.Stage != order.StageOnline || dispositions(view)["same"] != order.DispositionDead || !strings.Contains(notes(view), "blob size exceeds limit") {
		t.Errorf("ended %s; it became %v; notes %s", view.Stage, dispositions(view), notes(view))
	}
}

// TestACancellationWhileItsCreationIsUnsure: what the first call came to nobody knows, so the
// same call is made again before the order ends; the end says what Alipay answered.
func TestACancellationWhileItsCreationIsUnsure(t *testing.T) {
	for name, c := range map[string]struct {
		class codes.Class
		why   string
	}{
		"refused":        {codes.ClassPermanent, "no longer wanted; Alipay did not create it: HAS_RISK"},
		"another's word": {codes.ClassQuery, "no longer wanted; Alipay may have created it, since create was answered HAS_RISK"},
	} {
		w := newWorld(t)
		w.platform.lose("create", 1000*time.Hour)
		w.wire.answersLate("CreateMiniProgram", 10*time.Second, func() { w.commandNow(order.CommandCancel, order.Instruction{Reason: "no longer wanted"}) })
		w.at(5*time.Second, func(p *platform) { p.forEver["create"] = refusal(c.class, "HAS_RISK") })
		if view := w.run(); view.Stage != order.StageCancelled || view.Reason.String() != c.why || !strings.Contains(notes(view), c.why) || w.wire.begun["CreateMiniProgram"] != 2 {
			t.Errorf("%s: ended %s because %q after %d calls, and says %s", name, view.Stage, view.Reason, w.wire.begun["CreateMiniProgram"], notes(view))
		}
	}
}

// TestACancellationOfWhatAMessageHasNamed: create's answer was lost, and a message brought the
// order_no. The merchant is being asked, so the order waits for Alipay's end of it.
func TestACancellationOfWhatAMessageHasNamed(t *testing.T) {
	w := newWorld(t)
	w.platform.lose("create", 0)
	w.wire.answersLate("CreateMiniProgram", 10*time.Second, func() {
		w.commandNow(order.CommandCancel, order.Instruction{})
		n := confirmed("PROCESS")
		n.AppID, n.NotifyID, n.Digest = appID, "named", "named"
		w.must(w.env.SignalWorkflowByID(order.WorkflowID(appID, outNo), order.NotificationSignal, n))
	})
	waiting := w.viewAt(10 * time.Minute)
	w.at(time.Hour, func(p *platform) { p.merchant = alipay.MerchantTimeout })
	view := w.run()
	if waiting.Stage != order.StageAwaitingMerchant || waiting.OrderNo != orderNo || w.wire.begun["CreateMiniProgram"] != 1 {
		t.Errorf("it waited at %s with order_no %q after %d calls", waiting.Stage, waiting.OrderNo, w.wire.begun["CreateMiniProgram"])
	}
	if view.Stage != order.StageCancelled {
		t.Errorf("ended %s", view.Stage)
	}
}

// TestAnOrderThatAlipayDoesNotKnow: the ISV has handed in an order_no that is another's, or
// none. It is not asked about for ever; a person is, and can end it.
func TestAnOrderThatAlipayDoesNotKnow(t *testing.T) {
	for _, ends := range []order.Command{order.CommandCancel, order.CommandGiveUp} {
		w := newWorld(t)
		w.input.Request.Policy.Create = order.StepExternal
		w.platform.change(func(p *platform) { p.forEver["query"] = refusal(codes.ClassQuery, "ORDER_NOT_EXIST") })
		w.command(time.Minute, order.CommandProvideInput, order.Instruction{OrderNo: "20260000000000"})
		held, calls := w.viewAt(48*time.Hour), 0
		w.at(48*time.Hour, func(p *platform) { calls = p.calls["query"] })
		w.command(49*time.Hour, ends, order.Instruction{Reason: "a slip"})
		w.horizon = 90 * time.Hour
		view := w.run()
		if held.Hold == nil || held.Hold.Kind != order.HoldNeedsOperator || held.Hold.Code != "ORDER_NOT_EXIST" || calls > 60 {
			t.Errorf("%s: after two days and %d questions it stood at %s, held %+v", ends, calls, held.Stage, held.Hold)
		}
		if !view.Stage.Ended() || ends == order.CommandCancel && !strings.Contains(view.Reason.String(), "a slip; Alipay knows no order 20260000000000") {
			t.Errorf("%s: ended %q because %q", ends, view.Stage, view.Reason)
		}
	}
}

// TestAnOrderThatAlipayForgetsForAMoment calls nobody.
func TestAnOrderThatAlipayForgetsForAMoment(t *testing.T) {
	w := newWorld(t)
	w.at(10*time.Hour, func(p *platform) {
		p.refusals["query"] = append(p.refusals["query"], refusal(codes.ClassQuery, "ORDER_NOT_EXIST"), refusal(codes.ClassQuery, "ORDER_NOT_EXIST"))
	})
	waiting := w.viewAt(12 * time.Hour)
	w.at(13*time.Hour, func(p *platform) { p.merchant = alipay.MerchantTimeout })
	view := w.run()
	if waiting.Hold != nil || waiting.Stage != order.StageAwaitingMerchant || view.Stage != order.StageConfirmTimedOut {
		t.Errorf("it waited at %s, held %+v, and ended %s", waiting.Stage, waiting.Hold, view.Stage)
	}
}

// TestAnOrderNumberThatAMessagePutsRight: the one that was handed in is unknown to Alipay, and
// Alipay's own message about the order names another.
func TestAnOrderNumberThatAMessagePutsRight(t *testing.T) {
	w := newWorld(t)
	w.input.Request.Policy.Create = order.StepExternal
	w.platform.change(func(p *platform) { p.forEver["query"] = refusal(codes.ClassQuery, "ORDER_NOT_EXIST") })
	w.command(time.Minute, order.CommandProvideInput, order.Instruction{OrderNo: "20260000000000"})
	w.at(10*time.Hour, func(p *platform) { delete(p.forEver, "query"); p.merchant = alipay.MerchantRejected })
	n := confirmed("REJECTED")
	n.OrderNo = "20261111111111"
	w.send(10*time.Hour, n)
	w.horizon = 90 * time.Hour
	if view := w.run(); view.Stage != order.StageMerchantRejected || view.OrderNo != "20261111111111" {
		t.Errorf("ended %q with %q, held %+v", view.Stage, view.OrderNo, view.Hold)
	}
}

// TestAnOrderNumberIsKeptWhileAlipayRefusesToSay: what the question was refused for says nothing
// of the order_no.
func TestAnOrderNumberIsKeptWhileAlipayRefusesToSay(t *testing.T) {
	w := newWorld(t)
	w.platform.change(func(p *platform) { p.forEver["query"] = refusal(codes.ClassPermanent, "PERMISSION_DENIED") })
	n := confirmed("PROCESS")
	n.OrderNo = "20261111111111"
	w.send(10*time.Hour, n)
	w.horizon = 90 * time.Hour
	view := w.viewAt(20 * time.Hour)
	w.run()
	if view.OrderNo != orderNo || view.Hold == nil {
		t.Errorf("it has %q, held %+v", view.OrderNo, view.Hold)
	}
}
