#!/usr/bin/env bash
# go.temporal.io/sdk v1.50.0, testsuite: ActivityOptions.WaitForCancellation is ignored.
#
# On a server a cancelled activity whose options set WaitForCancellation keeps its
# future open until the activity itself has answered: that is how a workflow awaits the
# truth about a call that it no longer wants. In testsuite.TestWorkflowEnvironment the
# future fails with CanceledError at once, while the activity still runs, and the result
# that it returns is dropped. A workflow that abandons a call looks right in a test, and
# so does one that waits for it.
#
# Seen: "the future ended canceled after 0s; the activity ended after it, with its effect made".
# Fails when that changes.
set -euo pipefail
place="$(mktemp -d)"
trap 'chmod -R u+w "$place"; rm -rf "$place"' EXIT
cd "$place"
cat >go.mod <<'MOD'
module finding

go 1.24

require (
	github.com/stretchr/testify v1.11.1
	go.temporal.io/sdk v1.50.0
)
MOD
cat >finding_test.go <<'GO'
package finding

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

func TestWaitForCancellation(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	asked, effect, release := make(chan struct{}), atomic.Bool{}, make(chan struct{})
	write := func(context.Context) (string, error) { // a call that can't be taken back once it was made
		close(asked)
		<-release
		effect.Store(true)
		return "done", nil
	}
	env.RegisterActivity(write)
	env.SetTestTimeout(time.Minute)
	story := func(ctx workflow.Context) error {
		ctx, cancel := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: time.Hour, WaitForCancellation: true,
		}))
		future := workflow.ExecuteActivity(ctx, write)
		_ = workflow.Sleep(ctx, time.Millisecond)
		<-asked
		cancel()
		began := workflow.Now(ctx)
		var answer string
		err := future.Get(ctx, &answer)
		var canceled *temporal.CanceledError
		if !errors.As(err, &canceled) || effect.Load() {
			t.Fatalf("it waits now: %q, %v", answer, err)
		}
		t.Logf("the future ended canceled after %v", workflow.Now(ctx).Sub(began))
		return nil
	}
	env.RegisterWorkflow(story)
	env.ExecuteWorkflow(story)
	close(release)
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !effect.Load(); {
		if time.Now().After(deadline) {
			t.Fatal("the activity never ended")
		}
	}
	t.Log("the activity ended after it, with its effect made")
}
GO
go mod tidy >/dev/null 2>&1
go test -count=1 -v -run TestWaitForCancellation . | grep -E 'future|effect|^(ok|FAIL|---)'
