package activities

import (
	"context"
	"fmt"
	"time"

	"miniflow/order"
	"miniflow/temporalio"
)

// AskMode asks the worker's configuration who acts for an order.
var AskMode = Call[ModeCall, order.Mode]{Name: "AskMode", Kind: KindInside}

// ModeCall names a merchant of an app, by the ISV's own id.
type ModeCall struct {
	AppID       string `json:"app_id"`
	MerchantRef string `json:"merchant_ref,omitempty"`
}

// AskMode says who acts for an order. It changes nothing.
func (i *Inside) AskMode(_ context.Context, call ModeCall) (order.Mode, error) {
	if i.Acts == nil || i.Acts(call.AppID, call.MerchantRef) {
		return order.ModeActive, nil
	}
	return order.ModeObserve, nil
}

// Adopting is what is needed to begin an order for a message that names one which does not exist,
// where another system acts: it has created that order at Alipay, and Miniflow follows it.
type Adopting struct {
	Schedules order.Schedules
	Policy    order.Policy
	Now       func() time.Time
	// Used reports whether an order's number is used for good, although Temporal knows no such order; nil
	// knows of none.
	Used func(ctx context.Context, appID, outOrderNo string) (bool, error)
}

// adopts reports whether an order is begun now. The ISV may be about to start it here itself, with
// more than a message says, so that it is given a moment. Without Alipay's number there is nothing
// to ask about, and what has been before never begins again.
func (i *Inside) adopts(ctx context.Context, call LocateCall, attempt int) (bool, error) {
	soon := Pacing{Schedule: call.Pacing.Schedule, GiveUpAfter: i.Adopting.Schedules.AgreeFor}
	if call.Created == "" || call.OrderNo == "" || i.Acts == nil || i.Acts(call.Order.AppID, "") ||
		!exhausted(soon, attempt) && !exhausted(call.Pacing, attempt) {
		return false, nil
	}
	used, err := i.used(ctx, call.Order.AppID, call.Order.OutOrderNo)
	return !used, err
}

// used reports whether the order has been before: it is archived, or its merchant was purged.
func (i *Inside) used(ctx context.Context, appID, outOrderNo string) (bool, error) {
	if i.Adopting.Used == nil {
		return false, nil
	}
	used, err := i.Adopting.Used(ctx, appID, outOrderNo)
	if err != nil {
		return false, fmt.Errorf("look whether the number of an order is used: %w", err)
	}
	return used, nil
}

// adopt begins the order. It has no merchant_ref, so that it is observed until the whole app is
// active.
//
// Repeating it is harmless: a number starts one workflow.
func (i *Inside) adopt(ctx context.Context, call LocateCall) error {
	request := order.Request{
		AppID: call.Order.AppID, OutOrderNo: call.Order.OutOrderNo, Kind: call.Created, OrderNo: call.OrderNo, Policy: i.Adopting.Policy,
	}
	view := order.NewView(request, true, i.Adopting.Now())
	input := order.Input{Request: request, Schedules: i.Adopting.Schedules, CreatedAt: view.CreatedAt, Language: call.Language, Observed: true}
	_, err := i.Temporal.ExecuteWorkflow(ctx, temporalio.OrderOptions(view, input.Language), order.WorkflowType, input)
	if err != nil && !temporalio.AlreadyStarted(err) {
		return fmt.Errorf("begin the order that a message names: %w", err)
	}
	return nil
}
