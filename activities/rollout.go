package activities

import (
	"time"

	"miniflow/order"
	"miniflow/rollout"
)

// The calls of a Rollout.
var (
	// FindMembers returns some of the mini programs that a rollout is about. It asks Alipay as the app.
	FindMembers = Call[FindMembersCall, MembersFound]{Name: "FindMembers", Kind: KindQuestion}
	// StartReleases starts the orders of some members.
	StartReleases = Call[StartReleasesCall, ReleasesStarted]{Name: "StartReleases", Kind: KindInside}
	// LookAtReleases sees which orders of a rollout have changed.
	LookAtReleases = Call[LookAtReleasesCall, ReleasesSeen]{Name: "LookAtReleases", Kind: KindInside}
	// TellReleases gives orders of a rollout a command each.
	TellReleases = Call[TellReleasesCall, ReleasesTold]{Name: "TellReleases", Kind: KindInside}
	// RollBackVersions puts the version before back online, for some members.
	RollBackVersions = Call[RollBackCall, RolledBack]{Name: "RollBackVersions", Kind: KindUndo, Method: "alipay.open.mini.version.rollback"}
)

// FindMembersCall asks for mini programs by the template that they were built from.
type FindMembersCall struct {
	AppID   string         `json:"app_id"`
	Version order.Version  `json:"version"`
	From    []string       `json:"from,omitempty"`
	Cursor  rollout.Cursor `json:"cursor"`
}

// MembersFound are some of them. Except are those that run the new version already.
type MembersFound struct {
	IDs    []string        `json:"ids,omitempty"`
	Except []string        `json:"except,omitempty"`
	Next   *rollout.Cursor `json:"next,omitempty"`
}

// ReleaseOf is a member's order.
type ReleaseOf struct {
	Index      int    `json:"index"`
	MiniAppID  string `json:"mini_app_id"`
	OutOrderNo string `json:"out_order_no"`
}

// StartReleasesCall starts orders, each with what the request leaves open.
type StartReleasesCall struct {
	RolloutID string          `json:"rollout_id"`
	Request   order.Request   `json:"request"`
	Ext       order.FileRef   `json:"ext,omitzero"`
	NoExt     bool            `json:"no_ext,omitempty"`
	Schedules order.Schedules `json:"schedules"`
	Language  string          `json:"language,omitempty"`
	Releases  []ReleaseOf     `json:"releases"`
}

// ReleasesStarted says what became of each.
type ReleasesStarted struct {
	Starts []rollout.Start `json:"starts"`
}

// LookAtReleasesCall asks for the orders of a rollout that have changed since a moment.
type LookAtReleasesCall struct {
	AppID     string    `json:"app_id"`
	RolloutID string    `json:"rollout_id"`
	Since     time.Time `json:"since,omitzero"`
	Page      []byte    `json:"page,omitempty"`
}

// ReleasesSeen are some of them, by their numbers.
type ReleasesSeen struct {
	Seen map[string]rollout.Seen `json:"seen,omitempty"`
	Next []byte                  `json:"next,omitempty"`
}

// TellReleasesCall gives orders commands. Key tells one call from another, so that an order is told
// again what it was told before.
type TellReleasesCall struct {
	AppID     string    `json:"app_id"`
	RolloutID string    `json:"rollout_id"`
	Key       int       `json:"key"`
	Actor     string    `json:"actor,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Errands   []Telling `json:"errands"`
}

// Telling is what one order is told.
type Telling struct {
	ReleaseOf
	Errand rollout.Errand `json:"errand"`
}

// ReleasesTold says what became of each errand.
type ReleasesTold struct {
	Told []rollout.ErrandDone `json:"told"`
}

// RollBackCall takes versions back.
type RollBackCall struct {
	AppID    string     `json:"app_id"`
	BundleID string     `json:"bundle_id"`
	Versions []OnlineOf `json:"versions"`
}

// RolledBack says what became of each; one whose fate is not known is left out.
type RolledBack struct {
	Undone []rollout.TakenBack `json:"undone,omitempty"`
}

// OnlineOf is a version that a member has online.
type OnlineOf struct {
	Index      int    `json:"index"`
	MiniAppID  string `json:"mini_app_id"`
	AppVersion string `json:"app_version"`
}

// RegisterRollouts registers what a Rollout asks of Alipay, on a worker of order.AlipayTaskQueue.
func (a *Alipay) RegisterRollouts(registry Registry) {
	register(registry, FindMembers, a.FindMembers)
	register(registry, RollBackVersions, a.RollBackVersions)
}

// Register registers what a Rollout asks of Temporal, on a worker of order.TaskQueue.
func (r *Rollouts) Register(registry Registry) {
	register(registry, StartReleases, r.StartReleases)
	register(registry, LookAtReleases, r.LookAtReleases)
	register(registry, TellReleases, r.TellReleases)
}
