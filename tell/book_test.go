package tell_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"miniflow/order"
	"miniflow/tell"
)

const here = "target"

func began() time.Time { return time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC) }

func settings() tell.Settings {
	return tell.Settings{
		Rate: 20, Probe: 0.1, Retry: order.Schedule{{Every: time.Minute, Times: 3}, {Every: time.Hour}}, Keep: 72 * time.Hour, Lag: time.Minute,
	}
}

func begin(state tell.State) *tell.Book { return tell.NewBook(state, settings(), here, began()) }

// next expects an order to be handed out.
func next(t *testing.T, b *tell.Book, now time.Time, outOrderNo string) *tell.Job {
	t.Helper()
	job := b.Next(now)
	if job == nil && outOrderNo == "" {
		return nil
	}
	if job == nil || job.OutOrderNo != outOrderNo {
		t.Fatalf("handed out %+v, want %q", job, outOrderNo)
	}
	return job
}

// TestAnOrderIsToldOfOneAfterTheOther: what changes while a post is under way has a post of its own
// after it, from where that one ended.
func TestAnOrderIsToldOfOneAfterTheOther(t *testing.T) {
	b, now := begin(tell.State{}), began().Add(time.Minute)
	b.Changed("A", now)
	first := next(t, b, now, "A")
	b.Changed("A", now.Add(time.Second))
	b.Changed("A", now.Add(2*time.Second))
	next(t, b, now.Add(2*time.Second), "")
	b.Taken(first, now.Add(time.Second), 2, now.Add(3*time.Second))
	second := next(t, b, now.Add(5*time.Second), "A")
	if !second.Since.Equal(now.Add(time.Second)) {
		t.Errorf("the second post begins after %v", second.Since)
	}
	b.Taken(second, now.Add(2*time.Second), 1, now.Add(5*time.Second))
	b.Changed("A", now.Add(2*time.Second)) // listed once more
	next(t, b, now.Add(time.Hour), "")
	if state := b.Snapshot(); state.Posts != 2 || state.Events != 3 || state.Behind != 0 {
		t.Errorf("%+v", state)
	}
}

// TestARunGoesOnWhereAnotherEnded, whatever was under way then: nothing that was not accepted is
// behind the moment up to which all was told.
func TestARunGoesOnWhereAnotherEnded(t *testing.T) {
	b, now := begin(tell.State{}), began()
	for i := range 5 {
		b.Changed(fmt.Sprint("o", i), now.Add(time.Duration(i+1)*time.Second))
	}
	b.Listed(now.Add(time.Minute))
	b.Taken(next(t, b, now.Add(time.Minute), "o0"), now.Add(time.Second), 1, now)
	b.Refused(next(t, b, now.Add(time.Minute), "o1"), tell.Refusal{Reason: "it answered 500", Oldest: now.Add(2 * time.Second)}, now.Add(time.Minute))
	next(t, b, now.Add(time.Minute), "o2") // under way
	state := b.Snapshot()
	if !state.Through.Before(now.Add(3*time.Second)) || len(state.Waiting) != 1 || state.Behind != 4 {
		t.Fatalf("%+v", state)
	}
	again := begin(state)
	for i := range 5 { // listed again
		again.Changed(fmt.Sprint("o", i), now.Add(time.Duration(i+1)*time.Second))
	}
	seen := map[string]bool{}
	for job := again.Next(now.Add(time.Hour)); job != nil; job = again.Next(now.Add(time.Hour)) {
		seen[job.OutOrderNo] = true
	}
	for i := 1; i < 5; i++ {
		if !seen[fmt.Sprint("o", i)] {
			t.Errorf("o%d is forgotten", i)
		}
	}
}

// TestATargetThatAcceptsNothing is tried slowly, of which little is kept, and faster bit by bit once it
// accepts again.
func TestATargetThatAcceptsNothing(t *testing.T) {
	b, now := begin(tell.State{}), began().Add(time.Hour)
	for i := range 100 {
		b.Changed(fmt.Sprintf("o%02d", i), now.Add(time.Duration(i)))
	}
	tried := map[string]bool{}
	for range 50 {
		job := b.Next(now)
		tried[job.OutOrderNo] = true
		b.Refused(job, tell.Refusal{Reason: "it answered 500", Oldest: now}, now)
		now = now.Add(10 * time.Second)
	}
	if state := b.Snapshot(); len(state.Waiting) != 5 || len(state.Dead) != 0 || state.Behind != 100 || b.Allows() != 0.1 {
		t.Errorf("%d orders wait, %d are dead, %d are behind, %g a second are allowed", len(state.Waiting), len(state.Dead), state.Behind, b.Allows())
	}
	if len(tried) < 10 {
		t.Errorf("%d orders were tried", len(tried))
	}
	last, accepted := 0.0, 0
	for ; b.Allows() < 20; accepted++ {
		if now = now.Add(time.Second); b.Allows() < last || accepted > 30 {
			t.Fatalf("after %d acceptances %g a second are allowed", accepted, b.Allows())
		}
		last = b.Allows()
		job := b.Next(now)
		b.Taken(job, job.ChangedAt, 1, now)
	}
	if state := b.Snapshot(); state.Circuit != (tell.Circuit{}) || accepted < 15 {
		t.Errorf("after %d acceptances %+v", accepted, state.Circuit)
	}
}

// TestSomeOrdersHoldUpNoOther: a target may never accept what is about an order, and be well all the
// same. The refusals in a row are those of a few orders where nothing else happens, and the circuit
// that they open is not the others'.
func TestSomeOrdersHoldUpNoOther(t *testing.T) {
	for bad, within := range map[int]time.Duration{1: 5 * time.Minute, 6: 10 * time.Minute} {
		b, now := begin(tell.State{}), began().Add(time.Hour)
		told := func() {
			switch job := b.Next(now); {
			case job == nil:
			case strings.HasPrefix(job.OutOrderNo, "bad"):
				b.Refused(job, tell.Refusal{Reason: "it answered 400", Oldest: now}, now)
			default:
				b.Taken(job, job.ChangedAt, 1, now)
			}
		}
		for i := range bad {
			b.Changed(fmt.Sprint("bad", i), now)
		}
		for range 10 * bad {
			told()
			now = now.Add(time.Hour)
		}
		for i := range 20 {
			b.Changed(fmt.Sprint("good", i), now)
		}
		for end := now.Add(within); now.Before(end); {
			told()
			now = now.Add(time.Duration(float64(time.Second) / b.Allows()))
		}
		if state := b.Snapshot(); state.Posts != 20 || state.Behind != bad {
			t.Errorf("of %d that it never takes: %d orders were told of, %d were not", bad, state.Posts, state.Behind)
		}
	}
}

// TestRetryAfterCounts for the target as a whole.
func TestRetryAfterCounts(t *testing.T) {
	b, now := begin(tell.State{}), began().Add(time.Hour)
	b.Changed("A", now)
	b.Changed("B", now)
	b.Refused(b.Next(now), tell.Refusal{Reason: "it answered 429", Oldest: now, Retry: now.Add(10 * time.Minute)}, now)
	next(t, b, now.Add(9*time.Minute), "")
	if b.Next(now.Add(10*time.Minute)) == nil {
		t.Error("nothing is told after the time that it has asked for")
	}
}

// TestWhatNobodyAcceptsDies after its time, is listed, and is told again when a person says so.
func TestWhatNobodyAcceptsDies(t *testing.T) {
	b, now := begin(tell.State{}), began().Add(time.Hour)
	b.Changed("A", now)
	job := next(t, b, now, "A")
	b.Refused(job, tell.Refusal{Reason: "it answered 500", Oldest: now, Until: now}, now)
	late := now.Add(73 * time.Hour)
	b.Refused(next(t, b, late, "A"), tell.Refusal{Reason: "it answered 500", Oldest: now, Until: now}, late)
	state := b.Snapshot()
	if len(state.Dead) != 1 || len(state.Waiting) != 0 || state.Dead[0].OutOrderNo != "A" {
		t.Fatalf("%+v", state)
	}
	if !state.Instruct(tell.Instruction{Action: tell.ActionResend, Dead: true}, late) || len(state.Dead) != 0 {
		t.Errorf("%+v", state)
	}
	if again := next(t, begin(state), late, "A"); !again.Since.Equal(job.Since) {
		t.Errorf("it is told again from %v, not %v", again.Since, job.Since)
	}
}

// TestGoneDisables until a person enables it, or another address is configured.
func TestGoneDisables(t *testing.T) {
	b, now := begin(tell.State{}), began().Add(time.Hour)
	b.Changed("A", now)
	b.Disable(b.Next(now), here, "it answered 410 Gone", now)
	next(t, b, now.Add(time.Hour), "")
	state := b.Snapshot()
	next(t, begin(state), now.Add(time.Hour), "")
	elsewhere := tell.NewBook(state, settings(), "another", now)
	elsewhere.Changed("A", now)
	next(t, elsewhere, now.Add(time.Hour), "A")
	state.Instruct(tell.Instruction{Action: tell.ActionEnable}, now)
	enabled := begin(state)
	enabled.Changed("A", now)
	next(t, enabled, now.Add(time.Hour), "A")
}

// TestEverythingSinceIsToldAgain when a person says so, also what was accepted.
func TestEverythingSinceIsToldAgain(t *testing.T) {
	b, now := begin(tell.State{}), began().Add(time.Hour)
	b.Changed("A", now)
	b.Taken(b.Next(now), now, 1, now)
	b.Listed(now.Add(time.Hour))
	state := b.Snapshot()
	state.Instruct(tell.Instruction{Action: tell.ActionResend, Since: now.Add(-time.Minute)}, now)
	again := begin(state)
	if again.From().After(now) {
		t.Errorf("changes are listed after %v", again.From())
	}
	again.Changed("A", now)
	next(t, again, now.Add(time.Hour), "A")
}

// TestAStateStaysSmall however many orders' posts a target refuses while it accepts others.
func TestAStateStaysSmall(t *testing.T) {
	b, now := begin(tell.State{}), began().Add(time.Hour)
	for i := range 2000 {
		b.Changed(fmt.Sprint("good", i), now)
		accepted := next(t, b, now, fmt.Sprint("good", i))
		b.Taken(accepted, now, 1, now)
		b.Changed(fmt.Sprint("bad", i), now)
		b.Refused(next(t, b, now, fmt.Sprint("bad", i)), tell.Refusal{Reason: "it answered 400", Oldest: now, Until: now}, now)
	}
	state := b.Snapshot()
	if len(state.Waiting) != 500 || len(state.Dead) != 500 || state.Forgotten != 1000 || state.Posts != 2000 {
		t.Errorf("%d wait, %d are dead, %d forgotten", len(state.Waiting), len(state.Dead), state.Forgotten)
	}
}

// TestWhatWasToldIsNotToldAgain because another run goes on: changes are listed a little late, and so
// once more.
func TestWhatWasToldIsNotToldAgain(t *testing.T) {
	b, now := begin(tell.State{}), began().Add(time.Hour)
	for i := range 600 {
		at := now.Add(time.Duration(i) * 50 * time.Millisecond)
		b.Changed(fmt.Sprint("o", i), at)
		b.Taken(b.Next(now.Add(time.Hour)), at, 1, at)
	}
	b.Listed(now.Add(30 * time.Second))
	state := b.Snapshot()
	again, told := begin(state), 0
	for i := range 600 {
		again.Changed(fmt.Sprint("o", i), now.Add(time.Duration(i)*50*time.Millisecond))
	}
	for again.Next(now.Add(time.Hour)) != nil {
		told++
	}
	if told != 100 || len(state.Recent) != 500 {
		t.Errorf("%d are told again; %d are kept", told, len(state.Recent))
	}
}

// TestAnOrderThatCantBeAsked, since its workflow fails, keeps no other from being done with: a run
// would begin before all of them. It is dead after its time.
func TestAnOrderThatCantBeAsked(t *testing.T) {
	b, now := begin(tell.State{}), began().Add(time.Hour)
	b.Changed("mute", now)
	for range 5 {
		b.Unasked(next(t, b, now, "mute"), "it could not be asked", now.Add(5*time.Second), now)
		now = now.Add(5 * time.Second)
	}
	b.Listed(now)
	state := b.Snapshot()
	if !state.Through.Equal(now) || len(state.Waiting) != 1 || state.Refused != 0 {
		t.Errorf("%+v", state)
	}
	again := begin(state)
	again.Unasked(next(t, again, now, "mute"), "it could not be asked", now, now)
	late := now.Add(73 * time.Hour)
	again.Unasked(next(t, again, late, "mute"), "it could not be asked", late, late)
	if state := again.Snapshot(); len(state.Dead) != 1 || len(state.Waiting) != 0 {
		t.Errorf("%+v", state)
	}
}

// TestATargetThatHearsLittleRecoversInTime: not post by post, which would take days.
func TestATargetThatHearsLittleRecoversInTime(t *testing.T) {
	b, now := begin(tell.State{}), began().Add(time.Hour)
	for i := range 10 {
		b.Changed(fmt.Sprint("o", i), now)
	}
	for range 5 {
		b.Refused(b.Next(now), tell.Refusal{Reason: "it answered 500", Oldest: now}, now)
	}
	for _, step := range []struct {
		after time.Duration
		open  bool
	}{{time.Hour, true}, {9 * time.Minute, true}, {time.Minute, false}} {
		now = now.Add(step.after)
		b.Taken(b.Next(now), now, 1, now)
		if circuit := b.Snapshot().Circuit; circuit != (tell.Circuit{}) != step.open {
			t.Errorf("after %v more: %+v", step.after, circuit)
		}
	}
}
