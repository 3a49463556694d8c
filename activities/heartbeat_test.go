package activities_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/goleak"

	"miniflow/activities"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// working registers an activity that takes a while.
func working(takes time.Duration, end error) func(activities.Registry) {
	return func(registry activities.Registry) {
		registry.RegisterActivityWithOptions(func(ctx context.Context, _ string) error {
			select {
			case <-time.After(takes):
				return end
			case <-ctx.Done():
				return ctx.Err()
			}
		}, activity.RegisterOptions{Name: "Work"})
	}
}

// lasting gives an activity a context that outlives it, so that nothing but the
// heart itself stops the heart.
type lasting struct {
	interceptor.WorkerInterceptorBase
	interceptor.ActivityInboundInterceptorBase
	end context.CancelFunc
}

func (l *lasting) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	l.Next = next
	return l
}

func (l *lasting) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	ctx, l.end = context.WithCancel(context.WithoutCancel(ctx))
	return l.Next.ExecuteActivity(ctx, in)
}

// TestAnActivityBeats while it works, often enough for its time-out, and stops
// with it, however it ends. The clock is a false one.
func TestAnActivityBeats(t *testing.T) {
	failed := temporal.NewNonRetryableApplicationError("no", "No", nil)
	for name, end := range map[string]error{"ends well": nil, "fails": failed} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				alone := &lasting{}
				d := newTestEnv(t, working(61*time.Second, end), alone, &activities.Heartbeats{})
				d.beatWithin = 10 * time.Second
				_, err := d.try("Work", "")
				if (err == nil) != (end == nil) {
					t.Errorf("ended with %v", err)
				}
				<-time.After(time.Minute)
				alone.end()
				if beats := d.beats.Load(); beats != 20 {
					t.Errorf("%d beats in 61 s", beats)
				}
			})
		})
	}
}

// TestAnActivityThatNeedNotBeat does not.
func TestAnActivityThatNeedNotBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestEnv(t, working(time.Minute, nil), &activities.Heartbeats{})
		if _, err := d.try("Work", ""); err != nil || d.beats.Load() != 0 {
			t.Errorf("%v; %d beats", err, d.beats.Load())
		}
	})
}

// TestAQuickActivityNeverBeats: one that is over at once costs no call to Temporal.
func TestAQuickActivityNeverBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newTestEnv(t, working(time.Second, errors.New("again")), &activities.Heartbeats{})
		d.beatWithin = 10 * time.Second
		if _, err := d.try("Work", ""); err == nil || d.beats.Load() != 0 {
			t.Errorf("%v; %d beats", err, d.beats.Load())
		}
	})
}
