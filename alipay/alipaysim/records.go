package alipaysim

import (
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
)

// What the records of the simulator say. It lives in the rooms below; users name it here.
type (
	// Call is one call that reached the gateway, and what became of it.
	Call = world.Call
	// Delivery is one attempt to hand over a push, and what came back.
	Delivery = world.Delivery
	// Produced is one message that a client sent over the long connection.
	Produced = world.Produced
	// Kind is which of the two creation orders this is.
	Kind = lifecycle.Kind
	// OrderStatus is the status of a creation order, as on the wire.
	OrderStatus = lifecycle.OrderStatus
	// Phase is where a version stands.
	Phase = lifecycle.Phase
)

// The two kinds of orders.
const (
	Formal = lifecycle.Formal
	Trial  = lifecycle.Trial
)

// Statuses of a formal order.
const (
	Process  = lifecycle.Process
	Agreed   = lifecycle.Agreed
	Rejected = lifecycle.Rejected
	Timeout  = lifecycle.Timeout
)

// Statuses of a trial order.
const (
	WaitConfirm          = lifecycle.WaitConfirm
	ConfirmTimeout       = lifecycle.ConfirmTimeout
	CreateMiniAppSuccess = lifecycle.CreateMiniAppSuccess
	CreateMiniAppFailed  = lifecycle.CreateMiniAppFailed
	CertifyOperator      = lifecycle.CertifyOperator
	CertifyMerchant      = lifecycle.CertifyMerchant
	CertifySuccess       = lifecycle.CertifySuccess
	CertifyFailed        = lifecycle.CertifyFailed
	Cancelled            = lifecycle.Cancelled
)

// Phases of a version.
const (
	Absent        = lifecycle.Absent
	Building      = lifecycle.Building
	BuildFailed   = lifecycle.BuildFailed
	BuildTimedOut = lifecycle.BuildTimedOut
	Scanning      = lifecycle.Scanning
	ScanFailed    = lifecycle.ScanFailed
	Init          = lifecycle.Init
	Auditing      = lifecycle.Auditing
	AuditReject   = lifecycle.AuditReject
	BaseAuditPass = lifecycle.BaseAuditPass
	WaitRelease   = lifecycle.WaitRelease
	Release       = lifecycle.Release
	Offline       = lifecycle.Offline
	AuditOffline  = lifecycle.AuditOffline
)

// Phases lists every phase a version can be in.
func Phases() []Phase { return lifecycle.Phases() }
