package durable

import (
	"math"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// Time-outs of one attempt. A worker that dies is noticed by its missing
// heartbeat, long before the attempt's own end. The SDK sends a heartbeat when four
// fifths of its time are over at the earliest, so the last fifth has to do for a
// busy machine.
const (
	attemptTimeout   = 2 * time.Minute
	heartbeatTimeout = 30 * time.Second
)

// connectionTerm is how long one process may keep a long connection before the next
// is asked. It has to end some time; a change of hands once a month costs a second.
const connectionTerm = 30 * 24 * time.Hour

// sweepTerm is more than asking about every order that waits ever takes.
const sweepTerm = 7 * 24 * time.Hour

// robotTimeout bounds one post to a robot with the wait for its turn, and robotTerm all tries of it.
const (
	robotTimeout = 2 * time.Minute
	robotTerm    = 10 * time.Minute
)

// firstPriority is Temporal's for what goes before the rest of a queue.
const firstPriority = 1

// noLastAttempt keeps Temporal from giving up on an activity. While an order lives,
// what can be tried again is, and the stage's watchdog asks for a person.
const noLastAttempt = math.MaxInt32

// Start starts a call for an app. The call's kind decides where it runs and how it is tried again,
// so that no caller can choose a queue without Alipay's rate.
func Start[Input, Answer any](ctx workflow.Context, appID string, call activities.Call[Input, Answer], input Input, summary string) workflow.Future {
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options(call.Kind, appID, summary)), call.Name, input)
}

// AnswerTo waits for the answer to a call. It takes the call for its types alone, so that
// an answer is read as what the call returns.
func AnswerTo[Input, Answer any](ctx workflow.Context, _ activities.Call[Input, Answer], future workflow.Future) (Answer, error) {
	var answer Answer
	err := future.Get(ctx, &answer)
	return answer, err
}

// Times of a call inside a workflow task. Together they end well before the task has to say that it
// goes on, so that no signal overtakes the answer.
const (
	nearTimeout = 2 * time.Second
	nearWithin  = 4 * time.Second
	nearTries   = 2
)

// Near makes a call to Temporal inside the workflow task that needs it, which saves the call a task
// of its own and its events. Temporal answers such a call in milliseconds; where it does not, the
// caller takes a way that can wait.
func Near[Input, Answer any](ctx workflow.Context, call activities.Call[Input, Answer], input Input, summary string) (Answer, error) {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: nearTimeout, ScheduleToCloseTimeout: nearWithin, Summary: summary,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 100 * time.Millisecond, BackoffCoefficient: 1, MaximumAttempts: nearTries},
	})
	return AnswerTo(ctx, call, workflow.ExecuteLocalActivity(ctx, call.Name, input))
}

// options returns where and how a call of a kind runs. Alipay's rate limit is one for
// the whole application, so its calls have a task queue for each app.
func options(kind activities.Kind, appID, summary string) workflow.ActivityOptions {
	retry := temporal.RetryPolicy{
		InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute, MaximumAttempts: noLastAttempt,
	}
	chosen := workflow.ActivityOptions{
		TaskQueue: order.TaskQueue, StartToCloseTimeout: time.Minute, HeartbeatTimeout: heartbeatTimeout,
		Summary: summary, RetryPolicy: &retry,
	}
	switch kind {
	case activities.KindAct, activities.KindQuestion:
		chosen.TaskQueue, chosen.StartToCloseTimeout = order.AlipayTaskQueue(appID), attemptTimeout
	case activities.KindUndo:
		chosen.TaskQueue, chosen.StartToCloseTimeout = order.AlipayTaskQueue(appID), attemptTimeout
		chosen.Priority.PriorityKey = firstPriority
		retry.MaximumInterval = time.Minute
	case activities.KindInside: // Temporal is near and answers soon again
		retry.InitialInterval, retry.MaximumInterval = 500*time.Millisecond, time.Minute
	case activities.KindOutside: // when to stop is the activity's decision, which knows the backend's answers
	case activities.KindLasting: // ends only to be elected again
		chosen.TaskQueue, chosen.StartToCloseTimeout, chosen.WaitForCancellation = order.LongConnectionTaskQueue(appID), connectionTerm, true
		retry.BackoffCoefficient, retry.MaximumInterval = 1, 0
	case activities.KindSweep: // its heartbeat says where it goes on, so its own end is of no use
		chosen.TaskQueue, chosen.StartToCloseTimeout = order.SweepTaskQueue(appID), sweepTerm
		retry.MaximumInterval = time.Minute
	case activities.KindTell: // its answer is the state in which the next goes on, so it is awaited
		chosen.TaskQueue, chosen.StartToCloseTimeout, chosen.WaitForCancellation = order.WebhookTaskQueue(appID), sweepTerm, true
		retry.MaximumInterval = time.Minute
	case activities.KindRobot: // not too soon: a robot takes twenty messages a minute
		chosen.StartToCloseTimeout, chosen.HeartbeatTimeout, chosen.ScheduleToCloseTimeout = robotTimeout, 0, robotTerm
		retry.InitialInterval, retry.MaximumInterval = 5*time.Second, 2*time.Minute
	}
	return chosen
}

// Pending is a future that is awaited beside everything else. The zero value awaits nothing, so
// that a loop needs no case for what is not under way.
type Pending struct {
	Future workflow.Future
	Cancel workflow.CancelFunc
}

// Ready reports whether there is something to take. Nothing awaited is never ready.
func (p *Pending) Ready() bool { return p.Future != nil && p.Future.IsReady() }

// Close gives up what is awaited. A timer that is not cancelled would still wake the workflow, in
// weeks perhaps.
func (p *Pending) Close() {
	if p.Cancel != nil {
		p.Cancel()
	}
	*p = Pending{}
}

// Asking starts a call that can be given up, which is safe for a question: it changes
// nothing.
func Asking[Input, Answer any](ctx workflow.Context, appID string, call activities.Call[Input, Answer], input Input, summary string) Pending {
	ctx, cancel := workflow.WithCancel(ctx)
	return Pending{Future: Start(ctx, appID, call, input, summary), Cancel: cancel}
}

// Waiting starts a timer that can be given up. The Temporal UI shows what it is for.
func Waiting(ctx workflow.Context, left time.Duration, summary string) Pending {
	ctx, cancel := workflow.WithCancel(ctx)
	return Pending{Future: workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{Summary: summary}), Cancel: cancel}
}

// Each takes everything that is in a channel. Each signal is read into a value of its
// own, since a member that it leaves out would keep what the one before had there.
func Each[Signal any](channel workflow.ReceiveChannel, take func(Signal)) {
	for {
		var signal Signal
		if !channel.ReceiveAsync(&signal) {
			return
		}
		take(signal)
	}
}
