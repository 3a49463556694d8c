package scenario

import (
	"context"
	"fmt"
	"time"

	"miniflow/cmd/miniflow/internal/bench/system"
)

const (
	// fewWaiting is the number of waiting orders that many are held against.
	fewWaiting = 100
	// watches is how many times a rate's time waiting orders are watched: they do little.
	watches = 4
	// besideKind begins the numbers of those that go on beside.
	besideKind = "x"
)

// waiting measures what orders cost that wait for people, with 100 of them and with many.
func waiting(ctx context.Context, b *bench) error {
	restore, err := b.UseRules(ctx, system.Quick(b.prefix(besideKind+"*")), system.Silent(b.everything()))
	if err != nil {
		return err
	}
	defer func() { _ = restore(context.WithoutCancel(ctx)) }() // a running system keeps its own rules
	already, against := 0, ""
	if b.Waiting > fewWaiting && !b.Kept {
		if err := b.wait(ctx, 0, fewWaiting, ""); err != nil {
			return err
		}
		already, against = fewWaiting, fmt.Sprintf("waiting.%d", fewWaiting)
	}
	return b.wait(ctx, already, b.Waiting, against)
}

// wait has all of so many orders wait, of which some do already, and notes what they cost.
func (b *bench) wait(ctx context.Context, already, all int, against string) error {
	begun := time.Now()
	if err := b.startWaiters(ctx, "w", already, all); err != nil {
		return err
	}
	b.round.Add(fmt.Sprintf("waiting.%d.starting", all), "s", time.Since(begun).Seconds())
	if err := b.Rest(ctx, restWithin); err != nil {
		return err
	}
	name := fmt.Sprintf("waiting.%d", all)
	note := func(figure, unit string, value float64) {
		if against == "" {
			b.round.Add(name+"."+figure, unit, value)
			return
		}
		b.round.Add(name+"."+figure, unit, value, against+"."+figure)
	}
	// Before the simulator lists its calls, which takes memory of the same process.
	resident, err := b.Resident()
	if err != nil {
		return err
	}
	note("resident", "bytes", float64(resident))
	disk, err := b.Disk()
	if err != nil {
		return err
	}
	note("disk", "bytes", float64(disk))
	watched := watches * b.For
	b.say("watching %d waiting orders for %v", all, watched)
	seen, err := b.watch(ctx, watched)
	if err != nil {
		return err
	}
	note("cpu", "ms/min", milliseconds(seen.cpu)/watched.Minutes())
	note("calls_per_order", "/min", float64(seen.calls)/float64(all)/watched.Minutes())
	return b.beside(ctx, name, fmt.Sprintf("%s%d", besideKind, begun.Unix()%1e6), against)
}
