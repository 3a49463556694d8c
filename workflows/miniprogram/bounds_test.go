package miniprogram

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
)

// carriedLimit is the promise: a quarter of what Temporal takes.
const carriedLimit = 512 << 10

func sealed(bytes int) order.Sealed { return order.Sealed(strings.Repeat("s", (bytes+28)*4/3+32)) }

// largest is the largest message that a door lets through.
func largest(i int) order.Notification {
	nasty := strings.Repeat("<", 9000) // which takes six bytes a character in JSON
	reasons, _ := order.CutReasons([]order.Reason{{Part: "base", Memo: nasty, Images: []string{nasty[:900]}}})
	return order.Notification{
		NotificationKey: order.NotificationKey{AppID: "2021999999999999", NotifyID: fmt.Sprintf("%0128d", i), Digest: strings.Repeat("d", 64)},
		Name:            strings.Repeat("n", 128), OutOrderNo: strings.Repeat("o", 32), Content: sealed(4 << 10),
		Evidence: order.Evidence{Verdict: order.VerdictRejected, Reasons: reasons},
	}
}

// TestAMiniProgramStaysSmall with a hundred messages at their largest, thousands seen,
// thousands of version numbers taken, and as many messages stuck.
func TestAMiniProgramStaysSmall(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute}) // a flood in one task takes a while
	env.RegisterActivityWithOptions(func(context.Context, order.DeliveryInput) error { return nil },
		activity.RegisterOptions{Name: activities.StartDelivery.Name})
	env.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		m := &entity{input: order.MiniProgramInput{AppID: "2021999999999999", Schedules: order.DefaultSchedules()}}
		m.Token = &order.Token{Sealed: sealed(128), Refresh: sealed(128), Fingerprint: strings.Repeat("f", 32), AuthTime: time.Unix(1, 0)}
		for i := range 1000 {
			m.receive(ctx, largest(i))
			m.revoke(ctx, fmt.Sprintf("%032d", i))
			m.keepStuck(ctx, largest(i), strings.Repeat("<", 9000))
			m.reserve(order.VersionReservation{OutOrderNo: strings.Repeat("o", 32), AppVersion: fmt.Sprintf("%032d", i), BundleID: strings.Repeat("b", 32),
				TemplateID: strings.Repeat("t", 32), TemplateVersion: strings.Repeat("v", 32), SeenFreeAt: time.Unix(1, 0)})
		}
		carried, err := json.Marshal(m.State)
		if len(carried) > carriedLimit || len(carried) < maxKeptBytes {
			t.Errorf("%d KiB are carried, %d messages kept", len(carried)>>10, len(m.Kept))
		}
		return err
	}, workflow.RegisterOptions{Name: "fill"})
	env.ExecuteWorkflow("fill")
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
}
