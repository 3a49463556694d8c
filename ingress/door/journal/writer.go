package journal

import (
	"errors"
	"fmt"
	"sync"
)

// batchBytes bounds what is written at once, so that large messages don't need much memory
// together.
const batchBytes = 1 << 20

// writer appends what arrived in the meantime with one write and one sync, so that a sync's
// cost is shared by all who wait for it. One goroutine runs it.
type writer struct {
	disk disk
	// buffer is used again for every batch.
	buffer []byte

	// mu guards everything below, the segments' counts and the journal's queue.
	mu       sync.Mutex
	arrived  []*message
	segments []*segment
	active   *segment
	sequence uint64
	bytes    int64
	closed   bool
	wake     chan struct{}
}

// take returns what has arrived, as much as belongs in one batch.
func (w *writer) take() []*message {
	w.mu.Lock()
	defer w.mu.Unlock()
	count, size := 0, 0
	for count < len(w.arrived) && (count == 0 || size+headerSize+len(w.arrived[count].payload) <= batchBytes) {
		size += headerSize + len(w.arrived[count].payload)
		count++
	}
	batch := w.arrived[:count:count]
	if w.arrived = w.arrived[count:]; len(w.arrived) == 0 {
		w.arrived = nil
	}
	return batch
}

// write appends a batch durably. After an error none of it counts as written.
func (w *writer) write(batch []*message) error {
	if w.active == nil || w.active.size >= segmentBytes {
		if err := w.roll(); err != nil {
			return err
		}
	}
	s := w.active
	w.buffer = w.buffer[:0]
	for _, m := range batch {
		w.sequence++
		m.sequence, m.segment, m.offset = w.sequence, s, s.size+int64(len(w.buffer))
		w.buffer = appendRecord(w.buffer, m.sequence, m.at, m.payload)
		m.size = headerSize + len(m.payload)
	}
	_, err := s.file.WriteAt(w.buffer, s.size)
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		w.abandon()
		return fmt.Errorf("append to %s: %w", s.name, err)
	}
	return nil
}

// abandon gives the active segment up for appending. After a failed sync nobody knows what is
// on the disk, and the next attempt has to begin with a file of its own. What was appended in
// vain is cut off; a disk that refuses even that leaves at most messages that come once more.
func (w *writer) abandon() {
	_ = w.active.file.Truncate(w.active.size)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.active = nil
}

// roll begins a new segment.
func (w *writer) roll() error {
	w.mu.Lock()
	w.active = nil
	w.mu.Unlock()
	name := segmentName(w.sequence + 1)
	// A file of this name was made by an attempt that failed, so nothing in it counts.
	if err := w.disk.remove(name); err != nil {
		return fmt.Errorf("begin the segment %s: %w", name, err)
	}
	f, err := w.disk.create(name)
	if err != nil {
		return fmt.Errorf("begin the segment %s: %w", name, err)
	}
	s := &segment{name: name, file: f}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.segments, w.active = append(w.segments, s), s
	return nil
}

// tidy gives back the space of segments that have nothing waiting. Only the goroutine that
// appends calls it, because it cuts the active segment too.
func (w *writer) tidy() {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := w.segments[:0]
	for _, s := range w.segments {
		switch {
		case s.waiting > 0 || s == w.active && s.size == 0:
			kept = append(kept, s)
		case s == w.active:
			if s.file.Truncate(0) == nil {
				w.bytes -= s.size
				s.size = 0
			}
			kept = append(kept, s)
		case !w.discard(s):
			kept = append(kept, s) // tried again at the next call
		}
	}
	clear(w.segments[len(kept):])
	w.segments = kept
}

// discard removes a segment and reports whether it is gone.
func (w *writer) discard(s *segment) bool {
	if w.disk.remove(s.name) != nil {
		return false
	}
	_ = s.file.Close() // removed already
	w.bytes -= s.size
	return true
}

// close leaves no file behind that has nothing waiting.
func (w *writer) close() error {
	w.mu.Lock()
	w.active = nil
	w.mu.Unlock()
	w.tidy()
	w.mu.Lock()
	defer w.mu.Unlock()
	var problems []error
	for _, s := range w.segments {
		problems = append(problems, s.file.Close())
	}
	w.segments = nil
	return errors.Join(problems...)
}
