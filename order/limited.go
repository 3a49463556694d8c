package order

import (
	"cmp"
	"math"
	"time"
)

// defaultLimitedFor is what Alipay's pages say of a limited release without an ICP filing.
const defaultLimitedFor = 90 * day

// Names of what happens to a mini program that is online in the limited form.
const (
	// HappenedLimitedEnds means that Alipay takes it down soon for want of a filing, or may have.
	HappenedLimitedEnds = "mini_program.limited_ends"
	// HappenedLimitLifted means that Alipay has lifted the limit.
	HappenedLimitLifted = "mini_program.limit_lifted"
)

// CodeLimitedEnds is the code of a mini program's trouble while a warning stands.
const CodeLimitedEnds = "LIMITED_RELEASE_ENDS"

// limitWarnings are the shares of a limited release's time that are left when somebody is warned: 30, 15
// and 5 days of 90, and none.
var limitWarnings = []float64{30. / 90, 15. / 90, 5. / 90, 0}

// LimitedUntil returns when Alipay takes down what is online in the limited form since a moment.
func (s Schedules) LimitedUntil(since time.Time) time.Time { return since.Add(s.limitedFor()) }

func (s Schedules) limitedFor() time.Duration { return cmp.Or(s.LimitedFor.Std(), defaultLimitedFor) }

// LimitWarnings returns when somebody is warned of it, the last time at its end.
func (s Schedules) LimitWarnings(since time.Time) []time.Time {
	moments := make([]time.Time, 0, len(limitWarnings))
	for _, left := range limitWarnings {
		moments = append(moments, s.LimitedUntil(since).Add(-time.Duration(left*float64(s.limitedFor())).Round(time.Second)))
	}
	return moments
}

// DaysUntil returns the days that are left until a moment, begun ones counted whole, and none once it is
// over.
func DaysUntil(until, now time.Time) int {
	return max(0, int(math.Ceil(until.Sub(now).Hours()/24)))
}
