package alipaysim

import (
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
)

// traceHeader names the call for the platform's support.
const traceHeader = "trace_id"

// gateway answers the calls of third-party apps.
type gateway struct {
	World *world
	Door  *door
	// Strike is asked about every verified call before the faults of the management
	// API are; nil strikes nothing.
	Strike func(Call) (Fault, bool)
	// Hold keeps an answer back for a fault's time, the client's patience or until the
	// simulator is closed.
	Hold   func(*http.Request, Duration)
	Logger *slog.Logger
}

// ServeHTTP is POST /gateway.do, and GET, as pageExecute calls it. Every call that can be read is written into
// the record of calls, in the same transaction as its effect.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	trace, err := g.World.random(16)
	if err != nil {
		broken(w, g.Logger, err)
		return
	}
	record := Call{At: g.World.Now(), TraceID: hex.EncodeToString(trace)}
	w.Header().Set(traceHeader, record.TraceID)
	q, err := readRequest(w, r)
	if err != nil {
		g.refuseUnread(w, err)
		return
	}
	record.AppID, record.Method = q.Params["app_id"], q.Params["method"]
	app, refusal, ok := g.Door.identify(q)
	if !ok {
		g.serveRefusal(w, r, record, reply{answer: refusal, charset: CharsetUTF8})
		return
	}
	m, refusal, ok := g.admit(app, q)
	charset := Charset(q.Params["charset"])
	if !ok {
		g.serveRefusal(w, r, record, reply{seal: sealOf(app), answer: refusal, charset: charset})
		return
	}
	out := reply{seal: sealOf(app), app: app, charset: charset}
	if q.Encrypted {
		out.seal.AESKey = app.AESKey
	}
	g.serveAdmitted(w, r, m, q, record, out)
}

// serveRefusal records and answers a call that was not let in.
func (g *gateway) serveRefusal(w http.ResponseWriter, r *http.Request, record Call, out reply) {
	var err error
	if out.call, out.answer, err = g.record(record, func(*tx) answer { return out.answer }); err != nil {
		broken(w, g.Logger, err)
		return
	}
	g.reply(w, r, out)
}

// serveAdmitted runs a verified call: the fault that strikes it, its work, its
// record, its answer.
func (g *gateway) serveAdmitted(w http.ResponseWriter, r *http.Request, m method, q *request, record Call, out reply) {
	fault, struck, err := g.claimFault(m, q, record)
	if err != nil {
		broken(w, g.Logger, err)
		return
	}
	if struck {
		record.Fault, out.fault = fault.Kind, fault
		g.Logger.Info("a fault strikes", "kind", fault.Kind, "method", m.name, "trace_id", record.TraceID)
		if fault.Kind == FaultSlow {
			g.Hold(r, fault.For)
		}
	}
	out.call, out.answer, err = g.record(record, func(t *tx) answer {
		if struck && fault.stopsWork() {
			return faultAnswer(fault)
		}
		return run(t, out.app, m, q)
	}, q)
	if err != nil {
		broken(w, g.Logger, err)
		return
	}
	g.reply(w, r, out)
}

// record runs the work of a call and writes what became of it, in one
// transaction. The requests that were verified name what the call is about.
func (g *gateway) record(call Call, work func(*tx) answer, verified ...*request) (written Call, a answer, err error) {
	err = g.World.change(func(t *tx) {
		written = call
		for _, q := range verified {
			written.Key = subjectOf(t, q).key
		}
		a = work(t)
		written.Code, written.SubCode, written.Effect = a.Code, a.SubCode, a.Effect
		written = t.record(written)
	})
	return written, a, err
}

// run does the work of a call. A refusal has no effect: methods decide before
// they write.
func run(t *tx, app App, m method, q *request) answer {
	mini, refusal, ok := admitToken(t, app, m, q.Params["app_auth_token"])
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
func (g *gateway) refuseUnread(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		http.Error(w, "the request is larger than "+strconv.Itoa(maxRequest)+" bytes", http.StatusRequestEntityTooLarge)
		return
	}
	says := "请求无法解析，请使用表单或multipart"
	if errors.Is(err, errRepeated) {
		says = "存在重复的参数"
	}
	g.Logger.Info("a request could not be read", "error", err)
	body, err := refuse(codeIllegal, "isv.invalid-parameter", says).body(responseName(""), CharsetUTF8, seal{})
	if err != nil {
		broken(w, g.Logger, err)
		return
	}
	body.write(w)
}
