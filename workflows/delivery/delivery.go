// Package delivery holds the workflow of a message that has no order to go to, or not yet.
//
// It promises that such a message ends with exactly one disposition, and that until then
// a person can see where it stands and decide. delivery.go is its story; order.go looks
// for the message's order, forward.go hands it to the ISV's backend, commands.go takes
// what people ask, page.go shows it.
package delivery

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// Workflow is the life of a Delivery: a verified message with no order to go to. It looks
// for its order: one that runs gets it, one that has ended makes it late, one that does
// not exist is awaited. What belongs to no order is handed to the ISV's backend. What
// nobody takes stays open as a dead letter, which a person can replay or discard.
func Workflow(ctx workflow.Context, input order.DeliveryInput) (order.DeliveryView, error) {
	d := &delivery{input: input}
	d.State, d.Reason = order.DispositionWaiting, input.Reason
	d.LookUntil = workflow.Now(ctx).UTC().Add(input.Schedules.LocateFor.Std())
	if len(input.Carried) > 0 {
		if err := json.Unmarshal(input.Carried, &d.Carried); err != nil {
			return order.DeliveryView{}, fmt.Errorf("read the carried state: %w", err)
		}
	}
	d.calls = workflow.NewBufferedChannel(ctx, 1) // one place: a second call while one is pending says nothing new
	d.wakes = workflow.GetSignalChannel(ctx, order.WakeSignal)
	if err := d.register(ctx); err != nil {
		return order.DeliveryView{}, err
	}
	if err := d.run(ctx); err != nil {
		return order.DeliveryView{}, err
	}
	d.requests = nil // who asked too late learns how it ended
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return order.DeliveryView{}, err
	}
	return d.view(), nil
}

// Carried is all that a Delivery carries from run to run. A message can wait for days and
// be tried often, so that one run's history would not do.
type Carried struct {
	State  order.Disposition `json:"state"`
	Reason string            `json:"reason"`
	Code   string            `json:"code,omitempty"`
	// MiniAppID is the mini program that Alipay named when it was asked. It is carried, because the
	// message itself may name none.
	MiniAppID string `json:"mini_app_id,omitempty"`
	// LookUntil ends the look for the message's order: a new run must not begin the wait again.
	LookUntil time.Time  `json:"look_until"`
	Forward   forwarding `json:"forward,omitzero"`
	Replays   int        `json:"replays,omitempty"`
	Replayed  string     `json:"replayed,omitempty"` // by whom and why, the last time
}

// delivery is one run of a Delivery. The story is one coroutine; people's commands come
// beside it, are noted in requests, and call the story away from what it waits for.
type delivery struct {
	Carried
	input order.DeliveryInput
	until time.Time

	// requests are the commands of people that were not executed yet; calls wakes the
	// story while there are any.
	requests  []request
	calls     workflow.Channel
	discarded bool
	// handing is set while an order has the message, which no person may then end: what becomes of
	// it is the order's to say.
	handing bool
	wakes   workflow.ReceiveChannel
	// published is the state that the search attributes show, since each setting is an event.
	published order.Disposition
}

// run leads the message to its end, as often as a person wants it to be tried. A dead
// letter stays open for a while, since the cause is mostly one that people can mend.
func (d *delivery) run(ctx workflow.Context) error {
	for {
		if err := d.pursue(ctx); err != nil {
			return err
		}
		if d.State != order.DispositionDead || d.discarded || !d.stayOpen(ctx) {
			return ctx.Err()
		}
	}
}

// pursue takes steps until the message has a disposition. A person, or an order that
// starts, can call meanwhile: then the next step looks at everything again.
func (d *delivery) pursue(ctx workflow.Context) error {
	d.publish(ctx)
	for !d.discarded {
		if d.crowded(ctx) {
			return d.continueAsNew(ctx)
		}
		done, err := d.step(ctx)
		if done || err != nil {
			return err
		}
	}
	return nil
}

// step does the next thing: what was decided before, the way to the backend that was
// begun, the look for an order, or the beginning of that way. It reports false when it was
// called away.
func (d *delivery) step(ctx workflow.Context) (finished bool, err error) {
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

// attempt makes a call until it ends or somebody calls. Then it reports false, and the call
// is given up. All calls but HandOver may be: they change nothing, or say to the backend
// what it recognises as a repeat.
func attempt[Input, Answer any](ctx workflow.Context, d *delivery, call activities.Call[Input, Answer], input Input, does words.Text) (answer Answer, ended bool, err error) {
	trying, stop := workflow.WithCancel(ctx)
	future := durable.Start(trying, d.input.Notification.AppID, call, input, d.say(does))
	ended = d.awaited(ctx, future)
	stop()
	if ended {
		answer, err = durable.AnswerTo(ctx, call, future)
	}
	return answer, ended, err
}

// awaited waits for what runs, until somebody calls: a person, or the order that the message waits
// for. Then it reports false, and what people asked is executed: what runs may have lost its point.
func (d *delivery) awaited(ctx workflow.Context, future workflow.Future) bool {
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
	d.execute(ctx)
	return false
}

// crowded reports whether this run's history is long enough to begin a new one, with
// nothing in hand that would be lost: a wake that was not read, a command whose handler
// still waits for its answer.
func (d *delivery) crowded(ctx workflow.Context) bool {
	if !durable.Crowded(ctx, 0) {
		return false
	}
	if d.seeksOrder() && d.wakes.ReceiveAsync(nil) {
		d.Forward.turnBack()
		return false
	}
	return len(d.requests) == 0 && workflow.AllHandlersFinished(ctx)
}

// continueAsNew begins a new run where this one stands, with the end that was set: a message does
// not live longer for being tried often.
func (d *delivery) continueAsNew(ctx workflow.Context) error {
	carried, err := json.Marshal(d.Carried)
	if err != nil {
		return fmt.Errorf("carry the state: %w", err)
	}
	next := d.input
	next.Carried = carried
	return workflow.NewContinueAsNewError(ctx, order.DeliveryWorkflowType, next)
}
