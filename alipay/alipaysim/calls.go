package alipaysim

import "time"

// Call is one call that reached the gateway, and what became of it.
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
	// Effect tells that the call changed something, durably.
	Effect bool `json:"effect"`
	// Answered tells that an answer left completely. After the simulator was
	// killed it may be false for the last calls that were answered.
	Answered bool   `json:"answered"`
	TraceID  string `json:"trace_id"`
}

func (r *Call) Place() (string, string) { return bucketCalls, sequenceKey(r.Seq) }

// noteAnswered remembers that an answer left; the next transaction writes it,
// so that answering costs no commit of its own.
func (w *world) noteAnswered(seq uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered[seq] = struct{}{}
}

// markAnswered writes what noteAnswered remembered and forgets it once the
// transaction is on disk.
func (t *tx) markAnswered() {
	w := t.world
	w.mu.Lock()
	defer w.mu.Unlock()
	written := make([]uint64, 0, len(w.answered))
	for seq := range w.answered {
		call := &Call{Seq: seq}
		if t.load(call) {
			call.Answered = true
			t.save(call)
		}
		written = append(written, seq)
	}
	t.onCommit(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, seq := range written {
			delete(w.answered, seq)
		}
	})
}

// record writes a call that reached the gateway, and returns it with its number.
func (t *tx) record(call Call) Call {
	call.Seq = t.sequence(bucketCalls)
	t.save(&call)
	return call
}

// calls returns the record of calls with what is not written yet.
func (t *tx) calls() []*Call {
	list := all[Call](t.storeTx, bucketCalls, "")
	t.world.mu.Lock()
	defer t.world.mu.Unlock()
	for _, call := range list {
		if _, left := t.world.answered[call.Seq]; left {
			call.Answered = true
		}
	}
	return list
}
