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

// NextDue returns when the next thing falls due, in the past when it already has;
// the zero time means that nothing is planned. Nothing is done.
func (s *Simulator) NextDue() (next time.Time, err error) {
	err = s.world.Look(func(t *world.Tx) { next = world.Earlier(t.FirstDeed(), s.sender.NextDue(t)) })
	return next, err
}

// doDue does the deeds that are due before it sends, because what they push is due then
// too. It returns how many deliveries it sent and when the next thing is due.
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

// poke makes Run look at what is due. It never blocks: every change of the world calls
// it.
func (s *Simulator) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// untilClose has Close end what would otherwise keep it waiting.
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

// sleepUntil waits for a moment, a poke or the end of ctx, which it reports as
// false. The zero time waits for a poke alone.
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

// delay ends early when the caller has left, and when Close waits for the answers that
// are kept back.
func (s *Simulator) delay(r *http.Request, d Duration) {
	ctx, cancel := s.untilClose(r.Context())
	defer cancel()
	s.cfg.Wait(ctx, time.Duration(d))
}
