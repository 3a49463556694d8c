package script

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// Misbehaviour is what the platform may do to anybody at any time: pushes that
// come twice, late or in another order, and answers that take long. A program
// that was only ever tried against good manners relies on them, so a simulator
// that people try things out with misbehaves a little unless it is told not to.
//
// One push or call gets one of it at most. Left alone are messages sent by hand,
// pushes whose Rule has a PushRule of its own, and calls that a Fault strikes:
// there somebody has said what is to happen.
type Misbehaviour struct {
	// Seed decides who is struck: with the same seed it is the same push of the
	// same order, and the same try of the same call, regardless of what goes on beside them.
	Seed int64 `json:"seed"`
	// Duplicate is the chance that a push is sent twice under one notify_id, the
	// second time up to LateBy later.
	Duplicate float64 `json:"duplicate"`
	// Late is the chance that a push is late, by up to LateBy: minutes are usual at
	// Alipay.
	Late float64 `json:"late"`
	// Reorder is the chance that a push waits until the next one of the same order
	// has gone out, LateBy at most.
	Reorder float64 `json:"reorder"`
	// LateBy is divided by Config.Speed, as every delay of a push is.
	LateBy Duration `json:"late_by"`
	// Slow is the chance that an answer takes up to SlowFor longer, half of the
	// times before the call has its effect, half after. SlowFor is not divided by
	// the speed.
	Slow    float64  `json:"slow"`
	SlowFor Duration `json:"slow_for"`
}

// DefaultMisbehaviour is a few per cent of everything: enough to be met in a day of
// trying things out, and seldom enough not to be in the way.
func DefaultMisbehaviour(seed int64) *Misbehaviour {
	return &Misbehaviour{Seed: seed, Duplicate: 0.04, Late: 0.03, Reorder: 0.03, LateBy: Duration(2 * time.Minute),
		Slow: 0.02, SlowFor: Duration(2 * time.Second)}
}

// Check wants chances from 0 to 1. The three of a push may not be more together,
// because it gets one of them at most. Nil is fine: nothing misbehaves.
func (m *Misbehaviour) Check() error {
	if m == nil {
		return nil
	}
	chances := []struct {
		name  string
		value float64
	}{{"duplicate", m.Duplicate}, {"late", m.Late}, {"reorder", m.Reorder}, {"slow", m.Slow},
		{"duplicate, late and reorder together", m.Duplicate + m.Late + m.Reorder}}
	for _, chance := range chances {
		if chance.value < 0 || chance.value > 1 {
			return fmt.Errorf("misbehaviour: %s is %g; it is a chance from 0 to 1", chance.name, chance.value)
		}
	}
	return nil
}

// Luck is what one push or call draws: numbers that follow from the seed, from
// what it is, and from how many of its kind there were since the start.
type Luck [sha256.Size]byte

// DrawLuck is what the number-th of a kind draws. It depends on nothing else, so that a
// seed repeats what it did whatever goes on beside it.
func DrawLuck(seed int64, kind string, number uint64) Luck {
	return sha256.Sum256(fmt.Appendf(nil, "%d %s %d", seed, kind, number))
}

// Part is the luck's number of an index from 0 to 3, from 0 up to 1. Indices are
// independent: one draw answers several questions.
func (l Luck) Part(index int) float64 {
	const digits = 1 << 53 // as many as a float64 holds
	return float64(binary.BigEndian.Uint64(l[8*index:])%digits) / digits
}

// Of is a random part of a length. It has an index of its own, so that how long does
// not follow from whether.
func (l Luck) Of(length Duration) Duration { return Duration(l.Part(1) * float64(length)) }

// Slowness is the fault that a call meets without one being configured. It is before
// the effect as often as after, so that slowness does not say whether the work was
// done.
func (m *Misbehaviour) Slowness(l Luck) (Fault, bool) {
	if l.Part(0) >= m.Slow {
		return Fault{}, false
	}
	fault := Fault{Kind: FaultSlow, For: l.Of(m.SlowFor)}
	if l.Part(2) < 0.5 {
		fault.Kind = FaultStallAfterCommit
	}
	return fault, true
}
