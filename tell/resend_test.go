package tell_test

import (
	"fmt"
	"testing"
	"time"

	"miniflow/tell"
)

// TestDeadThatFindNoRoomStayListed: what is tried again is bounded, and what is dead and does not fit
// there is neither lost nor said to be on its way.
func TestDeadThatFindNoRoomStayListed(t *testing.T) {
	now := began()
	var state tell.State
	for i := range 495 {
		state.Waiting = append(state.Waiting, tell.Waiting{OutOrderNo: fmt.Sprint("waits", i), Next: now, Reason: "it answered 500"})
	}
	for i := range 20 {
		state.Dead = append(state.Dead, tell.Dead{OutOrderNo: fmt.Sprint("dead", i), Until: now})
	}
	if !state.Instruct(tell.Instruction{Action: tell.ActionResend, Dead: true}, now) || len(state.Waiting) != 500 || len(state.Dead) != 15 {
		t.Errorf("%d wait, %d are dead", len(state.Waiting), len(state.Dead))
	}
	if state.Instruct(tell.Instruction{Action: tell.ActionResend, OutOrderNo: "dead19"}, now) || len(state.Dead) != 15 {
		t.Errorf("refused, and yet %d are dead", len(state.Dead))
	}
}

// TestAResendLosesNothingOlder: told again is what a person has asked for; what is dead and older is
// still listed, and what was not told yet is told.
func TestAResendLosesNothingOlder(t *testing.T) {
	now := began()
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	for name, outOrderNo := range map[string]string{"of an order": "A", "of all": ""} {
		state := tell.State{Through: at(60), Dead: []tell.Dead{{OutOrderNo: "A", Since: at(0), Until: at(10)}, {OutOrderNo: "A", Since: at(20), Until: at(30)}}}
		state.Instruct(tell.Instruction{Action: tell.ActionResend, OutOrderNo: outOrderNo, Since: at(5)}, at(60))
		if len(state.Dead) != 1 || !state.Dead[0].Since.Equal(at(0)) || !state.Dead[0].Until.Equal(at(5)) {
			t.Errorf("%s: dead is %+v", name, state.Dead)
		}
	}
	b := begin(tell.State{})
	b.Changed("A", at(1))
	b.Listed(at(5))
	state := b.Snapshot() // A was not told yet
	state.Instruct(tell.Instruction{Action: tell.ActionResend, OutOrderNo: "A", Since: at(4)}, at(6))
	if job := next(t, begin(state), at(6), "A"); !job.Since.Before(at(1)) {
		t.Errorf("A is told from %v on", job.Since)
	}
}

// TestATimeBeforeAllTime can be listed: a moment that Temporal can't read would end all lists for
// good, since nothing but an older moment would take its place.
func TestATimeBeforeAllTime(t *testing.T) {
	ancient := time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 14*3600))
	for _, outOrderNo := range []string{"", "A"} {
		state := tell.State{Through: began(), Dead: []tell.Dead{{OutOrderNo: "A", Until: began()}}}
		state.Instruct(tell.Instruction{Action: tell.ActionResend, OutOrderNo: outOrderNo, Since: ancient}, began())
		if len(state.Dead) > 0 {
			t.Errorf("%q: dead still is %+v", outOrderNo, state.Dead)
		}
		if outOrderNo == "" {
			state.Through = ancient // as it was kept by who knew no better
		}
		b := begin(state)
		for what, moment := range map[string]time.Time{"From": b.From(), "Newest": b.Newest(), "Through": b.Snapshot().Through} {
			if moment.UTC().Year() < 1999 {
				t.Errorf("%q: %s is %v", outOrderNo, what, moment)
			}
		}
		for _, waiting := range b.Snapshot().Waiting {
			if waiting.Since.Year() < 1999 {
				t.Errorf("it is told from %v on", waiting.Since)
			}
		}
	}
}

// TestEnabledIsToldAtOnce also what was refused before, whose next try may be hours away.
func TestEnabledIsToldAtOnce(t *testing.T) {
	now := began()
	state := tell.State{
		Through: now, Disabled: &tell.Disabled{Target: here},
		Waiting: []tell.Waiting{{OutOrderNo: "A", Tries: 9, Next: now.Add(6 * time.Hour), Reason: "it answered 500"}},
	}
	state.Instruct(tell.Instruction{Action: tell.ActionEnable}, now)
	next(t, begin(state), now, "A")
}
