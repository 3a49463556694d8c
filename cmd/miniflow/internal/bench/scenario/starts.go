package scenario

import (
	"context"
	"errors"

	"miniflow/cmd/miniflow/internal/bench/ceiling"
	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/system"
)

// starts starts orders over the API and skeletons bare: first as fast as the callers can, then
// both at the same rate, which is below what either takes.
func starts(ctx context.Context, b *bench) error {
	restore, err := b.UseRules(ctx, system.Silent(b.everything()))
	if err != nil {
		return err
	}
	defer func() { _ = restore(context.WithoutCancel(ctx)) }() // a running system keeps its own rules
	return b.withBare(func(bare *ceiling.Bare) error { return b.compareStarts(ctx, bare) })
}

const (
	// shareOfSaturation is the rate at which latencies are compared: busy, and not yet a queue.
	shareOfSaturation = 0.7
	// shareOfStarts is less, because what follows a start goes on when the callers have their
	// answers: what they can start for seconds is more than what the system can carry on with.
	shareOfStarts = 0.5
)

func (b *bench) compareStarts(ctx context.Context, bare *ceiling.Bare) error {
	begin := func(kind string, start func(ctx context.Context, id string) error) load.Send {
		return func(ctx context.Context, i int) error { return start(ctx, b.number(kind, i)) }
	}
	b.say("bare starts by %d callers", b.Callers)
	bareMost := load.Closed(ctx, b.Callers, b.For/2, begin("a", bare.StartSkeleton))
	if err := b.clear(ctx, bare, "a", bareMost); err != nil {
		return err
	}
	b.say("POST /v1/orders by %d callers", b.Callers)
	most := load.Closed(ctx, b.Callers, b.For/2, begin("b", b.StartOrder))
	if err := b.accepted(ctx, most); err != nil {
		return err
	}
	schedule := load.Schedule{Rate: shareOfStarts * min(most.PerSecond(), bareMost.PerSecond()), For: b.For}
	b.say("both at %.0f a second", schedule.Rate)
	bareSteady := load.Open(ctx, schedule, b.Connections, begin("c", bare.StartSkeleton))
	if err := b.clear(ctx, bare, "c", bareSteady); err != nil {
		return err
	}
	steady := load.Open(ctx, schedule, b.Connections, begin("d", b.StartOrder))
	if err := b.accepted(ctx, steady); err != nil {
		return err
	}
	b.round.Add("starts.bare.rate", "/s", bareMost.PerSecond())
	b.latencies("starts.bare.callers", bareMost, "")
	b.round.Add("starts.rate", "/s", most.PerSecond(), "starts.bare.rate")
	b.latencies("starts.callers", most, "starts.bare.callers")
	b.round.Add("starts.steady.rate", "/s", schedule.Rate)
	b.latencies("starts.bare.steady", bareSteady, "")
	b.latencies("starts.steady", steady, "starts.bare.steady")
	return nil
}

// clear ends the bare workflows of a load, and waits until the system is at rest.
func (b *bench) clear(ctx context.Context, bare *ceiling.Bare, kind string, result *load.Result) error {
	if err := b.accepted(ctx, result); err != nil {
		return err
	}
	ended := load.Burst(ctx, b.Callers, result.Accepted+result.Refused, func(ctx context.Context, i int) error {
		return bare.Terminate(ctx, b.number(kind, i))
	})
	return errors.Join(ended.Err, b.Rest(ctx, restWithin))
}

// accepted reports an error where hardly anything was accepted, since the figures would be those of
// something else; then it waits until the system is at rest. What was refused of the rest is a
// figure of its own.
func (b *bench) accepted(ctx context.Context, result *load.Result) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if result.Accepted <= result.Refused {
		return result.Err
	}
	return b.Rest(ctx, backlogWithin)
}
