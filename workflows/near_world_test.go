package workflows_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"miniflow/activities"
	"miniflow/order"
)

// Calls inside a workflow task, as a Temporal client makes them: on the environment's own loop,
// since they come from beside it.

// claims numbers the updates that claim, over all tests.
var claims atomic.Int64

// claimAnswer receives what becomes of a claim.
type claimAnswer chan any

func (c claimAnswer) Accept()          {}
func (c claimAnswer) Reject(err error) { c <- err }
func (c claimAnswer) Complete(success any, err error) {
	if err != nil {
		c <- err
		return
	}
	c <- success
}

// takeCharge updates the mini program that a claim is about. What is started beside the order may
// not have begun yet.
func takeCharge(env *testsuite.TestWorkflowEnvironment, call activities.ClaimCall) (order.AuthorizationChange, error) {
	answers := make(claimAnswer, 1)
	env.RegisterDelayedCallback(func() {
		id := order.MiniProgramWorkflowID(call.MiniProgram.AppID, call.MiniProgram.MiniAppID)
		update := fmt.Sprint("claim", claims.Add(1))
		if err := env.UpdateWorkflowByID(id, order.ClaimUpdate, update, answers, order.Claim{OutOrderNo: call.Order.OutOrderNo}); err != nil {
			answers <- err
		}
	}, time.Millisecond)
	switch answer := (<-answers).(type) {
	case order.AuthorizationChange:
		return answer, nil
	case error:
		return order.AuthorizationChange{}, answer
	default:
		return order.AuthorizationChange{}, fmt.Errorf("a claim was answered %v", answer)
	}
}

// signalled delivers a signal and says whether there was anybody to get it. Other orders are only
// names in these stories: they neither get a signal nor are gone.
func signalled(env *testsuite.TestWorkflowEnvironment, call activities.SignalCall) error {
	if call.Signal != order.EndSignal && call.WorkflowID != order.WorkflowID(appID, outNo) {
		return temporal.NewNonRetryableApplicationError("it is not of this story", "", nil)
	}
	delivered := make(chan error, 1)
	env.RegisterDelayedCallback(func() { delivered <- env.SignalWorkflowByID(call.WorkflowID, call.Signal, carriedBy(call)) }, 0)
	if err := <-delivered; err != nil {
		return gone(err)
	}
	return nil
}

func gone(err error) error {
	return temporal.NewNonRetryableApplicationError(err.Error(), activities.SignalGone, nil)
}

func carriedBy(call activities.SignalCall) any {
	switch {
	case call.Notification != nil:
		return *call.Notification
	case call.Authorization != nil:
		return *call.Authorization
	}
	return *call.End
}

// near are the calls inside a task that a world needs.
func near(env *testsuite.TestWorkflowEnvironment) map[string]any {
	return map[string]any{
		activities.TakeCharge.Name: func(_ context.Context, call activities.ClaimCall) (order.AuthorizationChange, error) {
			return takeCharge(env, call)
		},
		activities.Signal.Name: func(_ context.Context, call activities.SignalCall) error { return signalled(env, call) },
	}
}
