package scenario

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"miniflow/cmd/miniflow/internal/bench/ceiling"
	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/system"
)

const (
	// firstRate and factor are the steps to saturation.
	firstRate, factor = 100, 1.4
	// keepsUpWithin is the 99th percentile of a rate that a system keeps up with.
	keepsUpWithin = time.Second
	// forgers is how many callers forge at once.
	forgers = 8
)

// notifications posts messages to the door, and sends bare signals of the same size to as many
// workflows.
func notifications(ctx context.Context, b *bench) error {
	b.round.Add("rsa.verifications", "/s", verifications(time.Second))
	if err := b.withBare(func(bare *ceiling.Bare) error { return b.bareSignals(ctx, bare) }); err != nil {
		return err
	}
	restore, err := b.UseRules(ctx, system.Silent(b.everything()))
	if err != nil {
		return err
	}
	defer func() { _ = restore(context.WithoutCancel(ctx)) }() // a running system keeps its own rules
	waiting, err := b.waiters(ctx, "n", b.Targets)
	if err != nil {
		return err
	}
	door := &doorLoad{bench: b, waiting: waiting}
	return door.measure(ctx)
}

func (b *bench) steps() load.Steps {
	return load.Steps{First: firstRate, Factor: factor, For: b.Step, Within: keepsUpWithin, Rest: func(ctx context.Context) error {
		return b.Rest(ctx, backlogWithin)
	}}
}

// bareSignals finds the saturation of bare signals, and their latencies at a share of it.
func (b *bench) bareSignals(ctx context.Context, bare *ceiling.Bare) error {
	b.say("bare signals to %d workflows", b.Targets)
	if err := b.sinks(ctx, bare); err != nil {
		return err
	}
	signal := func(ctx context.Context, i int) error { return bare.Signal(ctx, b.number("k", i%b.Targets)) }
	most, err := b.steps().Saturation(ctx, func(ctx context.Context, schedule load.Schedule) *load.Result {
		b.say("bare signals: %.0f a second", schedule.Rate)
		return load.Open(ctx, schedule, b.Connections, signal)
	})
	if err != nil {
		return err
	}
	steady := load.Open(ctx, load.Schedule{Rate: shareOfSaturation * most, For: b.For}, b.Connections, signal)
	if err := b.accepted(ctx, steady); err != nil {
		return err
	}
	b.round.Add("signals.bare.saturation", "/s", most)
	b.latencies("signals.bare", steady, "")
	return b.drop(ctx, bare)
}

// sinks starts the bare workflows that take signals, and drop ends them.
func (b *bench) sinks(ctx context.Context, bare *ceiling.Bare) error {
	started := load.Burst(ctx, b.Callers, b.Targets, func(ctx context.Context, i int) error {
		return bare.StartSink(ctx, b.number("k", i))
	})
	return errors.Join(started.Err, b.Rest(ctx, restWithin))
}

func (b *bench) drop(ctx context.Context, bare *ceiling.Bare) error {
	ended := load.Burst(ctx, b.Callers, b.Targets, func(ctx context.Context, i int) error {
		return bare.Terminate(ctx, b.number("k", i))
	})
	return errors.Join(ended.Err, b.Rest(ctx, restWithin))
}

// doorLoad posts messages about orders. Each set of them is signed before its clock starts.
type doorLoad struct {
	*bench
	waiting []system.Waiting
	sets    int
	// fresh distinguishes the messages of a run from those of an earlier one that had the same name.
	fresh string
}

// sign makes messages that nobody has sent before.
func (d *doorLoad) sign(count int) ([]system.Message, error) {
	d.sets++
	return d.Corpus(d.waiting, count, fmt.Sprintf("%s%s%02d", d.run, d.fresh, d.sets))
}

// open posts new genuine messages by a schedule.
func (d *doorLoad) open(ctx context.Context, schedule load.Schedule) (*load.Result, error) {
	corpus, err := d.sign(schedule.Count())
	if err != nil {
		return nil, err
	}
	return load.Open(ctx, schedule, d.Connections, func(ctx context.Context, i int) error { return d.Deliver(ctx, corpus[i]) }), nil
}

func (d *doorLoad) measure(ctx context.Context) error {
	var failed error
	most, err := d.steps().Saturation(ctx, func(ctx context.Context, schedule load.Schedule) *load.Result {
		d.say("the door: %.0f a second", schedule.Rate)
		result, err := d.open(ctx, schedule)
		if err != nil {
			failed = err
			return &load.Result{Err: err}
		}
		return result
	})
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	d.round.Add("notifications.saturation", "/s", most, "signals.bare.saturation")
	schedule := load.Schedule{Rate: shareOfSaturation * most, For: d.For}
	d.say("the door at %.0f a second", schedule.Rate)
	steady, err := d.open(ctx, schedule)
	if err != nil {
		return err
	}
	if err := d.accepted(ctx, steady); err != nil {
		return err
	}
	d.latencies("notifications", steady, "signals.bare")
	return d.mixes(ctx, schedule)
}

// mixes measures what is not new: messages that come again, forged ones, and genuine ones with
// forged ones beside them.
func (d *doorLoad) mixes(ctx context.Context, schedule load.Schedule) error {
	corpus, err := d.sign(d.Targets)
	if err != nil {
		return err
	}
	first := load.Burst(ctx, d.Callers, len(corpus), func(ctx context.Context, i int) error { return d.Deliver(ctx, corpus[i]) })
	if err := d.accepted(ctx, first); err != nil {
		return err
	}
	again := load.Closed(ctx, d.Callers, d.Step, func(ctx context.Context, i int) error { return d.Deliver(ctx, corpus[i%len(corpus)]) })
	if err := d.accepted(ctx, again); err != nil {
		return err
	}
	d.round.Add("notifications.duplicates", "/s", again.PerSecond())
	forged := system.Forged(corpus, len(corpus))
	forge := func(ctx context.Context, i int) error { return d.DeliverForged(ctx, forged[i%len(forged)]) }
	refused := load.Closed(ctx, d.Callers, d.Step, forge)
	if err := d.accepted(ctx, refused); err != nil {
		return err
	}
	d.round.Add("notifications.forged", "/s", refused.PerSecond())
	d.say("the door at %.0f a second, with forgeries at full rate beside", schedule.Rate)
	beside, cancel := context.WithCancel(ctx)
	var forging sync.WaitGroup
	forging.Go(func() { load.Closed(beside, forgers, 10*schedule.For, forge) })
	steady, err := d.open(ctx, schedule)
	cancel()
	forging.Wait()
	if err != nil {
		return err
	}
	// How many genuine ones were refused is a figure, however many there are.
	d.latencies("notifications.beside_forgery", steady, "notifications")
	if err := d.noteResident("notifications"); err != nil {
		return err
	}
	return d.Rest(ctx, backlogWithin)
}

// verifications returns how many RSA-2048 signatures all cores verify a second.
func verifications(during time.Duration) float64 {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return 0
	}
	sum := sha256.Sum256([]byte("a notification"))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		return 0
	}
	var verified atomic.Int64
	var group sync.WaitGroup
	begun := time.Now()
	for range runtime.NumCPU() {
		group.Go(func() {
			for time.Since(begun) < during {
				if rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) == nil {
					verified.Add(1)
				}
			}
		})
	}
	group.Wait()
	return float64(verified.Load()) / time.Since(begun).Seconds()
}
