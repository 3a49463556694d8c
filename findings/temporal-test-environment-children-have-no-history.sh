#!/usr/bin/env bash
# go.temporal.io/sdk v1.50.0, testsuite: a child workflow's history has the length 0.
#
# workflow.GetInfo(ctx).GetCurrentHistoryLength() is what a long-running workflow looks at
# to continue as new in time. TestWorkflowEnvironment.SetCurrentHistoryLength gives the
# workflow under test a length. A child of it, run by the same environment, sees 0 for as
# long as it lives, whatever was set. A test that starts the workflow as a child (so that
# continue-as-new really runs the next one) never sees it continue because of its length.
#
# Seen: "parent 500, child 0". Fails when that changes.
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
	"testing"
	"time"

	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

func child(ctx workflow.Context) (int, error) {
	for range 50 { // a real history grows by five events with each of these
		if err := workflow.Sleep(ctx, time.Minute); err != nil {
			return 0, err
		}
	}
	return workflow.GetInfo(ctx).GetCurrentHistoryLength(), nil
}

func parent(ctx workflow.Context) ([2]int, error) {
	var inside int
	err := workflow.ExecuteChildWorkflow(ctx, child).Get(ctx, &inside)
	return [2]int{workflow.GetInfo(ctx).GetCurrentHistoryLength(), inside}, err
}

func TestHistoryLength(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflow(parent)
	env.RegisterWorkflow(child)
	env.SetCurrentHistoryLength(500)
	env.ExecuteWorkflow(parent)
	var lengths [2]int
	if err := env.GetWorkflowResult(&lengths); err != nil {
		t.Fatal(err)
	}
	t.Logf("parent %d, child %d", lengths[0], lengths[1])
	if lengths != [2]int{500, 0} {
		t.Fatal("that has changed")
	}
}
GO
go mod tidy >/dev/null 2>&1
go test -count=1 -v -run TestHistoryLength . | grep -E 'parent|changed|^(ok|FAIL|---)'
