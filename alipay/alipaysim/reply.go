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
func (g *gateway) reply(w http.ResponseWriter, r *http.Request, out reply) {
	body, err := out.body()
	if err != nil {
		broken(w, g.Logger, err)
		return
	}
	switch out.fault.Kind {
	case FaultDropBefore, FaultDropAfterCommit:
		hangUp()
	case FaultHTTPStatus:
		w.WriteHeader(out.fault.httpStatus())
		return
	case FaultHalfAnswer:
		writeHalf(w, body.Text)
		hangUp()
	case FaultStallAfterCommit:
		g.Hold(r, out.fault.For)
		if r.Context().Err() != nil {
			return // nobody is there to be answered
		}
	}
	body.write(w)
	g.World.noteAnswered(out.call.Seq)
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
		with.Key = nil
	case FaultBadSignature:
		good, err := o.answer.body(responseName(o.call.Method), o.charset, with)
		if err != nil {
			return good, err
		}
		signature, err := sign(with.Key, "another text")
		good.Text = good.Text[:strings.LastIndex(good.Text, `"sign":"`)] + `"sign":"` + signature + `"}`
		return good, err
	}
	return o.answer.body(responseName(o.call.Method), o.charset, with)
}

// claimFault finds the fault that strikes a call: one for this call alone, one of
// the management API, which is counted, or a mood of the platform.
func (g *gateway) claimFault(m method, q *request, call Call) (fault Fault, struck bool, err error) {
	var set Faults
	var about subject
	err = g.World.look(func(t *tx) {
		about = subjectOf(t, q)
		set = t.settings().Faults
	})
	call.Key = about.key
	if err != nil {
		return Fault{}, false, err
	}
	if g.Strike != nil {
		if fault, struck = g.Strike(call); struck {
			return fault, true, fault.check()
		}
	}
	if len(set.Faults) > 0 {
		err = g.World.change(func(t *tx) {
			settings := t.settings()
			if fault, struck = settings.Faults.claim(m.name, about.outOrderNo, about.miniAppID); struck {
				t.saveSettings()
			}
		})
	}
	if err != nil || struck || set.Misbehaviour == nil {
		return fault, struck, err
	}
	// The order's own number where there is one: others are another chance each time.
	l := g.World.draw(set.Misbehaviour.Seed, "call "+m.name, call.AppID+" "+cmp.Or(about.outOrderNo, about.key))
	fault, struck = set.Misbehaviour.slowness(l)
	return fault, struck, nil
}

// faultAnswer is what an error or rate_limit fault says; the others say nothing.
func faultAnswer(f Fault) answer {
	switch f.Kind {
	case FaultRateLimit:
		return refuse(codeLimited, "isv.method-call-limited", "方法调用次数超限")
	case FaultHTTPStatus, FaultDropBefore:
		return answer{}
	}
	code := f.Code
	if code == "" {
		code = codeBusiness
	}
	if f.Unknown {
		return refuse(code, "unknown-sub-code", "未知的错误码"+f.SubCode)
	}
	return refuse(code, f.SubCode, f.SubMsg)
}

// responseName is the member that holds the object: the method's, or
// error_response when the gateway does not know the method.
func responseName(methodName string) string {
	if _, known := methods[methodName]; !known {
		return "error_response"
	}
	return strings.ReplaceAll(methodName, ".", "_") + "_response"
}
