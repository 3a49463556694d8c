package order

import "time"

// Names of what keeps an app's attention: what people have noted about what needs them, and what its
// robots were told.
const (
	// AttentionWorkflowType is the registered type of the workflow that keeps them, one for each app.
	AttentionWorkflowType = "Attention"
	// DigestWorkflowType is the registered type of the workflow that tells an app's robots what has come
	// since it did last. A Temporal schedule starts it.
	DigestWorkflowType = "Digest"

	// NoteUpdate gives an Attention an [attention.Instruction] and returns the [attention.Note] that
	// there is then. Sent by POST /v1/attention/….
	NoteUpdate = "note"
	// ForgetUpdate has an Attention forget the items of an [attention.Forgetting], and continue as new.
	// Sent by `miniflow purge`.
	ForgetUpdate = "forget"
	// ToldUpdate says to an Attention what a robot was told, as an [attention.Telling]. Sent by a Digest.
	ToldUpdate = "told"
	// ToldQuery returns what the robots of an app were told, as an [attention.Robots].
	ToldQuery = "told"
)

// TroubleMemo is the memo field of a MiniProgram that holds its [Trouble], where it has any.
const TroubleMemo = "trouble"

// Trouble says since when a mini program needs a person, and the code of why.
type Trouble struct {
	Since time.Time `json:"since"`
	Code  string    `json:"code,omitempty"`
	// Until is when something is over for good, such as a limited release.
	Until time.Time `json:"until,omitzero"`
}

// SealNote is the purpose of a sealed comment: people name people in it.
const SealNote = "note"

// AttentionWorkflowID is the id of what keeps an app's attention.
func AttentionWorkflowID(appID string) string { return "attention/" + PlainID(appID) }

// WatchID is the id of the schedule by which an app's mini programs are looked after, and the beginning
// of the ids of the workflows that it starts.
func WatchID(appID string) string { return "watch/" + PlainID(appID) }

// DigestID is the id of the schedule of an app's digests, and the beginning of the ids of the workflows
// that it starts.
func DigestID(appID string) string { return "digest/" + PlainID(appID) }
