package rollout

import (
	"strings"
	"time"

	"miniflow/order"
	"miniflow/words"
)

// WorkflowType is the registered workflow type of a rollout.
const WorkflowType = "Rollout"

// WorkflowID is the id of a rollout's workflow: an id starts one, ever.
func WorkflowID(appID, id string) string {
	return "rollout/" + order.PlainID(appID) + "/" + order.PlainID(id)
}

// OfWorkflowID takes apart what [WorkflowID] has put together.
func OfWorkflowID(workflowID string) (appID, id string) {
	_, rest, _ := strings.Cut(workflowID, "/")
	appID, id, _ = strings.Cut(rest, "/")
	return appID, id
}

// MaxIDOfRollout is how long an id is at most: an order's number has the mini program's id and its
// tries as well.
const MaxIDOfRollout = 12

// filesPrefix is no beginning of an order's number.
const filesPrefix = "rollout/"

// NamesFilesAs is under which name a rollout's files are kept, where an order's have its number.
func NamesFilesAs(id string) string { return filesPrefix + id }

// NamedFiles returns the id of the rollout whose files are kept under a name, and whether it is one's.
func NamedFiles(name string) (id string, is bool) { return strings.CutPrefix(name, filesPrefix) }

// Names of a rollout's updates. Each takes an [Instruction] and returns the [View] that follows, or
// refuses.
const (
	PauseUpdate    = "pause"
	HaltUpdate     = "halt"
	ResumeUpdate   = "resume"
	RetryUpdate    = "retry"
	RollBackUpdate = "rollback"
)

// Updates lists them all.
func Updates() []string {
	return []string{PauseUpdate, HaltUpdate, ResumeUpdate, RetryUpdate, RollBackUpdate}
}

// MembersQuery takes a [MembersAsked] and returns a [MembersPage].
const MembersQuery = "members"

// Instruction is who asks for something, and why.
type Instruction struct {
	Actor  string `json:"actor,omitempty"`
	Reason string `json:"reason,omitempty"`
	// NoExt has a retry begin those that are held for their ext without one.
	NoExt bool `json:"no_ext,omitempty"`
}

// Input starts a rollout. It stays in the history, so its members are only ever added.
type Input struct {
	ID    string `json:"id"`
	AppID string `json:"app_id"`
	Plan  Plan   `json:"plan"`
	// From are the template's versions that are upgraded; none means every mini program that was built
	// from the template and does not run the new version.
	From []string `json:"from,omitempty"`
	// Request is the order of each member, without what is the member's own.
	Request order.Request `json:"request"`
	// Ext names a file of members' configurations, a line of JSON each; NoExt begins a member without
	// one where nobody knows it.
	Ext       order.FileRef   `json:"ext,omitzero"`
	NoExt     bool            `json:"no_ext,omitempty"`
	Schedules order.Schedules `json:"schedules"`
	// LookEvery is how often orders that are on their way are looked at.
	LookEvery order.Duration `json:"look_every"`
	At        time.Time      `json:"at"`
	Actor     string         `json:"actor,omitempty"`
	// Language is the one of the app's configuration.
	Language words.Language `json:"language,omitempty"`
	// Carried is where an earlier run stopped; nobody else sets it.
	Carried *Carried `json:"carried,omitempty"`
	// CrowdedAt is the length of a history, in events, at which it continues as new; 0 is the default.
	CrowdedAt int `json:"crowded_at,omitempty"`
}

// Asked is the part of an input that somebody asked for, without the orders' request; the rest is the
// installation's, or the moment's.
func (in Input) Asked() Input {
	return Input{ID: in.ID, AppID: in.AppID, Plan: in.Plan, From: in.From, Ext: in.Ext, NoExt: in.NoExt}
}

// Carried is what a rollout takes into its next run.
type Carried struct {
	Rollout Rollout `json:"rollout"`
	// Cursor is where listing goes on, and LookedAt when orders were looked at.
	Cursor   *Cursor   `json:"cursor,omitempty"`
	LookedAt time.Time `json:"looked_at,omitzero"`
	NoExt    bool      `json:"no_ext,omitempty"`
	Asked    int       `json:"asked,omitempty"`
	Actor    string    `json:"actor,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	// Trouble is what lists show of it.
	Trouble string `json:"trouble,omitempty"`
}

// Cursor is where a list of mini programs goes on: at a page, counted from 1, of one of the questions
// that it is made of.
type Cursor struct {
	Question int `json:"question"`
	Page     int `json:"page"`
	// First is the first mini program of the page before: a platform that answers the same page again
	// has no more.
	First string `json:"first,omitempty"`
}
