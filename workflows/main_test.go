package workflows_test

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // thousands of short lives on a small heap: a sixth of the time goes into collecting it
	os.Exit(m.Run())
}
