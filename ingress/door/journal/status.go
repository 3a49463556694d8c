package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"miniflow/order"
	"miniflow/words"
)

// Status is the state of a journal, for /readyz.
type Status struct {
	// Messages wait for Temporal; Refused were refused by it for good; Damaged are files that
	// were set aside and wait for a person.
	Messages int   `json:"messages"`
	Bytes    int64 `json:"bytes"`
	// OldestSeconds is how long the oldest message waits.
	OldestSeconds float64 `json:"oldest_seconds"`
	Refused       int     `json:"refused"`
	Damaged       int64   `json:"damaged"`
}

// Status returns the journal's state.
func (j *Journal) Status() Status {
	j.writer.mu.Lock()
	defer j.writer.mu.Unlock()
	s := Status{Messages: len(j.queue.known), Bytes: j.writer.bytes, Refused: len(j.queue.refused), Damaged: j.damaged.Load()}
	if oldest := j.queue.oldest(); oldest != nil {
		s.OldestSeconds = max(0, j.config.Now().Sub(oldest.at).Seconds())
	}
	return s
}

// failureFor is how long an append that failed counts against readiness, unless a later one
// succeeded: a process that is out of rotation gets no message by which it could recover.
const failureFor = 5 * time.Second

// ErrUnwell means that the last append failed.
var ErrUnwell = errors.New("the door's journal can't write: see whether its disk is full or read-only")

// Check returns an error while the journal can't accept; it belongs among the checks of
// readiness.
func (j *Journal) Check(context.Context) error {
	now := j.config.Now()
	if failed := j.failedAt.Load(); failed != 0 && now.Sub(time.Unix(0, failed)) < failureFor {
		return ErrUnwell
	}
	j.writer.mu.Lock()
	defer j.writer.mu.Unlock()
	if !j.opened.Load() || j.writer.closed {
		return ErrClosed
	}
	return j.full(now)
}

// Reasons that a person reads of a message in the journal.
const (
	reasonWaits   = "it waits in the door's journal for Temporal"
	reasonRefused = "Temporal refuses it for good; it is tried again at the next start of this process"
)

// Waiting returns up to limit messages behind a sequence, as deliveries, and the sequence of
// the last of them, 0 when there are no more; of every app when none is named.
func (j *Journal) Waiting(after uint64, apps []string, limit int) ([]order.DeliveryView, uint64, error) {
	j.writer.mu.Lock()
	found := j.queue.after(after, apps, limit)
	j.writer.mu.Unlock()
	views := make([]order.DeliveryView, 0, len(found))
	for _, m := range found {
		_, r, whole, err := m.segment.read(m.offset, m.size)
		if err != nil || !whole {
			continue // dispatched meanwhile, and its space given back
		}
		var n order.Notification
		if err := json.Unmarshal(r.payload, &n); err != nil {
			return nil, 0, fmt.Errorf("read a message of the journal: %w", err)
		}
		reason := reasonWaits
		if m.refused {
			reason = reasonRefused
		}
		view := n.DeliveryView(order.DispositionWaiting, words.Sentence(reason), order.HeldByJournal)
		view.Attempts, view.LastError = m.attempts, m.lastError
		views = append(views, view)
	}
	if len(found) < limit || len(found) == 0 {
		return views, 0, nil
	}
	return views, found[len(found)-1].sequence, nil
}
