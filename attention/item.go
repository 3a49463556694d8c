package attention

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"miniflow/order"
	"miniflow/words"
)

// Kind says why something needs a person.
type Kind string

const (
	// KindWorkflowStopped means that a workflow is paused, was closed from outside, or can't go on.
	KindWorkflowStopped Kind = "workflow_stopped"
	// KindWebhookDown means that an app's webhook refuses what it is told, or is disabled.
	KindWebhookDown Kind = "webhook_down"
	// KindForwardFailing means that an app's forward target takes no messages.
	KindForwardFailing Kind = "forward_failing"
	// KindCertificateEnds means that a certificate runs out soon, or has.
	KindCertificateEnds Kind = "certificate_ends"
	// KindAuthorization means that a mini program's token is revoked, punished or in doubt.
	KindAuthorization Kind = "authorization"
	// KindOffline means that users see nothing of a mini program any more, and nobody asked for that here.
	KindOffline Kind = "mini_program_offline"
	// KindNeedsOperator is a hold that a person has to look at.
	KindNeedsOperator Kind = "needs_operator"
	// KindNeedsInput is a hold that a correction ends.
	KindNeedsInput Kind = "needs_input"
	// KindNeedsApproval is a hold that a person's word ends.
	KindNeedsApproval Kind = "needs_approval"
	// KindDeliveryDead means that nobody took a message; it can be replayed or discarded.
	KindDeliveryDead Kind = "delivery_dead"
	// KindAuditRejected means that a rejected version waits to be submitted again.
	KindAuditRejected Kind = "audit_rejected"
	// KindFiling means that a mini program's ICP filing is missing or was refused: a version waits for it,
	// or what is online in the limited form is taken down for want of it.
	KindFiling Kind = "filing"
	// KindBasePassed means that a version that passed in part waits for a decision.
	KindBasePassed Kind = "base_passed"
)

// Kinds lists every kind, the most urgent first: what stops many merchants stands before what stops one.
func Kinds() []Kind {
	return []Kind{
		KindWorkflowStopped, KindWebhookDown, KindForwardFailing, KindCertificateEnds, KindAuthorization, KindOffline,
		KindNeedsOperator, KindDeliveryDead, KindNeedsInput, KindFiling, KindAuditRejected, KindBasePassed, KindNeedsApproval,
	}
}

// Rank is the place of a kind among [Kinds]; 0 is the most urgent.
func (k Kind) Rank() int {
	if at := slices.Index(Kinds(), k); at >= 0 {
		return at
	}
	return len(Kinds())
}

// Item is one thing that needs a person. Its JSON is a promise: members are added, never renamed.
type Item struct {
	ID          string     `json:"id" doc:"Names it within its app: order:…, delivery:…, copy:…, mini-program:…, certificate:…, webhook, forward." example:"order:shop-7-first"`
	AppID       string     `json:"app_id" doc:"The third-party application." example:"2021000000000000"`
	Kind        Kind       `json:"kind,omitempty" enum:"workflow_stopped,webhook_down,forward_failing,certificate_ends,authorization,mini_program_offline,needs_operator,delivery_dead,needs_input,filing,audit_rejected,base_passed,needs_approval" doc:"Why it needs a person; left out where it needs none now." example:"audit_rejected"`
	Since       time.Time  `json:"since,omitzero" doc:"Since when." example:"2026-11-20T08:00:00Z"`
	MerchantRef string     `json:"merchant_ref" doc:"The ISV's own id of the merchant; empty where it is about none." example:"shop-7"`
	ShopName    string     `json:"shop_name" doc:"The shop's name; empty where it is about none." example:"巷口小面"`
	Reason      words.Text `json:"reason,omitzero" doc:"What is wrong, for people." example:"the logo is missing"`
	Why         words.Text `json:"why,omitzero" doc:"Of an order whose workflow runs: what it waits for, since when, what was tried last, when it looks again and what a person can do, in one sentence." example:"since 2026-11-20T08:00:00Z it waits for corrected input: LOGO_IS_BLANK (provide-input); because: the logo is missing; goes on by itself: not before somebody has acted; a person can: provide-input, cancel, give-up"`
	Code        string     `json:"code,omitempty" doc:"Alipay's code, or Miniflow's." example:"LOGO_IS_BLANK"`
	Fields      []string   `json:"fields,omitempty" doc:"The fields of the order to correct." example:"[\"submission.files.app_logo\"]"`

	Stage      order.Stage     `json:"stage,omitempty" doc:"Where its order stands." example:"audit_rejected"`
	Execution  order.Execution `json:"execution,omitempty" doc:"How its workflow stands in Temporal; left out while it runs." example:"paused"`
	OutOrderNo string          `json:"out_order_no,omitempty" doc:"The order that it is about." example:"shop-7-first"`
	MiniAppID  string          `json:"mini_app_id,omitempty" doc:"The mini program that it is about." example:"2021999999999999"`
	NotifyID   string          `json:"notify_id,omitempty" doc:"The message that it is about." example:"2026112000222080000000000000000000"`
	DaysLeft   *int            `json:"days_left,omitempty" doc:"Days until it runs out, below 0 once it has." example:"12"`

	Commands []string    `json:"commands" doc:"The operations of this API that help, by their ids." example:"[\"resubmit\",\"withdraw\"]"`
	Links    order.Links `json:"links" doc:"Where a person goes on, for an order."`
}

// What an item can be about; its id begins with it.
const (
	OfOrder       = "order"
	OfDelivery    = "delivery"
	OfCopy        = "copy"
	OfMiniProgram = "mini-program"
	OfCertificate = "certificate"
)

// Named returns the id of an item: what it is about, and which.
func Named(what, which string) string { return what + ":" + which }

// Subject returns what the id of an item names.
func Subject(id string) (what, which string) {
	what, which, _ = strings.Cut(id, ":")
	return what, which
}

// About returns an item of which only its id is known, with the member that the id names.
func About(appID, id string) Item {
	item := Item{ID: id, AppID: appID, Commands: []string{}}
	switch what, which := Subject(id); what {
	case OfOrder:
		item.OutOrderNo = which
	case OfMiniProgram:
		item.MiniAppID = which
	case OfDelivery, OfCopy:
		item.NotifyID = which
	}
	return item
}

// Mark tells an item that is the same as before from one that has come again. What is about a target
// counts as the same however often it fails.
func (i Item) Mark() string {
	switch i.Kind { //nolint:exhaustive // all others come again with another time
	case KindWebhookDown, KindForwardFailing:
		return string(i.Kind)
	}
	return string(i.Kind) + " " + i.Since.UTC().Format(time.RFC3339)
}

// ByUrgency puts the most urgent first, of equal ones the latest.
func ByUrgency(one, other Item) int {
	return cmp.Or(cmp.Compare(one.Kind.Rank(), other.Kind.Rank()), ByAge(one, other))
}

// ByAge puts the latest first.
func ByAge(one, other Item) int {
	return cmp.Or(other.Since.Compare(one.Since), strings.Compare(one.AppID, other.AppID), strings.Compare(one.ID, other.ID))
}
