package script

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"

	"miniflow/alipay/alipaysim/internal/glob"
	"miniflow/alipay/alipaysim/wire"
)

// Fault kinds. They strike verified calls only, so that a wrong signature is always
// answered as one and never hidden by a fault.
const (
	// FaultError is for codes that the simulator would never answer by itself, which are most
	// of what Alipay documents.
	FaultError = "error"
	// FaultRateLimit answers 40005 isv.method-call-limited and changes nothing; no quota is
	// published, so a client learns of it by this answer alone.
	FaultRateLimit = "rate_limit"
	// FaultHTTPStatus has no body, like a proxy in front of the gateway: there is no signature
	// to check, so the answer proves nothing.
	FaultHTTPStatus = "http_status"
	// FaultDropBefore closes the connection before anything happens. To the caller it looks
	// like FaultDropAfterCommit, so a query has to decide.
	FaultDropBefore = "drop_before"
	// FaultDropAfterCommit does the work, then closes the connection: a caller that takes
	// this for a failure orders twice.
	FaultDropAfterCommit = "drop_after_commit"
	// FaultStallAfterCommit does the work, then keeps the answer back for For: time enough
	// to kill the caller between the effect and its knowledge of it.
	FaultStallAfterCommit = "stall_after_commit"
	// FaultSlow waits For, then does the work, for a caller who has left meanwhile too: a
	// call that timed out may still take effect, after the query that found nothing.
	FaultSlow = "slow"
	// FaultHalfAnswer does the work and sends half of the answer, status 200 included: a
	// caller that looks at the status alone has a success that it can't read.
	FaultHalfAnswer = "half_answer"
	// FaultUnsigned does the work and leaves the sign out. Failures may come unsigned, so a
	// lenient client takes an unsigned success as well.
	FaultUnsigned = "unsigned"
	// FaultBadSignature does the work and signs something else: the answer is nobody's, the
	// effect is real, and the outcome is unknown until a query.
	FaultBadSignature = "bad_signature"
	// FaultOtherAnswer does the work and answers what nobody documents: other members (Set), or
	// another charset than was asked for. It is how the platform changes, without a word.
	FaultOtherAnswer = "other_answer"
)

// FaultKinds lists every kind of Fault, in the order in which the API names them to a
// caller who has misspelled one.
func FaultKinds() []string {
	return []string{FaultError, FaultRateLimit, FaultHTTPStatus, FaultDropBefore, FaultDropAfterCommit,
		FaultStallAfterCommit, FaultSlow, FaultHalfAnswer, FaultUnsigned, FaultBadSignature, FaultOtherAnswer}
}

// Faults are what goes wrong between the service provider and the gateway. The
// first Fault that matches a call and has times left strikes it, so a list is a script:
// each takes over when the one before is used up.
type Faults struct {
	Faults []Fault `json:"faults"`
	// Channel is a list of its own: a link has no method and no order to match.
	Channel []ChannelFault `json:"channel,omitempty"`
	// Misbehaviour has no omitempty: null in a view says that manners are good.
	Misbehaviour *Misbehaviour `json:"misbehaviour"`
}

// Fault strikes calls of one method. Its durations are not divided by Speed:
// they are about the network, and a test stands in them.
type Fault struct {
	// Method is a glob on the full name, because one step of an order may be any of several
	// calls; empty matches every method.
	Method string `json:"method,omitempty"`
	// OutOrderNo and MiniAppID are globs on what the call is about, so that one order of
	// many that run side by side is struck.
	OutOrderNo string `json:"out_order_no,omitempty"`
	MiniAppID  string `json:"mini_app_id,omitempty"`
	// Kind is one of FaultKinds; any other is refused, for it would never strike.
	Kind string `json:"kind"`
	// Times is how many calls are struck; 0 is every one until replaced. With 1 the repeated
	// call gets through, and a test sees what the repetition does.
	Times int `json:"times,omitempty"`
	// Struck is counted by the simulator, so that a test can see that its fault was met.
	Struck int `json:"struck,omitempty"`
	// For is needed by slow and stall_after_commit: without a length they would strike
	// nobody.
	For Duration `json:"for,omitempty"`
	// Status is for http_status; 0 is 502. It may be 200, an answer without a body.
	Status int `json:"status,omitempty"`
	// Code, SubCode and SubMsg are the answer of error; Code empty is 40004, under which
	// Alipay has nearly all refusals of this business.
	Code    string `json:"code,omitempty"`
	SubCode string `json:"sub_code,omitempty"`
	SubMsg  string `json:"sub_msg,omitempty"`
	// Unknown hides SubCode as the platform does now and then: sub_code is
	// unknown-sub-code, the real one at the end of sub_msg, where a client has to look.
	Unknown bool `json:"unknown,omitempty"`
	// Set replaces and adds members of the answer of other_answer; null takes one out. Charset is
	// what that answer is written in, GBK or GB18030.
	Set     map[string]json.RawMessage `json:"set,omitempty"`
	Charset wire.Charset               `json:"charset,omitempty"`
}

// Strike counts the fault that it finds: the caller has to store f and to let the fault
// strike, or Times runs out without an effect.
func (f *Faults) Strike(method, outOrderNo, miniAppID string) (Fault, bool) {
	for i := range f.Faults {
		fault := &f.Faults[i]
		if fault.Times > 0 && fault.Struck >= fault.Times {
			continue
		}
		if glob.Match(fault.Method, method) && glob.Match(fault.OutOrderNo, outOrderNo) &&
			glob.Match(fault.MiniAppID, miniAppID) {
			fault.Struck++
			return *fault, true
		}
	}
	return Fault{}, false
}

// StopsWork reports whether the call has no effect at all, which is decided before the
// work: what has been committed can't be taken back for a fault.
func (f Fault) StopsWork() bool {
	switch f.Kind {
	case FaultError, FaultRateLimit, FaultHTTPStatus, FaultDropBefore:
		return true
	}
	return false
}

// HTTPStatus is 502 unless a status is set: that is what the proxies before a gateway
// answer while it is gone.
func (f Fault) HTTPStatus() int {
	if f.Status == 0 {
		return http.StatusBadGateway
	}
	return f.Status
}

// Check names the first bad fault by its place in the list, for the person who wrote the
// list. Accepted, it would never strike and look like a test that passes.
func (f Faults) Check() error {
	for i, fault := range f.Faults {
		if err := fault.Check(); err != nil {
			return fmt.Errorf("faults[%d]: %w", i, err)
		}
	}
	for i, fault := range f.Channel {
		if err := cmp.Or(OneOf("kind", fault.Kind, ChannelFaultKinds()...), fault.check()); err != nil {
			return fmt.Errorf("channel[%d]: %w", i, err)
		}
	}
	return f.Misbehaviour.Check()
}

// Check is for faults that come one by one as well, from Config.Strike, with no list to
// be named in.
func (f Fault) Check() error {
	return cmp.Or(
		OneOf("kind", f.Kind, FaultKinds()...), glob.Check("method", f.Method),
		glob.Check("out_order_no", f.OutOrderNo), glob.Check("mini_app_id", f.MiniAppID), f.checkParts())
}

func (f Fault) checkParts() error {
	switch {
	case f.Times < 0:
		return fmt.Errorf("times is %d; use 0 for always, or how many calls are struck", f.Times)
	case f.Kind == FaultError && f.SubCode == "" && f.Code == "":
		return fmt.Errorf("an error fault needs a code or a sub_code to answer")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status is %d; use 200 to 599", f.Status)
	case f.For == 0 && (f.Kind == FaultSlow || f.Kind == FaultStallAfterCommit):
		return fmt.Errorf(`a %s fault needs "for", such as "30s"`, f.Kind)
	case f.Kind == FaultOtherAnswer && len(f.Set) == 0 && f.Charset == "":
		return fmt.Errorf(`an other_answer fault needs "set" or "charset"`)
	case f.Charset != "":
		return f.Charset.Check()
	}
	return nil
}
