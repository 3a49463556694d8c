package gateway

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"strings"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/problem"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// reply carries the fault along to the end: some faults change the bytes of an answer,
// others how it leaves.
type reply struct {
	app     account.App
	seal    admission.Seal // empty: the app is not known, nothing is signed
	call    world.Call
	answer  admission.Answer
	charset wire.Charset
	fault   script.Fault
}

// reply sends the answer, or what the fault makes of it. The effect, if any, is
// on disk by now.
func (g *Gateway) reply(w http.ResponseWriter, r *http.Request, out reply) {
	body, err := out.body()
	if err != nil {
		problem.Broken(w, g.Logger, err)
		return
	}
	switch out.fault.Kind {
	case script.FaultDropBefore, script.FaultDropAfterCommit:
		hangUp()
	case script.FaultHTTPStatus:
		w.WriteHeader(out.fault.HTTPStatus())
		return
	case script.FaultHalfAnswer:
		writeHalf(w, body.Text)
		hangUp()
	case script.FaultStallAfterCommit:
		g.Delay(r, out.fault.For)
		if r.Context().Err() != nil {
			return // the caller has left
		}
	}
	body.Write(w)
	g.World.NoteAnswered(out.call.Seq)
}

// hangUp closes the connection without a word; net/http knows this panic.
func hangUp() { panic(http.ErrAbortHandler) }

// writeHalf promises the whole answer and sends half of it, so that the client finds
// the body cut off and not just short.
func writeHalf(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = io.WriteString(w, body[:len(body)/2])
	_ = http.NewResponseController(w).Flush() // the half must leave before the line is cut
}

// body applies the faults that touch the signature. The rest of the answer stays
// genuine, so that nothing else gives it away.
func (o reply) body() (admission.Written, error) {
	with := o.seal
	switch o.fault.Kind {
	case script.FaultOtherAnswer:
		o.answer.Other = o.fault.Set
		o.charset = cmp.Or(o.fault.Charset, o.charset)
	case script.FaultUnsigned:
		with.Key = nil
	case script.FaultBadSignature:
		good, err := o.answer.Body(responseName(o.call.Method), o.charset, with)
		if err != nil {
			return good, err
		}
		signature, err := wire.Sign(with.Key, "another text")
		good.Text = good.Text[:strings.LastIndex(good.Text, `"sign":"`)] + `"sign":"` + signature + `"}`
		return good, err
	}
	return o.answer.Body(responseName(o.call.Method), o.charset, with)
}

// faultFor finds the fault that strikes a call: one for this call alone, one of
// the management API, which is counted, or a mood of the platform.
func (g *Gateway) faultFor(m method, q *admission.Request, call world.Call) (fault script.Fault, struck bool, err error) {
	var set script.Faults
	var about subject
	err = g.World.Look(func(t *world.Tx) {
		about = subjectOf(t, q)
		set = t.Settings().Faults
	})
	call.Key = about.key
	if err != nil {
		return script.Fault{}, false, err
	}
	if g.Strike != nil {
		if fault, struck = g.Strike(call); struck {
			return fault, true, fault.Check()
		}
	}
	if len(set.Faults) > 0 {
		err = g.World.Change(func(t *world.Tx) {
			settings := t.Settings()
			if fault, struck = settings.Faults.Strike(m.name, about.outOrderNo, about.miniAppID); struck {
				t.SaveSettings()
			}
		})
	}
	if err != nil || struck || set.Misbehaviour == nil {
		return fault, struck, err
	}
	// The order's own number where there is one: others are another chance each time.
	l := g.World.Draw(set.Misbehaviour.Seed, "call "+m.name, call.AppID+" "+cmp.Or(about.outOrderNo, about.key))
	fault, struck = set.Misbehaviour.Slowness(l)
	return fault, struck, nil
}

// faultAnswer is what an error or rate_limit fault says; http_status has no body, and
// drop_before no answer at all.
func faultAnswer(f script.Fault) admission.Answer {
	switch f.Kind {
	case script.FaultRateLimit:
		return admission.Refuse(admission.CodeLimited, "isv.method-call-limited", "方法调用次数超限")
	case script.FaultHTTPStatus, script.FaultDropBefore:
		return admission.Answer{}
	}
	code := f.Code
	if code == "" {
		code = admission.CodeBusiness
	}
	if f.Unknown {
		return admission.Refuse(code, "unknown-sub-code", "未知的错误码"+f.SubCode)
	}
	return admission.Refuse(code, f.SubCode, f.SubMsg)
}

// responseName is the member that holds the object: the method's, or error_response
// when the gateway does not know the method. Official clients look for exactly these.
func responseName(methodName string) string {
	if _, known := methods[methodName]; !known {
		return "error_response"
	}
	return strings.ReplaceAll(methodName, ".", "_") + "_response"
}
