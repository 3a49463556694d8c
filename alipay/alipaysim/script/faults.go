package script

import (
	"cmp"
	"fmt"
	"net/http"

	"miniflow/alipay/alipaysim/internal/glob"
)

// Fault kinds: what goes wrong with a verified call.
const (
	// FaultError answers the listed code and changes nothing.
	FaultError = "error"
	// FaultRateLimit answers 40005 isv.method-call-limited and changes nothing.
	FaultRateLimit = "rate_limit"
	// FaultHTTPStatus answers the status without a body and changes nothing.
	FaultHTTPStatus = "http_status"
	// FaultDropBefore closes the connection before anything happens.
	FaultDropBefore = "drop_before"
	// FaultDropAfterCommit does the work, then closes the connection.
	FaultDropAfterCommit = "drop_after_commit"
	// FaultStallAfterCommit does the work, then keeps the answer back for For.
	FaultStallAfterCommit = "stall_after_commit"
	// FaultSlow waits For, then does the work.
	FaultSlow = "slow"
	// FaultHalfAnswer does the work and sends half of the answer.
	FaultHalfAnswer = "half_answer"
	// FaultUnsigned does the work and leaves the sign out of the answer.
	FaultUnsigned = "unsigned"
	// FaultBadSignature does the work and signs something else.
	FaultBadSignature = "bad_signature"
)

// FaultKinds lists every kind of Fault.
func FaultKinds() []string {
	return []string{FaultError, FaultRateLimit, FaultHTTPStatus, FaultDropBefore, FaultDropAfterCommit,
		FaultStallAfterCommit, FaultSlow, FaultHalfAnswer, FaultUnsigned, FaultBadSignature}
}

// Faults are what goes wrong between the service provider and the gateway. The
// first Fault that matches a call and has times left strikes it.
type Faults struct {
	Faults []Fault `json:"faults"`
	// Channel strikes the long connection.
	Channel []ChannelFault `json:"channel,omitempty"`
	// Misbehaviour strikes everybody now and then; nil leaves manners good.
	Misbehaviour *Misbehaviour `json:"misbehaviour"`
}

// Fault strikes calls of one method. Its durations are not divided by Speed:
// they are about the network, and a test stands in them.
type Fault struct {
	// Method is a glob on the method's full name; empty matches every method.
	Method string `json:"method,omitempty"`
	// OutOrderNo and MiniAppID are globs on what the call is about.
	OutOrderNo string `json:"out_order_no,omitempty"`
	MiniAppID  string `json:"mini_app_id,omitempty"`
	// Kind is one of FaultKinds.
	Kind string `json:"kind"`
	// Times is how many calls are struck; 0 is every one until replaced.
	Times int `json:"times,omitempty"`
	// Struck counts the calls that were.
	Struck int `json:"struck,omitempty"`
	// For is the length of slow and stall_after_commit.
	For Duration `json:"for,omitempty"`
	// Status is the status of http_status; 0 is 502.
	Status int `json:"status,omitempty"`
	// Code, SubCode and SubMsg are the answer of error; Code empty is 40004.
	Code    string `json:"code,omitempty"`
	SubCode string `json:"sub_code,omitempty"`
	SubMsg  string `json:"sub_msg,omitempty"`
	// Unknown hides SubCode as the platform does: sub_code unknown-sub-code,
	// the real one at the end of sub_msg.
	Unknown bool `json:"unknown,omitempty"`
}

// Strike finds the fault for a call, counts it and returns it.
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

// StopsWork reports whether the call has no effect at all.
func (f Fault) StopsWork() bool {
	switch f.Kind {
	case FaultError, FaultRateLimit, FaultHTTPStatus, FaultDropBefore:
		return true
	}
	return false
}

// HTTPStatus is the status of an http_status fault.
func (f Fault) HTTPStatus() int {
	if f.Status == 0 {
		return http.StatusBadGateway
	}
	return f.Status
}

// Check says what is wrong with the first bad fault, by its place in the list.
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

// Check says what is wrong with the fault, or nil.
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
