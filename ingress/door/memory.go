package door

import (
	"container/list"
	"crypto/sha256"
	"sync"
	"time"

	"miniflow/order"
)

// bodyHash is the SHA-256 of a whole body, signature and all: only the very same
// bytes have it.
type bodyHash [sha256.Size]byte

// recollection is what is remembered of a body that Temporal accepted: enough to
// say in the log which message came again.
type recollection struct {
	key  order.NotificationKey
	name string
}

// memory remembers bodies that were accepted, so that a repeat costs neither a
// signature check nor a call to Temporal. It saves work and guarantees nothing:
// it is bounded, forgets by time, and dies with the process.
//
// What it knows rests on signatures that held under one set of keys. So a memory
// belongs to one verifier, and a verifier with other keys begins with an empty
// one: a message signed by a key that has been removed is refused at once,
// however often it was accepted before.
type memory struct {
	mu      sync.Mutex
	size    int
	keep    time.Duration
	entries map[bodyHash]*list.Element
	recent  *list.List // of *remembered, the one used last in front
}

type remembered struct {
	hash  bodyHash
	until time.Time
	what  recollection
}

func newMemory(size int, keep time.Duration) *memory {
	return &memory{size: size, keep: keep, entries: make(map[bodyHash]*list.Element), recent: list.New()}
}

// recall reports whether a body was accepted not too long ago.
func (m *memory) recall(hash bodyHash, now time.Time) (recollection, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	element, found := m.entries[hash]
	if !found {
		return recollection{}, false
	}
	entry := element.Value.(*remembered)
	if !now.Before(entry.until) {
		m.forget(element)
		return recollection{}, false
	}
	m.recent.MoveToFront(element)
	return entry.what, true
}

// remember takes a body that Temporal has accepted. The one unused for longest
// makes room.
func (m *memory) remember(hash bodyHash, what recollection, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if element, found := m.entries[hash]; found {
		m.forget(element)
	}
	for m.recent.Len() >= m.size {
		m.forget(m.recent.Back())
	}
	m.entries[hash] = m.recent.PushFront(&remembered{hash: hash, until: now.Add(m.keep), what: what})
}

func (m *memory) forget(element *list.Element) {
	delete(m.entries, element.Value.(*remembered).hash)
	m.recent.Remove(element)
}
