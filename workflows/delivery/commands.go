package delivery

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// maxReplays bounds how often one message can be replayed, so that a caller in a
// loop can't grow a history without end.
const maxReplays = 100

// request is one command of a person: its handler only notes it, because the message may be in the
// hands of an activity.
type request struct {
	name string
	order.DeliveryInstruction
}

// register registers the query and the commands. It comes before anything can block, so
// that a person who is quick is not refused.
func (d *delivery) register(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, order.ViewQuery, func() (order.DeliveryView, error) {
		return d.view(), nil
	}); err != nil {
		return err
	}
	for _, name := range []string{order.ReplayUpdate, order.DiscardUpdate} {
		handler := func(ctx workflow.Context, in order.DeliveryInstruction) (order.DeliveryView, error) {
			return d.take(ctx, request{name: name, DeliveryInstruction: in})
		}
		options := workflow.UpdateHandlerOptions{
			Validator:   func(workflow.Context, order.DeliveryInstruction) error { return d.refuse(name) },
			Description: name + " this message",
		}
		if err := workflow.SetUpdateHandlerWithOptions(ctx, name, handler, options); err != nil {
			return err
		}
	}
	return nil
}

// refuse says why a command can't be executed now. A message in the hands of its order is
// the order's; one that has its final disposition keeps it, since each message gets
// exactly one.
func (d *delivery) refuse(name string) error {
	var why words.Text
	switch {
	case d.handing:
		why = words.New("refuse.handing")
	case d.discarded || d.State != order.DispositionWaiting && d.State != order.DispositionDead:
		why = words.New("refuse.disposed", d.State, words.Sentence(d.Reason), name)
	case name == order.ReplayUpdate && d.Replays+len(d.requests) >= maxReplays:
		why = words.New("refuse.replays", maxReplays)
	default:
		return nil
	}
	return durable.Refuse(why)
}

// take notes a command and waits until it is executed, so that its answer shows what came
// of it.
func (d *delivery) take(ctx workflow.Context, asked request) (order.DeliveryView, error) {
	d.requests = append(d.requests, asked)
	// Not waited for: the channel may be full, and a call that stands in it wakes for both.
	d.calls.SendAsync(true)
	if err := workflow.Await(ctx, func() bool { return len(d.requests) == 0 }); err != nil {
		return order.DeliveryView{}, err
	}
	return d.view(), nil
}

// execute does what people have asked for: a replay makes the message look again, a
// discarded one is given up.
func (d *delivery) execute(ctx workflow.Context) {
	asked := d.requests
	d.requests, d.until = nil, time.Time{}
	for _, one := range asked {
		by := order.AskedBy(one.Actor, one.Reason)
		if one.name == order.DiscardUpdate {
			d.discarded = true
			d.Reason += "; discarded by " + by
			continue
		}
		d.Replays++
		d.LookUntil = workflow.Now(ctx).UTC()
		d.Replayed = "replayed by " + by
		d.Reason, d.Code = d.Replayed, ""
	}
	switch {
	case d.discarded: // of a replay and a discard that came together the discard counts
		d.become(ctx, order.DispositionDead, d.Reason)
	case len(asked) > 0:
		d.become(ctx, order.DispositionWaiting, d.Reason)
	}
}

// stayOpen keeps a dead letter open for as long as the schedule says. It reports true when
// the message is to be tried again: at a person's word, or because an order of its number
// has started after all.
func (d *delivery) stayOpen(ctx workflow.Context) bool {
	left := d.input.Schedules.DeadFor.Std()
	d.until = workflow.Now(ctx).Add(left)
	d.publish(ctx)
	waiting, stop := workflow.WithCancel(ctx)
	timer := workflow.NewTimerWithOptions(waiting, left, workflow.TimerOptions{
		Summary: d.say(words.New("do.stay_open")),
	})
	woken := false
	selector := workflow.NewSelector(ctx)
	selector.AddFuture(timer, func(workflow.Future) {})
	selector.AddReceive(d.calls, func(channel workflow.ReceiveChannel, _ bool) { channel.Receive(ctx, nil) })
	// A wake means that an order has started; a message that seeks none has nothing to look for.
	if d.seeksOrder() {
		selector.AddReceive(d.wakes, func(channel workflow.ReceiveChannel, _ bool) {
			channel.Receive(ctx, nil)
			woken = true
		})
	}
	selector.Select(ctx)
	stop()
	d.until = time.Time{}
	switch {
	case len(d.requests) > 0:
		d.execute(ctx)
	case woken:
		d.become(ctx, order.DispositionWaiting, "the order that it names may run now")
	default:
		d.publish(ctx)
		return false
	}
	return !d.discarded
}
