package ceiling

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// The skeleton has the shape that a happy formal order had at commit cb5d7e1, and nothing of what
// an order decides. It is the measure of what is built since, so it is not trimmed when an order
// becomes leaner:
//
//   - 11 activities, one after the other, that return at once, with the sizes of input, result and
//     summary of the order's own;
//   - 5 signals from outside: one while the first activities run, one of the merchant, two of the
//     authorisation, one of the audit. The workflow waits for each before it goes on;
//   - 6 upserts of four search attributes, each with a memo of the order's summary;
//   - 11 timers, one for each activity, cancelled when the next begins, as the watchdogs of the
//     stages are;
//   - an input of 2,490 bytes, a result of 2,938 bytes, and at its start the order's five search
//     attributes, its memo, its summary and its details.
//
// That is 124 events in 17 workflow tasks: an order's 138 without its cancelled questions and its
// last word to the mini program.
type step struct {
	input, result, summary int // bytes
	signals                int // that it waits for before it begins
	upsert                 bool
}

// steps are in the order's own order; the comments name the activities whose sizes they have.
func steps() []step {
	return []step{
		{input: 49, summary: 35, upsert: true},               // WakeDeliveries
		{input: 577, result: 39, summary: 39},                // CreateMiniProgram
		{input: 228, result: 95, summary: 71, signals: 2},    // AwaitMerchant
		{input: 963, summary: 33, upsert: true},              // ClaimMiniProgram
		{input: 199, result: 23, summary: 44, signals: 2},    // ReserveVersion
		{input: 201, summary: 32, upsert: true},              // UploadVersion
		{input: 246, result: 16, summary: 29},                // AwaitBuild
		{input: 211, result: 31, summary: 37, upsert: true},  // AwaitScan
		{input: 1047, result: 71, summary: 24, upsert: true}, // SubmitAudit
		{input: 280, result: 152, summary: 73, signals: 1},   // AwaitAuditResult
		{input: 180, result: 147, summary: 18, upsert: true}, // PutOnline
	}
}

// SignalSizes are the sizes of the five signals, in bytes, in their order.
func SignalSizes() []int { return []int{629, 681, 24, 79, 631} }

const (
	// inputSize, resultSize, memoSize and detailsSize are an order's, in bytes.
	inputSize, resultSize, memoSize, detailsSize = 2490, 2938, 700, 138
	// notificationSize is a notification as the door signals it.
	notificationSize = 629
	// watchdog is how long a step may take before its timer would fire.
	watchdog = 2 * time.Hour

	signalName = "news"
	summary    = "summary"
)

// text returns a text whose JSON has so many bytes.
func text(size int) string { return strings.Repeat("x", max(0, size-2)) }

// skeleton is the workflow.
func skeleton(ctx workflow.Context, _ string) (string, error) {
	news := workflow.GetSignalChannel(ctx, signalName)
	cancelTimer := func() {}
	for i, step := range steps() {
		for range step.signals {
			news.Receive(ctx, nil)
		}
		if step.upsert {
			if err := upsert(ctx, i); err != nil {
				return "", err
			}
		}
		cancelTimer()
		var timed workflow.Context
		timed, cancelTimer = workflow.WithCancel(ctx)
		workflow.NewTimerWithOptions(timed, watchdog, workflow.TimerOptions{Summary: text(60)})
		if err := act(ctx, step); err != nil {
			return "", err
		}
	}
	return text(resultSize), nil
}

func act(ctx workflow.Context, step step) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Minute, HeartbeatTimeout: 30 * time.Second, Summary: text(step.summary),
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute},
	})
	return workflow.ExecuteActivity(ctx, stepActivity, stepInput{Text: text(step.input), Result: step.result}).Get(ctx, nil)
}

// upsert writes what an order does when its stage changes. Temporal's visibility has to see a
// change, so the stage has the step's number.
func upsert(ctx workflow.Context, i int) error {
	attributes := []temporal.SearchAttributeUpdate{
		temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderStage).ValueSet(fmt.Sprintf("stage-%04d", i)),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeOrderHold).ValueSet(""),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID).ValueSet(text(18)),
		temporal.NewSearchAttributeKeyInt64(order.AttributeAuditAttempt).ValueSet(int64(i)),
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, attributes...); err != nil {
		return err
	}
	return workflow.UpsertMemo(ctx, map[string]any{summary: text(memoSize)})
}

// attributes are the five that an order is started with.
func attributes(id string) temporal.SearchAttributes {
	var updates []temporal.SearchAttributeUpdate
	for name, value := range map[string]string{
		order.AttributeAppID: text(18), order.AttributeMerchantRef: text(7), order.AttributeOrderKind: text(8),
		order.AttributeOrderStage: text(10), order.AttributeOutOrderNo: id,
	} {
		updates = append(updates, temporal.NewSearchAttributeKeyKeyword(name).ValueSet(value))
	}
	return temporal.NewSearchAttributes(updates...)
}
