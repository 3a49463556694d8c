package workflows

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

// noLastAttempt keeps Temporal from giving up on an activity. While an order lives,
// what can be tried again is, and the stage's watchdog asks for a person.
const noLastAttempt = math.MaxInt32

// start starts a call for an app. The call's kind decides where it runs and how it is
// tried again; its type decides what it takes.
func start[Input, Answer any](ctx workflow.Context, appID string, call activities.Call[Input, Answer], input Input, summary string) workflow.Future {
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options(call.Kind, appID, summary)), call.Name, input)
}

// answerTo waits for the answer to a call.
func answerTo[Input, Answer any](ctx workflow.Context, _ activities.Call[Input, Answer], future workflow.Future) (Answer, error) {
	var answer Answer
	err := future.Get(ctx, &answer)
	return answer, err
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
	case activities.KindInside: // Temporal is near and answers soon again
		retry.InitialInterval, retry.MaximumInterval = 500*time.Millisecond, time.Minute
	case activities.KindOutside: // when to stop is the activity's decision, which knows the backend's answers
	case activities.KindLasting: // ends only to be elected again
		chosen.TaskQueue, chosen.StartToCloseTimeout, chosen.WaitForCancellation = order.LongConnectionTaskQueue(appID), connectionTerm, true
		retry.BackoffCoefficient, retry.MaximumInterval = 1, 0
	}
	return chosen
}

// pending is a future that is awaited beside everything else.
type pending struct {
	future workflow.Future
	cancel workflow.CancelFunc
}

// ready reports whether there is something to take.
func (p *pending) ready() bool { return p.future != nil && p.future.IsReady() }

// close gives up what is awaited.
func (p *pending) close() {
	if p.cancel != nil {
		p.cancel()
	}
	*p = pending{}
}
