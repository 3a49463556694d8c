package workflows_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestAWaitHoldsNoActivity: ten days of waiting for a merchant, and ten for a reviewer, cost an
// order no call, and no task of its own before the watchdog asks for the reviewer, but for the
// merchant's reminders.
func TestAWaitHoldsNoActivity(t *testing.T) {
	w := newWorld(t)
	w.input.Schedules.Remind = nil
	w.sweep.off = true
	const day = 24 * time.Hour
	timers := 0
	w.env.SetOnTimerFiredListener(func(string) { timers++ })
	w.at(10*day, agree)
	w.send(10*day+time.Minute, confirmed("AGREED"))
	w.send(10*day+2*time.Minute, authorized("T1", w.env.Now()))
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 10 * day}}
	merchants, waited := map[string]int{}, 0
	w.at(10*day, func(*platform) { merchants, waited = countsOf(w.wire), timers })
	w.send(20*day+time.Hour, audited(order.VerdictPassed))
	view := w.run()
	if merchants[activities.AwaitMerchant.Name] != 0 || waited > 0 {
		t.Errorf("in ten days it asked for the merchant %d times, and %d timers went off", merchants[activities.AwaitMerchant.Name], waited)
	}
	// Once for the message, and once for the watchdog, which asks Alipay before it asks a person.
	if asked := w.wire.begun[activities.AwaitAuditResult.Name]; asked != 2 || view.Stage != order.StageOnline {
		t.Errorf("in ten days it asked for the audit %d times; ended %s", asked, view.Stage)
	}
}

func countsOf(l *wire) map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := map[string]int{}
	for name, count := range l.begun {
		counts[name] = count
	}
	return counts
}

// TestWhatASweepReads of an order that sleeps: what to ask, what is no news, and since when; of
// one that acts, nothing.
func TestWhatASweepReads(t *testing.T) {
	w := ready(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 48 * time.Hour}}
	var merchant, audit order.Look
	w.at(30*time.Second, func(*platform) { merchant = w.sweep.looks })
	w.at(24*time.Hour, func(*platform) { audit = w.sweep.looks })
	view := w.run()
	if !slices.Equal(merchant.Waits, []order.Wait{order.WaitMerchant}) || merchant.OrderNo != orderNo || merchant.Since.IsZero() {
		t.Errorf("while it waits for the merchant: %+v", merchant)
	}
	if !slices.Equal(audit.Waits, []order.Wait{order.WaitAudit}) || audit.MiniAppID != miniAppID || audit.AppVersion != "0.0.1" ||
		!slices.Equal(audit.While, []string{"AUDITING"}) {
		t.Errorf("while it waits for the audit: %+v", audit)
	}
	if len(w.sweep.looks.Waits) > 0 || view.Stage != order.StageOnline {
		t.Errorf("once it has ended %s: %+v", view.Stage, w.sweep.looks)
	}
}

// TestFactsSayWhetherAMessageTold them before the Sweep had Alipay asked.
func TestFactsSayWhetherAMessageTold(t *testing.T) {
	for _, told := range []bool{true, false} {
		w := newWorld(t)
		w.at(10*time.Minute, func(p *platform) { p.merchant = alipay.MerchantRejected })
		if told {
			w.send(10*time.Minute+time.Second, confirmed("REJECTED"))
		}
		w.run()
		facts := w.sweep.looks.Facts
		if len(facts) != 1 || facts[0].Told != told || facts[0].Message != alipay.MessageMerchantConfirmed || facts[0].Waited.Std() < 9*time.Minute {
			t.Errorf("told %v: %+v", told, facts)
		}
	}
}

// TestAMessageThatComesMomentsAfterALook was on its way: Alipay's messages arrive.
func TestAMessageThatComesMomentsAfterALook(t *testing.T) {
	for after, told := range map[time.Duration]bool{2 * time.Minute: true, time.Hour: false} {
		w := ready(t)
		w.platform.verdicts = []verdict{{status: gateway.VersionAuditReject, after: time.Hour}}
		rejected := audited(order.VerdictRejected)
		rejected.Name = alipay.MessageVersionAuditRejected
		w.send(63*time.Minute+after, rejected)
		w.horizon = 5 * time.Hour
		w.run()
		facts := w.sweep.looks.Facts
		if len(facts) != 2 || facts[1].Told != told || facts[1].Message != alipay.MessageVersionAuditRejected {
			t.Errorf("%s after the look: %+v", after, facts)
		}
	}
}

// TestAWatchdogAsksAlipayFirst: the Sweep may not run. A person is asked for only where Alipay has
// no news either.
func TestAWatchdogAsksAlipayFirst(t *testing.T) {
	for news, stage := range map[bool]order.Stage{true: order.StageOnline, false: order.StageAuditing} {
		w := ready(t)
		w.sweep.off = true
		w.platform.verdicts = []verdict{{status: gateway.VersionAuditing, after: time.Hour}}
		if news {
			w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: time.Hour}}
		}
		w.horizon = 4 * 24 * time.Hour
		after := w.viewAt(3*24*time.Hour + time.Hour)
		w.run()
		if held := after.Hold != nil && after.Hold.Code == "STILL_WAITING"; after.Stage != stage || held == news {
			t.Errorf("news %v: at %s, held by %+v", news, after.Stage, after.Hold)
		}
	}
}

// TestAQuestionThatIsRefusedIsNotSweptOn: the Sweep would be refused as well, in each of its
// passes.
func TestAQuestionThatIsRefusedIsNotSweptOn(t *testing.T) {
	w := ready(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
	w.at(10*time.Minute, func(p *platform) { p.forEver["detail"] = refusal(codes.ClassPermanent, "NO_RIGHT") })
	w.horizon = 24 * time.Hour
	held := w.viewAt(time.Hour)
	w.run()
	if held.Hold == nil || held.Hold.Code != "NO_RIGHT" || len(w.sweep.looks.Waits) > 0 || w.wire.begun[activities.AwaitAuditResult.Name] != 1 {
		t.Errorf("held by %+v, looked for %v, asked %d times", held.Hold, w.sweep.looks.Waits, w.wire.begun[activities.AwaitAuditResult.Name])
	}
}

// TestWhatTemporalDoesNotAnswerAtOnce takes the way that can wait: a claim its activity, a signal
// Temporal's own delivery.
func TestWhatTemporalDoesNotAnswerAtOnce(t *testing.T) {
	w := ready(t)
	claims := 0
	down := errors.New("Temporal is down")
	w.env.OnActivity(activities.TakeCharge.Name, mock.Anything, mock.Anything).Return(order.AuthorizationChange{}, down)
	w.env.OnActivity(activities.Signal.Name, mock.Anything, mock.Anything).Return(func(context.Context, activities.SignalCall) error { return down })
	w.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == activities.ClaimMiniProgram.Name {
			claims++
		}
	})
	w.input.Request.OrderNo = orderNo // adopted: nobody's token names it
	w.epilogue = 10 * time.Hour
	entity := w.entityAt(5 * time.Hour)
	view := w.run()
	if view.Stage != order.StageOnline || claims != 1 {
		t.Errorf("ended %s after %d claims", view.Stage, claims)
	}
	if entity.OutOrderNo != "" || entity.Online == nil {
		t.Errorf("its mini program knows of no end: %+v", entity)
	}
}
