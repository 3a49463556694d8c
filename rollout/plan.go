// Package rollout decides what a mass upgrade does next: which members begin, which wait for a soak,
// when it stops by itself, and what is taken back.
//
// It is arithmetic on a plan and on what is known of its members: it calls nobody and reads no clock,
// so that every decision can be tested for itself, and a workflow that is replayed decides the same.
package rollout

import (
	"math"
	"time"

	"miniflow/order"
)

// Plan says how a rollout goes. It is fixed when the rollout begins; a person changes what happens by
// pausing, halting, resuming or taking it back.
type Plan struct {
	// Canary are the mini programs that go first, in a wave of their own.
	Canary []string `json:"canary,omitempty"`
	// FirstWave is the size of the wave after the canary's; each one after that is Growth times as
	// large.
	FirstWave int     `json:"first_wave"`
	Growth    float64 `json:"growth"`
	// Soak is how long a wave that has settled is watched before the next begins.
	Soak order.Duration `json:"soak"`
	// Rate is how many releases begin in a second, and UndoRate how many are taken back, at most.
	Rate     float64 `json:"rate"`
	UndoRate float64 `json:"undo_rate"`
	// MostRejected is the share of rejections above which it halts, and MostFailed that of members
	// that went wrong otherwise.
	MostRejected float64 `json:"most_rejected"`
	MostFailed   float64 `json:"most_failed"`
	// Sample is how many members a share is counted over at least, so that the first rejection is not
	// all of them. At the end of a wave its own members are enough.
	Sample int `json:"sample"`
	// Keep is how long a rollout that is done can still be taken back.
	Keep order.Duration `json:"keep"`
}

// DefaultPlan is a careful one.
func DefaultPlan() Plan {
	return Plan{
		FirstWave: 20, Growth: 3, Soak: order.Duration(time.Hour), Rate: 1, UndoRate: 10,
		MostRejected: 0.1, MostFailed: 0.2, Sample: 10, Keep: order.Duration(7 * 24 * time.Hour),
	}
}

// Bounds of a rollout. Its state travels from run to run of a workflow, which Temporal wedges where it
// is too large: more mini programs than these are another rollout's, since those that were upgraded
// run another version by then.
const (
	MaxMembers = 4000
	// MaxCode bounds a code that a member keeps; Alipay's longest is shorter.
	MaxCode = 48
	// MaxID bounds a mini program's id; Alipay's have sixteen digits.
	MaxID = 32
	// batchSeconds is how much of the rate begins at once, and mostAtOnce how many members at most.
	batchSeconds = 5
	mostAtOnce   = 20
)

// waves are the indices behind the last member of each wave, where so many members are canaries; wave
// 0 is the canaries'. There is always one.
func (p Plan) waves(canaries, members int) []int {
	ends, size := []int{min(canaries, members)}, float64(max(p.FirstWave, 1))
	for last := ends[0]; last < members; size *= max(p.Growth, 1) {
		last = int(min(float64(last)+math.Ceil(size), float64(members)))
		ends = append(ends, last)
	}
	return ends
}

// atOnce is how many begin together at a rate.
func atOnce(rate float64) int { return min(max(int(rate*batchSeconds), 1), mostAtOnce) }

// pause is how long so many take of a rate.
func pause(count int, rate float64) time.Duration {
	return time.Duration(float64(count) / rate * float64(time.Second))
}
