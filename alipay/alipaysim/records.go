package alipaysim

import (
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
)

// What the records of the simulator say. The types live in internal rooms, so users can
// name them only here.
type (
	// Call is one call that reached the gateway, and what became of it. Config.Strike
	// gets one before its work is done.
	Call = world.Call
	// Delivery is one attempt to hand over a push, as GET /sim/v1/deliveries lists it.
	Delivery = world.Delivery
	// Produced is one message that a client sent over the long connection, as GET
	// /sim/v1/channel lists it.
	Produced = world.Produced
	// Kind is which of the two creation orders this is; each has its own statuses.
	Kind = lifecycle.Kind
	// OrderStatus is the status of a creation order, as on the wire: what a query
	// answers can be compared with it.
	OrderStatus = lifecycle.OrderStatus
	// Phase is where a version stands. It is finer than the status on the wire, which
	// knows nothing of builds.
	Phase = lifecycle.Phase
)

// The two kinds of orders: of alipay.open.mini.isv.create and of fastregister.create.
const (
	Formal = lifecycle.Formal
	Trial  = lifecycle.Trial
)

// Statuses of a formal order. All but Process are its end.
const (
	Process  = lifecycle.Process
	Agreed   = lifecycle.Agreed
	Rejected = lifecycle.Rejected
	Timeout  = lifecycle.Timeout
)

// Statuses of a trial order. From CreateMiniAppSuccess on the mini program exists, and
// what follows is its certification.
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

// Phases of a version. Those before Scanning have no status on the wire: no version
// exists yet.
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

// Phases lists every phase a version can be in, so that a test can hold every call
// against each.
func Phases() []Phase { return lifecycle.Phases() }
