package journal

import "time"

const (
	// paceWindow is how often arrivals are held against what is dispatched.
	paceWindow = 50 * time.Millisecond
	// busyArrivals is how many arrivals within a window make a burst, if they are more than
	// twice what is dispatched.
	busyArrivals = 20
	// yieldFor is how long dispatch yields to a burst at most, so that load without end is
	// dispatched as well.
	yieldFor = 15 * time.Second
	// yieldRest is how long dispatch rests in a burst, as a multiple of what its last call
	// took: a call costs Temporal's machine what twenty acceptances cost the door's, which may be
	// the same one.
	yieldRest = 24
	// firstWidth is how many are on their way at once after a rest. One more with each that Temporal
	// has taken: whether a burst has begun shows only later, and what is on its way by then slows
	// the door's answers.
	firstWidth = 4
	// firstPause and longestPause are the ends of the pauses after failures.
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// pace decides how many messages may be on their way to Temporal. In a burst that is one at a
// time with rests between, because each call costs what many acceptances cost; while Temporal
// fails it is one attempt after each pause. It is not safe for concurrent use.
type pace struct {
	workers int
	// width is how many may be on their way at once at present.
	width int

	windowEnds          time.Time
	arrived, dispatched int
	yieldUntil          time.Time // of the present burst; zero when there is none
	restUntil           time.Time
	failures            int
	pausedUntil         time.Time
}

// arrivals counts what was accepted, and judges whether dispatch has to yield.
func (p *pace) arrivals(n, onTheirWay int, now time.Time) {
	p.arrived += n
	busy := p.arrived >= busyArrivals
	if now.Before(p.windowEnds) {
		// A burst shows before its first window ends, and by then dispatch would have widened.
		p.judge(busy, now)
		return
	}
	rested := now.Sub(p.windowEnds) >= paceWindow
	p.judge(busy && !rested, now)
	if !busy || rested {
		p.yieldUntil = time.Time{}
	}
	if rested && onTheirWay == 0 || p.yields(now) {
		p.width = firstWidth
	}
	p.windowEnds, p.arrived, p.dispatched = now.Add(paceWindow), 0, 0
}

// judge begins to yield when a burst begins.
func (p *pace) judge(busy bool, now time.Time) {
	if busy && p.yieldUntil.IsZero() && p.arrived > 2*p.dispatched {
		p.yieldUntil = now.Add(yieldFor)
	}
}

func (p *pace) yields(now time.Time) bool { return now.Before(p.yieldUntil) }

// allows reports whether one more may be dispatched beside those on their way; if not, until
// when time alone can change that (zero: not at all).
func (p *pace) allows(onTheirWay int, now time.Time) (bool, time.Time) {
	switch {
	case now.Before(p.pausedUntil):
		return false, p.pausedUntil
	case p.failures > 0:
		return onTheirWay == 0, time.Time{}
	case p.yields(now) && now.Before(p.restUntil):
		// The end of a burst shows at the end of a window.
		if p.windowEnds.After(now) && p.windowEnds.Before(p.restUntil) {
			return false, p.windowEnds
		}
		return false, p.restUntil
	case p.yields(now):
		return onTheirWay == 0, p.windowEnds
	}
	return onTheirWay < min(p.width, p.workers), time.Time{}
}

// took counts a dispatch that Temporal answered.
func (p *pace) took(d time.Duration, now time.Time) {
	p.dispatched++
	p.width = min(p.width+1, p.workers)
	p.failures = 0
	p.restUntil = now.Add(yieldRest * d)
}

// failed makes the next attempt wait.
func (p *pace) failed(now time.Time) {
	p.failures++
	p.pausedUntil = now.Add(pause(p.failures))
}

// pause is how long is waited after this many failures in a row.
func pause(failures int) time.Duration {
	if failures > 16 {
		return longestPause
	}
	return min(firstPause<<(failures-1), longestPause)
}
