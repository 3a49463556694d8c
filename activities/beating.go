package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// Beating runs work beside a heartbeat with where it is, and ends it when the worker stops. What
// the heartbeat said last is where the next attempt goes on.
func Beating(ctx context.Context, where func() any, work func(context.Context) error) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		ticker := time.NewTicker(heartbeatEvery)
		defer ticker.Stop()
		for {
			select {
			case <-running.Done():
				return
			case <-activity.GetWorkerStopChannel(ctx):
				stop()
			case <-ticker.C:
				activity.RecordHeartbeat(ctx, where())
			}
		}
	}()
	err := work(running)
	if running.Err() == nil || ctx.Err() != nil {
		return err
	}
	activity.RecordHeartbeat(ctx, where())
	return temporal.NewApplicationErrorWithOptions("this worker stops, another goes on", TypeHandedOver,
		temporal.ApplicationErrorOptions{Category: temporal.ApplicationErrorCategoryBenign})
}
