package alipaysim

import (
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// traceHeader names the call for the platform's support.
const traceHeader = "trace_id"

// serveGateway is POST /gateway.do, and GET, as pageExecute calls it. Every call that can be read is written into
// the record of calls, in the same transaction as its effect.
func (s *Simulator) serveGateway(w http.ResponseWriter, r *http.Request) {
	trace, err := s.random(16)
	if err != nil {
		s.broken(w, err)
		return
	}
	record := Call{At: s.cfg.Now(), TraceID: hex.EncodeToString(trace)}
	w.Header().Set(traceHeader, record.TraceID)
	q, err := readRequest(w, r)
	if err != nil {
		s.refuseUnread(w, err)
		return
	}
	record.AppID, record.Method = q.params["app_id"], q.params["method"]
	app, refusal, ok := s.identify(q)
	if !ok {
		s.serveRefusal(w, r, record, reply{answer: refusal, charset: CharsetUTF8})
		return
	}
	m, refusal, ok := s.admit(app, q)
	charset := Charset(q.params["charset"])
	if !ok {
		s.serveRefusal(w, r, record, reply{seal: app.seal(), answer: refusal, charset: charset})
		return
	}
	out := reply{seal: app.seal(), app: app, charset: charset}
	if q.encrypted {
		out.seal.aesKey = app.AESKey
	}
	s.serveAdmitted(w, r, m, q, record, out)
}

// serveRefusal records and answers a call that was not let in.
func (s *Simulator) serveRefusal(w http.ResponseWriter, r *http.Request, record Call, out reply) {
	var err error
	if out.call, out.answer, err = s.record(record, func(*tx) answer { return out.answer }); err != nil {
		s.broken(w, err)
		return
	}
	s.reply(w, r, out)
}

// serveAdmitted runs a verified call: the fault that strikes it, its work, its
// record, its answer.
func (s *Simulator) serveAdmitted(w http.ResponseWriter, r *http.Request, m method, q *request, record Call, out reply) {
	fault, struck, err := s.claimFault(m, q, record)
	if err != nil {
		s.broken(w, err)
		return
	}
	if struck {
		record.Fault, out.fault = fault.Kind, fault
		s.cfg.Logger.Info("a fault strikes", "kind", fault.Kind, "method", m.name, "trace_id", record.TraceID)
		if fault.Kind == FaultSlow {
			s.hold(r, fault.For)
		}
	}
	out.call, out.answer, err = s.record(record, func(t *tx) answer {
		if struck && fault.stopsWork() {
			return fault.answer()
		}
		return t.run(out.app, m, q)
	}, q)
	if err != nil {
		s.broken(w, err)
		return
	}
	s.reply(w, r, out)
}

// record runs the work of a call and writes what became of it, in one
// transaction. The requests that were verified name what the call is about.
func (s *Simulator) record(call Call, work func(*tx) answer, verified ...*request) (written Call, a answer, err error) {
	err = s.change(func(t *tx) {
		written = call
		for _, q := range verified {
			written.Key = t.subjectOf(q).key
		}
		a = work(t)
		written.Seq = t.sequence(bucketCalls)
		written.Code, written.SubCode, written.Effect = a.code, a.subCode, a.effect
		t.save(&written)
	})
	return written, a, err
}

// run does the work of a call. A refusal has no effect: methods decide before
// they write.
func (t *tx) run(app App, m method, q *request) answer {
	mini, refusal, ok := t.admitToken(app, m, q.params["app_auth_token"])
	if !ok {
		return refusal
	}
	c := &call{tx: t, app: app, mini: mini, request: q}
	if refusal, ok := c.readContent(m); !ok {
		return refusal
	}
	return m.do(c)
}

// refuseUnread answers a request that could not be read; nothing is recorded,
// for nothing is known of it, and nothing of it is repeated in the answer.
func (s *Simulator) refuseUnread(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		http.Error(w, "the request is larger than "+strconv.Itoa(maxRequest)+" bytes", http.StatusRequestEntityTooLarge)
		return
	}
	says := "请求无法解析，请使用表单或multipart"
	if errors.Is(err, errRepeated) {
		says = "存在重复的参数"
	}
	s.cfg.Logger.Info("a request could not be read", "error", err)
	body, err := refuse(codeIllegal, "isv.invalid-parameter", says).body("", CharsetUTF8, seal{})
	if err != nil {
		s.broken(w, err)
		return
	}
	body.write(w)
}

// broken answers when the simulator itself fails.
func (s *Simulator) broken(w http.ResponseWriter, err error) {
	s.cfg.Logger.Error("a call failed inside the simulator", "error", err)
	http.Error(w, "the simulator failed; its log says why", http.StatusInternalServerError)
}

// hold waits for a fault's time, the client's patience or Close.
func (s *Simulator) hold(r *http.Request, d Duration) {
	ctx, cancel := s.untilClose(r.Context())
	defer cancel()
	s.cfg.Wait(ctx, time.Duration(d))
}

// written is an answer as bytes, and the name of their charset.
type written struct{ text, charset string }

// write sends an answer the way the gateway does: status 200 and text/html,
// whatever it says. Official clients decode it by the charset it names.
func (a written) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html;charset="+a.charset)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.text)))
	_, _ = io.WriteString(w, a.text) // a client that left gets none
}
