package alipaysim

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
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

const (
	// openTimeout bounds the wait for a file that another process holds.
	openTimeout = 2 * time.Second
	// gatherFor is how long a commit waits for others to share its fsync.
	gatherFor = 2 * time.Millisecond
)

// record is a value with a place in the file.
type record interface {
	place() (bucket, key string)
}

// tx is one transaction. Its error sticks: code that changes several records
// reads like a story, and the first failure rolls all of it back.
type tx struct {
	sim *Simulator
	b   *bolt.Tx
	now time.Time
	set *settingsRecord
	err error
}

// openStore opens or creates the file and its buckets.
func openStore(path string, volatile bool) (*bolt.DB, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: openTimeout, NoSync: volatile, NoGrowSync: volatile})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("alipaysim: %s is in use by another simulator; close that one or name another file: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("alipaysim: open %s: %w", path, err)
	}
	db.MaxBatchDelay = gatherFor
	err = db.Update(func(b *bolt.Tx) error {
		for _, name := range []string{bucketSettings, bucketOrders, bucketIndex, bucketMinis, bucketVersions, bucketTokens,
			bucketCodes, bucketMessages, bucketDeliveries, bucketCalls, bucketDue, bucketOwed, bucketOwedSocket, bucketProduced, bucketHeld} {
			if _, err := b.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("alipaysim: prepare %s: %w", path, err), db.Close())
	}
	return db, nil
}

// change runs fn in a transaction that is on disk when change returns. Several
// callers may share one commit, so fn can run twice: it must set everything it
// hands out anew each time.
func (s *Simulator) change(fn func(*tx)) error {
	commit := s.db.Batch
	if s.cfg.Volatile {
		commit = s.db.Update // there is no fsync to share
	}
	err := commit(func(b *bolt.Tx) error {
		t := &tx{sim: s, b: b, now: s.cfg.Now()}
		s.markAnswered(t)
		fn(t)
		return t.err
	})
	if err != nil {
		return fmt.Errorf("alipaysim: store: %w", err)
	}
	s.poke()
	return nil
}

// look runs fn in a read-only transaction.
func (s *Simulator) look(fn func(*tx)) error {
	err := s.db.View(func(b *bolt.Tx) error {
		t := &tx{sim: s, b: b, now: s.cfg.Now()}
		fn(t)
		return t.err
	})
	if err != nil {
		return fmt.Errorf("alipaysim: read: %w", err)
	}
	return nil
}

// fail keeps the first error.
func (t *tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// load fills the record whose place is already set, and tells whether it exists.
func (t *tx) load(r record) bool {
	bucket, key := r.place()
	raw := t.b.Bucket([]byte(bucket)).Get([]byte(key))
	if raw == nil || t.err != nil {
		return false
	}
	if err := json.Unmarshal(raw, r); err != nil {
		t.fail(fmt.Errorf("read %s/%s: %w", bucket, key, err))
		return false
	}
	return true
}

// save writes the record at its place.
func (t *tx) save(r record) {
	bucket, key := r.place()
	t.saveAt(bucket, []byte(key), r)
}

func (t *tx) saveAt(bucket string, key []byte, value any) {
	raw, err := json.Marshal(value)
	if err == nil {
		err = t.b.Bucket([]byte(bucket)).Put(key, raw)
	}
	if err != nil {
		t.fail(fmt.Errorf("write %s: %w", bucket, err))
	}
}

// remove deletes the record at its place.
func (t *tx) remove(bucket string, key []byte) {
	if err := t.b.Bucket([]byte(bucket)).Delete(key); err != nil {
		t.fail(fmt.Errorf("delete from %s: %w", bucket, err))
	}
}

// all reads the records of a bucket whose keys have the prefix, in key order.
func all[T any](t *tx, bucket, prefix string) []*T {
	var list []*T
	cursor := t.b.Bucket([]byte(bucket)).Cursor()
	for key, raw := cursor.Seek([]byte(prefix)); key != nil && bytes.HasPrefix(key, []byte(prefix)); key, raw = cursor.Next() {
		value := new(T)
		if err := json.Unmarshal(raw, value); err != nil {
			t.fail(fmt.Errorf("read %s/%x: %w", bucket, key, err))
			return nil
		}
		list = append(list, value)
	}
	return list
}

// sequence returns the next number of a bucket.
func (t *tx) sequence(bucket string) uint64 {
	number, err := t.b.Bucket([]byte(bucket)).NextSequence()
	if err != nil {
		t.fail(fmt.Errorf("count %s: %w", bucket, err))
	}
	return number
}

// sequenceKey spells a number so that key order is number order.
func sequenceKey(number uint64) string {
	return string(binary.BigEndian.AppendUint64(nil, number))
}

// random returns n random bytes.
func (t *tx) random(n int) []byte {
	raw, err := t.sim.random(n)
	if err != nil {
		t.fail(err)
		return make([]byte, n)
	}
	return raw
}

// hexID returns a random id of n hexadecimal characters.
func (t *tx) hexID(n int) string { return hex.EncodeToString(t.random((n + 1) / 2))[:n] }

// digits returns n random decimal digits.
func (t *tx) digits(n int) string {
	raw := t.random(n)
	for i, b := range raw {
		raw[i] = '0' + b%10
	}
	return string(raw)
}

// chance is true with probability p.
func (t *tx) chance(p float64) bool {
	const scale = 1 << 32
	return p > 0 && float64(binary.BigEndian.Uint32(t.random(4)))/scale < p
}

// random reads from the configured source, one reader at a time.
func (s *Simulator) random(n int) ([]byte, error) {
	s.randMu.Lock()
	defer s.randMu.Unlock()
	raw := make([]byte, n)
	if _, err := io.ReadFull(s.cfg.Rand, raw); err != nil {
		return nil, fmt.Errorf("alipaysim: read Config.Rand, which must not end: %w", err)
	}
	return raw, nil
}
