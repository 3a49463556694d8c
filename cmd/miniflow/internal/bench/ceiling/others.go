package ceiling

import (
	"context"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// sink is a workflow that takes signals and does nothing with them. It ends when it is
// terminated.
func sink(ctx workflow.Context, _ string) error {
	news := workflow.GetSignalChannel(ctx, signalName)
	for {
		news.Receive(ctx, nil)
	}
}

// asking is a workflow that waits for an activity that is tried again and again, as an order's
// question to Alipay is.
func asking(ctx workflow.Context, every time.Duration) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 2 * time.Minute, HeartbeatTimeout: 30 * time.Second, Summary: text(32),
	})
	return workflow.ExecuteActivity(ctx, askActivity, askInput{Text: text(150), Every: every}).Get(ctx, nil)
}

type stepInput struct {
	Text   string `json:"t"`
	Result int    `json:"r"`
}

// stepActivity returns at once.
func stepActivity(_ context.Context, input stepInput) (string, error) { return text(input.Result), nil }

type askInput struct {
	Text  string        `json:"t"`
	Every time.Duration `json:"e"`
}

// askActivity fails with the time of its next try, as a question does whose answer is "not yet".
func askActivity(_ context.Context, input askInput) error {
	return temporal.NewApplicationErrorWithOptions(text(150), "NotYet", temporal.ApplicationErrorOptions{
		NextRetryDelay: input.Every, Category: temporal.ApplicationErrorCategoryBenign,
	})
}
