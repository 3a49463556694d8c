package workflows

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// Delivery is a verified message with no order to go to. It looks for its order:
// one that runs gets it, one that has ended makes it late, one that does not exist
// is waited for. What belongs to no order is handed to the ISV's backend. What
// nobody takes stays open as a dead letter, which a person can replay or discard.
func Delivery(ctx workflow.Context, input order.DeliveryInput) (order.DeliveryView, error) {
	d := &deliveryRun{input: input}
	d.State, d.Reason = order.DispositionWaiting, input.Reason
	d.LookUntil = workflow.Now(ctx).UTC().Add(input.Schedules.LocateFor.Std())
	if len(input.Carried) > 0 {
		if err := json.Unmarshal(input.Carried, &d.deliveryState); err != nil {
			return order.DeliveryView{}, fmt.Errorf("read the carried state: %w", err)
		}
	}
	d.calls = workflow.NewBufferedChannel(ctx, 1)
	d.wakes = workflow.GetSignalChannel(ctx, order.WakeSignal)
	if err := d.answer(ctx); err != nil {
		return order.DeliveryView{}, err
	}
	if err := d.run(ctx); err != nil {
		return order.DeliveryView{}, err
	}
	d.asked = nil // whoever asked too late is told how it ended
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return order.DeliveryView{}, err
	}
	return d.view(), nil
}

// deliveryState is all that a Delivery carries from run to run.
type deliveryState struct {
	State  order.Disposition `json:"state"`
	Reason string            `json:"reason"`
	Code   string            `json:"code,omitempty"`
	// MiniAppID is the mini program that Alipay named when it was asked.
	MiniAppID string `json:"mini_app_id,omitempty"`
	// LookUntil ends the look for the message's order.
	LookUntil time.Time  `json:"look_until"`
	Forward   forwarding `json:"forward,omitzero"`
	Replays   int        `json:"replays,omitempty"`
	Replayed  string     `json:"replayed,omitempty"` // by whom and why, at last
}

type deliveryRun struct {
	deliveryState
	input order.DeliveryInput
	// until is how long a dead letter can be replayed; zero while it is none.
	until time.Time

	// asked are the commands of people that nobody has obeyed yet; calls has a word while there are any.
	asked     []askedOf
	calls     workflow.Channel
	discarded bool
	// settling is set while an order has the message in its hands.
	settling bool
	wakes    workflow.ReceiveChannel
	// published is the state that the search attributes show.
	published order.Disposition
}

// run leads the message to its end, as often as a person wants it to be tried.
func (d *deliveryRun) run(ctx workflow.Context) error {
	for {
		if err := d.pursue(ctx); err != nil {
			return err
		}
		if d.State != order.DispositionDead || d.discarded || !d.stayOpen(ctx) {
			return ctx.Err()
		}
	}
}

// pursue tries until the message has a disposition. Whoever calls meanwhile makes
// it look anew.
func (d *deliveryRun) pursue(ctx workflow.Context) error {
	d.publish(ctx)
	for !d.discarded {
		if d.crowded(ctx) {
			return d.continueAsNew(ctx)
		}
		settled, err := d.step(ctx)
		if settled || err != nil {
			return err
		}
	}
	return nil
}

// step does the next thing. It reports false when it was called away.
func (d *deliveryRun) step(ctx workflow.Context) (settled bool, err error) {
	n := d.input.Notification
	switch {
	case d.Replays == 0 && d.input.Disposition != "":
		d.become(ctx, d.input.Disposition, d.input.Reason)
		return true, nil
	case d.Replays == 0 && n.Flaw != "" && !d.input.Copy:
		d.become(ctx, order.DispositionDead, n.Flaw)
		return true, nil
	case d.Forward.Why != "":
		return d.forward(ctx)
	case d.seeksOrder():
		return d.findOrder(ctx)
	}
	return d.beginForward(ctx, d.input.Reason)
}

// crowded tells whether this run's history is long enough to begin a new one, with
// nothing in hand that would be lost.
func (d *deliveryRun) crowded(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	if !info.GetContinueAsNewSuggested() && info.GetCurrentHistoryLength() < crowdedAt {
		return false
	}
	if d.seeksOrder() && d.wakes.ReceiveAsync(nil) {
		d.Forward.turnBack()
		return false
	}
	return len(d.asked) == 0 && workflow.AllHandlersFinished(ctx)
}

func (d *deliveryRun) continueAsNew(ctx workflow.Context) error {
	carried, err := json.Marshal(d.deliveryState)
	if err != nil {
		return fmt.Errorf("carry the state: %w", err)
	}
	next := d.input
	next.Carried = carried
	return workflow.NewContinueAsNewError(ctx, order.DeliveryWorkflowType, next)
}

// seeksOrder tells whether an order may want the message: it names one, or it is a
// verdict on a mini program that an order may have taken charge of by now. An
// authorisation is no order's to keep. What could not be read whole goes to its order
// only when a person replays it: the order asks Alipay.
func (d *deliveryRun) seeksOrder() bool {
	n := d.input.Notification
	settled := d.input.Disposition != "" && d.Replays == 0
	if d.input.Copy || settled || n.Flaw != "" && d.Replays == 0 || n.Evidence.Token != nil {
		return false
	}
	return n.OutOrderNo != "" || n.MiniAppID != "" && (n.Evidence.Verdict != "" || n.Flaw != "")
}

// attempt makes a call until it ends or somebody calls. Then it reports false,
// and the call is given up.
func attempt[Input, Answer any](ctx workflow.Context, d *deliveryRun, call activities.Call[Input, Answer], input Input, summary string) (answer Answer, ended bool, err error) {
	trying, stop := workflow.WithCancel(ctx)
	future := start(trying, d.input.Notification.AppID, call, input, summary)
	ended = d.ended(ctx, future)
	stop()
	if ended {
		answer, err = answerTo(ctx, call, future)
	}
	return answer, ended, err
}

// ended waits for what runs, until somebody calls: a person, or the order that the
// message waits for. Then it reports false, and what people asked is done.
func (d *deliveryRun) ended(ctx workflow.Context, future workflow.Future) bool {
	ended := false
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(future, func(workflow.Future) { ended = true })
	selector.AddReceive(d.calls, func(channel workflow.ReceiveChannel, _ bool) { channel.Receive(ctx, nil) })
	if d.seeksOrder() {
		selector.AddReceive(d.wakes, func(channel workflow.ReceiveChannel, _ bool) { channel.Receive(ctx, nil) })
	}
	selector.Select(ctx)
	if ended || future.IsReady() {
		return true
	}
	d.Forward.turnBack()
	d.obey(ctx)
	return false
}

func (d *deliveryRun) become(ctx workflow.Context, state order.Disposition, reason string) {
	d.State, d.Reason = state, reason
	d.publish(ctx)
}

func (d *deliveryRun) publish(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, d.page())
	view := d.view()
	logger := workflow.GetLogger(ctx)
	if err := workflow.UpsertMemo(ctx, map[string]any{order.SummaryMemo: view}); err != nil {
		logger.Error("the summary could not be set", "error", err)
	}
	if d.published == d.State {
		return
	}
	d.published = d.State
	updates := []temporal.SearchAttributeUpdate{
		temporal.NewSearchAttributeKeyKeyword(order.AttributeDeliveryState).ValueSet(string(d.State)),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeAppID).ValueSet(view.AppID),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID).ValueSet(view.MiniAppID),
	}
	if !view.Copy { // an order that starts calls the messages of its number, and copies don't wait for it
		updates = append(updates, temporal.NewSearchAttributeKeyKeyword(order.AttributeOutOrderNo).ValueSet(view.OutOrderNo))
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		logger.Error("search attributes could not be set", "error", err)
	}
}

func (d *deliveryRun) page() string {
	page := "## " + escape(d.input.Notification.Name) + "\n\n**" + string(d.State) + "**: " + escape(d.input.Notification.Noting(d.Reason)) + "\n"
	if forward := d.Forward; forward.LastError != "" {
		page += fmt.Sprintf("\nTried %d times; at last %s.\n", forward.Attempts, escape(forward.LastError))
	}
	if !d.Forward.NextTry.IsZero() {
		page += "\nTried again at " + d.Forward.NextTry.Format(time.RFC3339) + "; a replay tries at once.\n"
	}
	if !d.until.IsZero() {
		page += "\nIt can be replayed or discarded until " + d.until.Format(time.RFC3339) + ".\n"
	}
	return page
}

func (d *deliveryRun) view() order.DeliveryView {
	view := deliveryView(d.input.Notification, d.State, d.Reason, "delivery")
	view.Copy, view.ReplayableUntil, view.Code = d.input.Copy, d.until, d.Code
	view.MiniAppID = cmp.Or(d.MiniAppID, view.MiniAppID)
	view.Attempts, view.LastError, view.NextTry = d.Forward.Attempts, d.Forward.LastError, d.Forward.NextTry
	return view
}
