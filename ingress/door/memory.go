package door

import (
	"container/list"
	"crypto/sha256"
	"strings"
	"sync"
	"time"

	"miniflow/order"
)

// bodyHash is the SHA-256 of a whole body, signature included, so that only the very same
// bytes have it.
type bodyHash [sha256.Size]byte

// recollection is what is remembered of a body that Temporal accepted: only enough to name
// the repeated message in the log, so that an entry stays small.
type recollection struct {
	key  order.NotificationKey
	name string
}

// apart returns a recollection with texts of its own: those of a message are parts of its body,
// and would keep all of that in memory.
func (r recollection) apart() recollection {
	r.key = order.NotificationKey{AppID: strings.Clone(r.key.AppID), NotifyID: strings.Clone(r.key.NotifyID)} // the log names no digest
	r.name = strings.Clone(r.name)
	return r
}

// memory remembers accepted bodies, so that a repeat costs neither a signature check nor a
// call to Temporal. It saves work but guarantees nothing: it is bounded, expires, and ends
// with the process.
//
// Its contents depend on signatures that held under one set of keys. So a memory belongs to
// one verifier, and a verifier with other keys starts with an empty one: a message signed by
// a removed key is refused at once, however often it was accepted before.
type memory struct {
	mu      sync.Mutex
	size    int
	keep    time.Duration
	entries map[bodyHash]*list.Element
	recent  *list.List // of *remembered, most recently used first, so that the last one is evicted
}

type remembered struct {
	hash  bodyHash
	until time.Time
	what  recollection
}

func newMemory(size int, keep time.Duration) *memory {
	return &memory{size: size, keep: keep, entries: make(map[bodyHash]*list.Element), recent: list.New()}
}

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

func (m *memory) remember(hash bodyHash, what recollection, now time.Time) {
	what = what.apart()
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
