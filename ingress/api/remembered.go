package api

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// remembered keeps the answers to a question that costs Temporal many requests, by what it is about. One
// that is no longer fresh is asked anew, once for all who want the same, and who asks is kept waiting for
// it for a moment only: where it takes longer, the answer before is given once more.
type remembered[T any] struct {
	mutex  sync.Mutex
	known  map[string]answered[T]
	asking singleflight.Group
}

// answered is an answer, of the moment when its asking began.
type answered[T any] struct {
	value T
	at    time.Time
	took  time.Duration
}

// ages say how an answer is used by its age: one that is fresh is as good as new, and one that is stale
// is no answer any more.
type ages struct{ fresh, stale time.Duration }

// costs is how many times longer than its asking took an answer is fresh, so that a question that takes
// long is not asked all the time: a tenth of it at most.
const costs = 9

func (a answered[T]) fresh(now time.Time, within ages) bool {
	return now.Sub(a.at) < max(within.fresh, min(costs*a.took, within.stale/2))
}

func (m *remembered[T]) recall(about string) (answered[T], bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	kept, known := m.known[about]
	return kept, known
}

// keep bounds what is kept: there is one answer for each app and each caller's rights, so there are few.
func (m *remembered[T]) keep(about string, answer answered[T]) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.known == nil || len(m.known) > maxPageSize {
		m.known = map[string]answered[T]{}
	}
	m.known[about] = answer
}

// get returns an answer that is not stale. ask has to end by itself, because others may wait for it when
// who asked first has gone.
func (m *remembered[T]) get(ctx context.Context, about string, within ages, now func() time.Time, ask func() (T, error)) (T, error) {
	asked := now()
	kept, known := m.recall(about)
	if known && kept.fresh(asked, within) {
		return kept.value, nil
	}
	usable := known && asked.Sub(kept.at) < within.stale
	if usable {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	value, err := m.anew(ctx, about, kept.at, now, ask)
	if err != nil && usable {
		return kept.value, nil
	}
	return value, err
}

// anew asks, unless somebody has since the answer of a moment, and waits for it as long as ctx lasts.
func (m *remembered[T]) anew(ctx context.Context, about string, since time.Time, now func() time.Time, ask func() (T, error)) (value T, _ error) {
	answers := m.asking.DoChan(about, func() (any, error) {
		if kept, known := m.recall(about); known && kept.at.After(since) {
			return kept.value, nil
		}
		begun := now()
		value, err := ask()
		if err == nil {
			m.keep(about, answered[T]{value, begun, now().Sub(begun)})
		}
		return value, err
	})
	select {
	case answer := <-answers:
		value, _ = answer.Val.(T)
		return value, answer.Err
	case <-ctx.Done():
		return value, ctx.Err()
	}
}
