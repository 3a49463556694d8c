package alipaysim

import "miniflow/alipay/alipaysim/script"

// What a test or a person decides for merchants, reviewers and the network. It lives in
// script, because the rooms below can't import this package; users name it here.
type (
	// Rules say what merchants and reviewers do and when; the first that matches
	// counts.
	Rules = script.Rules
	// Rule is the fate of the orders it matches; what it leaves out is the default.
	Rule = script.Rule
	// MerchantRule is the merchant's answer to a creation order. Without one the
	// merchant agrees after three minutes.
	MerchantRule = script.MerchantRule
	// AuthorizeRule is the authorisation that follows the app's creation, unless it is
	// skipped.
	AuthorizeRule = script.AuthorizeRule
	// BuildRule ends a build, which no message says.
	BuildRule = script.BuildRule
	// ScanRule ends the security scan, which no message says. Only a version that
	// passes it can be submitted.
	ScanRule = script.ScanRule
	// AuditRule ends one audit attempt; the last one of a rule repeats.
	AuditRule = script.AuditRule
	// Reason is one remark of a reviewer, as messages and version.detail.query have it.
	Reason = script.Reason
	// AutoOnlineRule is how long a passed version with auto_online waits until the
	// platform puts it online, which no message says.
	AutoOnlineRule = script.AutoOnlineRule
	// RevokeRule is a merchant who takes the authorisation back, once for each mini
	// program.
	RevokeRule = script.RevokeRule
	// CertifyStep moves a trial app towards a formal one, which no call of the gateway
	// does.
	CertifyStep = script.CertifyStep
	// PushRule is the weather between Alipay and the receiver. Where a rule has one,
	// Misbehaviour leaves its orders alone.
	PushRule = script.PushRule
	// Duration is a time.Duration written as text, such as "90s", because a bare number
	// does not say its unit.
	Duration = script.Duration
	// Faults are what goes wrong between the service provider and the gateway; the
	// first that matches strikes.
	Faults = script.Faults
	// Fault strikes calls of one method once they are verified: a stranger's call uses
	// none up.
	Fault = script.Fault
	// ChannelFault strikes the long connection: a register, a link that is opened, or a
	// message.
	ChannelFault = script.ChannelFault
	// Misbehaviour is what the platform may do to anybody at any time. Only Config and
	// the management API ask for it: a library's user gets good manners.
	Misbehaviour = script.Misbehaviour
)

// What goes wrong with a verified call. Package script says of each kind whether the
// work is done.
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
	FaultBadSignature     = script.FaultBadSignature
)

// What goes wrong on the long connection. Package script says of each kind what a
// client has to make of it.
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

// FaultKinds lists every kind of Fault, so that a test can try each.
func FaultKinds() []string { return script.FaultKinds() }

// ChannelFaultKinds lists every kind of ChannelFault, so that a test can try each.
func ChannelFaultKinds() []string { return script.ChannelFaultKinds() }

// DefaultMisbehaviour is a few per cent of everything: enough to be met in a day of
// trying things out, and seldom enough not to be in the way.
func DefaultMisbehaviour(seed int64) *Misbehaviour { return script.DefaultMisbehaviour(seed) }
