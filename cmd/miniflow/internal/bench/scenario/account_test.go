package scenario

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"miniflow/cmd/miniflow/internal/bench/measure"
)

// working is a meter of a system with two processes, one of which uses a share of a core all the time
// and asks twice a second; work is what is added to both.
func working(share float64, work *time.Duration) meter {
	begun := time.Now()
	idle := func() time.Duration { return scaled(time.Since(begun), share) }
	return meter{
		cpu: func() (time.Duration, error) { return idle() + 2*(*work), nil },
		processes: func() (map[string]time.Duration, error) {
			return map[string]time.Duration{"door": *work, "worker-1": idle() + *work}, nil
		},
		requests: func() (measure.Requests, error) {
			return measure.Requests{"ListWorkflowExecutions": 2 * time.Since(begun).Seconds(), "SignalWorkflowExecution": float64(*work / time.Second)}, nil
		},
	}
}

// TestIdlingIsTakenOff accounts for work of ten seconds beside a system that idles at a tenth of a core.
func TestIdlingIsTakenOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var work time.Duration
		b := &bench{Sizes: Sizes{Idle: 2 * time.Second}}
		used, err := b.account(t.Context(), working(0.1, &work), func() error {
			<-time.After(10 * time.Second)
			work += 3 * time.Second
			return nil
		})
		if err != nil || used.cpu != 6*time.Second {
			t.Errorf("%v, %v", used.cpu, err)
		}
		if want := map[string]time.Duration{"door": 3 * time.Second, "worker-1": 3 * time.Second}; !maps.Equal(used.processes, want) {
			t.Errorf("%v, want %v", used.processes, want)
		}
		if used.requests["ListWorkflowExecutions"] != 0 || used.requests["SignalWorkflowExecution"] != 3 {
			t.Errorf("%v", used.requests)
		}
	})
}

// TestABusySystemIsNotMeasured idles for two seconds beside what an earlier load has left behind,
// which is over after one.
func TestABusySystemIsNotMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, none := time.Now(), time.Duration(0)
		of := working(0, &none)
		of.cpu = func() (time.Duration, error) { return min(time.Since(begun), time.Second), nil }
		b := &bench{Sizes: Sizes{Idle: 2 * time.Second}}
		_, err := b.account(t.Context(), of, func() error { <-time.After(10 * time.Second); return nil })
		if !errors.Is(err, errBusy) {
			t.Errorf("it says %v", err)
		}
		if _, err := b.account(t.Context(), of, func() error { return context.Canceled }); !errors.Is(err, context.Canceled) {
			t.Errorf("what the work says is %v", err)
		}
	})
}
