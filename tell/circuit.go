package tell

import "time"

// Circuit keeps a target that does not accept from being stormed when it does again. It is open after
// some refusals in a row: then it is tried now and then, and from the first acceptance on a little
// faster each time, up to what is configured.
type Circuit struct {
	// Refusals are those in a row.
	Refusals int `json:"refusals,omitempty"`
	// Rate is how many posts a second are made while it is not closed; zero is closed.
	Rate float64 `json:"rate,omitempty"`
	// OpenSince is since when, and Until is before when the target has asked not to be told.
	OpenSince time.Time `json:"open_since,omitzero"`
	Until     time.Time `json:"until,omitzero"`
	// AcceptsSince is when it has accepted again, without a refusal since then.
	AcceptsSince time.Time `json:"accepts_since,omitzero"`
}

const (
	// opensAt is how many refusals in a row open the circuit: fewer are one order's own trouble, or
	// a target that is being started again.
	opensAt = 5
	// firstRate is how fast a target is told that has just accepted again, in posts a second, and
	// faster is what that is multiplied by with each further acceptance.
	firstRate = 1
	faster    = 1.2
	// steadyAfter is how long a target has to accept until it is told at the configured rate: where
	// little happens it would take days to get there post by post.
	steadyAfter = 10 * time.Minute
)

func (c *Circuit) refused(now, until time.Time, probe float64) {
	if c.Refusals++; until.After(c.Until) {
		c.Until = until
	}
	if c.Refusals < opensAt && c.Rate == 0 {
		return
	}
	if c.Rate, c.AcceptsSince = probe, (time.Time{}); c.OpenSince.IsZero() {
		c.OpenSince = now
	}
}

func (c *Circuit) taken(now time.Time, rate float64) {
	c.Refusals, c.Until = 0, time.Time{}
	if c.Rate == 0 {
		return
	}
	if c.AcceptsSince.IsZero() {
		c.AcceptsSince = now
	}
	if c.Rate = max(firstRate, c.Rate*faster); c.Rate >= rate || now.Sub(c.AcceptsSince) >= steadyAfter {
		*c = Circuit{}
	}
}

// Probing reports whether the target accepts nothing, so that it is tried now and then.
func (c Circuit) Probing() bool { return c.Rate > 0 && c.Rate < firstRate }

// Allows returns how many posts a second may be made where rate is configured.
func (c Circuit) Allows(rate float64) float64 {
	if c.Rate == 0 {
		return rate
	}
	return min(c.Rate, rate)
}
