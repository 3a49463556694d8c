package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"miniflow/order"
)

// Dispatcher passes messages on to Temporal. Both methods have to give the same for a message
// however often they are called.
type Dispatcher interface {
	// Target returns the id of the workflow that a message goes to; messages of one target are
	// dispatched in order.
	Target(n order.Notification) string
	// Dispatch returns nil once Temporal has durably accepted. An error that wraps
	// [ErrRefused] means that it never will; after any other the message is tried again.
	Dispatch(ctx context.Context, n order.Notification) error
}

// Config is what a [Journal] needs.
type Config struct {
	// Dir is its directory, on a disk that outlives the process: what is lost with it is lost,
	// because Alipay never sends again what was acknowledged. No other process may use it.
	Dir string
	// MaxMessages, MaxBytes and MaxAge are the bounds beyond which nothing is accepted: how
	// many messages wait, how much the segments take, how long the oldest message waits.
	MaxMessages int
	MaxBytes    int64
	MaxAge      time.Duration
	// Workers is how many messages are dispatched at once, each to another target.
	Workers int
	// Patience is how long dispatch goes on after [Journal.Run] is asked to end.
	Patience time.Duration

	Dispatcher Dispatcher
	Metrics    *Metrics
	Log        *slog.Logger
	Now        func() time.Time
}

// Journal is a queue of messages on the disk. It is safe for concurrent use.
type Journal struct {
	config Config
	disk   disk
	lock   *os.File
	writer writer
	queue  *queue // guarded by writer.mu

	opened   atomic.Bool
	failedAt atomic.Int64 // Unix nanoseconds of the last append that failed; 0 after one that did not
	damaged  atomic.Int64
	arrivals atomic.Int64
	wake     chan struct{} // for the dispatching goroutine
	writing  sync.WaitGroup
}

// Errors of [Journal.Accept]. Each means that the message is not kept, so Alipay has to send
// it again.
var (
	// ErrFull means that a bound is reached.
	ErrFull = errors.New("the door's journal is full: see why Temporal takes nothing, or raise door.journal's bounds")
	// ErrClosed means that the process has not begun yet, or is about to end.
	ErrClosed = errors.New("the door's journal is not open")
)

// ErrRefused is wrapped by the errors of a [Dispatcher] that repeating does not help.
var ErrRefused = errors.New("refused for good")

// ErrInUse means that another process has the directory.
var ErrInUse = errors.New("another process uses this journal: give each process a directory of its own")

// New returns a journal; it touches no disk before [Journal.Open].
func New(config Config) *Journal {
	j := &Journal{config: config, queue: newQueue(), wake: make(chan struct{}, 1)}
	j.writer.wake = make(chan struct{}, 1)
	config.Metrics.observe(j)
	return j
}

// Open reads what an earlier process left, and begins to accept.
func (j *Journal) Open() error {
	dir, err := openDirectory(j.config.Dir)
	if err != nil {
		return err
	}
	if j.lock, err = os.OpenFile(dir.at("lock"), os.O_RDWR|os.O_CREATE, fileMode); err != nil {
		return fmt.Errorf("open the journal's lock: %w", err)
	}
	if err := lock(j.lock); err != nil {
		return errors.Join(fmt.Errorf("lock %s: %w: %w", j.config.Dir, ErrInUse, err), j.lock.Close())
	}
	return j.openOn(dir)
}

func (j *Journal) openOn(d disk) error {
	j.disk, j.writer.disk = d, d
	if err := j.recover(); err != nil {
		return errors.Join(fmt.Errorf("read the journal in %s: %w", j.config.Dir, err), j.Close())
	}
	j.opened.Store(true)
	j.writing.Go(j.write)
	return nil
}

// signal wakes a goroutine that may be busy: then it looks again afterwards.
func signal(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

const (
	// tidyEvery is how soon space is given back after the last message was dispatched.
	tidyEvery = time.Second
	// syncEvery is how soon one sync begins after another while several arrive together. On a
	// quick disk syncs without a rest between take a third of the processor for two messages each.
	syncEvery = 2 * time.Millisecond
)

// write appends what arrives until the journal is closed and everything is written.
func (j *Journal) write() {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		began := time.Now()
		if batch := j.writer.take(); len(batch) > 0 {
			j.finish(batch, j.writer.write(batch))
			// One that sends one after the other waits for its answer alone, and nobody would
			// share the next sync with it.
			if len(batch) > 1 {
				<-time.After(syncEvery - time.Since(began))
			}
			continue
		}
		j.writer.mu.Lock()
		closed := j.writer.closed && len(j.writer.arrived) == 0
		j.writer.mu.Unlock()
		if closed {
			return
		}
		select {
		case <-j.writer.wake:
		case <-ticker.C:
			j.writer.tidy()
		}
	}
}

// finish hands a batch to dispatch, or back to those who wait for it.
func (j *Journal) finish(batch []*message, err error) {
	w := &j.writer
	w.mu.Lock()
	for _, m := range batch {
		m.payload, m.err = nil, err
		close(m.written)
		m.written = nil
		if err != nil {
			delete(j.queue.known, m.key)
			continue
		}
		m.segment.waiting++
		m.segment.size += int64(m.size)
		w.bytes += int64(m.size)
		j.queue.push(m)
	}
	w.mu.Unlock()
	if err != nil {
		j.config.Metrics.unwritten.Add(float64(len(batch)))
		// One line for each trouble: the door has one for each message.
		if j.failedAt.Swap(j.config.Now().UnixNano()) == 0 {
			j.config.Log.Error("the door's journal can't write; messages are answered fail until it can", "error", err)
		}
		return
	}
	if j.failedAt.Swap(0) != 0 {
		j.config.Log.Info("the door's journal writes again")
	}
	j.config.Metrics.appended.Add(float64(len(batch)))
	j.arrivals.Add(int64(len(batch)))
	signal(j.wake)
}

// Close stops accepting, writes what has arrived, and closes every file; what waits is left for
// the next process. [Journal.Run] has called it already.
func (j *Journal) Close() error {
	j.writer.mu.Lock()
	j.writer.closed = true
	j.writer.mu.Unlock()
	signal(j.writer.wake)
	j.writing.Wait()
	err := j.writer.close()
	if j.lock != nil {
		err = errors.Join(err, j.lock.Close())
	}
	return err
}
