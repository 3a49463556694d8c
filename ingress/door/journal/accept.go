package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"miniflow/order"
)

// Accept returns once the message is durable: waiting, or duplicate when the very same message
// waits already. After an error the message may be dispatched nevertheless, which is harmless:
// Alipay sends it again, and it is recognised.
func (j *Journal) Accept(ctx context.Context, n order.Notification) (order.Disposition, error) {
	payload, err := json.Marshal(n)
	if err != nil {
		return "", fmt.Errorf("write the message for the journal: %w", err)
	}
	if len(payload) > maxPayload {
		return "", fmt.Errorf("the message is too large for the journal: %d bytes", len(payload))
	}
	disposition, written := order.DispositionWaiting, make(chan struct{})
	m := &message{
		key: keyOf(n.NotificationKey), target: j.config.Dispatcher.Target(n),
		at: j.config.Now(), payload: payload, written: written,
	}
	known, err := j.enqueue(m, n.AppID)
	if err != nil {
		return "", err
	}
	if known != nil {
		disposition = order.DispositionDuplicate
		if m, written = known.message, known.written; written == nil {
			return disposition, nil
		}
	}
	select {
	case <-written:
		if m.err != nil {
			return "", m.err
		}
		return disposition, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// earlier is a message that arrived before; written is nil when it is durable.
type earlier struct {
	message *message
	written chan struct{}
}

// enqueue hands a message to the writer, unless the same one is known.
func (j *Journal) enqueue(m *message, appID string) (*earlier, error) {
	w := &j.writer
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := j.queue.known[m.key]; known != nil {
		return &earlier{known, known.written}, nil
	}
	if w.closed || !j.opened.Load() {
		return nil, ErrClosed
	}
	if err := j.full(m.at); err != nil {
		j.config.Metrics.full.Inc()
		return nil, err
	}
	m.app = j.queue.appOf(appID)
	j.queue.known[m.key] = m
	w.arrived = append(w.arrived, m)
	signal(w.wake)
	return nil, nil
}

// full reports which bound is reached.
func (j *Journal) full(now time.Time) error {
	oldest := j.queue.oldest()
	switch {
	case len(j.queue.known) >= j.config.MaxMessages:
		return fmt.Errorf("%w: %d messages wait", ErrFull, len(j.queue.known))
	case j.writer.bytes >= j.config.MaxBytes:
		return fmt.Errorf("%w: it takes %d bytes", ErrFull, j.writer.bytes)
	case oldest != nil && now.Sub(oldest.at) > j.config.MaxAge:
		return fmt.Errorf("%w: the oldest message waits since %s", ErrFull, oldest.at.Format(time.RFC3339))
	}
	return nil
}
