package load_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"miniflow/cmd/miniflow/internal/bench/load"
)

var errNo = errors.New("no")

func TestScheduleIsEven(t *testing.T) {
	s := load.Schedule{Rate: 8, For: 2500 * time.Millisecond}
	if s.Count() != 20 || s.At(0) != 0 || s.At(1) != 125*time.Millisecond || s.At(19) != 2375*time.Millisecond {
		t.Errorf("%d requests, at %v, %v … %v", s.Count(), s.At(0), s.At(1), s.At(19))
	}
}

// after answers once a time has passed, which takes no time in a bubble of synctest.
func after(d time.Duration) error {
	<-time.After(d)
	return nil
}

// near reports whether a latency is what it should be, within the histogram's precision.
func near(got, want time.Duration) bool {
	return got >= want-want/100-time.Millisecond && got <= want+want/100+time.Millisecond
}

// TestLatencyCountsFromTheIntendedTime stalls the first request: those behind it were meant to be
// sent meanwhile, and their waiting is latency.
func TestLatencyCountsFromTheIntendedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		result := load.Open(t.Context(), load.Schedule{Rate: 10, For: time.Second}, 1, func(_ context.Context, i int) error {
			if i == 0 {
				return after(500 * time.Millisecond)
			}
			return nil
		})
		// 500, 400, 300, 200, 100 and five times 0 ms.
		for percentile, want := range map[float64]time.Duration{50: 0, 60: 100 * time.Millisecond, 80: 300 * time.Millisecond, 90: 400 * time.Millisecond, 100: 500 * time.Millisecond} {
			if got := result.Percentile(percentile); !near(got, want) {
				t.Errorf("p%g is %v, want %v", percentile, got, want)
			}
		}
		if result.Accepted != 10 || !near(result.Took, 900*time.Millisecond) {
			t.Errorf("%d accepted in %v", result.Accepted, result.Took)
		}
	})
}

// TestCallersTakeTheirTime has callers that wait for each answer before they ask again.
func TestCallersTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := func(context.Context, int) error { return after(100 * time.Millisecond) }
		closed := load.Closed(t.Context(), 4, 950*time.Millisecond, ask)
		if closed.Accepted != 40 || !near(closed.Percentile(99), 100*time.Millisecond) || int(closed.PerSecond()+0.5) != 40 {
			t.Errorf("%d accepted, %g a second, p99 %v", closed.Accepted, closed.PerSecond(), closed.Percentile(99))
		}
		burst := load.Burst(t.Context(), 4, 10, ask)
		if burst.Accepted != 10 || !near(burst.Took, 300*time.Millisecond) {
			t.Errorf("%d accepted in %v", burst.Accepted, burst.Took)
		}
	})
}

func TestRefusalsHaveNoLatency(t *testing.T) {
	result := load.Burst(t.Context(), 1, 4, func(_ context.Context, i int) error {
		if i < 3 {
			return errNo
		}
		return nil
	})
	if result.Accepted != 1 || result.Refused != 3 || !errors.Is(result.Err, errNo) {
		t.Errorf("%d accepted, %d refused: %v", result.Accepted, result.Refused, result.Err)
	}
}

// TestLoadEndsWithItsContext counts nothing of what was cut off.
func TestLoadEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		result := load.Open(ctx, load.Schedule{Rate: 1, For: time.Hour}, 2, func(ctx context.Context, _ int) error {
			<-ctx.Done()
			return ctx.Err()
		})
		if result.Accepted+result.Refused != 0 || !near(result.Took, time.Second) {
			t.Errorf("%d accepted, %d refused in %v", result.Accepted, result.Refused, result.Took)
		}
	})
}

// TestSaturationIsWhatIsAcceptedAtMost searches against a system that takes 250 a second.
func TestSaturationIsWhatIsAcceptedAtMost(t *testing.T) {
	const capacity = 250
	rests := 0
	steps := load.Steps{First: 100, Factor: 1.5, For: time.Second, Within: time.Second, Rest: func(context.Context) error {
		rests++
		return nil
	}}
	var rates []float64
	synctest.Test(t, func(t *testing.T) {
		most, err := steps.Saturation(t.Context(), func(ctx context.Context, schedule load.Schedule) *load.Result {
			rates = append(rates, schedule.Rate)
			places := make(chan struct{}, 1)
			return load.Open(ctx, schedule, 64, func(context.Context, int) error {
				places <- struct{}{}
				defer func() { <-places }()
				return after(time.Second / capacity)
			})
		})
		if err != nil || most < capacity*0.98 || most > capacity*1.02 {
			t.Errorf("saturation at %g a second, want %d: %v", most, capacity, err)
		}
	})
	// 100, 150 and 225 are kept up with, 337 and 506 are not.
	if len(rates) != 5 || rests != 5 {
		t.Errorf("the rates %v were tried, with %d rests", rates, rests)
	}
}

func TestSaturationOfWhatRefusesIsAnError(t *testing.T) {
	steps := load.Steps{First: 10, Factor: 2, For: 100 * time.Millisecond, Within: time.Second, Rest: func(context.Context) error { return nil }}
	_, err := steps.Saturation(t.Context(), func(ctx context.Context, schedule load.Schedule) *load.Result {
		return load.Open(ctx, schedule, 1, func(context.Context, int) error { return errNo })
	})
	if !errors.Is(err, errNo) {
		t.Errorf("got %v", err)
	}
}
