package load

import (
	"context"
	"time"
)

// Steps search for the rate from which on a system falls behind.
type Steps struct {
	// First is the first rate, Factor what each next one is multiplied by.
	First, Factor float64
	// For is how long each rate is held.
	For time.Duration
	// Within is what the 99th percentile may take for a rate to count as kept up with.
	Within time.Duration
	// Rest is called after each step, so that what a step leaves behind does not burden the next.
	Rest func(ctx context.Context) error
}

const (
	// maxSteps ends a search against a system that takes everything.
	maxSteps = 24
	// behindSteps in a row end it: one alone may be another program's doing.
	behindSteps = 2
)

// keepsUp reports whether a system answered as fast as it was asked: hardly anything refused,
// the last answer soon after the last question, and few that waited.
func (s Steps) keepsUp(schedule Schedule, r *Result) bool {
	const most = 0.97 // of the rate that was meant
	return float64(r.Accepted) >= most*float64(schedule.Count()) && r.PerSecond() >= most*schedule.Rate && r.Percentile(99) <= s.Within
}

// Saturation raises the rate step by step until the system falls behind, and returns the most
// that it accepted a second in any step: where it falls behind, it takes what it can. run makes
// a step's load.
func (s Steps) Saturation(ctx context.Context, run func(ctx context.Context, schedule Schedule) *Result) (float64, error) {
	most, rate, behind := 0.0, s.First, 0
	for range maxSteps {
		schedule := Schedule{Rate: rate, For: s.For}
		result := run(ctx, schedule)
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if result.Accepted == 0 {
			return 0, result.Err
		}
		most = max(most, result.PerSecond())
		if err := s.Rest(ctx); err != nil {
			return 0, err
		}
		if s.keepsUp(schedule, result) {
			behind = 0
		} else if behind++; behind == behindSteps {
			return most, nil
		}
		rate *= s.Factor
	}
	return most, nil
}
