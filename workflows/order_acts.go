package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// act is a call that changes something at Alipay, from its beginning until its
// truth is known. It is carried, because a run that ends between the call and its answer
// must not leave the next one in the belief that nothing was done.
type act struct {
	Call string `json:"call"`
	// Lost is when its answer was lost; zero while it is being made. Whether it was done is then
	// asked of Alipay.
	Lost time.Time `json:"lost,omitzero"`
}

// actRefused ends an act that Alipay has refused. One that nobody knows the end of
// stays, and is made again after a pause.
func (o *orderRun) actRefused(ctx workflow.Context, p pursuit, failure *activities.Failure) {
	o.dirty = true
	if failure.Number != "" {
		o.Version.AppVersion, o.Reserved = failure.Number, true
	}
	switch {
	case failure.Class == activities.FailureObserving:
		o.Act = nil
		o.observing(ctx)
		return
	case failure.Class == activities.FailureReset:
		o.wasReset(ctx, failure)
		return
	case failure.Code == activities.CodeOrphaned: // the workflow of its mini program is gone, which claiming starts again
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
	if p.call == activities.CreateMiniProgram.Name && failure.Decided { // Alipay itself said no: nothing was created
		o.Unheard = false
	}
	if p.refused != nil && p.refused(ctx, failure) {
		return
	}
	o.refused(ctx, p.call, failure)
}

// A reset by an operator replays a run up to a point and goes on from there in another
// run. What the run did after that point is gone from its history, but not from Alipay.

// wasReset keeps an act that found itself in another run: an operator has reset this one, and the
// act was not done here, but perhaps before the reset.
func (o *orderRun) wasReset(ctx workflow.Context, failure *activities.Failure) {
	o.Act.Lost = o.now(ctx)
	o.Unheard = o.Unheard || o.Act.Call == activities.CreateMiniProgram.Name
	o.pauseAfterRepeats(ctx, o.Act.Call, failure)
	o.afterReset(ctx, failure.Run)
}

// lookForReset reports whether an operator has reset this run, where no act has found
// that out yet. The answer is recorded, since a replay after a reset runs in another one.
func (o *orderRun) lookForReset(ctx workflow.Context) bool {
	var run activities.Run
	err := workflow.SideEffect(ctx, func(ctx workflow.Context) any {
		return workflow.GetInfo(ctx).WorkflowExecution.RunID
	}).Get(&run)
	if err != nil || o.runID == "" || run == o.runID {
		return false
	}
	o.afterReset(ctx, run)
	return true
}

// afterReset takes note of a reset. What the run did before stands at Alipay: every
// act asks before it acts, and the numbers of the order's versions are recorded with
// its mini program. That may be another order's by now, so it is claimed again.
func (o *orderRun) afterReset(ctx workflow.Context, run activities.Run) {
	o.runID, o.Earlier, o.Claimed = run, true, false
	if o.Stage == order.StageBuilding {
		o.beginBuild()
	}
	o.happened(ctx, order.TimelineItem{Event: order.HappenedNotification, Note: words.New("note.reset")})
}

func (o *orderRun) lost(call string) bool {
	return o.Act != nil && o.Act.Call == call && !o.Act.Lost.IsZero()
}

// callName returns a call to Alipay in Alipay's words, which people find in its console and its
// documents.
func (o *orderRun) callName(call string) string {
	return activities.MethodOf(call, o.input.Request.Kind)
}
