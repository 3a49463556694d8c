package workflows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// pursuit is one thing an order does at a stage while it goes on listening: an
// act, a question that is asked until its answer is news, or nothing at all.
type pursuit struct {
	// call is the activity's name; empty only listens.
	call    string
	input   any
	summary string
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

// pursue does p until it is answered, the stage moves, or something makes the
// order look at its situation anew. Meanwhile it asks Alipay about every message
// that claims something, watches a trial's certification, and calls for a person
// when the stage lasts too long.
func (o *orderRun) pursue(ctx workflow.Context, p pursuit) error {
	work := o.begin(ctx, p)
	defer work.close()
	confirming := ear{}
	defer confirming.close()
	var batch []order.Notification

	stage, turn := o.Stage, o.turn
	for o.Stage == stage && o.turn == turn && !o.crowded(ctx) {
		o.publish(ctx)
		o.watch(ctx)
		o.watchCertification(ctx)
		if confirming.future == nil && len(o.Claims) > 0 {
			confirming, batch = o.confirm(ctx)
		}
		if err := workflow.Await(ctx, func() bool {
			return work.heard() || confirming.heard() || o.guard.heard() || o.certifier.heard() ||
				o.turn != turn || o.Stage != stage || o.dirty || len(o.Outbox) > 0 ||
				(confirming.future == nil && len(o.Claims) > 0)
		}); err != nil {
			return err
		}
		switch {
		case len(o.Outbox) > 0:
			if err := o.dispatch(ctx); err != nil {
				return err
			}
		case work.heard():
			return o.settle(ctx, p, work.future)
		case confirming.heard():
			o.confirmed(ctx, batch, confirming.future)
			confirming.close()
		case o.certifier.heard():
			o.certified(ctx)
		case o.guard.heard():
			o.bark(ctx)
		}
	}
	return nil
}

// begin starts the pursuit's activity.
func (o *orderRun) begin(ctx workflow.Context, p pursuit) ear {
	if p.call == "" || (o.Blind && isQuestion(p.call)) {
		return ear{}
	}
	ctx, quiet := workflow.WithCancel(alipay(ctx, o.input.Request.AppID, p.summary))
	return ear{future: workflow.ExecuteActivity(ctx, p.call, p.input), quiet: quiet}
}

// settle takes the pursuit's answer, or does what its refusal asks for.
func (o *orderRun) settle(ctx workflow.Context, p pursuit, future workflow.Future) error {
	err := p.answered(future)
	if err == nil {
		return nil
	}
	if canceled := ctx.Err(); canceled != nil {
		return canceled
	}
	var stopped *temporal.CanceledError
	if errors.As(err, &stopped) {
		return nil
	}
	failure := activities.FailureOf(err)
	if p.refused != nil && p.refused(failure) {
		return nil
	}
	if isQuestion(p.call) {
		o.Blind = true
	}
	o.refused(ctx, failure)
	return nil
}

// isQuestion tells a question from an act. A question that Alipay refuses is not
// asked again at this stage until a person says so.
func isQuestion(call string) bool { return strings.HasPrefix(call, "Await") }

// refused does what the class of a refusal asks for.
func (o *orderRun) refused(ctx workflow.Context, failure *activities.Failure) {
	class := failure.Class
	if class == activities.FailureAuthorization && !o.Stage.NeedsAuthorization() {
		class = activities.FailurePermanent
	}
	switch class {
	case activities.FailureWait:
		o.Patient = true
		o.hold(ctx, order.HoldPipelineBusy, failure.Code, failure.Message, failure.Fields...)
	case activities.FailureFix:
		o.hold(ctx, order.HoldNeedsInput, failure.Code, failure.Message, failure.Fields...)
	case activities.FailureAuthorization:
		o.doubtToken(ctx, failure)
	case activities.FailurePermanent:
		o.hold(ctx, order.HoldNeedsOperator, failure.Code, failure.Message, failure.Fields...)
	}
}

// watch starts the stage's watchdog.
func (o *orderRun) watch(ctx workflow.Context) {
	after, set := o.input.Schedules.Watchdogs[o.Stage]
	if !set || o.Barked || o.Stage.Ended() {
		o.guard.close()
		return
	}
	visit := fmt.Sprint(o.Stage, o.StageSince.UnixNano())
	if o.guard.future != nil && o.guarded == visit {
		return
	}
	o.guard.close()
	left := max(after.Std()-o.now(ctx).Sub(o.StageSince), time.Millisecond)
	ctx, quiet := workflow.WithCancel(ctx)
	o.guarded = visit
	o.guard = ear{quiet: quiet, future: workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{
		Summary: "watchdog: asks for a person if the order is still " + string(o.Stage),
	})}
}

// bark asks for a person. It ends nothing: the order goes on listening and asking.
func (o *orderRun) bark(ctx workflow.Context) {
	o.guard.close()
	o.Barked = true
	if o.Hold == nil {
		o.hold(ctx, order.HoldNeedsOperator, watchdogCode,
			"the order has been at "+string(o.Stage)+" for longer than expected; Alipay is still asked")
	}
}

// watchdogCode is the code of the hold that a watchdog sets. It stops nothing.
const watchdogCode = "STILL_WAITING"

// stopped tells whether a hold stops the acting.
func (o *orderRun) stopped() bool {
	return o.Hold != nil && o.Hold.Code != watchdogCode && o.Hold.Kind != order.HoldPipelineBusy
}
