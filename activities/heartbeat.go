package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
)

// heartbeatEvery is well below the heartbeat timeout of every call, so that one lost beat ends
// nothing.
const heartbeatEvery = 3 * time.Second

// Heartbeats makes every activity of a worker say that it is alive for as long
// as it runs, so that Temporal notices within seconds when the worker dies and
// tries again elsewhere.
type Heartbeats struct {
	interceptor.WorkerInterceptorBase
}

// InterceptActivity puts the heartbeat around every activity, so that none has to think of it.
func (h *Heartbeats) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	beating := &beatingActivity{}
	beating.Next = next
	return beating
}

type beatingActivity struct {
	interceptor.ActivityInboundInterceptorBase
}

// ExecuteActivity runs the activity beside its heartbeat; one that has no heartbeat timeout is left
// alone.
func (b *beatingActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	if activity.GetInfo(ctx).HeartbeatTimeout > 0 {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		go beat(ctx)
		return b.Next.ExecuteActivity(ctx, in)
	}
	return b.Next.ExecuteActivity(ctx, in)
}

func beat(ctx context.Context) {
	ticker := time.NewTicker(heartbeatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			activity.RecordHeartbeat(ctx)
		}
	}
}
