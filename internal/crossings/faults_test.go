package crossings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

// fate decides what happens to a worker in the chaos.
func (l *life) fate(j *job) death {
	if l.calm || !strings.HasPrefix(j.options.TaskQueue, "alipay/") && j.rng.Float64() > .3 {
		return lives
	}
	r := rolled{j.rng}
	if !r.chance(l.dying) {
		return lives
	}
	return death(1 + r.IntN(3))
}

// doorOf decides what happens to a push on arrival in the chaos.
func (l *life) doorOf(notifyID string, nth int) passage {
	r := seeded(l.seed, "door", notifyID, fmt.Sprint(nth))
	if l.calm || !r.chance(l.door) {
		return doorOpen
	}
	return passage(1 + r.IntN(2))
}

// isWrite reports whether a call changes something.
func isWrite(method string) bool {
	for _, write := range []string{".create", ".upload", ".apply", ".cancel", ".online", ".delete"} {
		if strings.HasSuffix(method, write) {
			return true
		}
	}
	return false
}

// struck decides what goes wrong with a call: it is delayed while people act, its answer is
// lost, it is refused.
func (l *life) struck(c alipaysim.Call) (alipaysim.Fault, bool) {
	l.calls[c.Method]++
	if l.made++; l.made > callsOfALoop {
		l.loops = true
		l.e.finish()
	}
	l.noteUndo(c)
	r := seeded(l.seed, "call", c.Method, c.Key, fmt.Sprint(l.calls[c.Method]))
	if l.calm {
		return alipaysim.Fault{}, false
	}
	crossing := l.crossing
	switch {
	case strings.HasSuffix(c.Method, l.focus):
		crossing = .9
	case !isWrite(c.Method):
		crossing *= .2 // there are many more queries than writes
	}
	if r.chance(crossing) {
		return l.delay(r), true
	}
	if r.chance(l.fault) {
		return fault(r), true
	}
	if r.chance(l.refusal) {
		refusals := slices.DeleteFunc(refusalsOf(c.Method), func(f alipaysim.Fault) bool {
			return f.SubCode == "AUTH_TOKEN_NOT_EXISTED" // this would be a lie and not a refusal, because it invalidates the token
		})
		return refusals[r.IntN(len(refusals))], true
	}
	return alipaysim.Fault{}, false
}

// noteUndo records when a cancellation made its first call.
func (l *life) noteUndo(c alipaysim.Call) {
	if _, cancelled := l.cancelled(); cancelled && l.firstUndo.IsZero() && strings.HasSuffix(c.Method, ".cancel") {
		l.firstUndo = c.At
	}
}

// arrivedAt has a person do what fits a stage, or a hold, some time later.
func (l *life) arrivedAt(_ string, stage order.Stage, hold order.HoldKind) {
	if l.calm || l.focus == "" {
		return
	}
	if what := l.chance.whenAt(stage, hold); what != "" {
		l.e.in(l.chance.between(time.Second, time.Hour), func() { l.do(what) })
	}
}

// delay delays a call, or its answer, for a few seconds in which people act.
func (l *life) delay(r rolled) alipaysim.Fault {
	length := r.between(300*time.Millisecond, 8*time.Second)
	for range 1 + r.IntN(2) {
		what := r.deed(45)
		l.e.in(time.Duration(r.Float64()*float64(length)), func() { l.do(what) })
	}
	kind := r.one(weighted{alipaysim.FaultStallAfterCommit, 7}, weighted{alipaysim.FaultSlow, 3})
	return alipaysim.Fault{Kind: kind, For: alipaysim.Duration(length)}
}

// fault returns a fault of the network or the gateway.
func fault(r rolled) alipaysim.Fault {
	kind := r.one(
		weighted{alipaysim.FaultDropAfterCommit, 4}, weighted{alipaysim.FaultDropBefore, 2}, weighted{alipaysim.FaultHTTPStatus, 1},
		weighted{alipaysim.FaultHalfAnswer, 1}, weighted{alipaysim.FaultUnsigned, 1}, weighted{alipaysim.FaultBadSignature, 1},
		weighted{alipaysim.FaultRateLimit, 2}, weighted{"20000", 1},
	)
	if kind == "20000" {
		return alipaysim.Fault{Kind: alipaysim.FaultError, Code: "20000", SubCode: "isp.unknow-error", SubMsg: "系统繁忙"}
	}
	return alipaysim.Fault{Kind: kind}
}
