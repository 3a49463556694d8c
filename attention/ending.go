package attention

import (
	"math"
	"time"
)

const day = 24 * time.Hour

// WarnedDays are how many days before its end people are told of something that runs out, each time
// anew: the next certificate takes a person and a deployment, and a first word is easily forgotten. The
// last is the end itself.
func WarnedDays() []int { return []int{30, 14, 7, 1, 0} }

// Ending says of something that runs out whether it needs a person by now, since which warning, and how
// many days are left, below 0 once it is over. What has no end never does.
func Ending(until, now time.Time) (since time.Time, daysLeft int, soon bool) {
	if until.IsZero() {
		return time.Time{}, 0, false
	}
	for _, days := range WarnedDays() {
		if begins := until.Add(-time.Duration(days) * day); !now.Before(begins) {
			since, soon = begins, true
		}
	}
	return since, int(math.Floor(until.Sub(now).Hours() / 24)), soon
}
