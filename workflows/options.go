package workflows

import (
	"math"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

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

// noLastAttempt lets an activity be tried for as long as its order lives.
const noLastAttempt = math.MaxInt32

// alipay gives the options of a call to Alipay. There is no last attempt: while
// an order lives, what can be tried again is, and the stage's watchdog asks for
// a person.
func alipay(ctx workflow.Context, appID, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           order.AlipayTaskQueue(appID),
		StartToCloseTimeout: attemptTimeout,
		HeartbeatTimeout:    heartbeatTimeout,
		Summary:             summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute,
			MaximumAttempts: noLastAttempt,
		},
	})
}

// outside gives the options of a call to the ISV's backend. When to stop trying is
// the activity's to say, since it knows the answers.
func outside(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           order.TaskQueue,
		StartToCloseTimeout: time.Minute,
		HeartbeatTimeout:    heartbeatTimeout,
		Summary:             summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute,
			MaximumAttempts: noLastAttempt,
		},
	})
}

// inside gives the options of an activity that speaks to Temporal.
func inside(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           order.TaskQueue,
		StartToCloseTimeout: time.Minute,
		HeartbeatTimeout:    heartbeatTimeout,
		Summary:             summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 500 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: time.Minute,
			MaximumAttempts: noLastAttempt,
		},
	})
}
