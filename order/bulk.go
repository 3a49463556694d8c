package order

import (
	"time"

	"miniflow/words"
)

// BulkWorkflowType is the registered workflow type of what replays or discards many Deliveries.
const BulkWorkflowType = "Bulk"

// DeliveryFilter says which messages a [BulkInput] means. What is empty leaves nothing out. Only
// messages that are waiting or dead are meant, since no other can be replayed or discarded.
type DeliveryFilter struct {
	AppID      string      `json:"app_id" maxLength:"64" doc:"The third-party application." example:"2021000000000000"`
	State      Disposition `json:"state,omitempty" enum:"waiting,dead" doc:"Left out: both." example:"dead"`
	Name       string      `json:"name,omitempty" maxLength:"128" doc:"Alipay's name of the message." example:"alipay.open.mini.version.audit.passed"`
	OutOrderNo string      `json:"out_order_no,omitempty" pattern:"^[0-9A-Za-z_-]{1,64}$" doc:"The order that the message names."`
	MiniAppID  string      `json:"mini_app_id,omitempty" pattern:"^[0-9A-Za-z]{1,32}$" doc:"The mini program that the message names."`
	Code       string      `json:"code,omitempty" maxLength:"64" doc:"The code of the message's reason." example:"MERCHANT_AGREED_AFTER_END"`
	Since      time.Time   `json:"since,omitzero" doc:"Received then or later." example:"2026-11-20T08:00:00Z"`
	Until      time.Time   `json:"until,omitzero" doc:"Received before then." example:"2026-11-21T08:00:00Z"`
}

// Means reports whether a message is one of those that the filter means.
func (f DeliveryFilter) Means(view DeliveryView) bool {
	fits := func(wanted, is string) bool { return wanted == "" || wanted == is }
	switch {
	case view.State != DispositionWaiting && view.State != DispositionDead:
		return false
	case !f.Since.IsZero() && view.ReceivedAt.Before(f.Since), !f.Until.IsZero() && !view.ReceivedAt.Before(f.Until):
		return false
	}
	return view.AppID == f.AppID && fits(string(f.State), string(view.State)) && fits(f.Name, view.Name) &&
		fits(f.OutOrderNo, view.OutOrderNo) && fits(f.MiniAppID, view.MiniAppID) && fits(f.Code, view.Code)
}

// BulkState says how far a bulk is.
type BulkState string

// States of a bulk.
const (
	// BulkPlanned is the answer to a dry run, which starts nothing.
	BulkPlanned BulkState = "planned"
	BulkRunning BulkState = "running"
	// BulkStopped is a bulk whose workflow somebody cancelled, terminated or reset in Temporal.
	BulkStopped BulkState = "stopped"
	BulkDone    BulkState = "done"
)

// BulkStates returns every state of a bulk.
func BulkStates() []BulkState { return []BulkState{BulkPlanned, BulkRunning, BulkStopped, BulkDone} }

// BulkInput starts a Bulk: the same command to many messages, each of which may refuse it.
type BulkInput struct {
	ID string `json:"id"`
	// Command is [ReplayUpdate] or [DiscardUpdate].
	Command string         `json:"command"`
	Filter  DeliveryFilter `json:"filter"`
	// Rate is how many messages a second are commanded at most.
	Rate        float64             `json:"rate"`
	Instruction DeliveryInstruction `json:"instruction"`
	// At is when it was asked for: what becomes a Delivery later is not meant.
	At time.Time `json:"at"`
	// Language is the one of the configuration of the filter's app, for the page in the Temporal UI
	// and the summaries of what the Bulk does there. Empty is English.
	Language words.Language `json:"language,omitempty"`
	// Carried is where an earlier run stopped; nobody else sets it.
	Carried *BulkCarried `json:"carried,omitempty"`
	// CrowdedAt is the length of a history, in events, at which it continues as new; 0 is the default.
	CrowdedAt int `json:"crowded_at,omitempty"`
}

// BulkCarried is what a Bulk takes into its next run.
type BulkCarried struct {
	Page    []byte   `json:"page,omitempty"`
	Through BulkView `json:"through"`
}

// BulkView is a bulk as people see it.
type BulkView struct {
	BulkID    string         `json:"bulk_id" doc:"Empty for a dry run."`
	Command   string         `json:"command" enum:"replay,discard" doc:"What each message is asked to do."`
	Filter    DeliveryFilter `json:"filter" doc:"Which messages are meant."`
	State     BulkState      `json:"state" doc:"planned is the answer to a dry run; stopped means that somebody has ended its workflow in Temporal."`
	Rate      float64        `json:"rate" doc:"Messages a second, at most." example:"10"`
	Found     int            `json:"found" doc:"Messages found so far that are meant." example:"120"`
	Complete  bool           `json:"complete" doc:"All that are meant are among those found. A dry run counts some thousands at most."`
	Taken     int            `json:"taken" doc:"Messages that have taken the command." example:"118"`
	Refused   int            `json:"refused" doc:"Messages that refused it, because they have ended or moved on meanwhile." example:"2"`
	Refusals  []BulkRefusal  `json:"refusals" doc:"The first of those that refused, twenty at most."`
	Sample    []DeliveryView `json:"sample" doc:"The first messages that are meant, in the answer to a dry run, twenty at most."`
	StartedAt time.Time      `json:"started_at" doc:"When it was asked for. Later messages are not meant." example:"2026-11-20T08:00:00Z"`
	EndedAt   *time.Time     `json:"ended_at" doc:"null while it runs." example:"2026-11-20T08:01:00Z"`
}

// BulkWorkflowID is the id of a bulk, of an app's own so that a key reads those of its apps.
func BulkWorkflowID(appID, id string) string { return "bulk/" + PlainID(appID) + "/" + PlainID(id) }

// View is the bulk as it begins.
func (i BulkInput) View() BulkView {
	return BulkView{
		BulkID: i.ID, Command: i.Command, Filter: i.Filter, State: BulkRunning, Rate: i.Rate, StartedAt: i.At,
		Refusals: []BulkRefusal{}, Sample: []DeliveryView{},
	}
}

// BulkRefusal is one message that refused.
type BulkRefusal struct {
	NotifyID string     `json:"notify_id" doc:"Alipay's id of the message."`
	Reason   words.Text `json:"reason" doc:"Why."`
}

// MaxBulkSample bounds the lists of a [BulkView], which its workflow carries.
const MaxBulkSample = 20
