package people

import (
	"sync"
	"time"
)

// mostEnded is how many log-outs are remembered at once.
const mostEnded = 10_000

// ended remembers the sessions that were logged out, each until the last copy of its cookie is idle.
// Where that are more than it can hold, it ends every session that began before, so that none that
// was logged out comes back.
type ended struct {
	keep time.Duration

	mu     sync.Mutex
	ids    map[string]time.Time // until when
	before time.Time
}

func newEnded(keep time.Duration) *ended { return &ended{keep: keep, ids: map[string]time.Time{}} }

func (e *ended) add(id string, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.ids) >= mostEnded {
		for each, until := range e.ids {
			if !now.Before(until) {
				delete(e.ids, each)
			}
		}
	}
	if len(e.ids) >= mostEnded {
		e.before = now
		clear(e.ids)
	}
	e.ids[id] = now.Add(e.keep)
}

func (e *ended) has(id string, began, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	until, found := e.ids[id]
	return found && now.Before(until) || !began.After(e.before)
}
