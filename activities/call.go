package activities

import (
	"cmp"

	"miniflow/order"
)

// Kind says what a call may do, and with that where it runs and how it is tried again: an act must
// not be repeated the way a question may.
type Kind int

const (
	// KindAct means that the call changes something at Alipay, or takes what a change needs. Any answer to it, a refusal
	// too, ends the activity, and whether the call is made again is the order's decision,
	// which knows what has changed meanwhile. A worker that dies gives no answer: then
	// Temporal runs the activity again, which is why an act asks first on a later attempt.
	KindAct Kind = iota + 1
	// KindQuestion means that the call changes nothing at Alipay. It is asked again inside
	// its activity until the answer is news, so it can be given up at any time.
	KindQuestion
	// KindInside means that the call speaks to Temporal, for what workflow code can't do itself.
	KindInside
	// KindOutside means that the call speaks to the ISV's backend, which may be down for days.
	KindOutside
	// KindLasting means that the call occupies a process for as long as its workflow lives, so it
	// has a task queue of its own.
	KindLasting
	// KindSweep means that the call asks Alipay about many orders, at the pace that the app's budget
	// leaves it, and goes on in another worker where one died.
	KindSweep
	// KindTell means that the call tells an app's webhook, for as long as its workflow lets it, and
	// goes on in another worker where one died.
	KindTell
	// KindUndo means that the call takes back what users see already. It goes before all other calls,
	// in Temporal's queue and in the budget.
	KindUndo
	// KindRobot means that the call posts to a group's robot. It is given up after a while, because what
	// it says is in the next digest.
	KindRobot
)

// Call is an activity as a workflow asks for it. Its types make the compiler compare
// both sides: a workflow can't start a call with another input, and a worker can't
// register another function for it.
type Call[Input, Answer any] struct {
	// Name is the activity's type in Temporal. Histories hold it, so it never changes.
	Name string
	Kind Kind
	// Method is Alipay's own name of an act, which people look up in Alipay's documents.
	Method string
}

// Nothing is the answer of a call that returns none, so that [Call] needs no second form.
type Nothing struct{}

// The calls to Alipay. They run on order.AlipayTaskQueue, whose rate Temporal holds
// over all workers.
var (
	CreateMiniProgram = Call[CreateCall, Created]{Name: "CreateMiniProgram", Kind: KindAct, Method: "alipay.open.mini.isv.create"}
	// CertifyTrial asks for a trial to become formal, where that is not under way yet.
	CertifyTrial = Call[CertifyCall, Certified]{Name: "CertifyTrial", Kind: KindAct, Method: "alipay.open.mini.isv.certify.create"}
	// AwaitMerchant returns an answer that is no longer a wait, so that a wait of days costs the
	// history one activity.
	AwaitMerchant      = Call[MerchantQuestion, MerchantAnswer]{Name: "AwaitMerchant", Kind: KindQuestion}
	AwaitCertification = Call[MerchantQuestion, MerchantAnswer]{Name: "AwaitCertification", Kind: KindQuestion}
	// ReserveVersion returns the version number that is recorded for the order. It changes nothing
	// at Alipay and is an act all the same: whether it is tried again is the order's decision.
	ReserveVersion = Call[NumberCall, Number]{Name: "ReserveVersion", Kind: KindAct, Method: "alipay.open.mini.version.list.query"}
	UploadVersion  = Call[UploadCall, Uploaded]{Name: "UploadVersion", Kind: KindAct, Method: "alipay.open.mini.version.upload"}
	// BuildVersion is ReserveVersion and UploadVersion in one, for an order that has no number yet.
	BuildVersion = Call[BuildCall, Number]{Name: "BuildVersion", Kind: KindAct, Method: "alipay.open.mini.version.upload"}
	AwaitBuild   = Call[VersionQuestion, BuildAnswer]{Name: "AwaitBuild", Kind: KindQuestion}
	AwaitScan    = Call[VersionQuestion, VersionAnswer]{Name: "AwaitScan", Kind: KindQuestion}
	// CreateExperience makes a version one that people can try out, and AwaitExperience waits until they can.
	CreateExperience = Call[VersionQuestion, ExperienceAnswer]{Name: "CreateExperience", Kind: KindAct, Method: "alipay.open.mini.experience.create"}
	AwaitExperience  = Call[VersionQuestion, ExperienceAnswer]{Name: "AwaitExperience", Kind: KindQuestion}
	SubmitAudit      = Call[SubmitCall, VersionAnswer]{Name: "SubmitAudit", Kind: KindAct, Method: "alipay.open.mini.version.audit.apply"}
	AwaitAuditResult = Call[VersionQuestion, VersionAnswer]{Name: "AwaitAuditResult", Kind: KindQuestion}
	// AwaitChange is AwaitAuditResult under another name: the order waits for a person, and
	// sees what is done in Alipay's console meanwhile.
	AwaitChange = Call[VersionQuestion, VersionAnswer]{Name: "AwaitChange", Kind: KindQuestion}
	// AwaitRelease is AwaitAuditResult for a version that is being put online, under the name that
	// people look for in the Temporal UI.
	AwaitRelease = Call[VersionQuestion, VersionAnswer]{Name: "AwaitRelease", Kind: KindQuestion}
	// AwaitFiling asks where a version stands that waits for an ICP filing, and what Alipay says of that.
	AwaitFiling = Call[FilingQuestion, FilingAnswer]{Name: "AwaitFiling", Kind: KindQuestion}
	CancelAudit = Call[VersionQuestion, VersionAnswer]{Name: "CancelAudit", Kind: KindAct, Method: "alipay.open.mini.version.audit.cancel"}
	TakeBack    = Call[VersionQuestion, VersionAnswer]{Name: "TakeBack", Kind: KindAct, Method: "alipay.open.mini.version.audited.cancel"}
	PutOnline   = Call[ReleaseCall, VersionAnswer]{Name: "PutOnline", Kind: KindAct, Method: "alipay.open.mini.version.online"}
	// Invite makes a page on which the merchant authorises. Another one is no harm.
	Invite          = Call[InviteCall, Invited]{Name: "Invite", Kind: KindAct, Method: "alipay.open.auth.appauth.invite.create"}
	CheckToken      = Call[TokenQuestion, TokenAnswer]{Name: "CheckToken", Kind: KindQuestion}
	AwaitRevocation = Call[TokenQuestion, TokenAnswer]{Name: "AwaitRevocation", Kind: KindQuestion}
	LookAfterEnd    = Call[MerchantQuestion, MerchantAnswer]{Name: "LookAfterEnd", Kind: KindQuestion}
)

// The calls that speak to Temporal. They run on order.TaskQueue, where no rate of Alipay's holds
// them up.
var (
	// TakeCharge claims a mini program and brings its answer, inside the workflow task that needs
	// it. Where the mini program does not answer at once, ClaimMiniProgram leaves it a signal.
	TakeCharge = Call[ClaimCall, order.AuthorizationChange]{Name: "TakeCharge", Kind: KindInside}
	// Signal signals another workflow inside the workflow task that needs it.
	Signal = Call[SignalCall, Nothing]{Name: "Signal", Kind: KindInside}
	// ClaimMiniProgram is a call because workflow code has no SignalWithStart.
	ClaimMiniProgram = Call[ClaimCall, Nothing]{Name: "ClaimMiniProgram", Kind: KindInside}
	// WakeDeliveries is a call because only a client can list workflows.
	WakeDeliveries = Call[OrderAddress, Nothing]{Name: "WakeDeliveries", Kind: KindInside}
	StartDelivery  = Call[order.DeliveryInput, Nothing]{Name: "StartDelivery", Kind: KindInside}
	LocateOrder    = Call[LocateCall, Location]{Name: "LocateOrder", Kind: KindInside}
	HandOver       = Call[HandOverCall, order.Disposition]{Name: "HandOver", Kind: KindInside}
	// AwaitCopy returns the final disposition of the notification's copy, empty when there is not
	// one. A message that was copied waits for it and is not forwarded itself.
	AwaitCopy = Call[order.NotificationKey, order.Disposition]{Name: "AwaitCopy", Kind: KindInside}
)

// Reseal seals anew what a workflow carries, under the key that seals now.
var Reseal = Call[ResealCall, Resealed]{Name: "Reseal", Kind: KindInside}

// The calls of a Bulk.
var (
	// ListDeliveries returns one page of the messages that a bulk means.
	ListDeliveries = Call[DeliveriesQuestion, DeliveriesFound]{Name: "ListDeliveries", Kind: KindInside}
	// CommandDeliveries gives a page of messages a command, at a pace.
	CommandDeliveries = Call[DeliveriesCommand, DeliveriesCommanded]{Name: "CommandDeliveries", Kind: KindInside}
)

// Forward hands a notification to the ISV's backend. It runs on order.TaskQueue, since Alipay's
// rate has nothing to do with it.
var Forward = Call[ForwardCall, Forwarded]{Name: "Forward", Kind: KindOutside}

// CopyPictures copies the pictures that reviewers have attached to a rejection. It runs on
// order.TaskQueue: whoever serves the pictures counts no calls.
var CopyPictures = Call[PicturesCall, PicturesCopied]{Name: "CopyPictures", Kind: KindOutside}

// HoldLongConnection keeps one process on an app's long connection. It runs on
// order.LongConnectionTaskQueue and ends only with its context.
var HoldLongConnection = Call[LongConnectionCall, Nothing]{Name: "HoldLongConnection", Kind: KindLasting}

// trialMethod is what people find in Alipay's log of a trial; one activity makes both calls.
const trialMethod = "alipay.open.mini.isv.fastregister.create"

// methods finds an act's method by its name, which is all that carried state keeps of it.
var methods = map[string]string{
	CreateMiniProgram.Name: CreateMiniProgram.Method,
	CertifyTrial.Name:      CertifyTrial.Method,
	ReserveVersion.Name:    ReserveVersion.Method,
	UploadVersion.Name:     UploadVersion.Method,
	BuildVersion.Name:      BuildVersion.Method,
	CreateExperience.Name:  CreateExperience.Method,
	SubmitAudit.Name:       SubmitAudit.Method,
	CancelAudit.Name:       CancelAudit.Method,
	TakeBack.Name:          TakeBack.Method,
	PutOnline.Name:         PutOnline.Method,
	Invite.Name:            Invite.Method,
}

// MethodOf returns Alipay's own name of a call in an order of this kind. A question has
// none that people know, and keeps its own.
func MethodOf(call string, kind order.Kind) string {
	if call == CreateMiniProgram.Name && kind == order.KindTrial {
		return trialMethod
	}
	return cmp.Or(methods[call], call)
}
