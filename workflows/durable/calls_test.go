package durable

import (
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/order"
)

// TestAKindSaysWhereACallRuns, how long a try may take, and how soon it is tried again. None
// is given up: that is for the workflow, or the activity itself, to decide.
func TestAKindSaysWhereACallRuns(t *testing.T) {
	const app = "2021999999999999"
	for kind, want := range map[activities.Kind]struct {
		queue         string
		try           time.Duration
		first, at     time.Duration
		coefficient   float64
		waitsForClose bool
	}{
		activities.KindAct:      {order.AlipayTaskQueue(app), 2 * time.Minute, time.Second, 5 * time.Minute, 2, false},
		activities.KindQuestion: {order.AlipayTaskQueue(app), 2 * time.Minute, time.Second, 5 * time.Minute, 2, false},
		activities.KindInside:   {order.TaskQueue, time.Minute, time.Second / 2, time.Minute, 2, false},
		activities.KindOutside:  {order.TaskQueue, time.Minute, time.Second, 5 * time.Minute, 2, false},
		activities.KindSweep:    {order.SweepTaskQueue(app), 7 * 24 * time.Hour, time.Second, time.Minute, 2, false},
		activities.KindLasting:  {order.LongConnectionTaskQueue(app), 30 * 24 * time.Hour, time.Second, 0, 1, true},
	} {
		got := options(kind, app, "why")
		if got.TaskQueue != want.queue || got.StartToCloseTimeout != want.try || got.WaitForCancellation != want.waitsForClose ||
			got.HeartbeatTimeout != 30*time.Second || got.Summary != "why" {
			t.Errorf("kind %d: %+v", kind, got)
		}
		retry := got.RetryPolicy
		if retry.InitialInterval != want.first || retry.MaximumInterval != want.at || retry.BackoffCoefficient != want.coefficient ||
			retry.MaximumAttempts != noLastAttempt {
			t.Errorf("kind %d is tried again by %+v", kind, retry)
		}
	}
}
