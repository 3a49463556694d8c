package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"

	"miniflow/activities"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

// TestAQuickScanIsNotAskedForAgain: the build's answer brings the scan's, and the order does with it
// what it does with one that it has awaited.
func TestAQuickScanIsNotAskedForAgain(t *testing.T) {
	for name, test := range map[string]struct {
		scan  *activities.VersionAnswer
		asked int
		stage order.Stage
		held  string
	}{
		"passed":    {scan: &activities.VersionAnswer{Status: activities.VersionInit, Scan: "True"}, stage: order.StageAuditing},
		"failed":    {scan: &activities.VersionAnswer{Status: activities.VersionInit, Scan: "False"}, stage: order.StageScanning, held: "SCAN_FAILED"},
		"not quick": {asked: 1, stage: order.StageAuditing},
	} {
		t.Run(name, func(t *testing.T) {
			w := ready(t)
			w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 48 * time.Hour}}
			var question activities.VersionQuestion
			w.env.OnActivity(activities.AwaitBuild.Name, mock.Anything, mock.Anything).Return(
				func(_ context.Context, asked activities.VersionQuestion) (activities.BuildAnswer, error) {
					question = asked
					return activities.BuildAnswer{State: activities.BuildDone, Scan: test.scan}, nil
				})
			w.horizon = 24 * time.Hour
			view := w.viewAt(time.Hour)
			w.run()
			if view.Stage != test.stage || (view.Hold != nil) != (test.held != "") || view.Hold != nil && view.Hold.Code != test.held {
				t.Errorf("at %s, held by %+v", view.Stage, view.Hold)
			}
			if asked := w.wire.begun[activities.AwaitScan.Name]; asked != test.asked || question.Scan.String() != w.input.Schedules.Scan.String() {
				t.Errorf("asked for the scan %d times, and with the build by %q", asked, question.Scan)
			}
		})
	}
}
