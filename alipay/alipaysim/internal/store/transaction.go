package store

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

// Record is a value with a place in the file, so that code says what it saves and not
// where.
type Record interface {
	Place() (bucket, key string)
}

// Tx is one transaction. Its error sticks: code that changes several records
// reads like a story, and the first failure rolls all of it back.
type Tx struct {
	// Now is when the transaction began: everything that it writes is of one moment.
	Now time.Time

	file *File
	b    *bolt.Tx
	err  error
}

// Fail rolls the transaction back. It keeps the first error, because later ones follow
// from that.
func (t *Tx) Fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Failed reports whether the transaction will be rolled back. A loop that draws until
// an id is free ends by it.
func (t *Tx) Failed() bool { return t.err != nil }

// OnCommit has fn run once the transaction is on disk, and never for one that is rolled
// back.
func (t *Tx) OnCommit(fn func()) { t.b.OnCommit(fn) }

// Load fills the record whose place is already set, and reports whether it exists.
// After a failure it finds nothing.
func (t *Tx) Load(r Record) bool {
	bucket, key := r.Place()
	return t.LoadAt(bucket, []byte(key), r)
}

// LoadAt is Load for a key that is not a record's own, such as the moment when
// something is due.
func (t *Tx) LoadAt(bucket string, key []byte, value any) bool {
	raw := t.b.Bucket([]byte(bucket)).Get(key)
	if raw == nil || t.err != nil {
		return false
	}
	if err := json.Unmarshal(raw, value); err != nil {
		t.Fail(fmt.Errorf("read %s/%q: %w", bucket, key, err))
		return false
	}
	return true
}

// Has reports whether a key is there, without reading what it holds.
func (t *Tx) Has(bucket string, key []byte) bool {
	return t.b.Bucket([]byte(bucket)).Get(key) != nil
}

// Save writes the record at its place. It returns no error: one rolls everything back.
func (t *Tx) Save(r Record) {
	bucket, key := r.Place()
	t.SaveAt(bucket, []byte(key), r)
}

// SaveAt is Save for a key that is not a record's own, such as the moment when
// something is due.
func (t *Tx) SaveAt(bucket string, key []byte, value any) {
	raw, err := json.Marshal(value)
	if err == nil {
		err = t.b.Bucket([]byte(bucket)).Put(key, raw)
	}
	if err != nil {
		t.Fail(fmt.Errorf("write %s: %w", bucket, err))
	}
}

// Remove deletes the record at its place. One that is not there is no error, so nobody
// has to look first.
func (t *Tx) Remove(r Record) {
	bucket, key := r.Place()
	t.RemoveAt(bucket, []byte(key))
}

// RemoveAt is Remove for a key that is not a record's own, such as the moment when
// something is due.
func (t *Tx) RemoveAt(bucket string, key []byte) {
	if err := t.b.Bucket([]byte(bucket)).Delete(key); err != nil {
		t.Fail(fmt.Errorf("delete from %s: %w", bucket, err))
	}
}

// First is the first key of a bucket, nil when it is empty. It is a copy: bbolt's own
// bytes are gone with the transaction.
func (t *Tx) First(bucket string) []byte {
	key, _ := t.b.Bucket([]byte(bucket)).Cursor().First()
	return bytes.Clone(key)
}

// Keys are the keys of a bucket in their order. Nothing may be changed while they are
// being read.
func (t *Tx) Keys(bucket string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		cursor := t.b.Bucket([]byte(bucket)).Cursor()
		for key, _ := cursor.First(); key != nil; key, _ = cursor.Next() {
			if !yield(bytes.Clone(key)) {
				return
			}
		}
	}
}

// Count returns how many keys a bucket has. It walks over all of them and reads no
// value.
func (t *Tx) Count(bucket string) int { return t.b.Bucket([]byte(bucket)).Inspect().KeyN }

// All reads the records of a bucket whose keys have the prefix, in key order; where the
// keys are of SequenceKey that is the order of writing.
func All[T any](t *Tx, bucket, prefix string) []*T {
	var list []*T
	cursor := t.b.Bucket([]byte(bucket)).Cursor()
	for key, raw := cursor.Seek([]byte(prefix)); key != nil && bytes.HasPrefix(key, []byte(prefix)); key, raw = cursor.Next() {
		value := new(T)
		if err := json.Unmarshal(raw, value); err != nil {
			t.Fail(fmt.Errorf("read %s/%q: %w", bucket, key, err))
			return nil
		}
		list = append(list, value)
	}
	return list
}

// Sequence returns the next number of a bucket. It is kept in the file, so no number
// comes again after a restart.
func (t *Tx) Sequence(bucket string) uint64 {
	number, err := t.b.Bucket([]byte(bucket)).NextSequence()
	if err != nil {
		t.Fail(fmt.Errorf("count %s: %w", bucket, err))
	}
	return number
}

// SequenceKey spells a number so that key order is number order; in decimals 10 would
// come before 9.
func SequenceKey(number uint64) string {
	return string(binary.BigEndian.AppendUint64(nil, number))
}

// random returns zeros after a failure, so that callers need no error of their own:
// nothing of the transaction stays.
func (t *Tx) random(n int) []byte {
	raw, err := t.file.Random(n)
	if err != nil {
		t.Fail(err)
		return make([]byte, n)
	}
	return raw
}

// HexID returns a random id of n hexadecimal characters. Its source is the configured
// one, so that a seeded run has the same ids.
func (t *Tx) HexID(n int) string { return hex.EncodeToString(t.random((n + 1) / 2))[:n] }

// Digits returns n random decimal digits, which is what the platform's numbers are made
// of.
func (t *Tx) Digits(n int) string {
	raw := t.random(n)
	for i, b := range raw {
		raw[i] = '0' + b%10
	}
	return string(raw)
}

// Chance is true with probability p. For 0 nothing is drawn, so that a rule without
// chances leaves a seeded run as it is.
func (t *Tx) Chance(p float64) bool {
	const scale = 1 << 32
	return p > 0 && float64(binary.BigEndian.Uint32(t.random(4)))/scale < p
}

// UpTo returns a random part of a duration. For 0 nothing is drawn, as with Chance.
func (t *Tx) UpTo(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	const steps = 1 << 16
	raw := t.random(2)
	return d / steps * time.Duration(int(raw[0])<<8|int(raw[1]))
}
