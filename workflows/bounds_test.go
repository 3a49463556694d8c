package workflows

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// carriedLimit is the promise: a quarter of what Temporal takes.
const carriedLimit = 512 << 10

// inWorkflow runs f as a workflow, because what fills a state asks its clock.
func inWorkflow(t *testing.T, f func(workflow.Context)) {
	t.Helper()
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute}) // a flood in one task takes a while
	env.RegisterActivityWithOptions(func(context.Context, order.DeliveryInput) error { return nil },
		activity.RegisterOptions{Name: activities.StartDelivery.Name})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error { f(ctx); return nil }, workflow.RegisterOptions{Name: "fill"})
	env.ExecuteWorkflow("fill")
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
}

func sealed(bytes int) order.Sealed { return order.Sealed(strings.Repeat("s", (bytes+28)*4/3+32)) }

// nasty is text that takes six bytes a character in JSON.
func nasty(length int) string { return strings.Repeat("<", length) }

// message is the largest that a door lets through.
func largest(i int) order.Notification {
	reasons, _ := order.CutReasons([]order.Reason{{Part: "base", Memo: nasty(9000), Images: []string{nasty(900)}}})
	return order.Notification{
		NotificationKey: order.NotificationKey{AppID: "2021999999999999", NotifyID: fmt.Sprintf("%0128d", i), Digest: strings.Repeat("d", 64)},
		Name:            strings.Repeat("n", 128), OutOrderNo: strings.Repeat("o", 32), Content: sealed(4 << 10),
		Evidence: order.Evidence{Verdict: order.VerdictRejected, Reasons: reasons},
	}
}

// TestAnOrderStaysSmall: whatever is thrown at it, for as long as it likes, what it carries is bounded.
func TestAnOrderStaysSmall(t *testing.T) {
	inWorkflow(t, func(ctx workflow.Context) {
		o := &orderRun{input: order.Input{Schedules: order.DefaultSchedules()}, orderState: newOrderState(order.Input{Request: order.Request{
			Create: []order.Sealed{sealed(order.MaxCreateBytes)}, Version: order.Version{Ext: sealed(order.MaxExtBytes)},
			Submission: order.Submission{Fields: []order.Sealed{sealed(order.MaxSubmissionBytes)}},
		}})}
		o.Stage = order.StageAuditing
		fill(ctx, o)
		carried, err := json.Marshal(o.orderState)
		if err != nil {
			t.Fatal(err)
		}
		if len(carried) > carriedLimit || len(carried) < carriedLimit*3/4 {
			t.Errorf("%d KiB are carried; want at most %d, and a test that comes near it", len(carried)>>10, carriedLimit>>10)
		}
		parts(t, carried)
	})
}

// fill does to an order, far beyond its bounds, everything that its state grows by.
func fill(ctx workflow.Context, o *orderRun) {
	for i := range 100 {
		o.beginAttempt(ctx, activities.VersionAnswer{})
		o.recordVerdict(ctx, activities.VersionAnswer{Reasons: largest(0).Evidence.Reasons, BaseAudit: "REJECT", PromoteAudit: "REJECT"}, order.VerdictPassed)
		o.apply(ctx, largest(i), assertion{fact: fmt.Sprint("fact ", i, strings.Repeat("f", 30))})
	}
	for _, size := range []int{order.MaxSubmissionBytes, 100} {
		for range 100 {
			in := order.Instruction{Create: sealed(min(size, order.MaxCreateBytes)), Submission: &order.Submission{Fields: []order.Sealed{sealed(size)}}}
			if o.fits(order.CommandProvideInput, in).IsZero() {
				o.provide(ctx, in)
			}
		}
	}
	o.Rework = &order.Instruction{Version: &order.Version{Ext: sealed(order.MaxExtBytes)}}
	for i := range 1000 {
		o.receive(ctx, largest(i))
	}
	for range 500 {
		o.happened(ctx, order.TimelineItem{
			Event: order.HappenedNotification, NotifyID: largest(0).NotifyID, Disposition: order.DispositionDuplicate, Actor: nasty(900), Note: words.New("note.message", nasty(9000), words.Plain(nasty(9000))),
		})
	}
	o.hold(ctx, order.HoldNeedsInput, "CODE", words.New("failure.said", nasty(9000), nasty(9000)), "submission.files.app_logo")
}

// parts shows what takes the room, for whoever has to make some.
func parts(t *testing.T, carried []byte) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(carried, &all); err != nil {
		t.Fatal(err)
	}
	for name, part := range all {
		if len(part) > 1<<10 {
			t.Logf("%-12s %4d KiB", name, len(part)>>10)
		}
	}
}

// TestAnHourHasFewRefusals though each is of another call, whose own pause has only begun.
func TestAnHourHasFewRefusals(t *testing.T) {
	inWorkflow(t, func(ctx workflow.Context) {
		o := &orderRun{input: order.Input{Schedules: order.DefaultSchedules(), CreatedAt: workflow.Now(ctx).Add(-2 * time.Hour)}}
		for i := range hourlyRefusals {
			call := fmt.Sprint("call ", i)
			o.pause(ctx, call, &activities.Failure{Class: activities.FailureUnknown, Code: "ANY"})
			wait := o.Pauses.of(call).Next.Sub(workflow.Now(ctx))
			if last := i == hourlyRefusals-1; (wait >= time.Hour) != last {
				t.Errorf("after refusal %d the next try is in %s", i+1, wait)
			}
		}
	})
}

// TestARepairIsNotRepeatedAtOnce: what Alipay refused is put right and tried at once; the
// same refusal again waits, another one does not.
func TestARepairIsNotRepeatedAtOnce(t *testing.T) {
	inWorkflow(t, func(ctx workflow.Context) {
		o := &orderRun{input: order.Input{Schedules: order.DefaultSchedules(), CreatedAt: workflow.Now(ctx)}}
		for i, c := range []struct {
			code  string
			waits bool
		}{{"FIRST", false}, {"OTHER", false}, {"OTHER", true}} {
			o.pauseAfterRepeats(ctx, "call", &activities.Failure{Class: activities.FailureFix, Code: c.code})
			if o.paused(ctx, "call") != c.waits {
				t.Errorf("after refusal %d, %s, the call waits: %v", i+1, c.code, !c.waits)
			}
		}
	})
}

// TestADoubtThatDoesNotPassAsksForAPerson: trouble passes, a contradiction does not.
func TestADoubtThatDoesNotPassAsksForAPerson(t *testing.T) {
	inWorkflow(t, func(ctx workflow.Context) {
		o := &orderRun{input: order.Input{Schedules: order.DefaultSchedules(), CreatedAt: workflow.Now(ctx)}}
		for tried := 1; tried <= maxTraceless; tried++ {
			o.refused(ctx, "call", &activities.Failure{Class: activities.FailureUnknown, Code: "ANY", Traceless: true})
			if held := o.holdKind() == order.HoldNeedsOperator; held != (tried == maxTraceless) {
				t.Errorf("after %d refusals it is held by %q", tried, o.holdKind())
			}
		}
	})
}

// TestCorrectionsAreBounded in number, in size, and while one waits.
func TestCorrectionsAreBounded(t *testing.T) {
	small, large := order.Sealed("s"), sealed(order.MaxSubmissionBytes)
	submit := func(layer order.Sealed) order.Instruction {
		return order.Instruction{Submission: &order.Submission{Fields: []order.Sealed{layer}}}
	}
	layers := func(n int, layer order.Sealed) []order.Sealed {
		all := make([]order.Sealed, n)
		for i := range all {
			all[i] = layer
		}
		return all
	}
	waiting := submit(large)
	tests := map[string]struct {
		state orderState
		in    order.Instruction
		fits  bool
	}{
		"the twelfth layer":     {orderState{Submission: order.Submission{Fields: layers(11, small)}}, submit(small), true},
		"the thirteenth":        {orderState{Submission: order.Submission{Fields: layers(12, small)}}, submit(small), false},
		"of create, too":        {orderState{Create: layers(12, small)}, order.Instruction{Create: small}, false},
		"the second large one":  {orderState{Submission: order.Submission{Fields: layers(1, large)}}, submit(large), true},
		"the third large one":   {orderState{Submission: order.Submission{Fields: layers(2, large)}}, submit(large), false},
		"one waits already":     {orderState{Submission: order.Submission{Fields: layers(1, large)}, course: course{Rework: &waiting}}, submit(large), false},
		"no correction at all":  {orderState{Submission: order.Submission{Fields: layers(12, large)}}, order.Instruction{Create: small}, true},
		"two creations fit":     {orderState{Create: layers(1, sealed(order.MaxCreateBytes))}, order.Instruction{Create: sealed(order.MaxCreateBytes)}, true},
		"three creations don't": {orderState{Create: layers(2, sealed(order.MaxCreateBytes))}, order.Instruction{Create: sealed(order.MaxCreateBytes)}, false},
	}
	for name, test := range tests {
		o := &orderRun{orderState: test.state}
		why := o.fits(order.CommandProvideInput, test.in)
		if why.IsZero() != test.fits {
			t.Errorf("%s: %v", name, why)
		}
		if !why.IsZero() && !strings.Contains(why.String(), "start a new one") {
			t.Errorf("%s is refused without a way out: %v", name, why)
		}
	}
}
