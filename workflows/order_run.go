package workflows

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// orderRun is one run of an order. What has to survive is in orderState; the rest belongs
// to this run, and what of it has an effect is begun again by the next one: timers,
// questions, the sending of a doubt.
type orderRun struct {
	orderState
	input order.Input

	// cancellable is what Temporal cancels; the story runs on without it.
	cancellable workflow.Context
	// runID names this run to its acts, so that one that was scheduled again after a reset
	// does nothing; see activities.Run.
	runID activities.Run
	// turn counts what makes the order look at its situation again: commands,
	// changes of authorisation, pokes.
	turn int
	// resting is the refused call whose next try the story waits for: the page shows it, and what a
	// person can do about it.
	resting resting
	// idle counts the steps in a row that changed nothing, which only a mistake of ours makes.
	idle int
	// wondering is set while it has to be found out whether Miniflow acts by now.
	wondering bool
	// dirty is set when something that people see has changed: each publication costs events.
	dirty bool
	// retold is set when only the page has changed, which costs none.
	retold bool
	// sleeps is set in a run that began when orders had learned to sleep; see changeSleeps.
	sleeps bool
	// asleep is the long wait that the story is in, and nil while it does anything else.
	asleep *slumber
	// found and summarised are what search attributes and summary were set to last, since
	// each setting costs an event.
	found, summarised string
	// told is the change that the memo's events were set at last.
	told time.Time

	notifications  workflow.ReceiveChannel
	authorizations workflow.ReceiveChannel
	pokes          workflow.ReceiveChannel
	reseals        workflow.ReceiveChannel

	// watchdog is the timer on the stage, and watching is what it watches, so that a new hold or
	// visit gets a timer of its own.
	watchdog   durable.Pending
	watchdogAt time.Time
	watching   string
	// certification is the watch on a trial's certification, which goes on beside every stage.
	certification durable.Pending
	// certificationTurn is the turn at which the certification was asked about.
	certificationTurn int
	// doubting is a doubt on its way to the mini program; doubtSent is set once it was sent.
	doubting  durable.Pending
	doubtSent bool
	// copying copies reviewers' pictures. The next run begins it again.
	copying durable.Pending
	// onlineAt is Alipay's own time of the release.
	onlineAt time.Time
	// resealing is set once everything is to be sealed anew, which the next run begins with.
	resealing bool
}

// newOrderRun sets everything up before anything can block, so that no query,
// command or message meets an order that is not ready for it: Temporal delivers what came
// with the start of a workflow as soon as there is a handler, and refuses the update that
// finds none.
func newOrderRun(ctx workflow.Context, input order.Input) (*orderRun, error) {
	o := &orderRun{input: input, dirty: true, cancellable: ctx, runID: activities.Run(workflow.GetInfo(ctx).OriginalRunID)}
	if len(input.Carried) > 0 {
		if err := json.Unmarshal(input.Carried, &o.orderState); err != nil {
			return nil, fmt.Errorf("read the carried state: %w", err)
		}
	} else {
		o.orderState = newOrderState(input)
	}
	if o.sleeps = workflow.GetVersion(ctx, changeSleeps, workflow.DefaultVersion, 1) >= 1; o.sleeps {
		o.Woken = true // by who starts an order
	}
	if again := input.BegunAgain; again != nil && len(input.Carried) == 0 {
		if err := o.resume(*again); err != nil {
			return nil, err
		}
	}
	if err := o.registerQueries(ctx); err != nil {
		return nil, err
	}
	if err := o.registerCommands(ctx); err != nil {
		return nil, err
	}
	o.takeSignals(ctx)
	if o.sleeps && len(input.Carried) == 0 && input.BegunAgain == nil { // whoever starts an order shows it
		o.found, o.summarised = o.finding(), o.summary()
	}
	return o, nil
}

// registerQueries registers what can be asked at any time, after the order's end as well: late
// messages ask a closed run whether it knew them.
func (o *orderRun) registerQueries(ctx workflow.Context) error {
	for _, query := range []struct {
		name    string
		handler any
	}{
		{order.ViewQuery, func() (order.View, error) { return o.view().Explained(time.Time{}), nil }},
		{order.EventsQuery, func(asked order.EventsAsked) (order.ToldEvents, error) {
			return order.EventsOf(o.view(), o.LastFolded, asked), nil
		}},
		{order.CarriedQuery, func() (json.RawMessage, error) { return json.Marshal(o.orderState) }},
		{order.RepeatQuery, func(key string) (string, error) { return o.Repeats.Digest(key), nil }},
		{order.DispositionQuery, func(key order.NotificationKey) (order.Disposition, error) { return o.Seen.Disposition(key), nil }},
	} {
		if err := workflow.SetQueryHandler(ctx, query.name, query.handler); err != nil {
			return err
		}
	}
	return nil
}

// noteBegunAgain says who has begun the order again, and why. A run that continues has it
// in its timeline.
func (o *orderRun) noteBegunAgain(ctx workflow.Context) {
	again := o.input.BegunAgain
	if again == nil || len(o.input.Carried) > 0 {
		return
	}
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedCommand, Actor: again.Actor, Note: words.New("note.message", order.CommandBeginAgain, again.Reason),
	})
}

func (o *orderRun) crowded(ctx workflow.Context) bool {
	return durable.Crowded(ctx, o.input.CrowdedAt)
}

// continueAsNew begins a new run. What others have to know is sent before, and signals
// that came meanwhile are taken in: between the last look and the end nothing blocks,
// because a signal that nobody has read when a run ends is lost.
func (o *orderRun) continueAsNew(ctx workflow.Context) error {
	anew, err := o.reseal(ctx)
	if err != nil {
		return err
	}
	for o.drain(ctx); len(o.Outbox) > 0 || o.doubting.Future != nil; o.drain(ctx) {
		if err := o.dispatch(ctx); err != nil {
			return err
		}
		if o.doubting.Future != nil {
			if err := workflow.Await(ctx, o.doubting.Ready); err != nil {
				return err
			}
			o.doubtArrived(ctx)
		}
	}
	if o.cancellable.Err() != nil { // in the very task in which this run ends nobody else would learn of it
		o.cancelledInTemporal(ctx)
	}
	carried, err := json.Marshal(o.orderState)
	if err != nil {
		return fmt.Errorf("carry the state: %w", err)
	}
	next := o.input
	next.Carried = carried
	if err := anew.In(&next); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, order.WorkflowType, next)
}

// close finishes what is still in the order's hands once it has ended: signals
// that came during the last step, messages without a disposition, deliveries
// that have to be started.
func (o *orderRun) close(ctx workflow.Context) error {
	o.reportEnd(ctx)
	o.publish(ctx)
	for {
		o.drain(ctx)
		o.resolveLeftovers(ctx)
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

// resolveLeftovers gives the assertions of an ended order their disposition. They are not
// asked about any more: what moved the order to its end was Alipay's own answer.
func (o *orderRun) resolveLeftovers(ctx workflow.Context) {
	assertions := o.Assertions
	o.Assertions = nil
	for _, n := range assertions {
		if asserted := assertionOf(n); o.agrees(asserted) && !o.isOtherVersion(n) {
			o.apply(ctx, n, asserted)
			continue
		}
		o.dispose(ctx, n, order.DispositionLate, words.New("why.ended_unasked"))
	}
}

// reportEnd reports to the mini program that its order has ended, and what is online, so
// that the next order takes charge. Messages that come from here on are late, which the
// mini program knows from then.
func (o *orderRun) reportEnd(ctx workflow.Context) {
	miniAppID := cmp.Or(o.MiniAppID, o.NamedBy)
	if !o.Claimed && o.NamedBy == "" || miniAppID == "" {
		return
	}
	ended := order.End{
		OutOrderNo: o.input.Request.OutOrderNo, Stage: o.Stage, AppVersion: o.Version.AppVersion, BundleID: o.Version.Bundle(),
	}
	if o.Stage == order.StageOnline {
		ended.Online = o.isOnline()
	}
	if o.input.Request.Kind == order.KindTrial && o.OrderNo != "" {
		ended.Trial = &order.Trial{OrderNo: o.OrderNo, Certification: o.Certification, Since: *o.FinishedAt}
	}
	id := order.MiniProgramWorkflowID(o.input.Request.AppID, miniAppID)
	if o.sleeps {
		call := activities.SignalCall{WorkflowID: id, Signal: order.EndSignal, End: &ended}
		if _, err := durable.Near(ctx, activities.Signal, call, o.say(words.New("do.report_end"))); err == nil || activities.IsSignalGone(err) {
			return
		}
	}
	if err := workflow.SignalExternalWorkflow(ctx, id, "", order.EndSignal, ended).Get(ctx, nil); err != nil {
		// The entity has been terminated by hand, so there is nobody left to tell.
		workflow.GetLogger(ctx).Warn("the mini program could not be told that its order has ended", "error", err)
	}
}

func (o *orderRun) now(ctx workflow.Context) time.Time { return workflow.Now(ctx).UTC() }
