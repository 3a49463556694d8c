package activities

import (
	"miniflow/order"
	"miniflow/words"
)

// OrderAddress names an order, as its workflow's id does.
type OrderAddress struct {
	AppID      string `json:"app_id"`
	OutOrderNo string `json:"out_order_no"`
}

// ClaimCall puts an order in charge of a mini program, and brings what the mini program's workflow
// needs where the order is the first that names it.
type ClaimCall struct {
	Order       OrderAddress           `json:"order"`
	MiniProgram order.MiniProgramInput `json:"mini_program"`
}

// SignalCall names a workflow, a signal, and what it carries: one of the three, since each is
// written as what it is.
type SignalCall struct {
	WorkflowID    string                     `json:"workflow_id"`
	Signal        string                     `json:"signal"`
	Notification  *order.Notification        `json:"notification,omitempty"`
	Authorization *order.AuthorizationChange `json:"authorization,omitempty"`
	End           *order.End                 `json:"end,omitempty"`
	// Token is that of the order that is signalled, still sealed, where its calls are about to need it.
	Token *TokenOf `json:"token,omitempty"`
}

// TokenOf is a mini program's token, still sealed, and whose it is.
type TokenOf struct {
	AppID     string      `json:"app_id"`
	MiniAppID string      `json:"mini_app_id"`
	Token     order.Token `json:"token"`
}

// LocateCall looks for the order of a notification: by its number, or, when that is empty, for the
// order in charge of its mini program, since messages about versions name no order.
type LocateCall struct {
	Order     OrderAddress `json:"order"`
	MiniAppID string       `json:"mini_app_id,omitempty"`
	// AppVersion and BundleID are the version that the notification names: the order
	// that has taken that number is the one, in charge or not.
	AppVersion string `json:"app_version,omitempty"`
	BundleID   string `json:"bundle_id,omitempty"`

	// Created is the kind of the order, and OrderNo Alipay's number of it, where the notification is
	// about its creation; else both are empty.
	Created order.Kind `json:"created,omitempty"`
	OrderNo string     `json:"order_no,omitempty"`
	// Language is the app's, for an order that begins because a message names it.
	Language words.Language `json:"language,omitempty"`

	Key    order.NotificationKey `json:"key"`
	Pacing Pacing                `json:"pacing"`
}

// Location says where the order of a notification is, and of one that has ended what a Delivery
// needs to end the message too.
type Location struct {
	State      LocationState `json:"state"`
	OutOrderNo string        `json:"out_order_no,omitempty"`
	// Disposition is what an ended order had given this very notification, if it knew it; then the
	// message is a duplicate and not late.
	Disposition order.Disposition `json:"disposition,omitempty"`
	Stage       order.Stage       `json:"stage,omitempty"`
	OrderNo     string            `json:"order_no,omitempty"`
	MiniAppID   string            `json:"mini_app_id,omitempty"`
}

// LocationState is whether an order exists, which decides whether its message waits, is handed over
// or is late.
type LocationState string

// The message of an order that has ended is late, unless the order had received it before.
const (
	LocationUnknown LocationState = "unknown"
	LocationRunning LocationState = "running"
	LocationEnded   LocationState = "ended"
)

// HandOverCall gives a notification to its order and waits for what became of it: the Delivery ends
// with the same disposition.
type HandOverCall struct {
	Order        OrderAddress       `json:"order"`
	Notification order.Notification `json:"notification"`
}
