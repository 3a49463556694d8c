package activities_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"miniflow/activities"
)

// link is a long connection that holds until its context ends.
type link struct {
	fails    error
	began    chan struct{}
	runs     int
	resolved bool // it has finished what was in hand
}

func (l *link) Run(ctx context.Context) error {
	l.runs++
	if l.fails != nil {
		return l.fails
	}
	close(l.began)
	<-ctx.Done()
	l.resolved = true
	return nil
}

func (l *link) Status() any { return map[string]string{"state": "connected"} }

// holding runs the activity for an app until the worker stops after a time.
func holding(t *testing.T, l *link, asked string, stops time.Duration) (beats []string, err error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	stop := make(chan struct{})
	env.SetWorkerStopChannel(stop)
	var mu sync.Mutex
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		var told struct {
			Process string            `json:"process"`
			Status  map[string]string `json:"status"`
		}
		mu.Lock()
		defer mu.Unlock()
		if err := details.Get(&told); err != nil {
			t.Error(err)
		}
		beats = append(beats, told.Process+" "+told.Status["state"])
	})
	held := &activities.LongConnections{Connections: map[string]activities.LongConnection{appID: l}, Process: "host/7"}
	held.Register(env)
	time.AfterFunc(stops, func() { close(stop) })
	_, err = env.ExecuteActivity(activities.HoldLongConnection.Name, activities.LongConnectionCall{AppID: asked})
	mu.Lock()
	defer mu.Unlock()
	return beats, err
}

// TestAProcessThatStopsHandsItsConnectionOver after what is in hand is resolved, and
// has told meanwhile that it holds it.
func TestAProcessThatStopsHandsItsConnectionOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &link{began: make(chan struct{})}
		beats, err := holding(t, l, appID, time.Minute)
		var handed *temporal.ApplicationError
		if !errors.As(err, &handed) || handed.Type() != activities.TypeHandedOver || handed.NonRetryable() {
			t.Errorf("it ended with %v, which does not let another process take over", err)
		}
		if !l.resolved || l.runs != 1 {
			t.Errorf("the connection is %+v", l)
		}
		if len(beats) == 0 || beats[0] != "host/7 connected" {
			t.Errorf("it told %q", beats)
		}
	})
}

// TestAConnectionThatCantBeHeld goes to another process.
func TestAConnectionThatCantBeHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("runs already")
		if _, err := holding(t, &link{fails: broken}, appID, time.Minute); err == nil {
			t.Error("a connection that can't run is held")
		}
		var handed *temporal.ApplicationError
		if _, err := holding(t, &link{}, "2021000000000099", time.Minute); !errors.As(err, &handed) || handed.NonRetryable() {
			t.Errorf("an app that this process does not know: %v", err)
		}
	})
}
