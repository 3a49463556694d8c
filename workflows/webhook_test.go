package workflows_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/tell"
	"miniflow/words"
	"miniflow/workflows"
	"miniflow/workflows/webhook"
)

// While an activity runs, the environment keeps to the wall clock: these stories take milliseconds.

// hooked is a Webhook with an activity that tells nobody until it is cancelled. What that returns then
// the environment drops, unlike a server.
type hooked struct {
	env    *testsuite.TestWorkflowEnvironment
	mu     sync.Mutex
	begun  []tell.State
	failed error // of the next call
}

func newHooked(t *testing.T) *hooked {
	t.Helper()
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	h := &hooked{env: suite.NewTestWorkflowEnvironment()}
	h.env.SetWorkflowRunTimeout(forEver)
	workflows.Register(h.env)
	h.env.RegisterActivityWithOptions(func(ctx context.Context, call activities.TellCall) (tell.State, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.begun = append(h.begun, call.State)
		if err := h.failed; err != nil {
			h.failed = nil
			return tell.State{}, err
		}
		h.mu.Unlock()
		<-ctx.Done()
		h.mu.Lock()
		return call.State, nil
	}, activity.RegisterOptions{Name: activities.Tell.Name})
	return h
}

// wants sends an instruction and reports its end.
func (h *hooked) wants(t *testing.T, when time.Duration, wanted tell.Instruction, done func(tell.State, error)) {
	h.env.RegisterDelayedCallback(func() {
		h.env.UpdateWorkflow(order.WebhookUpdate, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { done(tell.State{}, err) },
			OnComplete: func(result any, err error) {
				state, ok := result.(tell.State)
				if err == nil && !ok {
					t.Errorf("it is answered %T", result)
				}
				done(state, err)
			},
		}, wanted)
	}, when)
}

// TestAWebhookDoesWhatIsWanted between two calls, with the state in which the first ended.
func TestAWebhookDoesWhatIsWanted(t *testing.T) {
	h := newHooked(t)
	var answered []string
	note := func(_ tell.State, err error) {
		if err != nil {
			answered = append(answered, err.Error())
			return
		}
		answered = append(answered, "ok")
	}
	h.wants(t, 100*time.Millisecond, tell.Instruction{Action: tell.ActionResend, OutOrderNo: "A"}, note)
	h.wants(t, 200*time.Millisecond, tell.Instruction{Action: "repeat"}, note)
	h.wants(t, 300*time.Millisecond, tell.Instruction{Action: tell.ActionEnable}, note)
	h.env.RegisterDelayedCallback(h.env.CancelWorkflow, 500*time.Millisecond)
	disabled := tell.State{Through: h.env.Now(), Disabled: &tell.Disabled{Reason: "410"}}
	h.env.ExecuteWorkflow(order.WebhookWorkflowType, webhook.Input{AppID: appID, State: disabled})
	if diff := cmp.Diff([]string{"ok", "the action is enable or resend", "ok"}, answered); diff != "" {
		t.Error(diff)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if last := h.begun[len(h.begun)-1]; len(last.Waiting) != 1 || last.Disabled != nil || len(h.begun) < 2 || h.begun[len(h.begun)-2].Disabled == nil {
		t.Errorf("%+v", h.begun)
	}
	if err := h.env.GetWorkflowError(); !temporal.IsCanceledError(err) {
		t.Errorf("ended %v", err)
	}
}

// TestAWebhookForgetsNothing when a call fails, and when its history is long.
func TestAWebhookForgetsNothing(t *testing.T) {
	h := newHooked(t)
	h.failed = temporal.NewNonRetryableApplicationError("no such thing", "", nil)
	known := tell.State{Through: h.env.Now().Add(-time.Hour), Dead: []tell.Dead{{OutOrderNo: "A"}}}
	h.wants(t, time.Minute+50*time.Millisecond, tell.Instruction{Action: tell.ActionResend, Dead: true}, func(_ tell.State, err error) {
		if err != nil {
			t.Error(err)
		}
	})
	h.env.RegisterDelayedCallback(func() { h.env.SetCurrentHistoryLength(10) }, time.Minute+20*time.Millisecond)
	h.env.ExecuteWorkflow(order.WebhookWorkflowType, webhook.Input{AppID: appID, State: known, CrowdedAt: 10, Language: words.Chinese})
	var next *workflow.ContinueAsNewError
	if err := h.env.GetWorkflowError(); !errors.As(err, &next) {
		t.Fatalf("ended %v", err)
	}
	var input webhook.Input
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &input); err != nil || input.AppID != appID || input.Language != words.Chinese || input.CrowdedAt != 10 {
		t.Errorf("it carries %+v: %v", input, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.begun) < 2 || !h.begun[1].Through.Equal(known.Through) || len(h.begun[1].Dead) != 1 {
		t.Errorf("after a call that failed: %+v", h.begun)
	}
}

// TestAWebhookGoesOnFromTheLastHeartbeat of a process that died, where no other attempt does.
func TestAWebhookGoesOnFromTheLastHeartbeat(t *testing.T) {
	h := newHooked(t)
	long := tell.State{Through: h.env.Now().Add(-24 * time.Hour)}
	last := tell.State{Through: h.env.Now(), Posts: 7}
	// Cut off by what is not tried again, since the environment tries a time-out again.
	h.failed = temporal.NewNonRetryableApplicationError("it died", "", temporal.NewHeartbeatTimeoutError(last))
	h.wants(t, 100*time.Millisecond, tell.Instruction{Action: tell.ActionEnable}, func(_ tell.State, err error) {
		if err != nil {
			t.Error(err)
		}
	})
	h.env.RegisterDelayedCallback(h.env.CancelWorkflow, 300*time.Millisecond)
	h.env.ExecuteWorkflow(order.WebhookWorkflowType, webhook.Input{AppID: appID, State: long})
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.begun) < 2 || h.begun[1].Posts != 7 || !h.begun[1].Through.Equal(last.Through) {
		t.Errorf("%+v", h.begun)
	}
}
