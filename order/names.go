package order

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Names under which the parts of Miniflow find each other in Temporal. Outside
// programs rely on them; a change is a new name, never a new meaning.
const (
	// WorkflowType, MiniProgramWorkflowType and DeliveryWorkflowType are the registered workflow
	// types: a worker that registers another name can't replay what runs.
	WorkflowType            = "Order"
	MiniProgramWorkflowType = "MiniProgram"
	DeliveryWorkflowType    = "Delivery"
	// LongConnectionWorkflowType elects the process that keeps an app's long connection;
	// orders know nothing of it.
	LongConnectionWorkflowType = "LongConnection"
	// WebhookWorkflowType tells an app's webhook what has become of its orders.
	WebhookWorkflowType = "Webhook"
	// SweepWorkflowType asks Alipay for all of an app's orders that wait.
	SweepWorkflowType = "Sweep"

	// NotificationSignal carries a [Notification] to an Order or a MiniProgram. Sent by the doors,
	// by a MiniProgram to the order in charge, and by a Delivery to the order it waited for.
	NotificationSignal = "notification"
	// AuthorizationSignal carries an [AuthorizationChange] from a MiniProgram to the order in
	// charge, which keeps no token and couldn't know.
	AuthorizationSignal = "authorization"
	// PokeSignal carries a [Poke] to an Order: ask Alipay now. Sent when a token names the order's
	// number, and by a Sweep that has found news for it.
	PokeSignal = "poke"
	// ClaimSignal carries a [Claim] to a MiniProgram. It is sent through an activity, because
	// workflow code has no SignalWithStart and the MiniProgram may not run yet.
	ClaimSignal = "claim"
	// DoubtSignal carries a [Doubt] from an Order to a MiniProgram: a call with the token was
	// refused, and one question about it serves every order.
	DoubtSignal = "doubt"
	// EndSignal carries an [End] from an Order to a MiniProgram. On the wire it is "release", a
	// word that has come to mean something else since.
	EndSignal = "release"
	// PassSignal says to a Sweep to begin its next pass now. Sent by a person; it carries nothing.
	PassSignal = "pass"
	// WakeSignal says to a Delivery that the order it waits for may exist now, so that it looks
	// before its next turn. It carries nothing.
	WakeSignal = "wake"

	ViewQuery = "view"
	// DispositionQuery takes a [NotificationKey] and returns what became of it, empty when it is
	// unknown: after an answer is lost the sender asks instead of sending twice.
	DispositionQuery = "disposition"
	// RepeatQuery takes an [Instruction]'s Key and returns the Digest that it was used with, empty
	// when it is unused: the API sees a repeated command even where the order's end refuses
	// updates.
	RepeatQuery = "repeat"
	// EventsQuery takes an [EventsAsked] and returns an Order's [ToldEvents] to the ISV's backend, with
	// the order as it stands: whoever tells of a change asks for both at once.
	EventsQuery = "events"
	// CarriedQuery returns what an Order would carry into its next run, as JSON. Sent to a closed
	// run by POST /v1/orders/…/begin-again, which hands it on unread in [BegunAgain].
	CarriedQuery = "carried"
	// TokenQuery returns a MiniProgram's current [Token], still sealed, or null. Activities ask at
	// each attempt, so that no input holds a token that has been replaced.
	TokenQuery = "token"
	// HeldQuery returns the notifications that a MiniProgram holds, as [DeliveryView]s, because
	// they have no workflow of their own to be listed by.
	HeldQuery = "held"
	// ReservationsQuery returns which order took which version number of a MiniProgram, as
	// [VersionReservation]s. Alipay says of no number whose it is.
	ReservationsQuery = "reservations"

	// WebhookUpdate gives a Webhook a [tell.Instruction] and returns the [tell.State] that it has then.
	WebhookUpdate = "instruct"

	// ReplayUpdate makes a Delivery try again now, and DiscardUpdate gives it up. Both take a
	// [DeliveryInstruction] and return the [DeliveryView]; sent by POST /v1/deliveries/….
	ReplayUpdate  = "replay"
	DiscardUpdate = "discard"

	// ImportTokenUpdate hands a [Token] to a MiniProgram. Sent by PUT …/authorization, because a
	// token whose message was lost can't be queried.
	ImportTokenUpdate = "import-token"
	// ClaimUpdate takes a [Claim] to a MiniProgram and returns the [AuthorizationChange] that says
	// where the order stands. Sent by an Order (through a local activity), which starts the
	// MiniProgram where it does not run.
	ClaimUpdate = "take-charge"
	// ReserveVersionUpdate takes a [VersionReservation] to a MiniProgram and returns the one that
	// stands for that number: the first. Sent by an Order (through an activity) before it uploads.
	ReserveVersionUpdate = "reserve-version"
	// CloseUpdate ends a MiniProgram that no order needs. It takes a [DeliveryInstruction] and returns
	// the [MiniProgramView]; sent by POST /v1/mini-programs/…/close.
	CloseUpdate = "close"
)

// An Order takes each [Command] as a Temporal update of the command's own name, since an update has
// an answer and a signal has none. Its argument is an [Instruction].

// RefusedType is the type of the application error with which a workflow refuses an
// update: its words are for the person who asked, and the API answers with 409.
const RefusedType = "refused"

// KeyReusedType is the type of the application error with which an Order refuses a
// command whose Key came before with another Digest.
const KeyReusedType = "key_reused"

// Search attributes, registered by setup, by which people and the API's lists find a workflow. The
// SQL stores allow ten of Keyword and three of Int in a namespace.
const (
	AttributeOutOrderNo    = "OutOrderNo"
	AttributeMiniAppID     = "MiniAppId"
	AttributeAppID         = "AppId"
	AttributeOrderKind     = "OrderKind"
	AttributeOrderStage    = "OrderStage"
	AttributeOrderHold     = "OrderHold"
	AttributeMerchantRef   = "MerchantRef"
	AttributeShopName      = "ShopName"
	AttributeDeliveryState = "DeliveryState"
	AttributeAuditAttempt  = "AuditAttempt"
	// AttributeNextLook is when a Sweep asks Alipay for a waiting order first, while messages
	// arrive as they should. An order that does not wait has none.
	AttributeNextLook = "NextLook"
	// AttributeFactAt is when an order last learned something that a message announces.
	AttributeFactAt = "FactAt"
	// AttributeChangedAt is the time of an order's last [Event] to the ISV's backend, by which it is
	// found by whoever tells of changes: webhooks, and GET /v1/orders?changed_since=.
	AttributeChangedAt = "ChangedAt"
)

// KeywordAttributes lists the search attributes of type Keyword; setup registers them, and serve
// refuses to start without.
func KeywordAttributes() []string {
	return []string{
		AttributeOutOrderNo, AttributeMiniAppID, AttributeAppID, AttributeOrderKind, AttributeOrderStage,
		AttributeOrderHold, AttributeMerchantRef, AttributeShopName, AttributeDeliveryState,
	}
}

// IntAttributes lists the search attributes of type Int, as [KeywordAttributes] does.
func IntAttributes() []string { return []string{AttributeAuditAttempt, AttributeMerchantLink} }

// TimeAttributes lists the search attributes of type Datetime, of which the SQL stores allow
// three.
func TimeAttributes() []string {
	return []string{AttributeNextLook, AttributeFactAt, AttributeChangedAt}
}

// SummaryMemo is the memo field that holds a [View] without audits and timeline: a list of a
// hundred orders is then one call to Temporal, not a query of each.
const SummaryMemo = "summary"

// LookMemo is the memo field of an Order that holds its [Look].
const LookMemo = "look"

// ToldMemo is the memo field of an Order that holds its [Told].
const ToldMemo = "told"

// TokenMemo is the memo field of a MiniProgram that holds its current [Token], still sealed, or
// null: reading it needs no worker and wakes no workflow.
const TokenMemo = "token"

// DigestMemo is the memo field of a Delivery that holds its notification's digest, so that a door
// can see a conflict without a query, even of a Delivery that has ended.
const DigestMemo = "digest"

// TaskQueue is the task queue of workflows and of activities that do not call Alipay; none of them
// waits behind an app's rate limit.
const TaskQueue = "miniflow"

// MaxPlainID is the longest id that [PlainID] leaves as it is, in bytes. Alipay's and an ISV's own
// are far shorter; PostgreSQL ends at 255 characters.
const MaxPlainID = 128

// PlainID is an id from outside in a form that every part of Temporal takes. One of
// printable ASCII letters without blanks, slashes, quotes, backslashes and question
// marks is returned as it is. Of any other it is a digest, the same each time:
// Temporal's client refuses a workflow id that no gRPC header can hold, a blank at its
// end is lost on the way, a slash makes two ids out of one, no list can ask for the
// rest, and PostgreSQL refuses a search attribute with a zero in it.
func PlainID(id string) string {
	if len(id) <= MaxPlainID && strings.IndexFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("/'\"\\?", r) }) < 0 {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "digest-" + hex.EncodeToString(sum[:16])
}

// AlipayTaskQueue is the task queue of the calls to Alipay made as one app. It is
// a queue of its own so that Temporal can hold Alipay's rate limit over all workers.
func AlipayTaskQueue(appID string) string { return "alipay/" + PlainID(appID) }

// LongConnectionTaskQueue is the task queue of the one activity that holds an app's
// long connection. The processes with the role channel wait there to be elected.
func LongConnectionTaskQueue(appID string) string { return "long-connection/" + PlainID(appID) }

// LongConnectionWorkflowID is the id of an app's election: one id for each app, so that Temporal
// runs at most one.
func LongConnectionWorkflowID(appID string) string { return "long-connection/" + PlainID(appID) }

// SweepWorkflowID is the id of an app's Sweep: one id for each app, so that Temporal runs at most
// one.
func SweepWorkflowID(appID string) string { return "sweep/" + PlainID(appID) }

// WebhookWorkflowID is the id of an app's Webhook: one id for each app, so that a target is told by
// one process at a time.
func WebhookWorkflowID(appID string) string { return "webhook/" + PlainID(appID) }

// WebhookTaskQueue is the task queue of an app's Webhook, of its own so that one that is down holds up
// no other.
func WebhookTaskQueue(appID string) string { return "webhook/" + PlainID(appID) }

// SweepTaskQueue is the task queue of an app's Sweep. It is a queue of its own so that each worker
// takes one part of a pass, and none waits behind, or takes from, the rate of the app's calls.
func SweepTaskQueue(appID string) string { return "sweep/" + PlainID(appID) }

// WorkflowID is the id of an order's workflow: order/<app_id>/<out_order_no>, each as [PlainID] has
// it. It makes the same order number start one workflow, whoever asks.
func WorkflowID(appID, outOrderNo string) string {
	return "order/" + PlainID(appID) + "/" + PlainID(outOrderNo)
}

// MiniProgramWorkflowID is the id of the entity behind one mini program, made of what every message
// about it names.
func MiniProgramWorkflowID(appID, miniAppID string) string {
	return "mini-program/" + PlainID(appID) + "/" + PlainID(miniAppID)
}

// DeliveryWorkflowID is the id of a notification that had no order to go to. A repeated message
// meets the Delivery that it has already.
func DeliveryWorkflowID(appID, notifyID string) string {
	return "delivery/" + PlainID(appID) + "/" + PlainID(notifyID)
}

// CopyWorkflowID is the id of the copy of a notification that goes to the forward target beside the
// notification's own way. It differs from the message's, since both may be Deliveries.
func CopyWorkflowID(appID, notifyID string) string {
	return DeliveryWorkflowID(appID, notifyID) + "/copy"
}

// ConflictWorkflowID is the id under which a notification is kept whose id came
// before with other content. The digest keeps two different impostors apart.
func ConflictWorkflowID(key NotificationKey) string {
	const distinct = 12
	digest := key.Digest
	if len(digest) > distinct {
		digest = digest[:distinct]
	}
	return DeliveryWorkflowID(key.AppID, key.NotifyID) + "/conflict-" + digest
}
