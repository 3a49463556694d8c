package alipaysim

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	bolt "go.etcd.io/bbolt"
)

// record is a value with a place in the file.
type record interface {
	Place() (bucket, key string)
}

// storeTx is one transaction. Its error sticks: code that changes several records
// reads like a story, and the first failure rolls all of it back.
type storeTx struct {
	// Now is when the transaction began.
	Now time.Time

	file *storeFile
	b    *bolt.Tx
	err  error
}

// fail keeps the first error.
func (t *storeTx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// failed reports whether the transaction will be rolled back.
func (t *storeTx) failed() bool { return t.err != nil }

// onCommit has fn run once the transaction is on disk.
func (t *storeTx) onCommit(fn func()) { t.b.OnCommit(fn) }

// load fills the record whose place is already set, and reports whether it exists.
func (t *storeTx) load(r record) bool {
	bucket, key := r.Place()
	return t.loadAt(bucket, []byte(key), r)
}

// loadAt fills a value from a key, and reports whether there is one.
func (t *storeTx) loadAt(bucket string, key []byte, value any) bool {
	raw := t.b.Bucket([]byte(bucket)).Get(key)
	if raw == nil || t.err != nil {
		return false
	}
	if err := json.Unmarshal(raw, value); err != nil {
		t.fail(fmt.Errorf("read %s/%q: %w", bucket, key, err))
		return false
	}
	return true
}

// has reports whether a key is there.
func (t *storeTx) has(bucket string, key []byte) bool {
	return t.b.Bucket([]byte(bucket)).Get(key) != nil
}

// save writes the record at its place.
func (t *storeTx) save(r record) {
	bucket, key := r.Place()
	t.saveAt(bucket, []byte(key), r)
}

// saveAt writes a value under a key.
func (t *storeTx) saveAt(bucket string, key []byte, value any) {
	raw, err := json.Marshal(value)
	if err == nil {
		err = t.b.Bucket([]byte(bucket)).Put(key, raw)
	}
	if err != nil {
		t.fail(fmt.Errorf("write %s: %w", bucket, err))
	}
}

// remove deletes the record at its place.
func (t *storeTx) remove(r record) {
	bucket, key := r.Place()
	t.removeAt(bucket, []byte(key))
}

// removeAt deletes what a key holds.
func (t *storeTx) removeAt(bucket string, key []byte) {
	if err := t.b.Bucket([]byte(bucket)).Delete(key); err != nil {
		t.fail(fmt.Errorf("delete from %s: %w", bucket, err))
	}
}

// first is the first key of a bucket, nil when it is empty.
func (t *storeTx) first(bucket string) []byte {
	key, _ := t.b.Bucket([]byte(bucket)).Cursor().First()
	return bytes.Clone(key)
}

// keys are the keys of a bucket in their order. Nothing may be changed while they are
// being read.
func (t *storeTx) keys(bucket string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		cursor := t.b.Bucket([]byte(bucket)).Cursor()
		for key, _ := cursor.First(); key != nil && yield(bytes.Clone(key)); key, _ = cursor.Next() {
		}
	}
}

// count returns how many keys a bucket has.
func (t *storeTx) count(bucket string) int { return t.b.Bucket([]byte(bucket)).Inspect().KeyN }

// all reads the records of a bucket whose keys have the prefix, in key order.
func all[T any](t *storeTx, bucket, prefix string) []*T {
	var list []*T
	cursor := t.b.Bucket([]byte(bucket)).Cursor()
	for key, raw := cursor.Seek([]byte(prefix)); key != nil && bytes.HasPrefix(key, []byte(prefix)); key, raw = cursor.Next() {
		value := new(T)
		if err := json.Unmarshal(raw, value); err != nil {
			t.fail(fmt.Errorf("read %s/%q: %w", bucket, key, err))
			return nil
		}
		list = append(list, value)
	}
	return list
}

// sequence returns the next number of a bucket.
func (t *storeTx) sequence(bucket string) uint64 {
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
func (t *storeTx) random(n int) []byte {
	raw, err := t.file.random(n)
	if err != nil {
		t.fail(err)
		return make([]byte, n)
	}
	return raw
}

// hexID returns a random id of n hexadecimal characters.
func (t *storeTx) hexID(n int) string { return hex.EncodeToString(t.random((n + 1) / 2))[:n] }

// digits returns n random decimal digits.
func (t *storeTx) digits(n int) string {
	raw := t.random(n)
	for i, b := range raw {
		raw[i] = '0' + b%10
	}
	return string(raw)
}

// chance is true with probability p.
func (t *storeTx) chance(p float64) bool {
	const scale = 1 << 32
	return p > 0 && float64(binary.BigEndian.Uint32(t.random(4)))/scale < p
}

// upTo returns a random part of a duration.
func (t *storeTx) upTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	const steps = 1 << 16
	raw := t.random(2)
	return d / steps * time.Duration(int(raw[0])<<8|int(raw[1]))
}
