package alipaysim

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// reply is an answer on its way, and the fault that waits for it.
type reply struct {
	app     App
	seal    seal // empty: the app is not known, nothing is signed
	call    Call
	answer  answer
	charset Charset
	fault   Fault
}

// reply sends the answer, or what the fault makes of it. The effect, if any, is
// on disk by now.
func (s *Simulator) reply(w http.ResponseWriter, r *http.Request, out reply) {
	body, err := out.body()
	if err != nil {
		s.broken(w, err)
		return
	}
	switch out.fault.Kind {
	case FaultDropBefore, FaultDropAfterCommit:
		hangUp()
	case FaultHTTPStatus:
		w.WriteHeader(out.fault.httpStatus())
		return
	case FaultHalfAnswer:
		writeHalf(w, body.text)
		hangUp()
	case FaultStallAfterCommit:
		s.hold(r, out.fault.For)
		if r.Context().Err() != nil {
			return // nobody is there to be answered
		}
	}
	body.write(w)
	s.noteAnswered(out.call.Seq)
}

// hangUp closes the connection without a word; net/http knows this panic.
func hangUp() { panic(http.ErrAbortHandler) }

// writeHalf promises the whole answer and sends half of it.
func writeHalf(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = io.WriteString(w, body[:len(body)/2])
	_ = http.NewResponseController(w).Flush() // the half must leave before the line is cut
}

// body is the signed answer, with the faults that touch its signature.
func (o reply) body() (written, error) {
	with := o.seal
	switch o.fault.Kind {
	case FaultUnsigned:
		with.key = nil
	case FaultBadSignature:
		good, err := o.answer.body(o.call.Method, o.charset, with)
		if err != nil {
			return good, err
		}
		signature, err := sign(with.key, "another text")
		good.text = good.text[:strings.LastIndex(good.text, `"sign":"`)] + `"sign":"` + signature + `"}`
		return good, err
	}
	return o.answer.body(o.call.Method, o.charset, with)
}

// noteAnswered remembers that an answer left; the next transaction writes it,
// so that answering costs no commit of its own.
func (s *Simulator) noteAnswered(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered[seq] = struct{}{}
}

// markAnswered writes what noteAnswered remembered and forgets it once the
// transaction is on disk.
func (s *Simulator) markAnswered(t *tx) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := make([]uint64, 0, len(s.answered))
	for seq := range s.answered {
		call := &Call{Seq: seq}
		if t.load(call) {
			call.Answered = true
			t.save(call)
		}
		written = append(written, seq)
	}
	t.b.OnCommit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, seq := range written {
			delete(s.answered, seq)
		}
	})
}

// calls returns the record of calls with what is not written yet.
func (t *tx) calls() []*Call {
	list := all[Call](t, bucketCalls, "")
	t.sim.mu.Lock()
	defer t.sim.mu.Unlock()
	for _, call := range list {
		if _, left := t.sim.answered[call.Seq]; left {
			call.Answered = true
		}
	}
	return list
}

// claimFault finds the fault that strikes a call: one for this call alone, one of
// the management API, which is counted, or a mood of the platform.
func (s *Simulator) claimFault(m method, q *request, call Call) (fault Fault, struck bool, err error) {
	var set Faults
	var about subject
	err = s.look(func(t *tx) {
		about = t.subjectOf(q)
		set = t.settings().Faults
	})
	call.Key = about.key
	if err != nil {
		return Fault{}, false, err
	}
	if s.cfg.Strike != nil {
		if fault, struck = s.cfg.Strike(call); struck {
			return fault, true, fault.check()
		}
	}
	if len(set.Faults) > 0 {
		err = s.change(func(t *tx) {
			settings := t.settings()
			if fault, struck = settings.Faults.claim(m.name, about.outOrderNo, about.miniAppID); struck {
				t.save(settings)
			}
		})
	}
	if err != nil || struck || set.Misbehaviour == nil {
		return fault, struck, err
	}
	// The order's own number where there is one: others are another chance each time.
	l := s.draw(set.Misbehaviour.Seed, "call "+m.name, call.AppID+" "+cmp.Or(about.outOrderNo, about.key))
	fault, struck = set.Misbehaviour.slowness(l)
	return fault, struck, nil
}

// settings returns what the management API set, read once per transaction.
func (t *tx) settings() *settingsRecord {
	if t.set == nil {
		t.set = &settingsRecord{}
		t.load(t.set)
	}
	return t.set
}

// rules returns the rules in force.
func (t *tx) rules() Rules { return t.settings().Rules }
