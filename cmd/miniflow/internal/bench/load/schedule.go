package load

import "time"

// Schedule says when each request of an open load is meant to be sent: evenly, Rate a second.
type Schedule struct {
	Rate float64
	For  time.Duration
}

// Count returns how many requests there are.
func (s Schedule) Count() int { return int(s.Rate*s.For.Seconds() + 0.5) }

// At returns when request i (the first is 0) is meant to be sent, counted from the beginning.
func (s Schedule) At(i int) time.Duration {
	return time.Duration(float64(i) / s.Rate * float64(time.Second))
}
