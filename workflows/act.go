package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// act is a call that changes something at Alipay, from its beginning until its
// truth is known.
type act struct {
	Call string `json:"call"`
	// Lost is when its answer was lost; zero while it is being made.
	Lost time.Time `json:"lost,omitzero"`
}

// do makes one call that changes something at Alipay. Once begun it is never
// abandoned: whatever people and messages want meanwhile, its answer is awaited and
// taken first, since what Alipay has done without our knowing is the one thing that
// no later question makes good. Claims wait that long too: the stage stays.
//
// A call whose answer is lost stays the order's act. Every act asks before it acts,
// so to make the same call again is to ask its truth.
func (o *orderRun) do(ctx workflow.Context, p pursuit) error {
	if o.paused(ctx, p.call) {
		return o.rest(ctx, p.call, o.Pauses.of(p.call).Next)
	}
	o.Act = &act{Call: p.call}
	o.dirty = true
	doing := pending{future: p.start(ctx)}
	for !doing.ready() {
		if err := o.attend(ctx, func() bool { return doing.ready() }, nil); err != nil {
			return err
		}
	}
	return o.settle(ctx, p, doing.future)
}

// settle takes an act's or a question's answer, or does what its refusal asks for.
func (o *orderRun) settle(ctx workflow.Context, p pursuit, future workflow.Future) error {
	before := o.progress()
	err := p.take(ctx, future)
	if err == nil {
		o.answeredAt(ctx, p, before)
		return nil
	}
	failure := activities.FailureOf(err)
	if p.kind == activities.KindQuestion {
		o.questionRefused(ctx, p, failure)
		return nil
	}
	o.actRefused(ctx, p, failure)
	return nil
}

// answeredAt ends an act, and the pause after its refusals. An answer that is no
// news would be asked for again at once: it counts as a refusal.
func (o *orderRun) answeredAt(ctx workflow.Context, p pursuit, before progress) {
	if p.kind == activities.KindAct {
		o.Act = nil
		before.act, before.lost = false, false // that it has ended is no news by itself
		o.dirty = true
		if o.holdKind() == order.HoldPipelineBusy { // what stood in the way has passed
			o.unhold(ctx)
		}
	}
	if o.progress() == before {
		o.pause(ctx, p.call, &activities.Failure{Class: activities.FailureUnknown, Code: "NO_NEWS", Message: "the answer changes nothing"})
		return
	}
	o.Pauses = o.Pauses.without(p.call)
}

func (o *orderRun) questionRefused(ctx workflow.Context, p pursuit, failure *activities.Failure) {
	if p.refused != nil && p.refused(ctx, failure) {
		return
	}
	if failure.Class != activities.FailureAuthorization {
		o.Visit.QuestionRefused = true
	}
	o.refused(ctx, p.call, failure)
}

// actRefused ends an act that Alipay has refused. One that nobody knows the end of
// stays, and is made again after a pause.
func (o *orderRun) actRefused(ctx workflow.Context, p pursuit, failure *activities.Failure) {
	o.dirty = true
	switch {
	case failure.Class == activities.FailureReset:
		o.wasReset(ctx, failure)
		return
	case failure.Code == activities.CodeOrphaned:
		o.Act, o.Claimed = nil, false
		o.pause(ctx, p.call, failure)
		return
	case failure.Class == activities.FailureUnknown && !failure.Traceless:
		o.Act.Lost = o.now(ctx)
		o.Unheard = o.Unheard || p.call == activities.CreateMiniProgram.Name
		o.pause(ctx, p.call, failure)
		return
	}
	o.Act = nil
	if p.call == activities.CreateMiniProgram.Name && failure.Decided {
		o.Unheard = false
	}
	if p.refused != nil && p.refused(ctx, failure) {
		return
	}
	o.refused(ctx, p.call, failure)
}

// wasReset keeps an act that found itself in another run: an operator has reset this
// one, and the act was not done.
func (o *orderRun) wasReset(ctx workflow.Context, failure *activities.Failure) {
	o.Act.Lost = o.now(ctx)
	o.Unheard = o.Unheard || o.Act.Call == activities.CreateMiniProgram.Name
	o.pauseAfterRepeats(ctx, o.Act.Call, failure)
	o.afterReset(ctx, failure.Run)
}

// lookForReset tells whether an operator has reset this run, where no act has found
// that out yet. The answer is recorded: whoever replays the run after a reset is in
// another one.
func (o *orderRun) lookForReset(ctx workflow.Context) bool {
	var run activities.Run
	err := workflow.SideEffect(ctx, func(ctx workflow.Context) any {
		return workflow.GetInfo(ctx).WorkflowExecution.RunID
	}).Get(&run)
	if err != nil || o.run == "" || run == o.run {
		return false
	}
	o.afterReset(ctx, run)
	return true
}

// afterReset takes note of a reset. What the run did before stands at Alipay: every
// act asks before it acts, and the numbers of the order's versions are recorded with
// its mini program. That may be another order's by now, so it is claimed again.
func (o *orderRun) afterReset(ctx workflow.Context, run activities.Run) {
	o.run, o.Earlier, o.Claimed = run, true, false
	if o.Stage == order.StageBuilding {
		o.beginBuild()
	}
	o.happened(ctx, order.TimelineItem{Event: order.HappenedNotification, Note: "an operator has reset this workflow; Alipay is asked what stands there"})
}

// lost tells whether a call's answer was lost.
func (o *orderRun) lost(call string) bool {
	return o.Act != nil && o.Act.Call == call && !o.Act.Lost.IsZero()
}

// callName is a call to Alipay in Alipay's words, for people.
func (o *orderRun) callName(call string) string {
	return activities.MethodOf(call, o.input.Request.Kind)
}
