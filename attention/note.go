package attention

import (
	"errors"
	"slices"
	"time"

	"miniflow/order"
)

// Bounds of what people note, so that the state of an app stays far below what Temporal takes.
const (
	// MaxComments is how many comments an item keeps, the latest.
	MaxComments = 20
	// MaxComment is the longest comment, in characters.
	MaxComment = 500
	// MaxName is the longest name of a person or a team, in bytes.
	MaxName = 64
	// KeepNotes is how long the notes of an item are kept after they were touched last.
	KeepNotes = 90 * 24 * time.Hour
	// MostSnooze is the longest that an item is snoozed.
	MostSnooze = 90 * 24 * time.Hour
)

// Note is what people have noted about one item. It stays when the item needs nobody any more.
type Note struct {
	ID           string    `json:"id"`
	AssignedTo   string    `json:"assigned_to,omitempty"`
	AssignedAt   time.Time `json:"assigned_at,omitzero"`
	SnoozedUntil time.Time `json:"snoozed_until,omitzero"`
	Comments     []Said    `json:"comments,omitempty"`
	TouchedAt    time.Time `json:"touched_at"`
}

// Said is one comment, sealed: people name people in it.
type Said struct {
	By   string       `json:"by"`
	At   time.Time    `json:"at"`
	Text order.Sealed `json:"text"`
}

// Snoozed reports whether nobody wants to see the item now.
func (n Note) Snoozed(now time.Time) bool { return n.SnoozedUntil.After(now) }

// Action is what can be noted.
type Action string

const (
	// ActionAssign gives an item to a person or a team, or with no name to nobody.
	ActionAssign Action = "assign"
	// ActionSnooze hides an item until a moment, or with none shows it again.
	ActionSnooze Action = "snooze"
	// ActionComment says something about it.
	ActionComment Action = "comment"
)

// Instruction notes something about an item. The API sends it as an update.
type Instruction struct {
	ID     string       `json:"id"`
	Action Action       `json:"action"`
	Actor  string       `json:"actor"`
	To     string       `json:"to,omitempty"`
	Until  time.Time    `json:"until,omitzero"`
	Text   order.Sealed `json:"text,omitempty"`
}

// Judge refuses what no API sends: whoever reaches Temporal can send anything.
func (i Instruction) Judge() error {
	switch {
	case i.ID == "" || len(i.ID) > MaxID || len(i.Actor) > MaxName || len(i.To) > MaxName || len(i.Text) > maxSealed:
		return errors.New("an instruction names an item, and is not longer than the API makes it")
	case !slices.Contains([]Action{ActionAssign, ActionSnooze, ActionComment}, i.Action):
		return errors.New("an instruction assigns, snoozes or comments")
	case i.Action == ActionComment && i.Text == "":
		return errors.New("a comment says something")
	}
	return nil
}

const (
	// MaxID is the longest id of an item, in bytes.
	MaxID = 200
	// maxSealed is more than [MaxComment] characters take, sealed.
	maxSealed = 4096
)

// Carry notes an instruction.
func (n *Note) carry(in Instruction, now time.Time) {
	n.TouchedAt = now
	switch in.Action {
	case ActionAssign:
		n.AssignedTo, n.AssignedAt = in.To, now
		if in.To == "" {
			n.AssignedAt = time.Time{}
		}
	case ActionSnooze:
		n.SnoozedUntil = in.Until
	case ActionComment:
		n.Comments = append(n.Comments, Said{By: in.Actor, At: now, Text: in.Text})
		n.Comments = n.Comments[max(0, len(n.Comments)-MaxComments):]
	}
}
