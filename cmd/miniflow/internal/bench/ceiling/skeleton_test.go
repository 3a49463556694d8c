package ceiling

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/grpc"

	"miniflow/cmd/miniflow/internal/bench/measure"
)

// TestTheSkeletonHasItsShape counts what the skeleton does. These numbers are those of a happy
// order at commit cb5d7e1, which later ones are held against: they are never lowered.
func TestTheSkeletonHasItsShape(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(skeleton)
	env.RegisterActivity(stepActivity)
	var activities, timers, upserts, memos, signals, input, result int
	env.SetOnActivityStartedListener(func(_ *activity.Info, _ context.Context, args converter.EncodedValues) {
		activities++
		var got stepInput
		if err := args.Get(&got); err != nil {
			t.Error(err)
		}
		input += len(got.Text) + 2
		result += got.Result
	})
	env.SetOnTimerScheduledListener(func(_ string, duration time.Duration) {
		if duration == watchdog {
			timers++
		}
	})
	env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(mock.Arguments) { upserts++ }).Return(nil)
	env.OnUpsertMemo(mock.Anything).Run(func(args mock.Arguments) {
		memos++
		if size := len(args.Get(0).(map[string]any)[summary].(string)); size != memoSize-2 {
			t.Errorf("a memo has %d bytes", size)
		}
	}).Return(nil)
	for i, size := range SignalSizes() {
		signals++
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(signalName, text(size)) }, time.Duration(i+1)*time.Second)
	}
	env.ExecuteWorkflow(skeleton, text(inputSize))
	var answer string
	if err := env.GetWorkflowResult(&answer); err != nil || len(answer)+2 != resultSize {
		t.Fatalf("a result of %d bytes: %v", len(answer)+2, err)
	}
	if activities != 11 || signals != 5 || upserts != 6 || memos != 6 || timers != 11 {
		t.Errorf("%d activities, %d signals, %d upserts, %d memos, %d timers", activities, signals, upserts, memos, timers)
	}
	if input != 4181 || result != 574 {
		t.Errorf("the activities take %d bytes and return %d", input, result)
	}
}

// TestTheSkeletonWaitsForEachSignal keeps the last one back.
func TestTheSkeletonWaitsForEachSignal(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(skeleton)
	env.RegisterActivity(stepActivity)
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil)
	env.OnUpsertMemo(mock.Anything).Return(nil)
	for i := range len(SignalSizes()) - 1 {
		env.RegisterDelayedCallback(func() { env.SignalWorkflow(signalName, text(24)) }, time.Duration(i+1)*time.Second)
	}
	env.SetTestTimeout(2 * time.Second)
	env.SetWorkflowRunTimeout(time.Minute)
	env.ExecuteWorkflow(skeleton, text(inputSize))
	if err := env.GetWorkflowError(); err == nil {
		t.Error("it ended without its last signal")
	}
}

// TestTheWorkerAnswersWhatItHasAsked speaks the protocol between bench and its worker.
func TestTheWorkerAnswersWhatItHasAsked(t *testing.T) {
	c := counter{calls: measure.Requests{}}
	invoke := func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error { return nil }
	for _, method := range []string{"RespondWorkflowTaskCompleted", "RespondWorkflowTaskCompleted", "PollWorkflowTaskQueue"} {
		if err := c.intercept(t.Context(), "/temporal.api.workflowservice.v1.WorkflowService/"+method, nil, nil, nil, invoke); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := c.answer(strings.NewReader("requests\n"), &out); err != nil {
		t.Fatal(err)
	}
	// One line when it begins to work, one for the question; the end of its input ends it.
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %s", len(lines), &out)
	}
	got := measure.Requests{}
	if err := json.Unmarshal([]byte(lines[1]), &got); err != nil || got["RespondWorkflowTaskCompleted"] != 2 || len(got) != 1 {
		t.Errorf("%v: %v", got, err)
	}
}
