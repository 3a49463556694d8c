// Package main_test starts the standalone as its user does, as a process of its
// own, and looks at it from outside: over its REST API, its simulator, its
// Temporal frontend, its files, and with messages that openssl or Go signs.
//
// It promises that every test here has the whole of Miniflow before it, with a
// real Temporal server and nothing faked on our side, and that a test that waits
// waits for something to be so, never for time to pass.
package main_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// program is the built standalone. TestMain sets it before any test runs.
var program string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

// buildAndRun builds the program once, by the flags that everything else is built
// by: any other would compile Temporal again.
func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "standalone")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "standalone")
	if said, err := exec.CommandContext(context.Background(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil { //nolint:gosec // our own program
		return failed(fmt.Errorf("build the standalone: %w\n%s", err, said))
	}
	return m.Run()
}

func failed(err error) int {
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}

// errNotYet is what a poll says that has nothing better to say.
var errNotYet = errors.New("not yet")

// patience is how long a test waits for what takes seconds, on a machine that has
// other things to do.
const patience = 90 * time.Second

// eventually polls until try returns nil, and fails the test when that takes
// longer than within.
func eventually(t *testing.T, within time.Duration, what string, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("after %s still not so: %s: %v", within, what, err)
		case <-ticker.C:
		}
	}
}
