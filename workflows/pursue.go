package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// pursuit is one thing an order does at a stage while it goes on listening: an
// act (see do), a question that is asked until its answer is news, or nothing at all.
type pursuit struct {
	// call is the activity's name; empty only listens.
	call string
	kind activities.Kind
	// start starts the call, and take takes its answer; see calling.
	start func(workflow.Context) workflow.Future
	take  func(workflow.Context, workflow.Future) error
	// until ends a pursuit that only listens; zero listens on.
	until time.Time
	// refused, when set, is asked first what to do about a failure. It reports whether it knew.
	refused func(workflow.Context, *activities.Failure) bool
}

// calling is the pursuit of a call. The compiler holds input and answer against it.
func calling[Input, Answer any](o *orderRun, call activities.Call[Input, Answer], input Input, summary string, answered func(workflow.Context, Answer)) pursuit {
	return pursuit{
		call: call.Name, kind: call.Kind,
		start: func(ctx workflow.Context) workflow.Future {
			return start(ctx, o.input.Request.AppID, call, input, summary)
		},
		take: func(ctx workflow.Context, future workflow.Future) error {
			answer, err := answerTo(ctx, call, future)
			if err == nil {
				answered(ctx, answer)
			}
			return err
		},
	}
}

// unless asks refused first what to do when the call is refused.
func (p pursuit) unless(refused func(workflow.Context, *activities.Failure) bool) pursuit {
	p.refused = refused
	return p
}

// pursue makes a call, or only listens. An act is never abandoned; see do.
func (o *orderRun) pursue(ctx workflow.Context, p pursuit) error {
	if p.kind == activities.KindAct {
		return o.do(ctx, p)
	}
	return o.listenFor(ctx, p)
}

// listenFor asks a question, or only listens, until there is an answer, the stage
// moves, or something makes the order look at its situation anew. A question can be
// given up: it changes nothing. Meanwhile Alipay is asked about every message that
// claims something.
func (o *orderRun) listenFor(ctx workflow.Context, p pursuit) error {
	if p.call != "" && o.paused(ctx, p.call) {
		return o.rest(ctx, p.call, o.Pauses.of(p.call).Next)
	}
	work, confirming := o.begin(ctx, p), &confirmation{}
	err := o.hearOut(ctx, p, &work, confirming)
	// Not deferred: a run that a worker puts out of its memory has its deferred calls
	// made as well, and those would touch what other coroutines of it touch.
	confirming.close()
	work.close()
	return err
}

// hearOut listens until a pursuit is answered, or is to be looked at anew.
func (o *orderRun) hearOut(ctx workflow.Context, p pursuit, work *pending, confirming *confirmation) error {
	stage, turn := o.Stage, o.turn
	for o.Stage == stage && o.turn == turn && !o.crowded(ctx) {
		if err := o.attend(ctx, func() bool {
			return work.ready() || o.turn != turn || o.Stage != stage
		}, confirming); err != nil {
			return err
		}
		if work.ready() {
			if p.call == "" {
				return nil
			}
			return o.settle(ctx, p, work.future)
		}
	}
	return nil
}

// begin starts what the pursuit waits for beside everything else.
func (o *orderRun) begin(ctx workflow.Context, p pursuit) pending {
	ctx, cancel := workflow.WithCancel(ctx)
	switch {
	case p.call == "" && p.until.IsZero():
		return pending{}
	case p.call == "":
		return pending{cancel: cancel, future: workflow.NewTimerWithOptions(ctx, p.until.Sub(o.now(ctx)),
			workflow.TimerOptions{Summary: "pause before the next try"})}
	case o.Visit.QuestionRefused:
		return pending{}
	}
	return pending{cancel: cancel, future: p.start(ctx)}
}

// attend waits for done, or for something that has to be dealt with beside it, and
// deals with that. Claims are confirmed only where confirming is not nil.
func (o *orderRun) attend(ctx workflow.Context, done func() bool, confirming *confirmation) error {
	o.publish(ctx)
	o.watch(ctx)
	o.tellDoubt(ctx)
	if confirming != nil {
		o.watchCertification(ctx)
		o.confirm(ctx, confirming)
	}
	calm := func() bool {
		return confirming == nil || !confirming.ready() && !o.certifier.ready() && !confirming.wanted(o)
	}
	if err := workflow.Await(ctx, func() bool {
		return done() || !calm() || o.guard.ready() || o.teller.ready() || o.dirty || len(o.Outbox) > 0
	}); err != nil {
		return err
	}
	switch {
	case len(o.Outbox) > 0:
		return o.dispatch(ctx)
	case done():
	case o.teller.ready():
		o.doubtTold(ctx)
	case o.guard.ready():
		o.bark(ctx)
	case confirming == nil:
	case confirming.ready():
		o.confirmed(ctx, confirming)
	case o.certifier.ready():
		o.certified(ctx)
	}
	return nil
}

// refused does what the class of a refusal asks for.
func (o *orderRun) refused(ctx workflow.Context, call string, failure *activities.Failure) {
	class := failure.Class
	if class == activities.FailureAuthorization && !o.Stage.NeedsAuthorization() {
		class = activities.FailurePermanent
	}
	switch class {
	case activities.FailureWait:
		o.pause(ctx, call, failure)
		o.hold(ctx, order.HoldPipelineBusy, failure.Code, failure.Message, failure.Fields...)
	case activities.FailureFix:
		o.countRefusal(ctx, call, failure)
		o.hold(ctx, order.HoldNeedsInput, failure.Code, failure.Message, failure.Fields...)
	case activities.FailureAuthorization: // a token that is found valid and is refused all the same is not tried on and on
		o.pauseAfterRepeats(ctx, call, failure)
		o.doubtToken(ctx, failure)
	case activities.FailureUnknown:
		if o.pause(ctx, call, failure); o.Pauses.of(call).Times < maxTraceless {
			return
		}
		o.hold(ctx, order.HoldNeedsOperator, failure.Code, failure.Message, failure.Fields...)
	case activities.FailurePermanent, activities.FailureReset:
		o.countRefusal(ctx, call, failure)
		o.hold(ctx, order.HoldNeedsOperator, failure.Code, failure.Message, failure.Fields...)
	}
}

// watch starts the watchdog. It watches one visit of a stage under one hold, or
// under none: what a hold has lasted is not counted against the stage, and what
// waits for a person is called to mind as well.
func (o *orderRun) watch(ctx workflow.Context) {
	after, set := o.input.Schedules.Watchdogs[o.Stage]
	watched := o.watched()
	if !set || o.Visit.Escalated == watched || o.Stage.Ended() || o.Queue != nil {
		o.guard.close()
		return
	}
	if o.guard.future != nil && o.guarded == watched {
		return
	}
	o.guard.close()
	since := o.Visit.HoldChanged
	if o.StageSince.After(since) {
		since = o.StageSince
	}
	left := max(after.Std()-o.now(ctx).Sub(since), time.Millisecond)
	ctx, cancel := workflow.WithCancel(ctx)
	o.guarded = watched
	o.guard = pending{cancel: cancel, future: workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{
		Summary: "watchdog: asks for a person if the order is still " + string(o.Stage),
	})}
}

// watched names what the watchdog watches now.
func (o *orderRun) watched() string {
	name := fmt.Sprint(o.Stage, o.StageSince.UnixNano())
	if o.Hold != nil {
		name += fmt.Sprint(o.Hold.Kind, o.Hold.Code, o.Hold.Since.UnixNano())
	} else if !o.Visit.HoldChanged.IsZero() {
		name += fmt.Sprint(o.Visit.HoldChanged.UnixNano())
	}
	return name
}

// bark asks for a person. It ends nothing: the order goes on listening and asking.
func (o *orderRun) bark(ctx workflow.Context) {
	o.guard.close()
	if o.Hold == nil {
		message := "the order has been at " + string(o.Stage) + " for longer than expected; Alipay is still asked"
		if o.Act != nil {
			message = o.callName(o.Act.Call) + " has no answer yet, and the order waits for it"
		}
		o.hold(ctx, order.HoldNeedsOperator, watchdogCode, message)
	} else {
		o.happened(ctx, order.TimelineItem{
			Event: order.HappenedAttentionNeeded,
			Note:  fmt.Sprintf("%s %s still waits, since %s", o.Hold.Kind, o.Hold.Code, o.Hold.Since.Format(time.RFC3339)),
		})
	}
	o.Visit.Escalated = o.watched()
}

// watchdogCode is the code of the hold that a watchdog sets. It stops nothing.
const watchdogCode = "STILL_WAITING"

// stopped tells whether a hold stops the acting.
func (o *orderRun) stopped() bool {
	return o.Hold != nil && o.Hold.Code != watchdogCode && o.Hold.Kind != order.HoldPipelineBusy
}
