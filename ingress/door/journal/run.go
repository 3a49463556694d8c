package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"miniflow/order"
)

const (
	// attemptWithin bounds one dispatch, so that a connection that hangs is noticed.
	attemptWithin = 5 * time.Second
	// firstDelay and longestDelay are the ends of the delays of one target after failures,
	// longer than the pauses of all, so that one that fails holds back no other.
	firstDelay   = 100 * time.Millisecond
	longestDelay = 10 * time.Second
)

// outcome is what became of an attempt to dispatch a target's first message.
type outcome struct {
	target *target
	took   time.Duration
	err    error
}

// Run dispatches what waits until the context ends and, as far as Temporal takes it, for
// [Config.Patience] after that. What is left then waits for the next process. It closes the
// journal, so whatever calls [Journal.Accept] has to have ended before.
func (j *Journal) Run(ctx context.Context) error {
	r := &run{journal: j, pace: pace{workers: j.config.Workers}, outcomes: make(chan outcome)}
	calls, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	r.until(calls, ctx.Done(), func() bool { return false })
	impatient, done := context.WithTimeout(calls, j.config.Patience)
	defer done()
	r.until(calls, impatient.Done(), func() bool { return r.pace.failures > 0 || j.empty() && r.onTheirWay == 0 })
	cancel()
	r.calls.Wait()
	if left := j.Status(); left.Messages > 0 {
		j.config.Log.Warn("messages wait in the door's journal for the next start", "messages", left.Messages)
	}
	return j.Close()
}

// run is the state of dispatching; one goroutine owns it.
type run struct {
	journal    *Journal
	pace       pace
	onTheirWay int
	outcomes   chan outcome
	calls      sync.WaitGroup
}

// until dispatches until a channel is closed or done reports true.
func (r *run) until(ctx context.Context, ended <-chan struct{}, done func() bool) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for !done() {
		if again := r.start(ctx); again.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(again.Sub(r.journal.config.Now()))
		}
		select {
		case <-ended:
			return
		case <-r.journal.wake:
		case <-timer.C:
		case o := <-r.outcomes:
			r.finish(o)
		}
	}
}

// start begins as many dispatches as the pace allows, and returns when time alone allows
// more; zero when it doesn't.
func (r *run) start(ctx context.Context) time.Time {
	j := r.journal
	now := j.config.Now()
	r.pace.arrivals(int(j.arrivals.Swap(0)), r.onTheirWay, now)
	for {
		allowed, again := r.pace.allows(r.onTheirWay, now)
		if !allowed {
			return again
		}
		t, again := j.next(now)
		if t == nil {
			return again
		}
		r.onTheirWay++
		r.calls.Go(func() {
			o := outcome{target: t}
			o.took, o.err = j.dispatch(ctx, t)
			select {
			case r.outcomes <- o:
			case <-ctx.Done():
			}
		})
	}
}

// next returns the target whose turn it is; where there is none, when there will be one.
func (j *Journal) next(now time.Time) (*target, time.Time) {
	j.writer.mu.Lock()
	defer j.writer.mu.Unlock()
	if t := j.queue.next(now); t != nil {
		return t, time.Time{}
	}
	if len(j.queue.delayed) > 0 {
		return nil, j.queue.delayed[0].until
	}
	return nil, time.Time{}
}

// errDamaged means that a record is no longer what was written.
var errDamaged = errors.New("the record is damaged")

// dispatch passes a target's first message on. Nothing else touches it meanwhile.
func (j *Journal) dispatch(ctx context.Context, t *target) (time.Duration, error) {
	j.writer.mu.Lock()
	m := t.messages[0]
	j.writer.mu.Unlock()
	n, err := j.load(m)
	if err != nil {
		return 0, err
	}
	ctx, done := context.WithTimeout(ctx, attemptWithin)
	defer done()
	began := j.config.Now()
	err = j.config.Dispatcher.Dispatch(ctx, n)
	return j.config.Now().Sub(began), err
}

// load reads a message. One that can't be read back is set aside as one that is found damaged
// at the start.
func (j *Journal) load(m *message) (order.Notification, error) {
	var n order.Notification
	data, r, whole, err := m.segment.read(m.offset, m.size)
	if err != nil {
		return n, err
	}
	if !whole || json.Unmarshal(r.payload, &n) != nil {
		if err := j.setAside(m.segment.name, int(m.offset), data); err != nil {
			return n, err
		}
		j.damaged.Add(1)
		return n, errDamaged
	}
	return n, nil
}

// finish applies the outcome of an attempt.
func (r *run) finish(o outcome) {
	j := r.journal
	r.onTheirWay--
	now := j.config.Now()
	switch {
	case o.err == nil:
		r.pace.took(o.took, now)
		j.config.Metrics.dispatched.Inc()
		j.leave(o.target, stateDispatched, nil)
	case errors.Is(o.err, errDamaged):
		j.leave(o.target, stateDispatched, nil) // the file that was set aside is what is left of it
	case errors.Is(o.err, ErrRefused):
		r.pace.took(o.took, now)
		j.config.Metrics.refused.Inc()
		j.leave(o.target, stateRefused, o.err)
	default:
		r.pace.failed(now)
		j.config.Metrics.failures.Inc()
		j.postpone(o.target, o.err, now)
	}
}

// leave takes a target's first message out of the queue, and says on the disk why.
func (j *Journal) leave(t *target, what state, err error) {
	j.writer.mu.Lock()
	m := t.messages[0]
	j.writer.mu.Unlock()
	// Before the segment can be removed, and not under the lock, since a disk may be slow.
	marked := m.segment.mark(m.offset, what)
	j.writer.mu.Lock()
	defer j.writer.mu.Unlock()
	j.queue.remove(t)
	if what == stateRefused {
		m.refused, m.lastError = true, err.Error()
		j.queue.refused = append(j.queue.refused, m)
		j.config.Log.Error("Temporal refuses a message for good; it stays in the door's journal and is tried again at the next start",
			"app_id", m.app, "workflow_id", m.target, "error", err)
	} else {
		m.segment.waiting--
	}
	if marked != nil {
		j.config.Log.Warn("the door's journal can't note what was dispatched; after a restart it is dispatched once more, which changes nothing",
			"error", fmt.Errorf("mark a record of %s: %w", m.segment.name, marked))
	}
}

// postpone has a target try again later.
func (j *Journal) postpone(t *target, err error, now time.Time) {
	j.writer.mu.Lock()
	defer j.writer.mu.Unlock()
	m := t.messages[0]
	m.attempts++
	m.lastError = err.Error()
	delay := longestDelay
	if m.attempts < 8 {
		delay = min(firstDelay<<(m.attempts-1), longestDelay)
	}
	j.queue.delay(t, now.Add(delay))
	level := j.config.Log.Debug
	if m.attempts == 1 {
		level = j.config.Log.Warn
	}
	level("a message was not dispatched, it is tried again", "app_id", m.app, "workflow_id", m.target, "attempts", m.attempts, "error", err)
}

func (j *Journal) empty() bool {
	j.writer.mu.Lock()
	defer j.writer.mu.Unlock()
	return len(j.queue.known) == 0
}
