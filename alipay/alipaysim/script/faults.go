package script

import (
	"cmp"
	"fmt"
	"net/http"

	"miniflow/alipay/alipaysim/internal/glob"
)

// What goes wrong with a verified call. The kinds that do the work leave the caller in
// doubt whether it was done, and those that don't look the same to it.
const (
	// FaultError answers Code, SubCode and SubMsg and changes nothing.
	FaultError = "error"
	// FaultRateLimit answers 40005 isv.method-call-limited and changes nothing, so that
	// a client has to slow down and ask again.
	FaultRateLimit = "rate_limit"
	// FaultHTTPStatus answers the status without a body, as a proxy before the gateway
	// would, and changes nothing.
	FaultHTTPStatus = "http_status"
	// FaultDropBefore closes the connection before anything happens. To the caller it
	// is the same as FaultDropAfterCommit.
	FaultDropBefore = "drop_before"
	// FaultDropAfterCommit does the work, then closes the connection: the caller has to
	// ask what became of it.
	FaultDropAfterCommit = "drop_after_commit"
	// FaultStallAfterCommit does the work, then keeps the answer back for For, which is
	// the moment to kill the caller.
	FaultStallAfterCommit = "stall_after_commit"
	// FaultSlow waits For, then does the work, even when the caller has given up
	// meanwhile.
	FaultSlow = "slow"
	// FaultHalfAnswer does the work and sends half of the answer under the length of
	// the whole.
	FaultHalfAnswer = "half_answer"
	// FaultUnsigned does the work and leaves the sign out of the answer, which then
	// proves nothing.
	FaultUnsigned = "unsigned"
	// FaultBadSignature does the work and signs something else, as if the answer had
	// been changed on its way.
	FaultBadSignature = "bad_signature"
)

// FaultKinds lists every kind of Fault, for tests that try each and refusals that name
// the choices.
func FaultKinds() []string {
	return []string{FaultError, FaultRateLimit, FaultHTTPStatus, FaultDropBefore, FaultDropAfterCommit,
		FaultStallAfterCommit, FaultSlow, FaultHalfAnswer, FaultUnsigned, FaultBadSignature}
}

// Faults are what goes wrong between the service provider and the gateway. The
// first Fault that matches a call and has times left strikes it.
type Faults struct {
	Faults  []Fault        `json:"faults"`
	Channel []ChannelFault `json:"channel,omitempty"`
	// Misbehaviour strikes everybody now and then, where no fault was asked for; nil
	// leaves manners good.
	Misbehaviour *Misbehaviour `json:"misbehaviour"`
}

// Fault strikes calls of one method. Its durations are not divided by Speed:
// they are about the network, and a test stands in them.
type Fault struct {
	// Method, OutOrderNo and MiniAppID are globs on the method's full name and on what
	// the call is about; empty matches every one.
	Method     string `json:"method,omitempty"`
	OutOrderNo string `json:"out_order_no,omitempty"`
	MiniAppID  string `json:"mini_app_id,omitempty"`
	Kind       string `json:"kind"`
	// Times is how many calls are struck; 0 is every one, until the faults are
	// replaced.
	Times int `json:"times,omitempty"`
	// Struck counts the calls that were. It is kept in the file, so that a restart does
	// not begin again.
	Struck int `json:"struck,omitempty"`
	// For is the length of slow and stall_after_commit, which have none by default: it
	// is what a test is about.
	For Duration `json:"for,omitempty"`
	// Status is the status of http_status; 0 is 502, which a proxy answers without its
	// gateway.
	Status int `json:"status,omitempty"`
	// Code, SubCode and SubMsg are the answer of error; Code empty is 40004, the code
	// of every business failure.
	Code    string `json:"code,omitempty"`
	SubCode string `json:"sub_code,omitempty"`
	SubMsg  string `json:"sub_msg,omitempty"`
	// Unknown hides SubCode as the platform does: sub_code unknown-sub-code,
	// the real one at the end of sub_msg.
	Unknown bool `json:"unknown,omitempty"`
}

// Strike finds the first fault that matches a call and has times left, and counts it.
// Saving the count is the caller's, in the same transaction.
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

// StopsWork reports whether the call has no effect at all. With any other fault its
// effect is on disk before the answer suffers.
func (f Fault) StopsWork() bool {
	switch f.Kind {
	case FaultError, FaultRateLimit, FaultHTTPStatus, FaultDropBefore:
		return true
	}
	return false
}

// HTTPStatus is the status of an http_status fault, 502 unless it names one: that is
// what a proxy answers without its gateway.
func (f Fault) HTTPStatus() int {
	if f.Status == 0 {
		return http.StatusBadGateway
	}
	return f.Status
}

// Check names the first bad fault by its place in the list, for the person who wrote
// the list.
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

// Check refuses a fault that could never strike or would not know what to answer.
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
	}
	return nil
}
