package scenario

import (
	"context"
	"errors"
	"time"

	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/ceiling"
	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/system"
)

const (
	// bareEvery is how often the bare activity is tried again: as often as an order of commit
	// cb5d7e1 asks in its first day, at the standalone's own speed.
	bareEvery = 10 * time.Second
	// fewestLooks is from how many looks on their cost can be distinguished from idling.
	fewestLooks = 30
)

// looks measures what asking Alipay about waiting orders costs, beside a bare activity that is
// tried again as often.
func looks(ctx context.Context, b *bench) error {
	if err := b.Rest(ctx, restWithin); err != nil {
		return err
	}
	if err := b.withBare(func(bare *ceiling.Bare) error { return b.bareTries(ctx, bare) }); err != nil {
		return err
	}
	idle, err := shareOf(ctx, b.CPU, b.Idle)
	if err != nil {
		return err
	}
	restore, err := b.UseRules(ctx, system.Silent(b.everything()))
	if err != nil {
		return err
	}
	defer func() { _ = restore(context.WithoutCancel(ctx)) }() // a running system keeps its own rules
	if err := b.startWaiters(ctx, "l", 0, b.Looks); err != nil {
		return err
	}
	// The first questions come faster than the later ones, so they are left out.
	if err := remote.Pause(ctx, time.Duration(float64(10*time.Minute)/b.Speed)+time.Second); err != nil {
		return err
	}
	during := 2 * b.For
	b.say("looks of %d waiting orders for %v", b.Looks, during)
	seen, err := b.watch(ctx, during)
	if err != nil {
		return err
	}
	b.round.Add("looks.calls_per_order", "/min", float64(seen.calls)/during.Minutes()/float64(b.Looks))
	if seen.calls >= fewestLooks {
		cpu := seen.cpu - time.Duration(idle*float64(during))
		b.round.Add("looks.cpu", "ms", milliseconds(cpu)/float64(seen.calls), "looks.bare.cpu")
	}
	return nil
}

// seen is what has happened while nothing was asked for.
type seen struct {
	cpu   time.Duration
	calls int // to Alipay
}

// watch watches the system for a while.
func (b *bench) watch(ctx context.Context, during time.Duration) (seen, error) {
	_, last, err := b.Calls(ctx, 0)
	if err != nil {
		return seen{}, err
	}
	before, err := b.CPU()
	if err != nil {
		return seen{}, err
	}
	if err := remote.Pause(ctx, during); err != nil {
		return seen{}, err
	}
	after, err := b.CPU()
	if err != nil {
		return seen{}, err
	}
	byMethod, _, err := b.Calls(ctx, last)
	calls := 0
	for _, n := range byMethod {
		calls += n
	}
	return seen{cpu: after - before, calls: calls}, err
}

// bareTries measures what one more try of a bare activity costs.
func (b *bench) bareTries(ctx context.Context, bare *ceiling.Bare) error {
	idle, err := shareOf(ctx, b.withWorker(bare), b.Idle)
	if err != nil {
		return err
	}
	started := load.Burst(ctx, b.Callers, b.Looks, func(ctx context.Context, i int) error {
		return bare.StartAsking(ctx, b.number("q", i), bareEvery)
	})
	if err := errors.Join(started.Err, b.Rest(ctx, bareEvery/2)); err != nil {
		return err
	}
	b.say("%d bare activities, tried again every %v", b.Looks, bareEvery)
	during := 2 * b.For
	before, err := bare.Requests()
	if err != nil {
		return err
	}
	share, err := shareOf(ctx, b.withWorker(bare), during)
	if err != nil {
		return err
	}
	after, err := bare.Requests()
	if err != nil {
		return err
	}
	if tries := after.Since(before).FailedTries(); tries > 0 {
		b.round.Add("looks.bare.cpu", "ms", (share-idle)*milliseconds(during)/tries)
	}
	ended := load.Burst(ctx, b.Callers, b.Looks, func(ctx context.Context, i int) error { return bare.Terminate(ctx, b.number("q", i)) })
	return errors.Join(ended.Err, b.Rest(ctx, restWithin))
}

// withWorker is the CPU of the system and the bare worker together.
func (b *bench) withWorker(bare *ceiling.Bare) func() (time.Duration, error) {
	return func() (time.Duration, error) {
		own, err := b.CPU()
		if err != nil {
			return 0, err
		}
		worker, err := bare.CPU()
		return own + worker, err
	}
}
