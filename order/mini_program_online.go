package order

import "time"

// MiniProgramInstruction is what a person asks of a mini program that is online.
type MiniProgramInstruction struct {
	Actor  string `json:"actor,omitempty"`
	Reason string `json:"reason,omitempty"`
	// AppVersion is the version that the person means to be online; empty means whichever is. BundleID
	// is the client, empty for the one that is known.
	AppVersion string `json:"app_version,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`
	// Key and Digest are those of an [Instruction].
	Key    string `json:"key,omitempty"`
	Digest string `json:"digest,omitempty"`
}

// DownCause says why users see nothing of a mini program any more.
type DownCause string

const (
	// DownByCommand means that somebody asked Miniflow for it.
	DownByCommand DownCause = "command"
	// DownByOthers means that somebody did it elsewhere, such as in Alipay's console.
	DownByOthers DownCause = "others"
	// DownByForce means that Alipay took it down (AUDIT_OFFLINE): its merchant appeals, or a version
	// without the fault goes through audit.
	DownByForce DownCause = "force"
)

// DownCauses lists every cause.
func DownCauses() []DownCause { return []DownCause{DownByCommand, DownByOthers, DownByForce} }

// DownVersion is what users of a mini program saw last.
type DownVersion struct {
	AppVersion string    `json:"app_version" doc:"Its number." example:"0.0.1"`
	BundleID   string    `json:"bundle_id" doc:"The client it was for." example:"com.alipay.alipaywallet"`
	Cause      DownCause `json:"cause" enum:"command,others,force" doc:"command: asked for here. others: somebody did it elsewhere. force: Alipay took it down." example:"force"`
	Since      time.Time `json:"since" doc:"Since when that is known." example:"2026-11-23T09:30:00Z"`
}

// What happens to a mini program after its orders, as its events and backends have it.
const (
	// HappenedMiniProgramOffline means that users see nothing of it any more.
	HappenedMiniProgramOffline = "mini_program.offline"
	// HappenedOnlineChanged means that users see another version than before, which no order of
	// Miniflow's has put online now: the one before was put back, or somebody else released one.
	HappenedOnlineChanged = "mini_program.online_changed"
)

// MiniProgramEvent is one thing that became of a mini program after its orders.
type MiniProgramEvent struct {
	Sequence   int       `json:"sequence" doc:"Its number among the mini program's events." example:"3"`
	At         time.Time `json:"at" doc:"When it happened, or was found." example:"2026-11-23T09:30:00Z"`
	Event      string    `json:"event" enum:"mini_program.offline,mini_program.online_changed,mini_program.limited_ends,mini_program.limit_lifted" doc:"What happened." example:"mini_program.offline"`
	AppVersion string    `json:"app_version" doc:"The version that users see now; of mini_program.offline the one that they saw last." example:"0.0.1"`
	Previous   string    `json:"previous,omitempty" doc:"The version that they saw before." example:"0.0.2"`
	Cause      DownCause `json:"cause,omitempty" enum:"command,others,force" doc:"Who did it: command, others, or force for Alipay; left out where nobody did." example:"command"`
	DaysLeft   *int      `json:"days_left,omitempty" doc:"Of mini_program.limited_ends: the days until Alipay takes it down." example:"30"`
	Actor      string    `json:"actor,omitempty" doc:"Who asked for it here." example:"wang"`
	Reason     string    `json:"reason,omitempty" doc:"Why, in that person's words." example:"payments fail"`
}
