// Package main_test starts the standalone as its user does, as a process of its
// own, and looks at it from outside: over its REST API, its simulator, its
// Temporal frontend, its files, and with messages that openssl or Go signs.
//
// It promises that every test here has the whole of Miniflow before it, with a
// real Temporal server and nothing faked on our side, and that a test that waits
// waits for something to be so, never for time to pass.
//
// A test has a process of its own, which mostly waits for schedules and the simulated
// Alipay, so tests are parallel; one that holds a figure against a limit is not.
package main_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"miniflow/cmd/standalone/internal/outside"
)

// program is the built standalone, and miniflow the program of the operators. TestMain
// sets both before any test runs.
var program, miniflow string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

// atOnce is how many tests go on at once: four keep two cores busy, and each has a process
// with a quarter of a gigabyte. -parallel is another number.
const atOnce = "4"

// buildAndRun builds the programs once, by the flags that everything else is built
// by: any other would compile Temporal again.
func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "standalone")
	if err != nil {
		return failed(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program, miniflow = filepath.Join(dir, "standalone"), filepath.Join(dir, "miniflow")
	for folder, program := range map[string]string{".": program, "../miniflow": miniflow} {
		if err := outside.Build(context.Background(), folder, program); err != nil {
			return failed(err)
		}
	}
	if err := flag.Set("test.parallel", atOnce); err != nil {
		return failed(err)
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
// longer than within. The longer it takes, the less often it asks: questions
// are work for a machine that other tests run on.
func eventually(t *testing.T, within time.Duration, what string, try func() error) {
	t.Helper()
	const soonest, latest = 25 * time.Millisecond, 500 * time.Millisecond
	for begun := time.Now(); ; {
		err := try()
		if err == nil {
			return
		}
		passed := time.Since(begun)
		if passed > within {
			t.Fatalf("after %s still not so: %s: %v", within, what, err)
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("not so at the end of the test: %s: %v", what, err)
		case <-time.After(min(max(passed/8, soonest), latest)):
		}
	}
}
