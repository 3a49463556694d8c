package alipaysim

import "miniflow/alipay/alipaysim/script"

// What a test or a person decides for merchants, reviewers and the network. It lives in
// script, which the rooms below can import; users name it here.
type (
	// Rules say what merchants and reviewers do and when.
	Rules = script.Rules
	// Rule is the fate of the orders it matches.
	Rule = script.Rule
	// MerchantRule is the merchant's answer to a creation order.
	MerchantRule = script.MerchantRule
	// AuthorizeRule is the authorisation that follows the app's creation.
	AuthorizeRule = script.AuthorizeRule
	// BuildRule ends a build.
	BuildRule = script.BuildRule
	// ScanRule ends the security scan.
	ScanRule = script.ScanRule
	// AuditRule ends one audit attempt.
	AuditRule = script.AuditRule
	// Reason is one remark of a reviewer.
	Reason = script.Reason
	// AutoOnlineRule is how long a passed version with auto_online waits.
	AutoOnlineRule = script.AutoOnlineRule
	// RevokeRule is a merchant who takes the authorisation back once.
	RevokeRule = script.RevokeRule
	// CertifyStep moves a trial app towards a formal one.
	CertifyStep = script.CertifyStep
	// PushRule is the weather between Alipay and the receiver.
	PushRule = script.PushRule
	// Duration is a time.Duration written as text, such as "90s".
	Duration = script.Duration
	// Faults are what goes wrong between the service provider and the gateway.
	Faults = script.Faults
	// Fault strikes calls of one method.
	Fault = script.Fault
	// ChannelFault strikes the long connection.
	ChannelFault = script.ChannelFault
	// Misbehaviour is what the platform may do to anybody at any time.
	Misbehaviour = script.Misbehaviour
)

// Fault kinds: what goes wrong with a verified call.
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

// Kinds of ChannelFault: what goes wrong on the long connection.
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

// FaultKinds lists every kind of Fault.
func FaultKinds() []string { return script.FaultKinds() }

// ChannelFaultKinds lists every kind of ChannelFault.
func ChannelFaultKinds() []string { return script.ChannelFaultKinds() }

// DefaultMisbehaviour is a few per cent of everything.
func DefaultMisbehaviour(seed int64) *Misbehaviour { return script.DefaultMisbehaviour(seed) }
