package alipaysim

import (
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
)

// What the records of the simulator say, for ledgers that compare it with what the other
// side believes. Some of it lives under internal, so users can name it only here.
type (
	// Call says whether a call had an effect and whether it was answered: what a caller
	// believes after a lost answer is compared with it.
	Call = world.Call
	// Delivery is one attempt to hand over a push, and what came back: retries can be
	// counted only where every attempt is kept.
	Delivery = world.Delivery
	// Produced is one message that a client sent over the long connection; it is recorded
	// and causes nothing, for no such message is published.
	Produced = world.Produced
	// Kind is which of the two creation orders this is: they share out_order_no and have
	// different statuses, messages and ends.
	Kind = lifecycle.Kind
	// OrderStatus is spelled as on the wire, so that a record can be held against a
	// message as it stands.
	OrderStatus = lifecycle.OrderStatus
	// Phase is where a version stands; it is finer than Alipay's version status, which a
	// version has only once it is built.
	Phase = lifecycle.Phase
)

// The two kinds of orders. A trial mini program goes before the licence and needs
// certification later; a formal one has it from the start.
const (
	Formal = lifecycle.Formal
	Trial  = lifecycle.Trial
)

// Statuses of a formal order; all but Process are ends, and a new try needs a new
// out_order_no.
const (
	Process  = lifecycle.Process
	Agreed   = lifecycle.Agreed
	Rejected = lifecycle.Rejected
	Timeout  = lifecycle.Timeout
)

// Statuses of a trial order, which goes on after the app's creation until it is
// certified or cancelled.
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

// Phases of a version. Those of a build have no version status: only build.query says
// where it stands.
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

// Phases lists every phase a version can be in, so that a test of the table meets all.
func Phases() []Phase { return lifecycle.Phases() }
