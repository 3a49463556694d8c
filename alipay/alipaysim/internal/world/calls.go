package world

import (
	"time"

	"miniflow/alipay/alipaysim/internal/store"
)

// Call is one call that reached the gateway, and what became of it. A ledger holds it
// against what the client believes.
type Call struct {
	Seq    uint64    `json:"seq"`
	At     time.Time `json:"at"`
	AppID  string    `json:"app_id"`
	Method string    `json:"method"`
	// Key is what makes the call idempotent: out_order_no, order_no, or
	// mini_app_id and version.
	Key     string `json:"key"`
	Code    string `json:"code"`
	SubCode string `json:"sub_code,omitempty"`
	Fault   string `json:"fault,omitempty"`
	// Effect means that the call changed something, durably, whether it was answered or
	// not.
	Effect bool `json:"effect"`
	// Answered means that an answer left completely. After the simulator was
	// killed it may be false for the last calls that were answered.
	Answered bool   `json:"answered"`
	TraceID  string `json:"trace_id"`
}

// Place sorts calls by their number, which is the order of their effects.
func (r *Call) Place() (string, string) { return bucketCalls, store.SequenceKey(r.Seq) }

// NoteAnswered remembers that an answer left; the next transaction writes it,
// so that answering costs no commit of its own.
func (w *World) NoteAnswered(seq uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered[seq] = struct{}{}
}

// markAnswered writes what NoteAnswered remembered. It forgets that only once the
// transaction is on disk, which may fail.
func (t *Tx) markAnswered() {
	w := t.world
	w.mu.Lock()
	defer w.mu.Unlock()
	written := make([]uint64, 0, len(w.answered))
	for seq := range w.answered {
		call := &Call{Seq: seq}
		if t.Load(call) {
			call.Answered = true
			t.Save(call)
		}
		written = append(written, seq)
	}
	t.OnCommit(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, seq := range written {
			delete(w.answered, seq)
		}
	})
}

// Record writes a call that reached the gateway, and returns it with its number, under
// which NoteAnswered finds it.
func (t *Tx) Record(call Call) Call {
	call.Seq = t.Sequence(bucketCalls)
	t.Save(&call)
	return call
}

// Calls returns the record of calls with what NoteAnswered has not written yet, so that
// a reader need not wait for the next transaction.
func (t *Tx) Calls() []*Call {
	list := store.All[Call](t.Tx, bucketCalls, "")
	t.world.mu.Lock()
	defer t.world.mu.Unlock()
	for _, call := range list {
		if _, left := t.world.answered[call.Seq]; left {
			call.Answered = true
		}
	}
	return list
}
