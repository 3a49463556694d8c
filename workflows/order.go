package workflows

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// crowdedAt is the length of a history at which an order continues as new, unless
// its input names another. It is far below Temporal's limits, so that a history
// stays readable for people and a worker that has to load it is quick.
const crowdedAt = 1200

// Order runs one order from its request to its end, and returns how it ended.
//
// A request to cancel the workflow is the command cancel: what has begun at Alipay
// can't be dropped, so the story runs on where Temporal's cancellation does not reach.
func Order(ctx workflow.Context, input order.Input) (order.View, error) {
	story, _ := workflow.NewDisconnectedContext(ctx)
	o, err := newOrderRun(story, input)
	if err != nil {
		return order.View{}, err
	}
	o.asked = ctx
	workflow.Go(story, func(story workflow.Context) {
		ctx.Done().Receive(story, nil)
		o.cancelledInTemporal(story)
	})
	if err := o.live(story); err != nil {
		return order.View{}, err
	}
	return o.view(), nil
}

// orderRun is one run of an order. What has to survive is in orderState; the
// rest belongs to this run.
type orderRun struct {
	orderState
	input order.Input

	// asked is what Temporal cancels: the command cancel, once it is heard.
	asked workflow.Context
	// run names this run to its acts; see activities.Run.
	run activities.Run
	// turn counts what makes the order look at its situation anew: commands,
	// changes of authorisation, pokes.
	turn int
	// resting is the refused call whose next try the story waits for.
	resting resting
	// idle counts the steps in a row that changed nothing.
	idle int
	// dirty is set when something that people see has changed.
	dirty bool
	// found and summarised are what search attributes and summary were set to last.
	found, summarised string

	notifications  workflow.ReceiveChannel
	authorizations workflow.ReceiveChannel
	pokes          workflow.ReceiveChannel

	// guard is the stage's watchdog, certifier the watch on a trial's certification,
	// teller a doubt on its way to the mini program.
	guard     pending
	guarded   string
	certifier pending
	teller    pending
	told      bool
}

// live is the story of an order. Each stage's method does the next thing that is
// to be done there and returns; what was learned meanwhile is in the state.
func (o *orderRun) live(ctx workflow.Context) error {
	o.wakeEarlyMessages(ctx)
	o.noteBegunAgain(ctx)
	for !o.Stage.Ended() {
		if err := o.keepPace(ctx, o.step); err != nil {
			return err
		}
		if o.crowded(ctx) && !o.Stage.Ended() {
			return o.continueAsNew(ctx)
		}
	}
	return o.close(ctx)
}

// noteBegunAgain says who has begun the order again, and why.
func (o *orderRun) noteBegunAgain(ctx workflow.Context) {
	again := o.input.BegunAgain
	if again == nil || len(o.input.Carried) > 0 {
		return
	}
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedCommand, Actor: again.Actor, Note: string(order.CommandBeginAgain) + ": " + again.Reason,
	})
}

func (o *orderRun) step(ctx workflow.Context) error {
	if o.CancelRequested {
		return o.cancel(ctx)
	}
	switch o.Stage {
	case order.StageCreating:
		return o.create(ctx)
	case order.StageAwaitingMerchant:
		return o.awaitMerchant(ctx)
	case order.StageAwaitingAuthorization:
		return o.awaitAuthorization(ctx)
	case order.StageBuilding:
		return o.build(ctx)
	case order.StageScanning:
		return o.scan(ctx)
	case order.StageSubmitting:
		return o.submit(ctx)
	case order.StageAuditing:
		return o.audit(ctx)
	case order.StageAuditRejected:
		return o.rework(ctx)
	case order.StageBasePassed:
		return o.decide(ctx)
	case order.StageReleasing:
		return o.release(ctx)
	case order.StageOnline, order.StageMerchantRejected, order.StageConfirmTimedOut,
		order.StageCreationFailed, order.StageCancelled:
		return nil
	}
	return fmt.Errorf("no step is written for stage %q", o.Stage)
}

// newOrderRun sets everything up before anything can block, so that no query,
// command or message meets an order that is not ready for it.
func newOrderRun(ctx workflow.Context, input order.Input) (*orderRun, error) {
	o := &orderRun{input: input, dirty: true, asked: ctx, run: activities.Run(workflow.GetInfo(ctx).OriginalRunID)}
	if len(input.Carried) > 0 {
		if err := json.Unmarshal(input.Carried, &o.orderState); err != nil {
			return nil, fmt.Errorf("read the carried state: %w", err)
		}
	} else {
		o.orderState = newOrderState(input)
	}
	if again := input.BegunAgain; again != nil && len(input.Carried) == 0 {
		if err := o.resume(*again); err != nil {
			return nil, err
		}
	}
	if err := o.answerQueries(ctx); err != nil {
		return nil, err
	}
	if err := o.takeCommands(ctx); err != nil {
		return nil, err
	}
	o.listen(ctx)
	return o, nil
}

func (o *orderRun) answerQueries(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, order.ViewQuery, func() (order.View, error) {
		return o.view(), nil
	}); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, order.CarriedQuery, func() (json.RawMessage, error) {
		return json.Marshal(o.orderState)
	}); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, order.RepeatQuery, func(key string) (string, error) {
		return o.Repeats.digest(key), nil
	}); err != nil {
		return err
	}
	return workflow.SetQueryHandler(ctx, order.DispositionQuery, func(key order.NotificationKey) (order.Disposition, error) {
		return o.Seen.disposition(key), nil
	})
}

// crowded tells whether this run's history is long enough to begin a new one.
func (o *orderRun) crowded(ctx workflow.Context) bool {
	return isCrowded(ctx, o.input.CrowdedAt)
}

// isCrowded holds a history's length against the one that an input names, 0 for the default.
func isCrowded(ctx workflow.Context, at int) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() >= cmp.Or(at, crowdedAt)
}

// continueAsNew begins a new run. What is told to others is told before, and what
// was heard meanwhile is taken in: between the last look and the end nothing blocks.
func (o *orderRun) continueAsNew(ctx workflow.Context) error {
	for o.drain(ctx); len(o.Outbox) > 0 || o.teller.future != nil; o.drain(ctx) {
		if err := o.dispatch(ctx); err != nil {
			return err
		}
		if o.teller.future != nil {
			if err := workflow.Await(ctx, o.teller.ready); err != nil {
				return err
			}
			o.doubtTold(ctx)
		}
	}
	if o.asked.Err() != nil { // in the very task in which this run ends nobody else would hear of it
		o.cancelledInTemporal(ctx)
	}
	carried, err := json.Marshal(o.orderState)
	if err != nil {
		return fmt.Errorf("carry the state: %w", err)
	}
	next := o.input
	next.Carried = carried
	return workflow.NewContinueAsNewError(ctx, order.WorkflowType, next)
}

// close settles what is still in the order's hands once it has ended: signals
// that came during the last step, messages without a disposition, deliveries
// that have to be started.
func (o *orderRun) close(ctx workflow.Context) error {
	if err := o.tellMiniProgram(ctx); err != nil {
		return err
	}
	o.publish(ctx)
	for {
		o.drain(ctx)
		o.settleLeftovers(ctx)
		if len(o.Outbox) == 0 {
			break
		}
		if err := o.dispatch(ctx); err != nil {
			return err
		}
	}
	o.publish(ctx)
	return nil
}

func (o *orderRun) now(ctx workflow.Context) time.Time { return workflow.Now(ctx).UTC() }
