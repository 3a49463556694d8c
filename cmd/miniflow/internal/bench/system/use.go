package system

import (
	"context"
	"fmt"
	"time"

	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/bench/measure"
)

// CPU returns the processor time that the system's processes have used so far.
func (s *System) CPU() (time.Duration, error) { return s.proc.CPU(s.PID) }

// Resident returns the memory that the system's processes hold.
func (s *System) Resident() (int64, error) { return s.proc.Resident(s.PID) }

// CPUByProcess returns the processor time of each of a cluster's processes by its name; nothing for
// a standalone, which is one.
func (s *System) CPUByProcess() (map[string]time.Duration, error) {
	return byProcess(s.Processes, s.proc.CPU)
}

// ResidentByProcess returns the memory of each of a cluster's processes by its name.
func (s *System) ResidentByProcess() (map[string]int64, error) {
	return byProcess(s.Processes, s.proc.Resident)
}

func byProcess[V any](processes map[string]int, of func(roots ...int) (V, error)) (map[string]V, error) {
	all := map[string]V{}
	for name, pid := range processes {
		one, err := of(pid)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all[name] = one
	}
	return all, nil
}

// Disk returns what a standalone has in its data directory.
func (s *System) Disk() (int64, error) { return measure.Disk(s.dir) }

// Requests returns the calls to Temporal that the system has made so far.
func (s *System) Requests(ctx context.Context) (measure.Requests, error) {
	return measure.FetchRequests(ctx, s.http, s.metrics()...)
}

// Rest waits until the system has hardly anything left to do, or for at most so long: what a load
// has left behind must not burden the next one.
func (s *System) Rest(ctx context.Context, most time.Duration) error {
	const look, idle = 500 * time.Millisecond, 0.10
	before, err := s.CPU()
	if err != nil {
		return err
	}
	for end := time.Now().Add(most); time.Now().Before(end); {
		if err := remote.Pause(ctx, look); err != nil {
			return err
		}
		now, err := s.CPU()
		if err != nil {
			return err
		}
		if (now - before).Seconds() < idle*look.Seconds() {
			return nil
		}
		before = now
	}
	return nil
}
