// Package world is everything that Alipay knows and owes, and what merchants, reviewers
// and builds do to it: orders, mini programs, versions, authorizations, the deeds that are
// going to fall due, and the pushes that all of it causes. No HTTP reaches in here: a call
// changes the world in one transaction, with every push that follows.
package world

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/store"
	"miniflow/alipay/alipaysim/script"
)

// Buckets of the file. They are part of its format: under another name nothing that an
// old file holds would be found.
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

// buckets lists every bucket of the file, because opening it makes those that are
// missing. Read only.
var buckets = []string{bucketSettings, bucketOrders, bucketIndex, bucketMinis, bucketVersions, bucketTokens,
	bucketCodes, bucketMessages, bucketDeliveries, bucketCalls, bucketDue, bucketOwed, bucketOwedSocket, bucketProduced, bucketHeld}

// Config says what a world is made of; its fields mean what those of alipaysim.Config
// mean. Only Volatile may be left out.
type Config struct {
	Path     string
	Volatile bool
	Now      func() time.Time
	Rand     io.Reader
	Speed    float64
	Retries  []time.Duration
	Apps     *account.Apps
	Logger   *slog.Logger
	// Changed is called after every change: something may have become due.
	Changed func()
}

// World is everything that Alipay knows and owes: orders, mini programs, versions and
// authorizations, what is going to happen to them, and the pushes it causes. It is safe
// for concurrent use.
type World struct {
	Config

	file *store.File

	mu       sync.Mutex
	answered map[uint64]struct{} // calls whose answer left, not yet written
	met      map[string]uint64   // how many pushes and calls of a kind drew their luck
}

// Open opens the world as it was when its file was last written. Nothing happens in it
// until deeds are done.
func Open(cfg Config) (*World, error) {
	file, err := store.Open(store.Options{Path: cfg.Path, Buckets: buckets, Volatile: cfg.Volatile, Now: cfg.Now, Rand: cfg.Rand})
	if err != nil {
		return nil, err
	}
	return &World{Config: cfg, file: file, answered: map[uint64]struct{}{}, met: map[string]uint64{}}, nil
}

// Flush writes what is still in memory: which of the last answers left.
func (w *World) Flush() error { return w.Change(func(*Tx) {}) }

// Close closes the file. What was not flushed is lost, as when the process is killed: a
// test crashes a simulator with it.
func (w *World) Close() error { return w.file.Close() }

// Tx is one transaction on the world. It reads the settings once, so that one set of
// rules decides all of it.
type Tx struct {
	*store.Tx

	world *World
	set   *Settings
}

// Change runs fn in a transaction that is on disk when Change returns. Several
// callers may share one commit, so fn can run twice: it must set everything it
// hands out again each time.
func (w *World) Change(fn func(*Tx)) error {
	err := w.file.Change(func(s *store.Tx) {
		t := &Tx{Tx: s, world: w}
		t.markAnswered()
		fn(t)
	})
	if err == nil {
		w.Changed()
	}
	return err
}

// Look runs fn in a read-only transaction; a change within it fails.
func (w *World) Look(fn func(*Tx)) error {
	return w.file.Look(func(s *store.Tx) { fn(&Tx{Tx: s, world: w}) })
}

// Random returns n random bytes from the configured source, so that a seeded run
// repeats them too.
func (w *World) Random(n int) ([]byte, error) { return w.file.Random(n) }

// scaled is for what people, builds and pauses take. What is about the network keeps
// its length.
func (w *World) scaled(d script.Duration) time.Duration {
	return time.Duration(float64(d) / w.Speed)
}

func (t *Tx) scaled(d script.Duration) time.Duration { return t.world.scaled(d) }

// Draw returns the luck of the next one of a kind about a subject. It counts each
// apart, so that what goes on beside an order does not change its luck.
func (w *World) Draw(seed int64, kind, subject string) script.Luck {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := kind + " " + subject
	w.met[key]++
	return script.DrawLuck(seed, key, w.met[key])
}

// Settings returns what the management API set, read once per transaction.
func (t *Tx) Settings() *Settings {
	if t.set == nil {
		t.set = &Settings{}
		t.Load(t.set)
	}
	return t.set
}

// SaveSettings writes what the caller has changed in them; without it the change ends
// with the transaction.
func (t *Tx) SaveSettings() { t.Save(t.Settings()) }

// Rules returns the rules in force, which count for what begins now.
func (t *Tx) Rules() script.Rules { return t.Settings().Rules }

// SetMisbehaviour writes how Alipay behaves from now on. Each start decides again, so
// that what was tried out does not outlive the process.
func (w *World) SetMisbehaviour(m *script.Misbehaviour) error {
	if err := m.Check(); err != nil {
		return fmt.Errorf("alipaysim: Config.%w", err)
	}
	var before *script.Misbehaviour
	if err := w.Look(func(t *Tx) { before = t.Settings().Faults.Misbehaviour }); err != nil || before == nil && m == nil {
		return err
	}
	return w.Change(func(t *Tx) {
		t.Settings().Faults.Misbehaviour = m
		t.SaveSettings()
	})
}
