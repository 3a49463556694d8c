package look

import (
	"slices"
	"time"

	"miniflow/order"
)

// Lengths are how long the last waits of one kind took, the newest last.
type Lengths []order.Duration

// with returns the lengths with one more, and without those too old to be remembered.
func (l Lengths) with(length order.Duration) Lengths {
	if length <= 0 {
		return l
	}
	l = append(slices.Clone(l), length)
	return l[max(0, len(l)-remembered):]
}

// Percentile returns the length within which so many of a hundred waits ended, zero while too few
// are known to say.
func (l Lengths) Percentile(percent int) time.Duration {
	if len(l) < enough {
		return 0
	}
	sorted := slices.Sorted(slices.Values(l))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)].Std()
}

// Median is the percentile that half of all waits end within; Usual is the one that nearly all do,
// within which a look at an order that is not late finds nothing.
const (
	Median = 50
	Usual  = 90
)
