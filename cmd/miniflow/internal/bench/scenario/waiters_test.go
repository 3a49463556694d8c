package scenario

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"miniflow/cmd/miniflow/internal/bench/system"
)

// TestWhatHasNoAnswerIsAskedAgain counts how often something is asked, and how long that takes.
func TestWhatHasNoAnswerIsAskedAgain(t *testing.T) {
	unavailable := fmt.Errorf("%w: busy", system.ErrUnavailable)
	refused := errors.New("409")
	for name, c := range map[string]struct {
		answers []error
		asked   int
		want    error
	}{
		"answered at once":    {[]error{nil}, 1, nil},
		"answered in the end": {[]error{unavailable, unavailable, nil}, 3, nil},
		"refused":             {[]error{unavailable, refused}, 2, refused},
		"never answered":      {nil, tries, system.ErrUnavailable},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked, begun := 0, time.Now()
			err := patiently(t.Context(), func(context.Context) error {
				asked++
				if asked > len(c.answers) {
					return unavailable
				}
				return c.answers[asked-1]
			})
			if !errors.Is(err, c.want) || asked != c.asked {
				t.Errorf("%s: asked %d times: %v", name, asked, err)
			}
			if took := time.Since(begun); took != time.Duration(asked-1)*pause {
				t.Errorf("%s: it took %v", name, took)
			}
		})
	}
}

// TestAnInterruptedRunGoesOn: an order of an earlier run counts only in a data directory that is kept.
func TestAnInterruptedRunGoesOn(t *testing.T) {
	conflict, failed := fmt.Errorf("%w: begun with other data", system.ErrConflict), errors.New("500")
	for _, c := range []struct {
		kept      bool
		err, want error
	}{{true, conflict, nil}, {false, conflict, conflict}, {true, failed, failed}, {true, nil, nil}} {
		b := &bench{Sizes: Sizes{Kept: c.kept}}
		if got := b.started(c.err); !errors.Is(got, c.want) || c.want == nil && got != nil {
			t.Errorf("kept %v, %v: got %v, want %v", c.kept, c.err, got, c.want)
		}
	}
}

// TestNobodyWaitsOnOnceItIsOver checks that an interrupted run ends within its pause.
func TestNobodyWaitsOnOnceItIsOver(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := patiently(ctx, func(context.Context) error {
		cancel()
		return system.ErrUnavailable
	})
	if err == nil || errors.Is(err, system.ErrUnavailable) {
		t.Errorf("it ends with %v", err)
	}
}
