package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// The event loop of an order. A stage pursues one thing: a call, or nothing but time. As
// long as that has no answer, attend waits for what comes first and deals with it:
//
//	the pursuit's answer ─────────── resolve ── adopt the truth, or what the refusal asks for
//	a signal, a command ──────────── changes the state beside the loop, and counts a turn
//	a message that asserts a fact ── confirm ── Alipay is asked; confirmed takes its answer
//	the stage's watchdog ─────────── escalate
//	a doubt about the token ──────── doubtArrived
//	copies of reviewers' pictures ── picturesCopied
//	the trial's certification ────── certified
//	something that people see ────── publish
//	a message that is not ours ───── dispatch ── becomes a Delivery
//
// A question is given up as soon as the stage or the turn has changed, because it changes
// nothing at Alipay and can be asked again. An act is never given up.

// pursuit is one thing an order does at a stage while it goes on listening: an
// act (see do), a question that is asked until its answer is news, or a wait.
type pursuit struct {
	call string
	kind activities.Kind
	// start starts the call, and take takes its answer. They are closures, because pursuit has no types of its own.
	start func(workflow.Context) workflow.Future
	take  func(workflow.Context, workflow.Future) error
	until time.Time
	// refused, when set, is asked first what to do about a failure, and reports whether it knew:
	// some refusals mean something at one stage alone.
	refused func(workflow.Context, *activities.Failure) bool
}

// calling is the pursuit of a call. Input and answer have the call's own types, so that
// a wrong one does not compile.
func calling[Input, Answer any](o *orderRun, call activities.Call[Input, Answer], input Input, summary words.Text, answered func(workflow.Context, Answer)) pursuit {
	return pursuit{
		call: call.Name, kind: call.Kind,
		start: func(ctx workflow.Context) workflow.Future {
			return durable.Start(ctx, o.input.Request.AppID, call, input, o.say(summary))
		},
		take: func(ctx workflow.Context, future workflow.Future) error {
			answer, err := durable.AnswerTo(ctx, call, future)
			if err == nil {
				o.tried(ctx, call.Name, answerOf(call.Kind, answer), nil)
				answered(ctx, answer)
				return nil
			}
			o.tried(ctx, call.Name, words.Text{}, activities.FailureOf(err))
			return err
		},
	}
}

// onRefusal asks refused first what to do when the call is refused: some refusals mean
// something at one stage alone.
func (p pursuit) onRefusal(refused func(workflow.Context, *activities.Failure) bool) pursuit {
	p.refused = refused
	return p
}

// wait waits until something makes the order look at its situation again. It costs the history
// nothing.
func (o *orderRun) wait(ctx workflow.Context) error {
	o.doze()
	return o.pursue(ctx, pursuit{})
}

// pursue makes a call, or only waits. It returns once there is an answer, the stage has
// moved, or something makes the order look at its situation again. A call that was
// refused is not made before its pause is over.
func (o *orderRun) pursue(ctx workflow.Context, p pursuit) error {
	if p.call != "" && o.paused(ctx, p.call) {
		return o.rest(ctx, p.call, o.Pauses.of(p.call).Next)
	}
	if p.kind == activities.KindAct {
		return o.do(ctx, p)
	}
	work, confirming := o.begin(ctx, p), &confirmation{}
	err := o.await(ctx, p, &work, confirming)
	// Not deferred: a run that a worker puts out of its memory has its deferred calls
	// made as well, and those would touch what other coroutines of it touch.
	confirming.Close()
	work.Close()
	return err
}

// do makes one call that changes something at Alipay. Once begun it is never
// abandoned: no matter what people and messages want meanwhile, its answer is awaited and
// taken first, since what Alipay has done without our knowing is the one thing that
// no later question makes good. Assertions wait that long too: the stage stays.
//
// A call whose answer is lost stays the order's act. Every act asks before it acts,
// so to make the same call again is to ask its truth.
func (o *orderRun) do(ctx workflow.Context, p pursuit) error {
	o.Act = &act{Call: p.call}
	o.dirty, o.asleep = true, nil
	doing := durable.Pending{Future: p.start(ctx)}
	for !doing.Ready() {
		if err := o.attend(ctx, doing.Ready, nil); err != nil {
			return err
		}
	}
	o.resolve(ctx, p, doing.Future)
	return nil
}

// begin starts what a question, or a wait, waits for beside everything else. A question
// that Alipay has refused at this visit is not asked: the order listens all the same.
func (o *orderRun) begin(ctx workflow.Context, p pursuit) durable.Pending {
	switch {
	case p.call == "" && p.until.IsZero():
		return durable.Pending{}
	case p.call == "":
		return durable.Waiting(ctx, p.until.Sub(o.now(ctx)), o.say(words.New("do.pause")))
	case o.Visit.QuestionRefused:
		return durable.Pending{}
	}
	ctx, cancel := workflow.WithCancel(ctx)
	return durable.Pending{Future: p.start(ctx), Cancel: cancel}
}

// await listens until a question or a wait is over, or is to be looked at again. A crowded
// history ends it too, since a question can last for weeks.
func (o *orderRun) await(ctx workflow.Context, p pursuit, work *durable.Pending, confirming *confirmation) error {
	stage, turn := o.Stage, o.turn
	for o.Stage == stage && o.turn == turn && !o.crowded(ctx) {
		if err := o.attend(ctx, func() bool {
			return work.Ready() || o.turn != turn || o.Stage != stage
		}, confirming); err != nil {
			return err
		}
		if work.Ready() {
			if p.call != "" {
				o.resolve(ctx, p, work.Future)
			}
			return nil
		}
	}
	return nil
}

// attend waits for done, or for something that has to be dealt with beside it, and
// deals with that. Assertions are confirmed only where confirming is not nil.
func (o *orderRun) attend(ctx workflow.Context, done func() bool, confirming *confirmation) error {
	if o.sleeps {
		o.drain(ctx) // so that what has come is shown once
	}
	o.publish(ctx)
	o.watch(ctx)
	o.sendDoubt(ctx)
	o.copyPictures(ctx)
	if confirming != nil {
		if o.sleeps {
			o.askCertification(ctx)
		} else {
			o.watchCertification(ctx)
		}
		o.confirm(ctx, confirming)
	}
	calm := func() bool {
		return confirming == nil || !confirming.Ready() && !o.certification.Ready() && !confirming.wanted(o)
	}
	if err := workflow.Await(ctx, func() bool {
		return done() || !calm() || o.watchdog.Ready() || o.doubting.Ready() || o.copying.Ready() || o.dirty || len(o.Outbox) > 0
	}); err != nil {
		return err
	}
	switch {
	case len(o.Outbox) > 0:
		return o.dispatch(ctx)
	case done():
	case o.doubting.Ready():
		o.doubtArrived(ctx)
	case o.copying.Ready():
		o.picturesCopied(ctx)
	case o.watchdog.Ready():
		o.escalate(ctx)
	case confirming == nil:
	case confirming.Ready():
		o.confirmed(ctx, confirming)
	case o.certification.Ready():
		o.certified(ctx)
	}
	return nil
}

// resolve takes an act's or a question's answer, or does what its refusal asks for. What
// the answer has changed is compared, so that one that changes nothing does not lead to
// the same call at once.
func (o *orderRun) resolve(ctx workflow.Context, p pursuit, future workflow.Future) {
	before := o.progress()
	err := p.take(ctx, future)
	switch {
	case err == nil:
		o.answered(ctx, p, before)
	case p.kind == activities.KindAct:
		o.actRefused(ctx, p, activities.FailureOf(err))
	default:
		o.questionRefused(ctx, p, activities.FailureOf(err))
	}
}

// answered ends an act, and the pause after its refusals. An answer that is not
// news would be asked for again at once: it counts as a refusal.
func (o *orderRun) answered(ctx workflow.Context, p pursuit, before progress) {
	if p.kind == activities.KindAct {
		o.Act = nil
		before.act, before.lost = false, false // that it has ended is not news by itself
		o.dirty = true
		if o.holdKind() == order.HoldPipelineBusy { // what stood in the way has passed
			o.unhold(ctx)
		}
	}
	if o.progress() == before {
		o.pause(ctx, p.call, &activities.Failure{Class: activities.FailureUnknown, Code: "NO_NEWS", Message: words.New("failure.no_news")})
		return
	}
	o.Pauses = o.Pauses.without(p.call)
}

// questionRefused keeps a refused question from being asked again at this visit: Alipay
// would refuse it again, and a message is taken at its word meanwhile. A refused token is
// another matter, which its mini program looks into.
func (o *orderRun) questionRefused(ctx workflow.Context, p pursuit, failure *activities.Failure) {
	if p.refused != nil && p.refused(ctx, failure) {
		return
	}
	if failure.Class != activities.FailureAuthorization {
		o.Visit.QuestionRefused = true
	}
	o.refused(ctx, p.call, failure)
}
