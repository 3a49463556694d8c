// Package atalipay looks at orders from Alipay's side, for tests: over the management API of
// the simulator, and by what has to be so there when orders have ended.
//
// It promises to know nothing of what runs beside it: whatever starts orders and reads their
// views, the standalone or a cluster, is held against the same truth.
package atalipay

import (
	"context"
	"net/http"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
)

// Side is the simulator; its Caller's Base is the simulator's address.
type Side struct{ outside.Caller }

// State is what GET /sim/v1/state shows of orders and mini programs.
type State struct {
	Orders       []Order `json:"orders"`
	MiniPrograms []Mini  `json:"mini_programs"`
}

// Order is one as Alipay has it.
type Order struct {
	OrderNo    string                `json:"order_no"`
	OutOrderNo string                `json:"out_order_no"`
	Status     alipaysim.OrderStatus `json:"status"`
	MiniAppID  string                `json:"mini_app_id"`
	PID        string                `json:"pid"`
}

// Mini is a mini program with its versions.
type Mini struct {
	MiniAppID  string    `json:"mini_app_id"`
	OutOrderNo string    `json:"out_order_no"`
	Versions   []Version `json:"versions"`
}

// Version is one of a mini program's.
type Version struct {
	AppVersion string          `json:"app_version"`
	BundleID   string          `json:"bundle_id"`
	Phase      alipaysim.Phase `json:"phase"`
	Attempts   int             `json:"attempts"`
}

// Message is one that Alipay sends, with what became of it.
type Message struct {
	NotifyID string `json:"notify_id"`
	Message  string `json:"message"`
	Fate     string `json:"fate"`
}

// State reads the platform.
func (s Side) State(ctx context.Context) (state State, err error) {
	return state, s.Call(ctx, http.MethodGet, "/sim/v1/state", nil, &state)
}

// Calls lists what reached the gateway.
func (s Side) Calls(ctx context.Context) ([]alipaysim.Call, error) {
	var list struct {
		Calls []alipaysim.Call `json:"calls"`
	}
	return list.Calls, s.Call(ctx, http.MethodGet, "/sim/v1/calls", nil, &list)
}

// Pushes lists every delivery that was tried, and every message with its fate.
func (s Side) Pushes(ctx context.Context) (tried []alipaysim.Delivery, messages []Message, err error) {
	var list struct {
		Deliveries []alipaysim.Delivery `json:"deliveries"`
		Messages   []Message            `json:"messages"`
	}
	err = s.Call(ctx, http.MethodGet, "/sim/v1/deliveries", nil, &list)
	return list.Deliveries, list.Messages, err
}

// Rules replaces what merchants and reviewers do.
func (s Side) Rules(ctx context.Context, rules ...alipaysim.Rule) error {
	return s.Call(ctx, http.MethodPut, "/sim/v1/rules", alipaysim.Rules{Rules: rules}, nil)
}

// Faults replaces what goes wrong at the gateway.
func (s Side) Faults(ctx context.Context, faults ...alipaysim.Fault) error {
	return s.Call(ctx, http.MethodPut, "/sim/v1/faults", alipaysim.Faults{Faults: faults}, nil)
}
