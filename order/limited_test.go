package order_test

import (
	"testing"
	"time"

	"miniflow/order"
)

// TestALimitedReleaseIsWarnedOf 60, 75 and 85 days after it went online, and at its end, as Alipay counts.
func TestALimitedReleaseIsWarnedOf(t *testing.T) {
	since := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	for name, schedules := range map[string]order.Schedules{"by default": order.DefaultSchedules(), "begun before": {}} {
		until := schedules.LimitedUntil(since)
		var left []int
		for _, moment := range schedules.LimitWarnings(since) {
			left = append(left, order.DaysUntil(until, moment))
		}
		if len(left) != 4 || left[0] != 30 || left[1] != 15 || left[2] != 5 || left[3] != 0 {
			t.Errorf("%s: warned with %v days left", name, left)
		}
	}
	if got := order.DaysUntil(since, since.Add(time.Hour)); got != 0 {
		t.Errorf("%d days are left after the end", got)
	}
}
