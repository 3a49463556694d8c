package order

import (
	"cmp"
	"encoding/json"
	"time"
)

// Input starts an Order workflow.
type Input struct {
	Request   Request   `json:"request"`
	Schedules Schedules `json:"schedules"`
	CreatedAt time.Time `json:"created_at"`
	// CrowdedAt is the length of a history, in events, at which the order continues as new; 0 is the default.
	CrowdedAt int `json:"crowded_at,omitempty"`
	// Carried is the workflow's own state when it continues as new; nobody else reads it.
	Carried json.RawMessage `json:"carried,omitempty"`
	// BegunAgain is set where an earlier run of this order was closed from outside; nil for a new order.
	BegunAgain *BegunAgain `json:"begun_again,omitempty"`
}

// BegunAgain says that an order goes on in a new workflow, and from where.
type BegunAgain struct {
	// Reason is the person's words.
	Reason string `json:"reason,omitempty"`
	// Actor names who asked for it: the person, or the API key.
	Actor string    `json:"actor,omitempty"`
	At    time.Time `json:"at"`
	// Last is how the order stood when its run was closed: in full where a worker
	// could still read the closed run, else its summary.
	Last View `json:"last"`
	// Carried is the closed run's own state, which has what no view shows: corrections, the
	// commands that were carried out. Empty where no worker could read the closed run any more.
	Carried json.RawMessage `json:"carried,omitempty"`
}

// MiniProgramInput starts a MiniProgram workflow.
type MiniProgramInput struct {
	AppID     string    `json:"app_id"`
	MiniAppID string    `json:"mini_app_id"`
	Schedules Schedules `json:"schedules"`
	// CrowdedAt is that of [Input].
	CrowdedAt int             `json:"crowded_at,omitempty"`
	Carried   json.RawMessage `json:"carried,omitempty"`
}

// DeliveryInput starts a Delivery workflow.
type DeliveryInput struct {
	Notification Notification `json:"notification"`
	Schedules    Schedules    `json:"schedules"`
	// Reason says why the notification is here, for people.
	Reason string `json:"reason"`
	// Disposition is set when it is known already: late, conflict or dead. Empty lets the Delivery look for its order.
	Disposition Disposition `json:"disposition,omitempty"`
	// Copy marks a copy: it goes to the forward target and looks for no order.
	Copy bool `json:"copy,omitempty"`
	// Carried is the workflow's own state when it continues as new; nobody else reads it.
	Carried json.RawMessage `json:"carried,omitempty"`
}

// DeliveryInstruction is what a person asks of a Delivery, and with [CloseUpdate] of a MiniProgram.
type DeliveryInstruction struct {
	// Actor names who asks: the person, or the API key.
	Actor string `json:"actor,omitempty"`
	// Reason is the person's words, at most [MaxInstructionReason] bytes of them are kept.
	Reason string `json:"reason,omitempty"`
}

// AskedBy returns who asked for something, and in which words, as far as they are kept.
func AskedBy(actor, reason string) string {
	by := cmp.Or(CutText(actor, MaxInstructionReason), "someone")
	if reason = CutText(reason, MaxInstructionReason); reason != "" {
		by += ": " + reason
	}
	return by
}
