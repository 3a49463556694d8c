package journal

import (
	"cmp"
	"container/heap"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"time"

	"miniflow/order"
)

// key is a message's identity, hashed so that many of them fit into memory.
type key [16]byte

func keyOf(n order.NotificationKey) key {
	h := sha256.New()
	for _, part := range []string{n.AppID, n.NotifyID, n.Digest} {
		_, _ = h.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return key(h.Sum(nil)[:16])
}

// message is what is in memory of a record: where it is, and where it goes. Its payload stays
// on the disk, so that a long backlog costs little.
type message struct {
	key    key
	app    string
	target string

	sequence uint64
	at       time.Time
	segment  *segment
	offset   int64
	size     int

	// payload and written are set until the record is durable, or could not be written: then
	// err is why.
	payload []byte
	written chan struct{}
	err     error
	// gone means that it left the queue, which [queue.oldest] finds out later; refused, that it
	// stays on the disk nevertheless.
	gone, refused bool
	// attempts and lastError describe the tries to dispatch it, for a person.
	attempts  int
	lastError string
}

// target is a workflow with the messages for it, in order. One is dispatched at a time,
// because a later one must not arrive before an earlier one.
type target struct {
	id       string
	messages []*message
	// until is when it is tried again after a failure; at is its place in the delayed heap.
	until time.Time
}

// queue is what waits to be dispatched. It is not safe for concurrent use.
type queue struct {
	known   map[key]*message
	targets map[string]*target
	ready   []*target
	delayed delayed
	inOrder []*message
	apps    map[string]string
	// refused waits for the next start, see [stateRefused].
	refused []*message
}

func newQueue() *queue {
	return &queue{known: map[key]*message{}, targets: map[string]*target{}, apps: map[string]string{}}
}

// appOf returns an app's id as a text of the queue's own: a message's may be a part of its
// body, and would keep all of that in memory.
func (q *queue) appOf(id string) string {
	app, known := q.apps[id]
	if !known {
		app = strings.Clone(id)
		q.apps[app] = app
	}
	return app
}

// push adds a durable message behind those for the same target.
func (q *queue) push(m *message) {
	q.inOrder = append(q.inOrder, m)
	t := q.targets[m.target]
	if t == nil {
		t = &target{id: strings.Clone(m.target)}
		q.targets[t.id] = t
		q.ready = append(q.ready, t)
	}
	m.target = t.id // one text for all of them
	t.messages = append(t.messages, m)
}

// next returns a target whose first message may be dispatched now, and keeps it from being
// returned again until [queue.remove] or [queue.delay]; nil when there is none.
func (q *queue) next(now time.Time) *target {
	for len(q.delayed) > 0 && !now.Before(q.delayed[0].until) {
		q.ready = append(q.ready, heap.Pop(&q.delayed).(*target))
	}
	if len(q.ready) == 0 {
		return nil
	}
	t := q.ready[0]
	q.ready[0] = nil
	q.ready = q.ready[1:]
	return t
}

// remove takes the first message of a target out, and makes the target ready for its next
// one.
func (q *queue) remove(t *target) {
	m := t.messages[0]
	m.gone = true
	delete(q.known, m.key)
	if t.messages = t.messages[1:]; len(t.messages) == 0 {
		delete(q.targets, t.id)
		return
	}
	q.ready = append(q.ready, t)
}

// delay has a target wait until a time, with its messages in order.
func (q *queue) delay(t *target, until time.Time) {
	t.until = until
	heap.Push(&q.delayed, t)
}

// oldest returns the message that waits longest; nil when none does.
func (q *queue) oldest() *message {
	for len(q.inOrder) > 0 && q.inOrder[0].gone {
		q.inOrder[0] = nil
		q.inOrder = q.inOrder[1:]
	}
	if len(q.inOrder) == 0 {
		q.inOrder = nil // gives a long backlog's memory back
		return nil
	}
	return q.inOrder[0]
}

// after returns up to limit messages behind a sequence, refused ones included, in the order
// of acceptance; of every app when none is named.
func (q *queue) after(sequence uint64, apps []string, limit int) []message {
	var found []message
	for _, m := range slices.Concat(q.refused, q.inOrder) {
		if m.sequence > sequence && (m.refused || !m.gone) && (len(apps) == 0 || slices.Contains(apps, m.app)) {
			found = append(found, *m)
		}
	}
	slices.SortFunc(found, func(a, b message) int { return cmp.Compare(a.sequence, b.sequence) })
	found = slices.CompactFunc(found, func(a, b message) bool { return a.sequence == b.sequence })
	return found[:min(limit, len(found))]
}

// delayed are targets after a failure, the first to be tried again first.
type delayed []*target

func (d delayed) Len() int           { return len(d) }
func (d delayed) Less(i, j int) bool { return d[i].until.Before(d[j].until) }
func (d delayed) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *delayed) Push(x any)        { *d = append(*d, x.(*target)) }
func (d *delayed) Pop() any {
	last := len(*d) - 1
	t := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	return t
}
