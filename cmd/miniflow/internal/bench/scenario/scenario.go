package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"

	"miniflow/cmd/miniflow/internal/bench/ceiling"
	"miniflow/cmd/miniflow/internal/bench/load"
	"miniflow/cmd/miniflow/internal/bench/report"
	"miniflow/cmd/miniflow/internal/bench/system"
)

// Scenario is one kind of load.
type Scenario struct {
	Name, About string
	// Default scenarios run when no scenario is named.
	Default bool
	// Fast is whether a fresh system divides life's times: an order's life is to take seconds.
	// Where orders only wait, life goes at its own speed.
	Fast bool

	keeps bool // its orders are found again in a data directory that is kept
	run   func(ctx context.Context, b *bench) error
}

// All are the scenarios, in the order in which they run.
func All() []Scenario {
	return []Scenario{
		{Name: "orders", About: "whole happy orders: CPU, requests to Temporal, events of one, beside a bare skeleton of its shape", Default: true, Fast: true, run: orders},
		{Name: "starts", About: "POST /v1/orders, beside bare starts of the skeleton", Default: true, run: starts},
		{Name: "notifications", About: "messages to the door: saturation, and latencies at 70 % of it, beside bare signals and RSA", Default: true, run: notifications},
		{Name: "burst", About: "many messages as fast as they are taken, and the time until all are applied", run: burst},
		{Name: "push", About: "the time from a message to the order's next stage", Default: true, Fast: true, run: push},
		{Name: "looks", About: "CPU of a question to Alipay about a waiting order, beside a bare activity that is tried again", Default: true, Fast: true, run: looks},
		{Name: "waiting", About: "what 100 and many waiting orders cost: CPU, calls to Alipay, memory, disk", keeps: true, run: waiting},
		{Name: "console", About: "every page of the console among many orders, beside 50 messages a second: latencies and requests to Temporal", keeps: true, run: console},
	}
}

// Sizes say how much load is made.
type Sizes struct {
	// Orders is how many orders, or skeletons, go on while they are timed, Rate how many begin a second.
	Orders int
	Rate   float64
	// Callers is how many callers start orders at once, Connections how many post messages.
	Callers, Connections int
	// Targets is how many orders messages are about, and how many bare workflows signals go to.
	Targets int
	// For is how long a rate is held, Step how long one of the search for saturation is.
	For, Step time.Duration
	// Idle is how long the system is watched doing nothing.
	Idle time.Duration
	// Burst is how many messages a burst has, Looks and Waiting how many orders wait in the scenarios of
	// these names.
	Burst, Looks, Waiting int
	// Crowd is among how many orders people look, People how many of them look at once.
	Crowd, People int
	// Speed is what the system divides life's times by.
	Speed float64
	// Running is whether the system goes on afterwards, so that nothing may be left that waits.
	Running bool
	// Kept is whether the data directory is one that is kept, so that orders of an earlier run may
	// wait in it already.
	Kept bool
}

// bench is one scenario against one system.
type bench struct {
	*system.System
	Sizes
	run   string // begins the names of everything that is made, so that two runs don't meet
	round *report.Round
	say   func(format string, args ...any)
}

// Run runs the scenario and notes its figures in the round.
func (s Scenario) Run(ctx context.Context, on *system.System, sizes Sizes, run string, round *report.Round, say func(string, ...any)) error {
	if s.keeps && sizes.Kept {
		run = "kept"
	}
	b := &bench{System: on, Sizes: sizes, run: run, round: round, say: func(format string, args ...any) {
		say(s.Name+": "+format, args...)
	}}
	err := s.run(ctx, b)
	if sizes.Running && !s.keeps {
		err = errors.Join(err, b.dismiss(context.WithoutCancel(ctx)))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

// number is the out_order_no of order i of one kind, such as h for happy ones.
func (b *bench) number(kind string, i int) string {
	return fmt.Sprintf("%s%s%d", b.prefix(kind), "-", i)
}

func (b *bench) prefix(kind string) string { return "bench-" + b.run + kind }

// everything is a glob on all orders of this run.
func (b *bench) everything() string { return b.prefix("*") }

// latencies notes the percentiles of a load, and its line for a chart.
func (b *bench) latencies(name string, result *load.Result, against string) {
	line := report.Line{Name: name}
	for _, p := range load.Percentiles() {
		line.Points = append(line.Points, report.Point{Percentile: p, Milliseconds: milliseconds(result.Percentile(p))})
	}
	b.round.Lines = append(b.round.Lines, line)
	if result.Refused > 0 {
		b.round.Add(name+".refused", "", float64(result.Refused))
		b.say("%d of %d were refused, such as: %v", result.Refused, result.Refused+result.Accepted, result.Err)
	}
	for _, p := range []struct {
		name string
		at   float64
	}{{"p50", 50}, {"p99", 99}, {"p99.9", 99.9}} {
		figure := name + "." + p.name
		if against == "" {
			b.round.Add(figure, "ms", milliseconds(result.Percentile(p.at)))
			continue
		}
		b.round.Add(figure, "ms", milliseconds(result.Percentile(p.at)), against+"."+p.name)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// withBare runs something with the bare worker beside the system, and ends the worker.
func (b *bench) withBare(run func(bare *ceiling.Bare) error) (err error) {
	bare, err := ceiling.Start(b.System, b.run)
	if err != nil {
		return err
	}
	defer func() {
		if ended := bare.End(); err == nil {
			err = ended
		}
	}()
	return run(bare)
}
