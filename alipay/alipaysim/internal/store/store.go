// Package store keeps JSON records in one bbolt file. It knows no record: what they mean
// is the world's business.
package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	// openTimeout bounds the wait for a file that another simulator holds, which would
	// otherwise last as long as that runs.
	openTimeout = 2 * time.Second
	// gatherFor is how long a commit waits for others to share its fsync: one alone
	// takes a little longer, and a hundred at once take one.
	gatherFor = 2 * time.Millisecond
)

// Options say what a file is opened with. Only Path and Buckets are needed: nil is the
// real clock and crypto/rand.
type Options struct {
	Path    string
	Buckets []string
	// Volatile leaves out the fsyncs: a crash of the machine may then take what was
	// changed.
	Volatile bool
	Now      func() time.Time
	Rand     io.Reader
}

// File is a bbolt file of JSON records. Clock and chance are its own, so that a run on
// it can be repeated.
type File struct {
	db       *bolt.DB
	now      func() time.Time
	volatile bool

	mu   sync.Mutex // guards rand
	rand io.Reader
}

// Open makes the file and its buckets where they are missing. A file that another
// process has open is an error, for two simulators would deliver everything twice.
func Open(options Options) (*File, error) {
	path, volatile := options.Path, options.Volatile
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: openTimeout, NoSync: volatile, NoGrowSync: volatile})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("alipaysim: %s is in use by another simulator; close that one or name another file: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("alipaysim: open %s: %w", path, err)
	}
	db.MaxBatchDelay = gatherFor
	err = db.Update(func(b *bolt.Tx) error {
		for _, name := range options.Buckets {
			if _, err := b.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("alipaysim: prepare %s: %w", path, err), db.Close())
	}
	f := &File{db: db, now: options.Now, rand: options.Rand, volatile: volatile}
	if f.now == nil {
		f.now = time.Now
	}
	if f.rand == nil {
		f.rand = rand.Reader
	}
	return f, nil
}

// Close closes the file, and lets another simulator open it. What was changed is in it.
func (f *File) Close() error { return f.db.Close() }

// Change runs fn in a transaction that is on disk when Change returns. Several
// callers may share one commit, so fn can run twice: it must set everything it
// hands out again each time.
func (f *File) Change(fn func(*Tx)) error {
	commit := f.db.Batch
	if f.volatile {
		commit = f.db.Update // without fsyncs there is nothing to share
	}
	err := commit(func(b *bolt.Tx) error {
		t := &Tx{Now: f.now(), file: f, b: b}
		fn(t)
		return t.err
	})
	if err != nil {
		return fmt.Errorf("alipaysim: store: %w", err)
	}
	return nil
}

// Look runs fn in a read-only transaction: it sees one state throughout, and no change
// waits for it.
func (f *File) Look(fn func(*Tx)) error {
	err := f.db.View(func(b *bolt.Tx) error {
		t := &Tx{Now: f.now(), file: f, b: b}
		fn(t)
		return t.err
	})
	if err != nil {
		return fmt.Errorf("alipaysim: read: %w", err)
	}
	return nil
}

// Random reads from the configured source under a lock: a seeded reader is not safe for
// concurrent use.
func (f *File) Random(n int) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	raw := make([]byte, n)
	if _, err := io.ReadFull(f.rand, raw); err != nil {
		return nil, fmt.Errorf("alipaysim: read Config.Rand, which must not end: %w", err)
	}
	return raw, nil
}
