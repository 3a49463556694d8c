package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// pursuit is one thing an order does at a stage while it goes on listening: an
// act (see do), a question that is asked until its answer is news, or nothing at all.
type pursuit struct {
	// call is the activity's name; empty only listens.
	call    string
	input   any
	summary string
	// until ends a pursuit that only listens; zero listens on.
	until time.Time
	// answered takes the activity's result; see answer.
	answered func(workflow.Future) error
	// refused, when set, is asked first what to do about a failure. It reports whether it knew.
	refused func(*activities.Failure) bool
}

// answer decodes an activity's result and hands it on.
func answer[T any](ctx workflow.Context, take func(T)) func(workflow.Future) error {
	return func(future workflow.Future) error {
		var result T
		if err := future.Get(ctx, &result); err != nil {
			return err
		}
		take(result)
		return nil
	}
}

// ear is a future that is listened to beside a pursuit.
type ear struct {
	future workflow.Future
	quiet  workflow.CancelFunc
}

func (e *ear) heard() bool { return e.future != nil && e.future.IsReady() }

func (e *ear) close() {
	if e.quiet != nil {
		e.quiet()
	}
	*e = ear{}
}

// pursue asks a question, or only listens, until there is an answer, the stage
// moves, or something makes the order look at its situation anew. A question can be
// given up: it changes nothing. Meanwhile Alipay is asked about every message that
// claims something.
func (o *orderRun) pursue(ctx workflow.Context, p pursuit) error {
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
func (o *orderRun) hearOut(ctx workflow.Context, p pursuit, work *ear, confirming *confirmation) error {
	stage, turn := o.Stage, o.turn
	for o.Stage == stage && o.turn == turn && !o.crowded(ctx) {
		if err := o.attend(ctx, func() bool {
			return work.heard() || o.turn != turn || o.Stage != stage
		}, confirming); err != nil {
			return err
		}
		if work.heard() {
			if p.call == "" {
				return nil
			}
			return o.settle(ctx, p, work.future)
		}
	}
	return nil
}

// begin starts what the pursuit waits for beside everything else.
func (o *orderRun) begin(ctx workflow.Context, p pursuit) ear {
	ctx, quiet := workflow.WithCancel(ctx)
	switch {
	case p.call == "" && p.until.IsZero():
		return ear{}
	case p.call == "":
		return ear{quiet: quiet, future: workflow.NewTimerWithOptions(ctx, p.until.Sub(o.now(ctx)),
			workflow.TimerOptions{Summary: "pause before the next try"})}
	case o.Visit.Blind:
		return ear{}
	}
	return ear{quiet: quiet, future: workflow.ExecuteActivity(alipay(ctx, o.input.Request.AppID, p.summary), p.call, p.input)}
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
		return confirming == nil || !confirming.heard() && !o.certifier.heard() && !confirming.wanted(o)
	}
	if err := workflow.Await(ctx, func() bool {
		return done() || !calm() || o.guard.heard() || o.teller.heard() || o.dirty || len(o.Outbox) > 0
	}); err != nil {
		return err
	}
	switch {
	case len(o.Outbox) > 0:
		return o.dispatch(ctx)
	case done():
	case o.teller.heard():
		o.doubtTold(ctx)
	case o.guard.heard():
		o.bark(ctx)
	case confirming == nil:
	case confirming.heard():
		o.confirmed(ctx, confirming)
	case o.certifier.heard():
		o.certified(ctx)
	}
	return nil
}

// isQuestion tells a question from an act. A question that Alipay refuses is not
// asked again at this stage until a person says so.
func isQuestion(call string) bool { return strings.HasPrefix(call, "Await") }

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
	if !set || o.Visit.Barked == watched || o.Stage.Ended() || o.Queue != nil {
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
	ctx, quiet := workflow.WithCancel(ctx)
	o.guarded = watched
	o.guard = ear{quiet: quiet, future: workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{
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
	o.Visit.Barked = o.watched()
}

// watchdogCode is the code of the hold that a watchdog sets. It stops nothing.
const watchdogCode = "STILL_WAITING"

// stopped tells whether a hold stops the acting.
func (o *orderRun) stopped() bool {
	return o.Hold != nil && o.Hold.Code != watchdogCode && o.Hold.Kind != order.HoldPipelineBusy
}
