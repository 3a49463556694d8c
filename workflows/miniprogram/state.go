package miniprogram

import (
	"time"

	"miniflow/order"
	"miniflow/workflows/durable"
)

// State is all that an entity carries from run to run. Its JSON is read by the next version of
// Miniflow, so members are added and keep their names.
type State struct {
	// Since is when the entity had something to live for at last, or began: its time counts from
	// there.
	Since time.Time `json:"since"`
	// InCharge is the order that gets the app's messages, one at a time since Alipay audits one
	// version at a time; Queue are those that come after it.
	InCharge string   `json:"in_charge,omitempty"`
	Queue    []string `json:"queue,omitempty"`
	// Ended is the last order that was in charge, EndedVersion the version that it was about: a
	// later message about that is late.
	Ended        string       `json:"ended,omitempty"`
	EndedVersion namedVersion `json:"ended_version,omitzero"`
	// Reservations say which order took which version number, the oldest first. Alipay does not say
	// whose a number is.
	Reservations []order.VersionReservation `json:"reservations,omitempty"`

	Authorization order.Authorization `json:"authorization"`
	Token         *order.Token        `json:"token,omitempty"`
	// Doubt is set until Alipay has said whether the token is valid. It is carried, so that the
	// next run asks on.
	Doubt *tokenDoubt `json:"doubt,omitempty"`
	// PunishedSince is when Alipay called a token valid that it refuses. No message ends a penalty,
	// so it is looked at again by this time.
	PunishedSince time.Time `json:"punished_since,omitzero"`
	// Revoked are fingerprints of tokens that were revoked, so that a late message can't revive one.
	Revoked []string `json:"dead,omitempty"`

	Online *order.OnlineVersion `json:"online,omitempty"`
	// Limit is how long what is online stays so, in the limited form.
	Limit *limit `json:"limit,omitempty"`
	// Down is what users saw last where they see nothing any more, and Events what became of what they
	// see, oldest first.
	Down   *order.DownVersion       `json:"down,omitempty"`
	Events []order.MiniProgramEvent `json:"events,omitempty"`
	// Trial is set of a mini program that began as a trial, whose order has ended.
	Trial *order.Trial `json:"trial,omitempty"`
	// Repeats are the Idempotency-Keys of the commands that were carried out.
	Repeats durable.Repeats `json:"repeats,omitempty"`

	// Kept are messages that wait for an order to claim the mini program; Alipay does not send them
	// again.
	Kept      []keptMessage `json:"held,omitempty"`
	KeptBytes int           `json:"held_bytes,omitempty"`
	// Stuck are messages that Temporal refuses to start a Delivery for, so that this is the only
	// place that shows them.
	Stuck []stuckMessage `json:"stuck,omitempty"`
	Seen  durable.Seen   `json:"seen"`
}
