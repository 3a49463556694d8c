package alipaysim

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Buckets of the file.
const (
	bucketSettings   = "settings"
	bucketOrders     = "orders"
	bucketIndex      = "order_index"
	bucketMinis      = "mini_programs"
	bucketVersions   = "versions"
	bucketTokens     = "tokens"
	bucketCodes      = "codes"
	bucketMessages   = "messages"
	bucketDeliveries = "deliveries"
	bucketCalls      = "calls"
	bucketDue        = "due"            // decisions of merchants and reviewers, by time
	bucketOwed       = "owed"           // deliveries over HTTP, by time
	bucketOwedSocket = "owed_websocket" // the same over the long connection
	bucketProduced   = "produced"
	bucketHeld       = "held" // pushes that wait to be overtaken
)

// buckets lists every bucket of the file. Read only.
var buckets = []string{bucketSettings, bucketOrders, bucketIndex, bucketMinis, bucketVersions, bucketTokens,
	bucketCodes, bucketMessages, bucketDeliveries, bucketCalls, bucketDue, bucketOwed, bucketOwedSocket, bucketProduced, bucketHeld}

// worldConfig says what a world is made of. All of it is needed but Volatile.
type worldConfig struct {
	// Path is the file that holds everything the world knows and owes.
	Path string
	// Volatile leaves out the fsyncs.
	Volatile bool
	// Now is the clock.
	Now func() time.Time
	// Rand is where ids, tokens and chances come from.
	Rand io.Reader
	// Speed divides every delay.
	Speed float64
	// Retries are the pauses after each failed delivery.
	Retries []time.Duration
	// Apps are the third-party applications.
	Apps *appBook
	// Logger gets one line per push that was given up.
	Logger *slog.Logger
	// Changed is called after every change: something may have become due.
	Changed func()
}

// world is everything that Alipay knows and owes: orders, mini programs, versions and
// authorizations, what is going to happen to them, and the pushes it causes. It is safe
// for concurrent use.
type world struct {
	worldConfig

	file *storeFile

	mu       sync.Mutex
	answered map[uint64]struct{} // calls whose answer left, not yet written
	met      map[string]uint64   // how many pushes and calls of a kind drew their luck
}

// openWorld opens the world as it was when its file was last written.
func openWorld(cfg worldConfig) (*world, error) {
	file, err := openFile(fileOptions{Path: cfg.Path, Buckets: buckets, Volatile: cfg.Volatile, Now: cfg.Now, Rand: cfg.Rand})
	if err != nil {
		return nil, err
	}
	return &world{worldConfig: cfg, file: file, answered: map[uint64]struct{}{}, met: map[string]uint64{}}, nil
}

// flush writes what is still in memory.
func (w *world) flush() error { return w.change(func(*tx) {}) }

// close closes the file. What was not flushed is lost, as when the process is killed.
func (w *world) close() error { return w.file.close() }

// tx is one transaction on the world.
type tx struct {
	*storeTx

	world *world
	set   *settingsRecord
}

// change runs fn in a transaction that is on disk when change returns. Several
// callers may share one commit, so fn can run twice: it must set everything it
// hands out again each time.
func (w *world) change(fn func(*tx)) error {
	err := w.file.change(func(s *storeTx) {
		t := &tx{storeTx: s, world: w}
		t.markAnswered()
		fn(t)
	})
	if err == nil {
		w.Changed()
	}
	return err
}

// look runs fn in a read-only transaction.
func (w *world) look(fn func(*tx)) error {
	return w.file.look(func(s *storeTx) { fn(&tx{storeTx: s, world: w}) })
}

// random returns n random bytes from the configured source.
func (w *world) random(n int) ([]byte, error) { return w.file.random(n) }

// scaled divides a delay by the speed.
func (w *world) scaled(d Duration) time.Duration {
	return time.Duration(float64(d) / w.Speed)
}

func (t *tx) scaled(d Duration) time.Duration { return t.world.scaled(d) }

// draw returns the luck of the next one of a kind about a subject.
func (w *world) draw(seed int64, kind, subject string) luck {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := kind + " " + subject
	w.met[key]++
	return drawLuck(seed, key, w.met[key])
}

// settings returns what the management API set, read once per transaction.
func (t *tx) settings() *settingsRecord {
	if t.set == nil {
		t.set = &settingsRecord{}
		t.load(t.set)
	}
	return t.set
}

// saveSettings writes what the caller has changed in them.
func (t *tx) saveSettings() { t.save(t.settings()) }

// rules returns the rules in force.
func (t *tx) rules() Rules { return t.settings().Rules }

// setManners writes how Alipay behaves from now on: each start decides.
func (w *world) setManners(m *Misbehaviour) error {
	if err := m.check(); err != nil {
		return fmt.Errorf("alipaysim: Config.%w", err)
	}
	var before *Misbehaviour
	if err := w.look(func(t *tx) { before = t.settings().Faults.Misbehaviour }); err != nil || before == nil && m == nil {
		return err
	}
	return w.change(func(t *tx) {
		t.settings().Faults.Misbehaviour = m
		t.saveSettings()
	})
}
