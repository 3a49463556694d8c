package scenario

import (
	"context"
	"sync"
	"time"

	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/ceiling"
	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/measure"
	"miniflow/cmd/miniflow/internal/bench/system"
	"miniflow/order"
)

// orders lives happy orders from request to online, after as many skeletons.
func orders(ctx context.Context, b *bench) error {
	const skeletons, happy = "s", "h"
	if err := b.Rest(ctx, restWithin); err != nil {
		return err
	}
	if err := b.withBare(func(bare *ceiling.Bare) error { return b.skeletons(ctx, bare, skeletons) }); err != nil {
		return err
	}
	restore, err := b.UseRules(ctx, system.Happy(b.everything()))
	if err != nil {
		return err
	}
	defer func() { _ = restore(context.WithoutCancel(ctx)) }() // a running system keeps its own rules
	if err := b.goFirst(ctx); err != nil {
		return err
	}
	b.say("%d happy orders, %g a second", b.Orders, b.Rate)
	used, err := b.account(ctx, meter{b.CPU, b.CPUByProcess, func() (measure.Requests, error) { return b.Requests(ctx) }}, func() error {
		if err := b.live(ctx, func(i int) error { return b.StartOrder(ctx, b.number(happy, i)) }); err != nil {
			return err
		}
		return b.awaitCompleted(ctx, order.WorkflowID(b.AppID, b.prefix(happy)), b.Orders, b.life())
	})
	if err != nil {
		return err
	}
	b.noteUse("orders", used, "orders.skeleton")
	return b.histories(ctx, happy)
}

// goFirst lives some orders before those that are measured. As long as a system does not know
// whether its messages arrive, it asks Alipay about every order that waits; it learns that from
// the first five, and notices in the pass after the next.
func (b *bench) goFirst(ctx context.Context) error {
	const first, passes = 6, 20 * time.Minute
	b.say("%d happy orders go first", first)
	for i := range first {
		if err := b.StartOrder(ctx, b.number("f", i)); err != nil {
			return err
		}
	}
	if err := b.awaitCompleted(ctx, order.WorkflowID(b.AppID, b.prefix("f")), first, b.life()); err != nil {
		return err
	}
	return remote.Pause(ctx, time.Duration(float64(passes)/b.Speed))
}

const (
	// restWithin is how long a system may go on with what a load has left behind.
	restWithin = 20 * time.Second
	// backlogWithin is how long it may pass on what its door has accepted and Temporal has not.
	backlogWithin = 3 * time.Minute
)

// life is longer than a happy order's: its twenty minutes, and as much again.
func (b *bench) life() time.Duration {
	return time.Duration(float64(40*time.Minute)/b.Speed) + 2*time.Minute
}

// live begins something for each order, evenly.
func (b *bench) live(ctx context.Context, begin func(i int) error) error {
	failed := make([]error, b.Orders)
	var group sync.WaitGroup
	begun := time.Now()
	for i := range b.Orders {
		if failed[i] = pauseUntil(ctx, begun.Add(load.Schedule{Rate: b.Rate}.At(i))); failed[i] != nil {
			break
		}
		group.Go(func() { failed[i] = begin(i) })
	}
	group.Wait()
	return firstOf(failed)
}

// firstOf returns one error of many that mostly say the same.
func firstOf(failed []error) error {
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

func pauseUntil(ctx context.Context, moment time.Time) error {
	return remote.Pause(ctx, max(0, time.Until(moment)))
}

// skeletons lives skeletons as orders are lived, with the signals that people outside send.
func (b *bench) skeletons(ctx context.Context, bare *ceiling.Bare, kind string) error {
	b.say("%d skeletons, %g a second", b.Orders, b.Rate)
	used, err := b.account(ctx, meter{b.withWorker(bare), b.CPUByProcess, bare.Requests}, func() error {
		if err := b.live(ctx, func(i int) error { return b.skeleton(ctx, bare, b.number(kind, i)) }); err != nil {
			return err
		}
		return b.awaitCompleted(ctx, b.prefix(kind), b.Orders, time.Minute)
	})
	if err != nil {
		return err
	}
	// The start and the signals are this program's, as an order's are the system's.
	used.requests.Add("StartWorkflowExecution", float64(b.Orders))
	used.requests.Add("SignalWorkflowExecution", float64(b.Orders*len(ceiling.SignalSizes())))
	b.noteUse("orders.skeleton", used, "")
	return b.eventsOf(ctx, "orders.skeleton", []string{b.number(kind, 0)}, "")
}

// skeleton lives one: its first signal comes at once, the others after each other as the
// merchant's and the audit's do.
func (b *bench) skeleton(ctx context.Context, bare *ceiling.Bare, id string) error {
	if err := bare.StartSkeleton(ctx, id); err != nil {
		return err
	}
	for i, pause := range []time.Duration{300 * time.Millisecond, 700 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond, time.Second} {
		if err := remote.Pause(ctx, pause); err != nil {
			return err
		}
		if err := bare.SignalSkeleton(ctx, id, i); err != nil {
			return err
		}
	}
	return nil
}
