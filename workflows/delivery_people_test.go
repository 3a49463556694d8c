package workflows_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"miniflow/order"
)

// asks sends a person's command at a time of the story.
func (p *post) asks(when time.Duration, name, actor, reason string) *outcome {
	result := &outcome{}
	p.env.RegisterDelayedCallback(func() {
		p.env.UpdateWorkflow(name, "", result, order.DeliveryInstruction{Actor: actor, Reason: reason})
	}, when)
	return result
}

// wantAnswer checks what a command was answered.
func wantAnswer(t *testing.T, o *outcome, state order.Disposition, says string) {
	t.Helper()
	view, ok := o.view.(order.DeliveryView)
	if o.rejected != nil || o.failed != nil || !ok || view.State != state || !strings.Contains(view.Reason.String(), says) {
		t.Errorf("answered %+v (%v, %v), want %s, %q", o.view, o.rejected, o.failed, state, says)
	}
}

func wantRefusal(t *testing.T, o *outcome, says string) {
	t.Helper()
	var refused *temporal.ApplicationError
	if !errors.As(o.rejected, &refused) || refused.Type() != order.RefusedType || !strings.Contains(refused.Message(), says) {
		t.Errorf("answered %+v, %v; want a refusal: %q", o.view, o.rejected, says)
	}
}

// TestADeadLetterIsReplayed once the backend is up again.
func TestADeadLetterIsReplayed(t *testing.T) {
	p := newParcel(t)
	p.backend.status = 0
	p.at(10*24*time.Hour, func() { p.backend.status = http.StatusOK })
	early := p.asks(5*24*time.Hour, order.ReplayUpdate, "ops", "")
	again := p.pageAt(6 * 24 * time.Hour)
	replayed := p.asks(11*24*time.Hour, order.ReplayUpdate, "ops", "the backend is up")
	p.wantEnd(order.DispositionForwarded, "play no part in an order; replayed by ops: the backend is up; the forward target answered 200")
	wantAnswer(t, early, order.DispositionWaiting, "replayed by ops")
	wantAnswer(t, replayed, order.DispositionWaiting, "replayed by ops: the backend is up")
	if again.State != order.DispositionWaiting || !again.ReplayableUntil.IsZero() {
		t.Errorf("a day after the first replay %+v", again)
	}
	if last := p.backend.got[len(p.backend.got)-1]; last < 11*24*time.Hour || last > 11*24*time.Hour+time.Minute {
		t.Errorf("it came after %s", last)
	}
}

// TestAReplayLooksForTheOrderAgain, and says at once when there is none.
func TestAReplayLooksForTheOrderAgain(t *testing.T) {
	p := newPost(t)
	vain := p.asks(5*24*time.Hour, order.ReplayUpdate, "ops", "")
	dead := p.pageAt(5*24*time.Hour + time.Minute)
	p.starts(6*24*time.Hour, false)
	found := p.asks(7*24*time.Hour, order.ReplayUpdate, "ops", "")
	view, took := p.runs()
	wantAnswer(t, vain, order.DispositionWaiting, "replayed by ops")
	wantAnswer(t, found, order.DispositionWaiting, "replayed by ops")
	if dead.State != order.DispositionDead || dead.ReplayableUntil.IsZero() {
		t.Errorf("a minute after the vain replay %+v", dead)
	}
	if view.State != order.DispositionApplied || p.received != 1 || took > 7*24*time.Hour+time.Minute {
		t.Errorf("ended %+v after %s; its order received it %d times", view, took, p.received)
	}
}

// TestAnOrderThatStartsCallsADeadLetter too, for as long as it is open.
func TestAnOrderThatStartsCallsADeadLetter(t *testing.T) {
	p := newPost(t)
	p.starts(20*24*time.Hour, true)
	view, took := p.runs()
	if view.State != order.DispositionApplied || p.received != 1 || took > 20*24*time.Hour+time.Minute {
		t.Errorf("ended %+v after %s", view, took)
	}
}

// TestAMessageThatCouldNotBeReadReachesItsOrder when a person replays it: the order
// asks Alipay. Before that it is called by nobody.
func TestAMessageThatCouldNotBeReadReachesItsOrder(t *testing.T) {
	for name, c := range map[string]struct{ number, mini string }{"it names the order": {outNo, ""}, "it names the mini program": {"", miniAppID}} {
		t.Run(name, func(t *testing.T) {
			p := newParcel(t)
			p.input.Notification.Flaw, p.input.Disposition, p.input.Reason = "(json)", order.DispositionDead, "(json)"
			p.input.Notification.OutOrderNo, p.input.Notification.MiniAppID = c.number, c.mini
			p.input.Notification.Evidence = order.Evidence{}
			p.charge = outNo
			p.starts(time.Minute, true)
			before := p.pageAt(30 * time.Minute)
			p.asks(time.Hour, order.ReplayUpdate, "ops", "")
			view, took := p.runs()
			if view.State != order.DispositionApplied || p.received != 1 || took < time.Hour || before.State != order.DispositionDead {
				t.Errorf("before: %+v; ended %+v after %s; the order received it %d times", before, view, took, p.received)
			}
			if len(p.backend.got) != 0 {
				t.Errorf("the backend got it %d times too", len(p.backend.got))
			}
		})
	}
}

// TestAMessageThatCouldNotBeRead is replayed to the backend, which may be able to.
func TestAMessageThatCouldNotBeRead(t *testing.T) {
	p := newParcel(t)
	p.input.Notification.Flaw, p.input.Disposition, p.input.Reason = "(encryption)", order.DispositionDead, "(encryption)"
	p.starts(time.Minute, true)
	p.asks(time.Hour, order.ReplayUpdate, "ops", "")
	p.wantEnd(order.DispositionForwarded, "(encryption); replayed by ops; the forward target answered 204")
	if len(p.backend.got) != 1 || p.backend.got[0] < time.Hour || p.received != 0 {
		t.Errorf("it came after %v; the order received it %d times", p.backend.got, p.received)
	}
}

// TestADiscardedMessage ends at once, dead or waiting, with the person's name and words.
func TestADiscardedMessage(t *testing.T) {
	for name, when := range map[string]time.Duration{"while it is tried": time.Hour, "when it is dead": 5 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			p := newParcel(t)
			p.backend.status = 0
			discarded := p.asks(when, order.DiscardUpdate, "ops", "nobody needs it")
			view, took := p.runs()
			wantAnswer(t, discarded, order.DispositionDead, "discarded by ops: nobody needs it")
			if view.State != order.DispositionDead || !strings.Contains(view.Reason.String(), "discarded by ops") || took > when+time.Minute {
				t.Errorf("ended %+v after %s", view, took)
			}
		})
	}
}

// TestAWaitingMessageIsTriedAtOnce when a person replays it, without waiting for its turn.
func TestAWaitingMessageIsTriedAtOnce(t *testing.T) {
	p := newParcel(t)
	p.backend.status = 0
	p.at(31*time.Hour, func() { p.backend.status = http.StatusOK })
	p.asks(32*time.Hour, order.ReplayUpdate, "", "")
	p.wantEnd(order.DispositionForwarded, "answered 200")
	if last := p.backend.got[len(p.backend.got)-1]; last < 32*time.Hour || last > 32*time.Hour+time.Minute {
		t.Errorf("tried at %v", p.backend.got)
	}
}

// TestAMessageThatWaitsForItsOrder looks once when a person replays it, and goes to
// the backend instead of waiting on.
func TestAMessageThatWaitsForItsOrder(t *testing.T) {
	p := newPost(t)
	p.backend.configure(true)
	p.asks(time.Hour, order.ReplayUpdate, "ops", "")
	p.wantEnd(order.DispositionForwarded, "replayed by ops; the forward target answered")
	if got := p.backend.got[0]; got < time.Hour || got > time.Hour+time.Minute {
		t.Errorf("it came after %s", got)
	}
}

// TestTwoPeopleAtOnce: whoever discards has the last word.
func TestTwoPeopleAtOnce(t *testing.T) {
	p := newParcel(t)
	p.backend.status = 0
	first := p.asks(5*24*time.Hour, order.ReplayUpdate, "a", "")
	second := p.asks(5*24*time.Hour, order.DiscardUpdate, "b", "")
	view, took := p.runs()
	if view.State != order.DispositionDead || !strings.Contains(view.Reason.String(), "discarded by b") || took > 6*24*time.Hour {
		t.Errorf("ended %+v after %s; answered %+v %+v", view, took, first, second)
	}
}

// TestWhatCanNotBeReplayed is refused with a sentence, and nothing changes.
func TestWhatCanNotBeReplayed(t *testing.T) {
	p := newPost(t)
	p.status, p.resolves = 1, order.DispositionWaiting
	p.at(2*time.Hour, func() { p.known = order.DispositionApplied })
	replay, discard := p.asks(time.Hour, order.ReplayUpdate, "ops", ""), p.asks(time.Hour, order.DiscardUpdate, "ops", "")
	p.wantEnd(order.DispositionApplied, "its order has taken it")
	wantRefusal(t, replay, "its order is looking at this message")
	wantRefusal(t, discard, "its order is looking at this message")

	p = newParcel(t)
	p.backend.status = http.StatusGone
	const limit = 100
	for i := range limit {
		p.asks(time.Hour+time.Duration(i)*time.Minute, order.ReplayUpdate, "loop", "")
	}
	refused := p.asks(5*time.Hour, order.ReplayUpdate, "loop", "")
	p.asks(6*time.Hour, order.DiscardUpdate, "ops", "")
	p.wantEnd(order.DispositionDead, "discarded by ops")
	wantRefusal(t, refused, "replayed 100 times")
	if len(p.backend.got) != limit+1 {
		t.Errorf("it came %d times", len(p.backend.got))
	}
}
