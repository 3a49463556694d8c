package order

import (
	"cmp"
	"encoding/json"
	"time"

	"miniflow/words"
)

// Input starts an Order workflow. It stays in the history, so its members are only ever added.
type Input struct {
	Request   Request   `json:"request"`
	Schedules Schedules `json:"schedules"`
	CreatedAt time.Time `json:"created_at"`
	// Language is the one of the app's configuration, for the page in the Temporal UI and the
	// summaries of what the order does there. Empty is English.
	Language words.Language `json:"language,omitempty"`
	// Observed is set where the app is observed when the order begins.
	Observed bool `json:"observed,omitempty"`
	// CrowdedAt is the length of a history, in events, at which the order continues as new; 0 is
	// the default. Tests and recordings set it low, to see an order continue.
	CrowdedAt int `json:"crowded_at,omitempty"`
	// Carried is the workflow's own state when it continues as new; nobody else reads it.
	Carried    json.RawMessage `json:"carried,omitempty"`
	BegunAgain *BegunAgain     `json:"begun_again,omitempty"`
}

// BegunAgain says that an order goes on in a new workflow, and from where: Temporal can't start a
// closed run again.
type BegunAgain struct {
	Reason string `json:"reason,omitempty"`
	// Actor names who asked for it: the person, or the API key that no person stands behind.
	Actor string    `json:"actor,omitempty"`
	At    time.Time `json:"at"`
	// Last is how the order stood when its run was closed: in full where a worker
	// could still read the closed run, else its summary.
	Last View `json:"last"`
	// Carried is the closed run's own state, which has what no view shows: corrections, the
	// commands that were carried out. Empty where no worker could read the closed run any more.
	Carried json.RawMessage `json:"carried,omitempty"`
}

// MiniProgramInput starts a MiniProgram workflow. The first signal starts it, from a door or an
// order, so it has only what both know.
type MiniProgramInput struct {
	AppID     string    `json:"app_id"`
	MiniAppID string    `json:"mini_app_id"`
	Schedules Schedules `json:"schedules"`
	// Language is the one of the app's configuration, for the page in the Temporal UI and the
	// summaries of what the entity does there. Empty is English.
	Language  words.Language  `json:"language,omitempty"`
	CrowdedAt int             `json:"crowded_at,omitempty"`
	Carried   json.RawMessage `json:"carried,omitempty"`
}

// DeliveryInput starts a Delivery workflow. It has the whole message, because the door that
// verified it keeps nothing.
type DeliveryInput struct {
	Notification Notification `json:"notification"`
	Schedules    Schedules    `json:"schedules"`
	Reason       string       `json:"reason"`
	// Disposition is set when it is known already: late, conflict or dead. Empty makes the Delivery
	// look for its order.
	Disposition Disposition `json:"disposition,omitempty"`
	// Copy marks a copy: it goes to the forward target and looks for no order, because the message
	// itself already does.
	Copy bool `json:"copy,omitempty"`
	// Language is the one of the app's configuration, for the page in the Temporal UI and the
	// summaries of what the Delivery does there. Empty is English.
	Language words.Language  `json:"language,omitempty"`
	Carried  json.RawMessage `json:"carried,omitempty"`
}

// DeliveryInstruction is what a person asks of a Delivery, and with [CloseUpdate] of a MiniProgram:
// both have only their name and words to add.
type DeliveryInstruction struct {
	Actor  string `json:"actor,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// AskedBy returns who asked for something and in which words, cut because a Delivery or MiniProgram
// keeps them in its state.
func AskedBy(actor, reason string) string {
	by := cmp.Or(CutText(actor, MaxInstructionReason), "someone")
	if reason = CutText(reason, MaxInstructionReason); reason != "" {
		by += ": " + reason
	}
	return by
}
