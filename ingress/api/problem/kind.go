package problem

import (
	"net/http"

	"miniflow/words"
)

// Kind is a sort of problem. It is the last part of a problem's type, by which a program decides
// what to do: sentences and titles may change, a kind keeps its name and its status for ever.
type Kind string

// The kinds of problems. What each means and what helps is in [Kind.About].
const (
	PathUnknown       Kind = "path-unknown"
	MethodNotAllowed  Kind = "method-not-allowed"
	RequestUnreadable Kind = "request-unreadable"
	BodyTooSlow       Kind = "body-too-slow"
	BodyTooLarge      Kind = "body-too-large"
	MediaTypeUnknown  Kind = "media-type-unknown"
	CursorUnknown     Kind = "cursor-unknown"
	FieldsInvalid     Kind = "fields-invalid"

	KeyUnknown        Kind = "key-unknown"
	ScopeMissing      Kind = "scope-missing"
	AppForbidden      Kind = "app-forbidden"
	RoleForbidden     Kind = "role-forbidden"
	MerchantForbidden Kind = "merchant-forbidden"
	TooManyRequests   Kind = "too-many-requests"
	TooManyWaiting    Kind = "too-many-waiting"

	AppUnknown         Kind = "app-unknown"
	OrderUnknown       Kind = "order-unknown"
	MiniProgramUnknown Kind = "mini-program-unknown"
	DeliveryUnknown    Kind = "delivery-unknown"
	BulkUnknown        Kind = "bulk-unknown"
	RolloutUnknown     Kind = "rollout-unknown"
	FileUnknown        Kind = "file-unknown"
	WebhookUnknown     Kind = "webhook-unknown"
	WebhookUntold      Kind = "webhook-untold"

	OrderNumberTaken Kind = "order-number-taken"
	RolloutIDTaken   Kind = "rollout-id-taken"
	KeyReused        Kind = "idempotency-key-reused"
	NotNow           Kind = "not-possible-now"
	WorkflowPaused   Kind = "workflow-paused"
	WorkflowClosed   Kind = "workflow-closed"
	WorkflowFailing  Kind = "workflow-failing"
	TokenMissing     Kind = "token-missing"
	JournalMissing   Kind = "journal-missing"
	AuditMissing     Kind = "audit-missing"
	DoorMissing      Kind = "door-missing"
	FileStoreMissing Kind = "file-store-missing"

	AlipayRefused    Kind = "alipay-refused"
	AlipayUnanswered Kind = "alipay-unanswered"
	TemporalUnwell   Kind = "temporal-unavailable"
	OutcomeUnknown   Kind = "outcome-unknown"
	FileStoreUnwell  Kind = "file-store-unavailable"
	ArchiveUnwell    Kind = "archive-unavailable"
	Failed           Kind = "internal-error"
)

// Path is where a server of the API explains each kind.
const Path = "/problems/"

// explained is what a kind means. About is written to the reader of an answer, who has to do
// something about it. Both are sentences of the catalogue of words.
type explained struct {
	kind         Kind
	status       int
	title, about string
}

// Kinds returns every kind of problem, in the order of their table.
func Kinds() []Kind {
	kinds := make([]Kind, 0, len(table))
	for _, one := range table {
		kinds = append(kinds, one.kind)
	}
	return kinds
}

func (k Kind) explained() explained {
	for _, one := range table {
		if one.kind == k {
			return one
		}
	}
	return Failed.explained()
}

// URI is a problem's type as RFC 9457 defines it: a reference that is relative to the API and
// resolves there to a page about the kind.
type URI string

// blank is RFC 9457's own type of a problem that means nothing but its status.
const blank URI = "about:blank"

// URIs returns every type that a problem may have.
func URIs() []URI {
	var all []URI
	for _, kind := range Kinds() {
		all = append(all, kind.URI())
	}
	return append(all, blank)
}

// URI returns the type of the problems of this kind.
func (k Kind) URI() URI { return URI(Path + string(k)) }

// Status is the HTTP status of every problem of this kind.
func (k Kind) Status() int { return k.explained().status }

// Title names the kind in a few words, the same for every problem of it.
func (k Kind) Title() string { return k.explained().title }

// About says when a problem of this kind is met and what helps.
func (k Kind) About() string { return k.explained().about }

// Chinese says the same as [Kind.About] in Chinese.
func (k Kind) Chinese() string { return words.Sentence(k.explained().about).In(words.Chinese) }

// ofFramework is what the framework itself may find, by its status.
var ofFramework = map[int]Kind{
	http.StatusBadRequest:            RequestUnreadable,
	http.StatusRequestTimeout:        BodyTooSlow,
	http.StatusRequestEntityTooLarge: BodyTooLarge,
	http.StatusUnsupportedMediaType:  MediaTypeUnknown,
	http.StatusUnprocessableEntity:   FieldsInvalid,
	http.StatusInternalServerError:   Failed,
}
