package order

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Names of what is done to, and seen of, a mini program that is online.
const (
	// RollbackUpdate puts the version before back online, and OfflineUpdate takes what is online from
	// its users. Both take a [MiniProgramInstruction] to a MiniProgram and return the [MiniProgramView],
	// once Alipay has answered; sent by POST /v1/mini-programs/….
	RollbackUpdate = "rollback"
	OfflineUpdate  = "offline"

	// WatchWorkflowType asks Alipay what all of an app's mini programs have online. A Temporal schedule
	// starts it.
	WatchWorkflowType = "Watch"
	// SightSignal says to a MiniProgram what Alipay shows of it, where that is not what it has said of
	// itself. Sent by a Watch, as an [activities.Sighting].
	SightSignal = "sight"
	// RolledBackSignal says to a MiniProgram that a mass upgrade has put the version before back online,
	// as a [MiniProgramInstruction] with the version that it took back.
	RolledBackSignal = "rolled-back"
	// OnlineMemo is the memo field of a MiniProgram that holds its [OnlineKnown], so that a Watch need
	// not wake what is as it was.
	OnlineMemo = "online"
)

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

// OnlineKnown is what a mini program says of what users see.
type OnlineKnown struct {
	AppVersion string `json:"app_version"`
	BundleID   string `json:"bundle_id"`
	// Down is why they see it no more; empty while they do.
	Down DownCause `json:"down,omitempty"`
}

// MiniProgramOffline stands where a mini program shows what a person has to see to, as orders show their
// holds: users see nothing of it any more, and nobody has asked Miniflow for that.
const MiniProgramOffline = "offline"

// CodeTakenDown is Alipay's status of a version that it took down.
const CodeTakenDown = "AUDIT_OFFLINE"

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
	ID         string    `json:"id" doc:"The same each time the event is sent. Its form is no promise." example:"evt_2021000000000000_2021999999999999_3_t3mjk0"`
	Sequence   int       `json:"sequence" doc:"Its number among the mini program's events." example:"3"`
	At         time.Time `json:"at" doc:"When it happened, or was found." example:"2026-11-23T09:30:00Z"`
	Type       string    `json:"type" enum:"mini_program.offline,mini_program.online_changed,mini_program.limited_ends,mini_program.limit_lifted" doc:"What happened." example:"mini_program.offline"`
	AppVersion string    `json:"app_version" doc:"The version that users see now; of mini_program.offline the one that they saw last." example:"0.0.1"`
	Previous   string    `json:"previous_version,omitempty" doc:"The version that they saw before." example:"0.0.2"`
	Cause      DownCause `json:"cause,omitempty" enum:"command,others,force" doc:"Who did it: command, others, or force for Alipay; left out where nobody did." example:"command"`
	DaysLeft   *int      `json:"days_left,omitempty" doc:"Of mini_program.limited_ends: the days until Alipay takes it down." example:"30"`
	Actor      string    `json:"actor,omitempty" doc:"Who asked for it here." example:"wang"`
	Reason     string    `json:"reason,omitempty" doc:"Why, in that person's words." example:"payments fail"`
}

// ToldOfMiniPrograms are the types of events about mini programs that a backend can be told.
func ToldOfMiniPrograms() []string {
	return []string{HappenedMiniProgramOffline, HappenedOnlineChanged, HappenedLimitedEnds, HappenedLimitLifted}
}

// ToldMiniProgram are events of a mini program, oldest first, and the mini program as it stands.
type ToldMiniProgram struct {
	Events      []MiniProgramEvent `json:"events" doc:"What happened, oldest first."`
	MiniProgram MiniProgramView    `json:"mini_program" doc:"The mini program as it stands now."`
}

// MiniProgramEventsOf picks events of a mini program, as [EventsOf] does of an order.
func MiniProgramEventsOf(view MiniProgramView, asked EventsAsked) ToldMiniProgram {
	told := ToldMiniProgram{Events: []MiniProgramEvent{}, MiniProgram: view}
	for _, event := range view.Events {
		wanted := len(asked.Types) == 0 || slices.Contains(asked.Types, event.Type)
		if wanted && event.Sequence > asked.After && event.At.After(asked.Since) {
			told.Events = append(told.Events, event)
		}
	}
	return told
}

// MiniProgramEventID is made of what an event is, as an order's events have theirs.
func MiniProgramEventID(appID, miniAppID string, event MiniProgramEvent) string {
	return fmt.Sprintf("evt_%s_%s_%d_%s", PlainID(appID), miniAppID, event.Sequence, strconv.FormatInt(event.At.UnixMilli(), 36))
}
