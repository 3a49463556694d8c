package order

import "time"

// View is an order as the REST API, the CLI and the Temporal UI show it.
type View struct {
	AppID         string         `json:"app_id"`
	OutOrderNo    string         `json:"out_order_no"`
	Kind          Kind           `json:"kind"`
	MerchantRef   string         `json:"merchant_ref"`
	Stage         Stage          `json:"stage"`
	StageSince    time.Time      `json:"stage_since"`
	FinishedAt    *time.Time     `json:"finished_at"`
	Certification Certification  `json:"certification"`
	Hold          *Hold          `json:"hold"`
	WaitingFor    string         `json:"waiting_for"`
	Commands      []Command      `json:"commands"`
	OrderNo       string         `json:"order_no"`
	MiniAppID     string         `json:"mini_app_id"`
	Authorization Authorization  `json:"authorization"`
	Links         Links          `json:"links"`
	Version       VersionView    `json:"version"`
	Promotable    *bool          `json:"promotable"`
	Audits        []Audit        `json:"audits,omitempty"`
	Sequence      int            `json:"sequence"`
	Timeline      []TimelineItem `json:"timeline,omitempty"`
	CreatedAt     time.Time      `json:"created_at"`
	// Queue is set while another order is in charge of the mini program.
	Queue *QueuePlace `json:"queue,omitempty"`
	// CancelRequested is set while a cancellation is being carried out: Alipay can't be
	// told of it yet, or the truth about a call has to be known first.
	CancelRequested bool `json:"cancel_requested,omitempty"`
	// Reason is the person's words for a cancellation, or what ended the order.
	Reason string `json:"reason,omitempty"`
	// Execution is how the workflow stands in Temporal. The doors add it, and what follows, because a
	// workflow that is stopped can't say so.
	Execution Execution `json:"execution"`
	// Interruption says who or what has stopped it; nil while it runs.
	Interruption *Interruption `json:"interruption,omitempty"`
	// MiniProgramExecution is how the workflow of its mini program stands, where that does not run.
	MiniProgramExecution Execution `json:"mini_program_execution,omitempty"`
}

// Summary is the view without audits and timeline: an order's line in a list.
func (v View) Summary() View {
	v.Audits, v.Timeline = nil, nil
	return v
}

// Hold says why an order does not act, and what would let it go on.
type Hold struct {
	Kind    HoldKind  `json:"kind"`
	Since   time.Time `json:"since"`
	Code    string    `json:"code"`
	Message string    `json:"message"`
	// Fields names the request's fields to correct, such as submission.files.app_logo.
	Fields []string `json:"fields"`
}

// QueuePlace says which order has to end first.
type QueuePlace struct {
	// Behind is the out_order_no of the order in charge.
	Behind string `json:"behind"`
	// Place is 1 for the order that comes next.
	Place int `json:"place"`
}

// Links lead a person on. Empty ones do not apply now.
type Links struct {
	TemporalUI        string `json:"temporal_ui"`
	MerchantAuthorize string `json:"merchant_authorize"`
	ExperienceQR      string `json:"experience_qr"`
}

// VersionView is the version as far as it is known.
type VersionView struct {
	AppVersion      string `json:"app_version"`
	BundleID        string `json:"bundle_id"`
	TemplateID      string `json:"template_id"`
	TemplateVersion string `json:"template_version"`
}

// Audit is one attempt.
type Audit struct {
	Attempt      int        `json:"attempt"`
	SubmittedAt  time.Time  `json:"submitted_at"`
	EndedAt      *time.Time `json:"ended_at"`
	Verdict      Verdict    `json:"verdict"`
	BaseAudit    string     `json:"base_audit"`
	PromoteAudit string     `json:"promote_audit"`
	Reasons      []Reason   `json:"reasons"`
	// Unconfirmed is set while the verdict rests on a message that Alipay could not be asked about.
	Unconfirmed bool `json:"unconfirmed,omitempty"`
}

// TimelineItem is one thing that happened. Sequence numbers have no gaps; old
// items are folded away from the middle of a long timeline.
type TimelineItem struct {
	Sequence    int         `json:"sequence"`
	At          time.Time   `json:"at"`
	Event       string      `json:"event"`
	Stage       Stage       `json:"stage"`
	NotifyID    string      `json:"notify_id,omitempty"`
	Disposition Disposition `json:"disposition,omitempty"`
	Actor       string      `json:"actor,omitempty"`
	// Note is one sentence for people.
	Note string `json:"note,omitempty"`
}

// Names of what happens, in timelines and in events to the ISV's backend.
const (
	HappenedStageChanged         = "order.stage_changed"
	HappenedAttentionNeeded      = "order.attention_needed"
	HappenedAttentionCleared     = "order.attention_cleared"
	HappenedFinished             = "order.finished"
	HappenedNotification         = "notification.received"
	HappenedAuthorizationChanged = "mini_program.authorization_changed"
	HappenedCommand              = "order.command"
)

// MiniProgramView is a mini program as the REST API shows it.
type MiniProgramView struct {
	AppID         string        `json:"app_id"`
	MiniAppID     string        `json:"mini_app_id"`
	Authorization Authorization `json:"authorization"`
	// AuthorizedAt is the auth_time of the current token.
	AuthorizedAt *time.Time `json:"authorized_at"`
	// Doubt is set while Alipay has refused a call with the token and can't be asked about it.
	Doubt *TokenDoubt `json:"doubt,omitempty"`
	// OutOrderNo is the order in charge, empty when there is none.
	OutOrderNo string `json:"out_order_no"`
	// Queue are the orders that come after it, the next first.
	Queue  []string       `json:"queue"`
	Online *OnlineVersion `json:"online"`
	// Limited is set for a version that is online in Alipay's limited form.
	Limited bool `json:"limited"`
	// Held counts the notifications that wait for an order.
	Held int `json:"held"`
	// Dead counts the notifications that could be neither passed on nor kept elsewhere.
	Dead int `json:"dead"`
	// Execution and Interruption are as an order's.
	Execution    Execution     `json:"execution"`
	Interruption *Interruption `json:"interruption,omitempty"`
}

// DeliveryView is a notification that had no order to go to.
type DeliveryView struct {
	AppID      string      `json:"app_id"`
	NotifyID   string      `json:"notify_id"`
	Name       string      `json:"name"`
	Channel    string      `json:"channel"`
	OutOrderNo string      `json:"out_order_no"`
	MiniAppID  string      `json:"mini_app_id"`
	State      Disposition `json:"state"`
	Reason     string      `json:"reason"`
	// Code names a reason that a program may want to know; see [CodeAgreedAfterEnd].
	Code       string    `json:"code,omitempty"`
	ReceivedAt time.Time `json:"received_at"`
	// HeldBy is delivery or mini_program.
	HeldBy string `json:"held_by"`
	// Copy marks the copy of a message that also goes its own way.
	Copy bool `json:"copy,omitempty"`
	// ReplayableUntil is set on a dead letter that is still open: until then it can be replayed or discarded.
	ReplayableUntil time.Time `json:"replayable_until,omitzero"`
	// Attempts counts how often the forward target was tried, LastError is what came of the
	// last try, and NextTry is when the next one comes.
	Attempts  int       `json:"attempts,omitempty"`
	LastError string    `json:"last_error,omitempty"`
	NextTry   time.Time `json:"next_try,omitzero"`
}

// CodeAgreedAfterEnd is the code of a dead message that says that the merchant agreed
// after the order had ended: the mini program exists and no order knows it.
const CodeAgreedAfterEnd = "MERCHANT_AGREED_AFTER_END"
