package people

import (
	"sync"
	"time"
)

// tries counts wrong tries by key: an account or an address. A try is counted before it is made, so
// that as many at once as anybody likes are no more than one after the other.
type tries struct {
	limit  int
	window time.Duration // in which the limit may be reached, and for which a key is closed then
	most   int           // keys that are remembered
	// forgives: a right try clears what was wrong before. Not for addresses, where whoever has one
	// account could clear tries at others.
	forgives bool

	mu   sync.Mutex
	keys map[string]*tally
}

type tally struct {
	wrong    int
	since    time.Time // of the first wrong one
	inFlight int
	until    time.Time // closed
}

// begin reserves a try. Without one, wait is how long until there may be another.
func (t *tries) begin(key string, now time.Time) (wait time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	entry := t.keys[key]
	if entry == nil {
		t.makeRoom(now)
		entry = &tally{}
		t.keys[key] = entry
	}
	if now.Before(entry.until) {
		return entry.until.Sub(now), false
	}
	if now.Sub(entry.since) >= t.window {
		entry.wrong = 0
	}
	if entry.wrong+entry.inFlight >= t.limit {
		return time.Second, false
	}
	entry.inFlight++
	return 0, true
}

// end says how a try has ended, and reports whether that has closed the key.
func (t *tries) end(key string, outcome outcome, now time.Time) (closed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	entry := t.keys[key]
	entry.inFlight--
	switch outcome {
	case right:
		if t.forgives {
			entry.wrong = 0
		}
	case wrong:
		if entry.wrong == 0 {
			entry.since = now
		}
		entry.wrong++
		if entry.wrong >= t.limit {
			entry.wrong, entry.until = 0, now.Add(t.window)
			closed = true
		}
	case untried:
	}
	if *entry == (tally{}) {
		delete(t.keys, key)
	}
	return closed
}

// outcome is how a try has ended.
type outcome int

const (
	right outcome = iota
	wrong
	untried // the caller left before
)

// makeRoom forgets keys that nothing holds, and, where all are held, the one whose time is nearest
// its end. An attacker with that many addresses still meets the limit of each account.
func (t *tries) makeRoom(now time.Time) {
	if len(t.keys) < t.most {
		return
	}
	nearest, end := "", time.Time{}
	for key, entry := range t.keys {
		ends := entry.since.Add(t.window)
		if entry.until.After(ends) {
			ends = entry.until
		}
		switch {
		case entry.inFlight > 0:
		case !now.Before(ends):
			delete(t.keys, key)
		case nearest == "" || ends.Before(end):
			nearest, end = key, ends
		}
	}
	if len(t.keys) >= t.most {
		delete(t.keys, nearest)
	}
}
