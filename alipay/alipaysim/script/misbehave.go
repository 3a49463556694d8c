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
	// Late is the chance that a push is late, by up to LateBy: a poll may know more then,
	// and the push is about the past.
	Late float64 `json:"late"`
	// Reorder is the chance that a push waits until the next one of the same order
	// has gone out, LateBy at most.
	Reorder float64 `json:"reorder"`
	// LateBy is divided by Config.Speed, since pushes are late compared with the people in
	// an order's life, whose time is divided too.
	LateBy Duration `json:"late_by"`
	// Slow is the chance that an answer takes up to SlowFor longer, half of the
	// times before the call has its effect, half after. SlowFor is not divided by
	// the speed.
	Slow    float64  `json:"slow"`
	SlowFor Duration `json:"slow_for"`
}

// DefaultMisbehaviour is a few per cent of everything: rare enough that a demonstration
// still shows the order's own way.
func DefaultMisbehaviour(seed int64) *Misbehaviour {
	return &Misbehaviour{Seed: seed, Duplicate: 0.04, Late: 0.03, Reorder: 0.03, LateBy: Duration(2 * time.Minute),
		Slow: 0.02, SlowFor: Duration(2 * time.Second)}
}

// Check adds up the three chances of a push, because one push gets one of them at most.
// Nil is good manners and no error.
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
// what it is, and from how many of its kind there were since the start, so that a run
// can be repeated while others draw beside it.
type Luck [sha256.Size]byte

// DrawLuck hashes and keeps no generator: what one push draws does not depend on how
// many others came before it, so concurrency changes nothing.
func DrawLuck(seed int64, kind string, number uint64) Luck {
	return sha256.Sum256(fmt.Appendf(nil, "%d %s %d", seed, kind, number))
}

// Part is from 0 up to 1. Each index has its own eight bytes, so whether, how long and
// which way are independent of each other.
func (l Luck) Part(index int) float64 {
	const digits = 1 << 53 // as many as a float64 holds
	return float64(binary.BigEndian.Uint64(l[8*index:])%digits) / digits
}

// Of uses another Part than the chance does: with the same one whatever a small chance
// lets through would also be short.
func (l Luck) Of(length Duration) Duration { return Duration(l.Part(1) * float64(length)) }

// Slowness is a Fault like a configured one, so that both are carried out, and end with
// Close, in the same way.
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
