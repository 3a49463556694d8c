// Package ingresstest holds what the tests of the door and of the API share, because neither
// may import the other: a clock that a test sets, a log that several goroutines write, and a
// key ring.
package ingresstest

import (
	"bytes"
	"encoding/base64"
	"sync"
	"testing"
	"time"

	"miniflow/internal/seal"
)

// Clock is a clock that a test sets, so that expiry needs no waiting.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock that shows a time and stands still, so that durations are exact.
func NewClock(at time.Time) *Clock { return &Clock{at: at} }

// Now returns the time that was set last, under the lock because handlers run in goroutines.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Set sets the clock, also backwards, because real clocks are corrected.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// Forward advances the clock, so that a test reads like elapsed time.
func (c *Clock) Forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Buffer holds a log that several goroutines write, which bytes.Buffer doesn't allow.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends p under the lock, so that lines don't mix.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String returns a copy of what was written, so that the log may go on.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Ring returns a key ring with a key of test data, so that sealed values of two tests can be
// compared.
func Ring(t testing.TB) *seal.Ring {
	t.Helper()
	key, err := seal.ParseKey("test", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, seal.KeySize)))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.New([]seal.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}
