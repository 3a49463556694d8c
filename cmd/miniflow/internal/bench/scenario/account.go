package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/measure"
)

// meter reads what has been used so far.
type meter struct {
	cpu       func() (time.Duration, error)
	processes func() (map[string]time.Duration, error) // of that, a cluster's by name
	requests  func() (measure.Requests, error)
}

// use is what something has cost, idling taken off.
type use struct {
	cpu       time.Duration
	processes map[string]time.Duration
	requests  measure.Requests
}

// errBusy says that what was taken off for idling was no idling.
var errBusy = errors.New("the system used more while it had nothing to do than under load: something else keeps it busy; measure again once that is over")

// account measures what work costs. What the processes use and ask while they idle is measured
// before and taken off for as long as the work has taken.
func (b *bench) account(ctx context.Context, of meter, work func() error) (use, error) {
	idling, err := of.spent(func() error { return remote.Pause(ctx, b.Idle) })
	if err != nil {
		return use{}, err
	}
	worked, err := of.spent(work)
	if err != nil {
		return use{}, err
	}
	times := float64(worked.lasted) / float64(idling.lasted)
	cost := use{
		cpu: worked.cpu - scaled(idling.cpu, times), processes: map[string]time.Duration{}, requests: worked.requests.Without(idling.requests, times),
	}
	if cost.cpu < 0 {
		return use{}, errBusy
	}
	for name, cpu := range worked.processes {
		cost.processes[name] = cpu - scaled(idling.processes[name], times)
	}
	return cost, nil
}

func scaled(d time.Duration, times float64) time.Duration { return time.Duration(times * float64(d)) }

// spending is what the processes have used, and asked, while something lasted.
type spending struct {
	use
	lasted time.Duration
}

func (m meter) spent(during func() error) (spending, error) {
	begun := time.Now()
	before, err := m.read()
	if err != nil {
		return spending{}, err
	}
	if err := during(); err != nil {
		return spending{}, err
	}
	after, err := m.read()
	if err != nil {
		return spending{}, err
	}
	used := use{cpu: after.cpu - before.cpu, processes: map[string]time.Duration{}, requests: after.requests.Since(before.requests)}
	for name, cpu := range after.processes {
		used.processes[name] = cpu - before.processes[name]
	}
	return spending{used, time.Since(begun)}, nil
}

func (m meter) read() (now use, err error) {
	if now.requests, err = m.requests(); err != nil {
		return use{}, err
	}
	if now.processes, err = m.processes(); err != nil {
		return use{}, err
	}
	now.cpu, err = m.cpu()
	return now, err
}

// shareOf returns the share of a core that is used for a while.
func shareOf(ctx context.Context, cpu func() (time.Duration, error), during time.Duration) (float64, error) {
	begun := time.Now()
	before, err := cpu()
	if err != nil {
		return 0, err
	}
	if err := remote.Pause(ctx, during); err != nil {
		return 0, err
	}
	after, err := cpu()
	return (after - before).Seconds() / time.Since(begun).Seconds(), err
}

// noteUse notes what one order, or one skeleton, has cost.
func (b *bench) noteUse(name string, used use, against string) {
	each := func(figure, unit string, value float64) {
		if against != "" {
			b.round.Add(name+"."+figure, unit, value/float64(b.Orders), against+"."+figure)
			return
		}
		b.round.Add(name+"."+figure, unit, value/float64(b.Orders))
	}
	each("cpu", "ms", milliseconds(used.cpu))
	for _, process := range slices.Sorted(maps.Keys(used.processes)) {
		b.round.Add(fmt.Sprintf("%s.cpu.%s", name, process), "ms", milliseconds(used.processes[process])/float64(b.Orders))
	}
	each("requests", "", used.requests.Total())
	if against != "" {
		b.round.Add(name+".failed_tries", "", used.requests.FailedTries()/float64(b.Orders))
	}
	for _, operation := range used.requests.Operations() {
		b.round.Add(fmt.Sprintf("%s.requests.%s", name, operation), "", used.requests[operation]/float64(b.Orders))
	}
}

// noteResident notes the memory of each of a cluster's processes.
func (b *bench) noteResident(name string) error {
	held, err := b.ResidentByProcess()
	for _, process := range slices.Sorted(maps.Keys(held)) {
		b.round.Add(fmt.Sprintf("%s.resident.%s", name, process), "bytes", float64(held[process]))
	}
	return err
}
