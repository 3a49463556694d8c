// Package gateway answers the calls of third-party apps at /gateway.do: it reads a
// call, has it admitted, does its work on the world in one transaction and signs the
// answer, unless a fault wants it otherwise. A new call is a row of its table and a
// method.
package gateway

import (
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// traceHeader names the call for the platform's support; a client that logs it can be
// helped.
const traceHeader = "trace_id"

// Gateway answers the calls of third-party apps. It keeps nothing of its own between
// two calls: all state is the World's.
type Gateway struct {
	World   *world.World
	Checker *admission.Checker
	// Strike is asked about every verified call before the faults of the management
	// API are; nil strikes nothing.
	Strike func(world.Call) (script.Fault, bool)
	// Delay keeps an answer back for a fault's time, the client's patience or until the
	// simulator is closed.
	Delay  func(*http.Request, script.Duration)
	Logger *slog.Logger
}

// ServeHTTP is POST /gateway.do, and GET, as pageExecute calls it. Every call that can
// be read is written into the record of calls, in the same transaction as its effect.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	trace, err := g.World.Random(16)
	if err != nil {
		problem.Broken(w, g.Logger, err)
		return
	}
	record := world.Call{At: g.World.Now(), TraceID: hex.EncodeToString(trace)}
	w.Header().Set(traceHeader, record.TraceID)
	q, err := admission.ReadRequest(w, r)
	if err != nil {
		g.refuseUnread(w, err)
		return
	}
	record.AppID, record.Method = q.Params["app_id"], q.Params["method"]
	app, refusal, ok := g.Checker.Identify(q)
	if !ok {
		g.serveRefusal(w, r, record, reply{answer: refusal, charset: wire.CharsetUTF8})
		return
	}
	m, refusal, ok := g.admit(app, q)
	charset := wire.Charset(q.Params["charset"])
	if !ok {
		g.serveRefusal(w, r, record, reply{seal: admission.SealOf(app), answer: refusal, charset: charset})
		return
	}
	out := reply{seal: admission.SealOf(app), app: app, charset: charset}
	if q.Encrypted {
		out.seal.AESKey = app.AESKey
	}
	g.serveAdmitted(w, r, m, q, record, out)
}

// serveRefusal records the call too, because a ledger has to account for every call
// that arrived.
func (g *Gateway) serveRefusal(w http.ResponseWriter, r *http.Request, record world.Call, out reply) {
	var err error
	if out.call, out.answer, err = g.record(record, func(*world.Tx) admission.Answer { return out.answer }); err != nil {
		problem.Broken(w, g.Logger, err)
		return
	}
	g.reply(w, r, out)
}

// serveAdmitted asks for the fault before it does the work, because some faults stop
// it. The record names the fault.
func (g *Gateway) serveAdmitted(w http.ResponseWriter, r *http.Request, m method, q *admission.Request, record world.Call, out reply) {
	fault, struck, err := g.faultFor(m, q, record)
	if err != nil {
		problem.Broken(w, g.Logger, err)
		return
	}
	if struck {
		record.Fault, out.fault = fault.Kind, fault
		g.Logger.Info("a fault strikes", "kind", fault.Kind, "method", m.name, "trace_id", record.TraceID)
		if fault.Kind == script.FaultSlow {
			g.Delay(r, fault.For)
		}
	}
	out.call, out.answer, err = g.record(record, func(t *world.Tx) admission.Answer {
		if struck && fault.StopsWork() {
			return faultAnswer(fault)
		}
		return run(t, out.app, m, q)
	}, q)
	if err != nil {
		problem.Broken(w, g.Logger, err)
		return
	}
	g.reply(w, r, out)
}

// record runs the work of a call and writes what became of it in one transaction: no
// effect is without its record. Only a verified request names what the call is about.
func (g *Gateway) record(call world.Call, work func(*world.Tx) admission.Answer, verified ...*admission.Request) (written world.Call, a admission.Answer, err error) {
	err = g.World.Change(func(t *world.Tx) {
		written = call
		for _, q := range verified {
			written.Key = subjectOf(t, q).key
		}
		a = work(t)
		written.Code, written.SubCode, written.Effect = a.Code, a.SubCode, a.Effect
		written = t.Record(written)
	})
	return written, a, err
}

// run does the work of a call. A refusal has no effect: methods decide before
// they write.
func run(t *world.Tx, app account.App, m method, q *admission.Request) admission.Answer {
	mini, refusal, ok := admitToken(t, app, m, q.Params["app_auth_token"])
	if !ok {
		return refusal
	}
	c := &call{Tx: t, app: app, mini: mini, request: q}
	if refusal, ok := c.readContent(m); !ok {
		return refusal
	}
	return m.do(c)
}

// refuseUnread answers a request that could not be read; nothing is recorded,
// for nothing is known of it, and nothing of it is repeated in the answer.
func (g *Gateway) refuseUnread(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		http.Error(w, "the request is larger than "+strconv.Itoa(admission.MaxRequest)+" bytes", http.StatusRequestEntityTooLarge)
		return
	}
	says := "请求无法解析，请使用表单或multipart"
	if errors.Is(err, admission.ErrRepeated) {
		says = "存在重复的参数"
	}
	g.Logger.Info("a request could not be read", "error", err)
	body, err := admission.Refuse(admission.CodeIllegal, "isv.invalid-parameter", says).Body(responseName(""), wire.CharsetUTF8, admission.Seal{})
	if err != nil {
		problem.Broken(w, g.Logger, err)
		return
	}
	body.Write(w)
}
