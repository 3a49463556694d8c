package gateway

import (
	"context"
	"slices"
	"sync"
	"time"
)

// DefaultRate is how many calls a second a client makes. Alipay publishes no limit but answers
// 40005 above it, so this one is careful.
const DefaultRate = 10

// Limiter delays a call until it may be sent. It is an interface, so that a test needs no clock.
// Wait returns an error only when the context ends first.
type Limiter interface {
	Wait(ctx context.Context) error
}

// Turn says whose call goes first when there are more than the budget allows.
type Turn int

// The turns, in their order. A call that says nothing is a question.
const (
	// TurnUndo is a call that takes back what users see already: nothing is worth more than that.
	TurnUndo Turn = iota
	// TurnAct is a call that advances an order: people and other systems wait for it.
	TurnAct
	// TurnQuestion is a call that a message or a person asked for.
	TurnQuestion
	// TurnLook is a call that nobody waits for, made in case a message was lost. Looks take at most
	// half of the budget.
	TurnLook
)

// Turns lists the turns, the first first.
func Turns() []Turn { return []Turn{TurnUndo, TurnAct, TurnQuestion, TurnLook} }

// String returns the name of the turn, as metrics have it.
func (t Turn) String() string {
	switch t {
	case TurnUndo:
		return "undo"
	case TurnAct:
		return "act"
	case TurnQuestion:
		return "question"
	case TurnLook:
		return "look"
	}
	return "unknown"
}

type turnKey struct{}

// WithTurn makes the calls under a context wait for this turn. It travels in the context, because
// between who knows it and the call there are packages that need not.
func WithTurn(ctx context.Context, turn Turn) context.Context {
	return context.WithValue(ctx, turnKey{}, turn)
}

// TurnOf returns the turn of the calls under a context.
func TurnOf(ctx context.Context) Turn {
	if turn, said := ctx.Value(turnKey{}).(Turn); said {
		return turn
	}
	return TurnQuestion
}

// Budget allows one application a number of calls a second, over all methods, because Alipay's
// limit is one for the application. Where several processes call for it, each has its share of the
// budget. It is safe for concurrent use.
type Budget struct {
	// Observe, if set before the first call, is called with how long each call waited.
	Observe func(Turn, time.Duration)

	perSecond float64

	mutex   sync.Mutex
	sharers int
	// calls and looks are what may be sent now; looks takes from both.
	calls, looks float64
	filled       time.Time
	waiting      [TurnLook + 1][]*waiter
	timer        *time.Timer
}

type waiter struct{ admitted chan struct{} }

// NewBudget returns a budget that this process has to itself until [Budget.ShareWith] says
// otherwise.
func NewBudget(perSecond float64) *Budget {
	return &Budget{perSecond: perSecond, sharers: 1, calls: max(1, perSecond), looks: 1, filled: time.Now()}
}

// ShareWith sets how many processes share the budget, this one among them.
func (b *Budget) ShareWith(processes int) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.fill()
	b.sharers = max(1, processes)
	b.admit()
}

// Sharers returns how many processes share the budget.
func (b *Budget) Sharers() int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.sharers
}

// Wait blocks until the call may be sent, rather than failing, because callers would only wait
// themselves.
func (b *Budget) Wait(ctx context.Context) error {
	began, turn, one := time.Now(), TurnOf(ctx), &waiter{admitted: make(chan struct{})}
	b.mutex.Lock()
	b.waiting[turn] = append(b.waiting[turn], one)
	b.admit()
	b.mutex.Unlock()
	select {
	case <-one.admitted:
	case <-ctx.Done():
		if b.leave(turn, one) {
			return ctx.Err()
		}
	}
	if b.Observe != nil {
		b.Observe(turn, time.Since(began))
	}
	return nil
}

// leave takes a call that nobody wants any more out of the queue. It reports false for one that was
// admitted in the meantime.
func (b *Budget) leave(turn Turn, one *waiter) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	at := slices.Index(b.waiting[turn], one)
	if at >= 0 {
		b.waiting[turn] = slices.Delete(b.waiting[turn], at, at+1)
	}
	return at >= 0
}

// share is how many calls a second this process may make.
func (b *Budget) share() float64 { return b.perSecond / float64(b.sharers) }

// most is how many calls may be sent at once after a quiet time. A second's worth, because orders
// come in waves, and no more: Alipay counts what comes in a short time.
func (b *Budget) most() float64 { return max(1, b.share()) }

// fill adds what has come to be allowed since it was filled last.
func (b *Budget) fill() {
	now := time.Now()
	passed := now.Sub(b.filled).Seconds()
	b.filled = now
	b.calls = min(b.most(), b.calls+passed*b.share())
	b.looks = min(max(1, b.most()*lookShare), b.looks+passed*b.share()*lookShare)
}

// lookShare is the part of the budget that looks may take.
const lookShare = 0.5

// admit lets as many go as may, in their turns, and comes back when the next may.
func (b *Budget) admit() {
	b.fill()
	for turn := range b.waiting {
		for len(b.waiting[turn]) > 0 && b.afford(Turn(turn)) {
			close(b.waiting[turn][0].admitted)
			b.waiting[turn] = b.waiting[turn][1:]
		}
	}
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	if wait, more := b.next(); more {
		b.timer = time.AfterFunc(wait, func() {
			b.mutex.Lock()
			defer b.mutex.Unlock()
			b.admit()
		})
	}
}

// almost makes up for what is lost in adding fractions.
const almost = 1 - 1e-9

// spare is how many calls have to be left for a look to go: one more than it takes, so that an act
// which comes next does not wait for it.
func (b *Budget) spare() float64 { return min(2, b.most()) }

// afford takes a call from the budget if it has one.
func (b *Budget) afford(turn Turn) bool {
	if b.calls < almost || turn == TurnLook && (b.looks < almost || b.calls < b.spare()*almost) {
		return false
	}
	if b.calls--; turn == TurnLook {
		b.looks--
	}
	return true
}

// next returns how long it takes until the next call may go, and whether there is one.
func (b *Budget) next() (time.Duration, bool) {
	lacking := 1 - b.calls
	switch {
	case len(b.waiting[TurnUndo])+len(b.waiting[TurnAct])+len(b.waiting[TurnQuestion]) > 0:
	case len(b.waiting[TurnLook]) > 0:
		lacking = max(b.spare()-b.calls, (1-b.looks)/lookShare)
	default:
		return 0, false
	}
	return time.Duration(lacking/b.share()*float64(time.Second)) + time.Microsecond, true
}
