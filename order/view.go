package order

import (
	"time"

	"miniflow/words"
)

// View is an order as the REST API, the CLI and the Temporal UI show it. Its JSON is a promise:
// members are added, never renamed.
type View struct {
	AppID         string        `json:"app_id" doc:"The third-party application that acts." example:"2021000000000000"`
	OutOrderNo    string        `json:"out_order_no" doc:"The ISV's own number of the order." example:"shop-7-first"`
	Kind          Kind          `json:"kind" doc:"What the order does: create a mini program, create a trial, or bring a new version." example:"formal"`
	MerchantRef   string        `json:"merchant_ref" doc:"The ISV's own id of the merchant." example:"shop-7"`
	ShopName      string        `json:"shop_name" doc:"The shop's name, as the ISV calls it; Alipay is not told." example:"巷口小面"`
	Stage         Stage         `json:"stage" doc:"Where the order stands." example:"auditing"`
	StageSince    time.Time     `json:"stage_since" doc:"Since when." example:"2026-11-20T08:00:00Z"`
	FinishedAt    *time.Time    `json:"finished_at" doc:"When it ended, or its workflow was closed; null while something may still happen." example:"2026-11-23T09:30:00Z"`
	Certification Certification `json:"certification" doc:"How far a trial is on its way to a formal mini program." example:"none"`
	Hold          *Hold         `json:"hold" doc:"Why it does not act; null where nothing holds it."`
	WaitingFor    words.Text    `json:"waiting_for" doc:"What it waits for, in one sentence." example:"the audit's result, usually within two working days"`
	Commands      []Command     `json:"commands" doc:"What it takes now."`
	// Why and what it is made of; see [View.Explained].
	Why           words.Text     `json:"why,omitzero" doc:"Why it stands where it stands, in one sentence: what it waits for, since when, what was tried last and what came of it, when it looks again, and what a person can do." example:"since 2026-11-20T08:00:00Z it waits for the audit's result, usually within two working days; last tried alipay.open.mini.version.detail.query at 2026-11-20T08:00:02Z: answered: AUDITING; it looks again by itself at about 2026-11-20T14:00:00Z, or at once on Alipay's message; a person can: refresh, withdraw, cancel"`
	LastTry       *Try           `json:"last_try,omitempty" doc:"The last call to Alipay that this order made and that came to an answer, or to none. Looks at many orders at once, which find no news, are not among them. Left out before the first."`
	NextLook      *time.Time     `json:"next_look,omitempty" doc:"When Alipay is asked again, or a call that pauses is made again, without a message or a person; left out where nothing is planned. Of a wait for days it is the usual time: later where merchants or reviewers take longer as a rule, sooner while messages fail to arrive." example:"2026-11-20T14:00:00Z"`
	LookEvery     float64        `json:"look_every_seconds,omitempty" doc:"How often Alipay is asked from next_look on; left out where that is the only time." example:"21600"`
	OrderNo       string         `json:"order_no" doc:"Alipay's number of the order; empty until Alipay has given one." example:"2026112000001"`
	MiniAppID     string         `json:"mini_app_id" doc:"The mini program; empty until it exists." example:"2021999999999999"`
	Authorization Authorization  `json:"authorization" doc:"Whether calls may be made on the merchant's behalf." example:"authorized"`
	Links         Links          `json:"links" doc:"Where a person goes on. Empty ones do not apply now."`
	Version       VersionView    `json:"version" doc:"The version, as far as it is known."`
	Promotable    *bool          `json:"promotable" doc:"Whether what is online may be promoted; null while nothing is." example:"true"`
	Audits        []Audit        `json:"audits,omitempty" doc:"Every attempt at an audit, oldest first."`
	Sequence      int            `json:"sequence" doc:"The number of the last thing that happened; ?after= waits for a higher one." example:"17"`
	Timeline      []TimelineItem `json:"timeline,omitempty" doc:"What happened, oldest first. Old items are folded away from the middle of a long timeline."`
	CreatedAt     time.Time      `json:"created_at" doc:"When it was started." example:"2026-11-20T07:59:58Z"`
	Queue         *QueuePlace    `json:"queue,omitempty" doc:"Set while another order is in charge of the mini program."`
	Observed      bool           `json:"observed,omitempty" doc:"Set while its app is observed: another system acts, and Miniflow follows."`
	// CancelRequested is set while a cancellation is being carried out: Alipay takes
	// none yet, or the truth about a call has to be known first.
	CancelRequested bool       `json:"cancel_requested,omitempty" doc:"A cancellation has been asked for and is carried out as soon as Alipay allows."`
	Reason          words.Text `json:"reason,omitzero" doc:"Why it was cancelled, or what ended it." example:"the merchant has closed"`
	// Archived is set by the doors on an order that Temporal has forgotten.
	Archived bool `json:"archived,omitempty" doc:"It comes from the archive, as it stood when it ended: Temporal has forgotten it, and it takes no commands."`
	// Execution is how the workflow stands in Temporal. The doors add it, and what follows, because a
	// workflow that is stopped can't say so.
	Execution            Execution     `json:"execution" doc:"How its workflow stands in Temporal. running is said of one that has ended by itself, too." example:"running"`
	Interruption         *Interruption `json:"interruption,omitempty" doc:"Who or what has stopped its workflow; left out while it runs."`
	MiniProgramExecution Execution     `json:"mini_program_execution,omitempty" doc:"How the workflow of its mini program stands; left out while that runs." example:"paused"`
}

// Summary is the view without audits and timeline: an order's line in a list, small enough for a
// memo. Of what was tried last it has what fits.
func (v View) Summary() View {
	const room = 120
	v.Audits, v.Timeline = nil, nil
	if v.LastTry != nil {
		short := *v.LastTry
		if short.Answer = CutWords(short.Answer, room); v.Hold != nil && v.Hold.Code == short.Code {
			short.Answer = words.Text{} // the hold says it
		}
		v.LastTry = &short
	}
	return v
}

// Hold says why an order does not act, and what would make it go on.
type Hold struct {
	Kind    HoldKind   `json:"kind" doc:"What kind of hold." example:"needs_input"`
	Since   time.Time  `json:"since" doc:"Since when." example:"2026-11-20T08:00:00Z"`
	Code    string     `json:"code" doc:"Alipay's code, or Miniflow's." example:"LOGO_IS_BLANK"`
	Message words.Text `json:"message" doc:"What is wrong, for people." example:"the logo is missing"`
	// Fields names the request's fields to correct, such as submission.files.app_logo, so that a
	// form can mark them.
	Fields []string `json:"fields" doc:"The fields to correct." example:"[\"submission.files.app_logo\"]"`
}

// QueuePlace says which order has to end first: one order at a time is in charge of a mini program.
type QueuePlace struct {
	Behind string `json:"behind" doc:"The order in charge." example:"shop-7-first"`
	Place  int    `json:"place" doc:"1 for the order that comes next." example:"1"`
}

// Links lead a person on. Empty ones do not apply now. The API adds all but MerchantAuthorize
// and MerchantInvite, since no workflow knows an address of ours.
type Links struct {
	TemporalUI        string `json:"temporal_ui" doc:"The order's page in the Temporal UI."`
	MerchantAuthorize string `json:"merchant_authorize" doc:"Where the merchant confirms, or authorises."`
	MerchantInvite    string `json:"merchant_invite" doc:"Alipay's invitation to authorise, a second way beside merchant_authorize: there once 26 hours have brought no authorisation." example:""`
	Merchant          string `json:"merchant" doc:"A page for the merchant, without login: what there is to do, and where it stands. Only while there is something to do, and only with a public_url and a sealing key." example:"https://miniflow.example.com/m/2gWLoIKW3Kc9p0dQmGh7RzA"`
	ExperienceQR      string `json:"experience_qr" doc:"The picture of the code with which the version can be tried out, at Alipay; there once the experience version (体验版) is packaged, where the order wishes one." example:""`
	Experience        string `json:"experience" doc:"The address that the code stands for: Alipay opens the version with it." example:""`
}

// VersionView is the version as far as it is known; an order whose number Miniflow chooses has none
// until it uploads.
type VersionView struct {
	AppVersion      string `json:"app_version" doc:"Its number." example:"0.0.1"`
	BundleID        string `json:"bundle_id" doc:"The client it is for." example:"com.alipay.alipaywallet"`
	TemplateID      string `json:"template_id" doc:"The template it is built from." example:"2021000000009999"`
	TemplateVersion string `json:"template_version" doc:"The template's version; empty is the one online." example:"1.0.3"`
	Experience      bool   `json:"experience,omitempty" doc:"Set where people try it out before it is submitted."`
}

// Audit is one attempt: a resubmitted version is audited again, and each verdict stays visible.
type Audit struct {
	Attempt      int        `json:"attempt" doc:"1 is the first." example:"1"`
	SubmittedAt  time.Time  `json:"submitted_at" doc:"When it was submitted." example:"2026-11-20T08:00:00Z"`
	EndedAt      *time.Time `json:"ended_at" doc:"When its verdict was known; null while it runs." example:"2026-11-22T08:00:00Z"`
	Verdict      Verdict    `json:"verdict" doc:"Empty while it runs." example:"rejected"`
	BaseAudit    string     `json:"base_audit" doc:"Alipay's word on the admission (准入)." example:"PASS"`
	PromoteAudit string     `json:"promote_audit" doc:"Alipay's word on the promotion (营销)." example:"REJECT"`
	Reasons      []Reason   `json:"reasons" doc:"Why it was refused."`
	Unconfirmed  bool       `json:"unconfirmed,omitempty" doc:"The verdict rests on a message, and Alipay could not be asked about it."`
}

// TimelineItem is one thing that happened. Sequence numbers have no gaps, so that ?after= can name
// the last one seen; old items are folded away from the middle of a long timeline.
type TimelineItem struct {
	Sequence    int         `json:"sequence" doc:"Numbers have no gaps." example:"17"`
	At          time.Time   `json:"at" doc:"When." example:"2026-11-20T08:00:00Z"`
	Event       string      `json:"event" doc:"What happened." example:"order.stage_changed"`
	Stage       Stage       `json:"stage" doc:"Where the order stood then." example:"auditing"`
	NotifyID    string      `json:"notify_id,omitempty" doc:"The message that it is about." example:"2026112000222080000000000000000000"`
	Disposition Disposition `json:"disposition,omitempty" doc:"What became of that message." example:"applied"`
	Actor       string      `json:"actor,omitempty" doc:"Who asked for it." example:"ann"`
	Hold        HoldKind    `json:"hold,omitempty" doc:"The hold that began, or ended." example:"needs_input"`
	Code        string      `json:"code,omitempty" doc:"The code of the hold that began." example:"LOGO_IS_BLANK"`
	Call        string      `json:"call,omitempty" doc:"The call that Miniflow would have made, had the app not been observed." example:"alipay.open.mini.version.upload"`
	// Task and Reminder are set where the merchant is asked for something.
	Task     MerchantTask `json:"task,omitempty" enum:"confirm,authorize,appeal,certify,hand_in,file" doc:"What the merchant is asked for." example:"confirm"`
	Reminder int          `json:"reminder,omitempty" doc:"1 for the first reminder of what the merchant was asked for already." example:"1"`
	Note     words.Text   `json:"note,omitzero" doc:"One sentence for people." example:"agrees with Alipay's answer"`
}

// Names of what happens, in timelines and in events to the ISV's backend, which branches on them: a
// name is never changed.
const (
	HappenedStageChanged         = "order.stage_changed"
	HappenedAttentionNeeded      = "order.attention_needed"
	HappenedAttentionCleared     = "order.attention_cleared"
	HappenedFinished             = "order.finished"
	HappenedMerchantNeeded       = "merchant.action_needed"
	HappenedNotification         = "notification.received"
	HappenedAuthorizationChanged = "mini_program.authorization_changed"
	HappenedCommand              = "order.command"
	// HappenedHeldBack means that a call was not made because the app is observed.
	HappenedHeldBack = "order.held_back"
)

// MiniProgramView is a mini program as the REST API shows it. It has no token: that is read apart,
// with a scope of its own.
type MiniProgramView struct {
	AppID         string             `json:"app_id" doc:"The third-party application." example:"2021000000000000"`
	MiniAppID     string             `json:"mini_app_id" doc:"The mini program." example:"2021999999999999"`
	Authorization Authorization      `json:"authorization" doc:"Whether calls may be made on the merchant's behalf." example:"authorized"`
	AuthorizedAt  *time.Time         `json:"authorized_at" doc:"auth_time of the current token; null where there is none." example:"2026-11-20T08:00:00Z"`
	Doubt         *TokenDoubt        `json:"doubt,omitempty" doc:"Alipay has refused a call with the token and can't be asked about it; left out where that is not so."`
	OutOrderNo    string             `json:"out_order_no" doc:"The order in charge; empty when there is none." example:"shop-7-first"`
	Queue         []string           `json:"queue" doc:"The orders that come after it, the next first."`
	Online        *OnlineVersion     `json:"online" doc:"What users see; null where nothing is online."`
	Down          *DownVersion       `json:"down,omitempty" doc:"What users saw last, where nothing is online any more; left out where something is, or nothing ever was."`
	Certification Certification      `json:"certification,omitempty" doc:"Of a trial, once its order has ended: where its certification stands." example:"certified"`
	Limited       bool               `json:"limited" doc:"Online in Alipay's limited form."`
	LimitedUntil  *time.Time         `json:"limited_until,omitempty" doc:"When Alipay takes it down for want of an ICP filing; left out where it is not limited." example:"2027-02-21T09:30:00Z"`
	Filing        string             `json:"filing,omitempty" doc:"Alipay's word on the ICP filing (icp_status), while it is limited." example:"SUPERVISION_AUDIT_REJECT"`
	Events        []MiniProgramEvent `json:"events" doc:"What became of what users see, oldest first, the last 20: put back, taken offline, taken down, put online by others."`
	Held          int                `json:"held" doc:"How many messages wait for an order." example:"0"`
	Dead          int                `json:"dead" doc:"How many messages could be neither passed on nor kept elsewhere." example:"0"`
	Execution     Execution          `json:"execution" doc:"How its workflow stands in Temporal." example:"running"`
	Interruption  *Interruption      `json:"interruption,omitempty" doc:"Who or what has stopped its workflow; left out while it runs."`
}

// DeliveryView is a notification that had no order to go to, where it is found and what a person
// can still do with it.
type DeliveryView struct {
	AppID           string      `json:"app_id" doc:"The third-party application." example:"2021000000000000"`
	NotifyID        string      `json:"notify_id" doc:"Alipay's id of the message, or Miniflow's digest where that can't be used." example:"2026112000222080000000000000000000"`
	Name            string      `json:"name" doc:"Alipay's name of the message." example:"alipay.open.mini.version.audit.passed"`
	Channel         string      `json:"channel" doc:"http or websocket." example:"http"`
	OutOrderNo      string      `json:"out_order_no" doc:"The order that it names." example:"shop-7-first"`
	MiniAppID       string      `json:"mini_app_id" doc:"The mini program that it names." example:"2021999999999999"`
	State           Disposition `json:"state" doc:"What became of it." example:"dead"`
	Reason          words.Text  `json:"reason" doc:"Why." example:"no order took it"`
	Code            string      `json:"code,omitempty" doc:"A reason that a program may want to know." example:"MERCHANT_AGREED_AFTER_END"`
	ReceivedAt      time.Time   `json:"received_at" doc:"When it came." example:"2026-11-20T08:00:00Z"`
	HeldBy          string      `json:"held_by" doc:"delivery, mini_program or journal." example:"delivery"`
	Copy            bool        `json:"copy,omitempty" doc:"The copy of a message that also goes its own way."`
	ReplayableUntil time.Time   `json:"replayable_until,omitzero" doc:"Until then it can be replayed or discarded; left out where it can not." example:"2026-12-20T08:00:00Z"`
	Attempts        int         `json:"attempts,omitempty" doc:"How often the forward target was tried." example:"3"`
	LastError       string      `json:"last_error,omitempty" doc:"What came of the last try." example:"answered 503"`
	NextTry         time.Time   `json:"next_try,omitzero" doc:"When it is tried again." example:"2026-11-20T08:05:00Z"`
}

// CodeAgreedAfterEnd is the code of a dead message that says that the merchant agreed
// after the order had ended: the mini program exists and no order knows it.
const CodeAgreedAfterEnd = "MERCHANT_AGREED_AFTER_END"

// Holders of what is shown as a delivery: a workflow of its own, the mini program that keeps it
// until an order claims it, or the door's journal until Temporal takes it. Only the first can be
// replayed or discarded.
const (
	HeldByDelivery    = "delivery"
	HeldByMiniProgram = "mini_program"
	HeldByJournal     = "journal"
)

// DeliveryView returns the notification as a delivery, in a state, for a reason. A Delivery and a
// MiniProgram that holds messages both show them so.
func (n Notification) DeliveryView(state Disposition, reason words.Text, heldBy string) DeliveryView {
	return DeliveryView{
		AppID: n.AppID, NotifyID: n.NotifyID, Name: n.Name, Channel: n.Channel,
		OutOrderNo: n.OutOrderNo, MiniAppID: n.MiniAppID, State: state, Reason: n.Noting(reason),
		ReceivedAt: n.ReceivedAt, HeldBy: heldBy,
	}
}
