package alipaysim

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"miniflow/alipay/alipaysim/internal/delivery"
	"miniflow/alipay/alipaysim/internal/world"
)

// Run does everything when it falls due — builds, scans, answers, reviews, pushes and
// their retries — until ctx ends or Close is called. A delivery that is under way then is
// cut, and owed again. It returns an error only when the file fails.
func (s *Simulator) Run(ctx context.Context) error {
	s.running.RLock()
	defer s.running.RUnlock()
	ctx, cancel := s.untilClose(ctx)
	defer cancel()
	var deliveries sync.WaitGroup
	defer deliveries.Wait()
	start := func(_ bool, deliver func()) { deliveries.Go(deliver) }
	for ctx.Err() == nil {
		_, next, err := s.doDue(ctx, start)
		if err != nil {
			return err
		}
		if !s.sleepUntil(ctx, next) {
			return nil
		}
	}
	return nil
}

// RunDue does everything that is due by the clock, waits for the deliveries it
// sent, and returns when the next thing falls due; the zero time means that
// nothing is planned. Use it in place of Run with a clock of your own. Over HTTP
// it delivers one message after the other, in the order in which they are due, so
// that with a seeded Config.Rand the same calls have the same consequences.
func (s *Simulator) RunDue(ctx context.Context) (time.Time, error) {
	s.running.RLock()
	defer s.running.RUnlock()
	for {
		var deliveries sync.WaitGroup
		sent, next, err := s.doDue(ctx, func(overLink bool, deliver func()) {
			if !overLink {
				deliver()
				return
			}
			deliveries.Go(deliver) // acknowledgements come in any order
		})
		deliveries.Wait()
		if err != nil || ctx.Err() != nil || sent == 0 {
			return next, errors.Join(err, ctx.Err())
		}
	}
}

// NextDue returns when the next thing falls due, in the past when it already has; the
// zero time means that nothing is planned. It does nothing, so that a test can choose
// between moving the clock and acting first.
func (s *Simulator) NextDue() (next time.Time, err error) {
	err = s.world.Look(func(t *world.Tx) { next = world.Earlier(t.FirstDeed(), s.sender.NextDue(t)) })
	return next, err
}

// doDue sends only when no deed is left to do, for a deed can owe a push that is due
// at once.
func (s *Simulator) doDue(ctx context.Context, start delivery.Start) (sent int, next time.Time, err error) {
	for ctx.Err() == nil {
		did, next, err := s.world.DoDeeds()
		if err != nil {
			return 0, time.Time{}, err
		}
		if did > 0 {
			continue
		}
		sent, nextDelivery, err := s.sender.SendDue(ctx, start)
		return sent, world.Earlier(next, nextDelivery), err
	}
	return 0, time.Time{}, nil
}

// poke never blocks, since changes call it that must not wait for Run; one pending
// poke stands for any number.
func (s *Simulator) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Simulator) untilClose(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// sleepUntil reports false for the end of ctx alone: a poke may mean that something
// earlier is due. The zero time is no moment to wait for.
func (s *Simulator) sleepUntil(ctx context.Context, moment time.Time) bool {
	var alarm <-chan time.Time
	if !moment.IsZero() {
		timer := time.NewTimer(moment.Sub(s.cfg.Now()))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-alarm:
	case <-s.wake:
	}
	return true
}

// delay ends with the client's patience too: without it a fault of an hour would keep
// the request of a caller who has left, and Close with it.
func (s *Simulator) delay(r *http.Request, d Duration) {
	ctx, cancel := s.untilClose(r.Context())
	defer cancel()
	s.cfg.Wait(ctx, time.Duration(d))
}
