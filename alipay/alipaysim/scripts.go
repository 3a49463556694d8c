package alipaysim

import "miniflow/alipay/alipaysim/script"

// What a test or a person decides for merchants, reviewers and the network. It lives in
// script, because the rooms below can't import this package; users name it here.
type (
	// Rules replace the people: the platform's merchants and reviewers take minutes to
	// days, which no test can wait for.
	Rules = script.Rules
	// Rule is chosen by out_order_no, so that orders with different fates run side by side.
	Rule = script.Rule
	// MerchantRule has the answer none as well: no published window says when an
	// unanswered order times out.
	MerchantRule = script.MerchantRule
	// AuthorizeRule can skip the authorisation, which leaves an app that exists and no
	// token to work on it with.
	AuthorizeRule = script.AuthorizeRule
	// BuildRule ends a build, which Alipay announces by no message: only a poll sees it.
	BuildRule = script.BuildRule
	// ScanRule ends the security scan, before which audit.apply is refused; Alipay sends
	// no message about it.
	ScanRule = script.ScanRule
	// AuditRule is for one attempt, because a rejected version is submitted again and may
	// pass then.
	AuditRule = script.AuditRule
	// Reason is one remark of a reviewer: free text, from which a person decides what to
	// correct.
	Reason = script.Reason
	// AutoOnlineRule is how long a passed version with auto_online waits: it goes online
	// without a call and without a message.
	AutoOnlineRule = script.AutoOnlineRule
	// RevokeRule is a merchant who takes the authorisation back, which may happen at any
	// moment and makes the token of every call invalid.
	RevokeRule = script.RevokeRule
	// CertifyStep moves a trial app towards a formal one; the platform may go back and
	// forth between the steps before it is certified.
	CertifyStep = script.CertifyStep
	// PushRule is the weather between Alipay and the receiver: pushes come twice, in any
	// order, or never, and a receiver has to end up at the same place.
	PushRule = script.PushRule
	// Duration is written as text, such as "90s": a bare number in a rule leaves its unit
	// to be guessed.
	Duration = script.Duration
	// Faults are for the calls whose outcome is unknown: a write that is repeated blindly
	// after one does its work twice.
	Faults = script.Faults
	// Fault strikes calls of one method, so that the one write under test fails and the
	// calls around it don't.
	Fault = script.Fault
	// ChannelFault strikes the long connection, whose ends a client has to find out by
	// itself: no message says that none will come any more.
	ChannelFault = script.ChannelFault
	// Misbehaviour is what the platform may do to anybody at any time; it keeps a program
	// from relying on good manners that only the simulator has.
	Misbehaviour = script.Misbehaviour
)

// Fault kinds. Those with AfterCommit in the name are why they exist: Alipay has done
// the work and the caller can't know.
const (
	FaultError            = script.FaultError
	FaultRateLimit        = script.FaultRateLimit
	FaultHTTPStatus       = script.FaultHTTPStatus
	FaultDropBefore       = script.FaultDropBefore
	FaultDropAfterCommit  = script.FaultDropAfterCommit
	FaultStallAfterCommit = script.FaultStallAfterCommit
	FaultSlow             = script.FaultSlow
	FaultHalfAnswer       = script.FaultHalfAnswer
	FaultUnsigned         = script.FaultUnsigned
	FaultOtherAnswer      = script.FaultOtherAnswer
	FaultBadSignature     = script.FaultBadSignature
)

// Kinds of ChannelFault, named for what a client sees and not for its cause, which
// it can't see.
const (
	ChannelRegisterHang         = script.ChannelRegisterHang
	ChannelRegisterFailure      = script.ChannelRegisterFailure
	ChannelRegisterUnsigned     = script.ChannelRegisterUnsigned
	ChannelRegisterBadSignature = script.ChannelRegisterBadSignature
	ChannelNeverPong            = script.ChannelNeverPong
	ChannelMute                 = script.ChannelMute
	ChannelHandshakeHang        = script.ChannelHandshakeHang
	ChannelClose                = script.ChannelClose
	ChannelReset                = script.ChannelReset
	ChannelHalfOpen             = script.ChannelHalfOpen
	ChannelBadSignature         = script.ChannelBadSignature
	ChannelWrongKey             = script.ChannelWrongKey
	ChannelForgedData           = script.ChannelForgedData
	ChannelOtherApp             = script.ChannelOtherApp
	ChannelDuplicate            = script.ChannelDuplicate
	ChannelReorder              = script.ChannelReorder
	ChannelLostAck              = script.ChannelLostAck
	ChannelOversized            = script.ChannelOversized
	ChannelBadJSON              = script.ChannelBadJSON
)

// FaultKinds lists every kind of Fault, for tests that must miss none.
func FaultKinds() []string { return script.FaultKinds() }

// ChannelFaultKinds lists every kind of ChannelFault, for tests that must miss none.
func ChannelFaultKinds() []string { return script.ChannelFaultKinds() }

// DefaultMisbehaviour is a few per cent of everything: what the simulator of a
// demonstration starts with, so that nobody gets used to good manners.
func DefaultMisbehaviour(seed int64) *Misbehaviour { return script.DefaultMisbehaviour(seed) }
