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
