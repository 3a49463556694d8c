package order

import "strings"

// Names under which the parts of Miniflow find each other in Temporal. Outside
// programs rely on them; a change is a new name, never a new meaning.
const (
	// WorkflowType, MiniProgramWorkflowType and DeliveryWorkflowType are the registered workflow types.
	WorkflowType            = "Order"
	MiniProgramWorkflowType = "MiniProgram"
	DeliveryWorkflowType    = "Delivery"
	// LongConnectionWorkflowType is no business of an order's: it elects the process that
	// holds an app's long connection.
	LongConnectionWorkflowType = "LongConnection"

	// NotificationSignal carries a [Notification] to an Order or a MiniProgram. Sent by the doors,
	// by a MiniProgram to the order in charge, and by a Delivery to the order it waited for.
	NotificationSignal = "notification"
	// AuthorizationSignal carries an [AuthorizationChange] from a MiniProgram to the order in charge.
	AuthorizationSignal = "authorization"
	// PokeSignal carries a [Poke] to an Order: ask Alipay now. Sent when a token names the order's number.
	PokeSignal = "poke"
	// ClaimSignal carries a [Claim] from an Order (through an activity) to a MiniProgram.
	ClaimSignal = "claim"
	// DoubtSignal carries a [Doubt] from an Order to a MiniProgram: a call with the token was refused.
	DoubtSignal = "doubt"
	// ReleaseSignal carries a [Release] from an Order to a MiniProgram: the order has ended.
	ReleaseSignal = "release"
	// WakeSignal tells a Delivery that the order it waits for may exist now. It carries nothing.
	WakeSignal = "wake"

	// ViewQuery returns an Order's [View], a MiniProgram's [MiniProgramView] or a Delivery's [DeliveryView].
	ViewQuery = "view"
	// RequestQuery returns an Order's [Request] as it was accepted, fields still sealed.
	RequestQuery = "request"
	// DispositionQuery takes a [NotificationKey] and returns what became of it, empty when it is unknown.
	DispositionQuery = "disposition"
	// RepeatQuery takes an [Instruction]'s Key and returns the Digest that it was used with, empty when it is unused.
	RepeatQuery = "repeat"
	// TokenQuery returns a MiniProgram's current [Token], still sealed, or null.
	TokenQuery = "token"
	// HeldQuery returns the notifications that a MiniProgram holds, as [DeliveryView]s.
	HeldQuery = "held"

	// ReplayUpdate makes a Delivery try again now, and DiscardUpdate gives it up. Both take a
	// [DeliveryInstruction] and return the [DeliveryView]; sent by POST /v1/deliveries/….
	ReplayUpdate  = "replay"
	DiscardUpdate = "discard"

	// ImportTokenUpdate hands a [Token] to a MiniProgram. Sent by PUT …/authorization.
	ImportTokenUpdate = "import-token"
	// CloseUpdate ends a MiniProgram that has nothing to live for. It takes a [DeliveryInstruction] and
	// returns the [MiniProgramView]; sent by POST …/close.
	CloseUpdate = "close"
)

// An Order takes each [Command] as a Temporal update of the command's own name
// whose argument is an [Instruction].

// KeyReusedType is the type of the application error with which an Order refuses a
// command whose Key came before with another Digest.
const KeyReusedType = "key_reused"

// Search attributes, registered by setup. The SQL stores allow ten of Keyword
// and three of Int in a namespace.
const (
	AttributeOutOrderNo    = "OutOrderNo"
	AttributeMiniAppID     = "MiniAppId"
	AttributeAppID         = "AppId"
	AttributeOrderKind     = "OrderKind"
	AttributeOrderStage    = "OrderStage"
	AttributeOrderHold     = "OrderHold"
	AttributeMerchantRef   = "MerchantRef"
	AttributeDeliveryState = "DeliveryState"
	AttributeAuditAttempt  = "AuditAttempt"
)

// KeywordAttributes lists the search attributes of type Keyword.
func KeywordAttributes() []string {
	return []string{
		AttributeOutOrderNo, AttributeMiniAppID, AttributeAppID, AttributeOrderKind, AttributeOrderStage,
		AttributeOrderHold, AttributeMerchantRef, AttributeDeliveryState,
	}
}

// IntAttributes lists the search attributes of type Int.
func IntAttributes() []string { return []string{AttributeAuditAttempt} }

// SummaryMemo is the memo field that holds a [View] without audits and timeline,
// for lists.
const SummaryMemo = "summary"

// DigestMemo is the memo field of a Delivery that holds its notification's digest.
const DigestMemo = "digest"

// TaskQueue is the task queue of workflows and of activities that do not call Alipay.
const TaskQueue = "miniflow"

// AlipayTaskQueue is the task queue of the calls to Alipay made as one app. It is
// a queue of its own so that Temporal can hold Alipay's rate limit over all workers.
func AlipayTaskQueue(appID string) string { return "alipay/" + appID }

// LongConnectionTaskQueue is the task queue of the one activity that holds an app's
// long connection. The processes with the role channel wait there to be elected.
func LongConnectionTaskQueue(appID string) string { return "long-connection/" + appID }

// LongConnectionWorkflowID is the id of an app's election.
func LongConnectionWorkflowID(appID string) string { return "long-connection/" + appID }

// WorkflowID is the id of an order's workflow: order/<app_id>/<out_order_no>.
func WorkflowID(appID, outOrderNo string) string { return "order/" + appID + "/" + outOrderNo }

// MiniProgramWorkflowID is the id of the entity behind one mini program.
func MiniProgramWorkflowID(appID, miniAppID string) string {
	return "mini-program/" + appID + "/" + miniAppID
}

// DeliveryWorkflowID is the id of a notification that had no order to go to.
func DeliveryWorkflowID(appID, notifyID string) string { return "delivery/" + appID + "/" + notifyID }

// CopyWorkflowID is the id of the copy of a notification that goes to the forward
// target beside the notification's own way.
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

// ParseWorkflowID splits the id of an Order or MiniProgram workflow into its app
// and its own number. It reports false for any other id.
func ParseWorkflowID(id string) (appID, number string, ok bool) {
	parts := strings.SplitN(id, "/", 3)
	if len(parts) != 3 || (parts[0] != "order" && parts[0] != "mini-program") {
		return "", "", false
	}
	return parts[1], parts[2], true
}
