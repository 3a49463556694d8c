package outside_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/standalone/internal/outside"
)

var errNotYet = errors.New("not yet")

func TestPollAsksUntilItIsSo(t *testing.T) {
	asked := 0
	if err := outside.Poll(t.Context(), time.Millisecond, func() error {
		if asked++; asked < 3 {
			return errNotYet
		}
		return nil
	}); err != nil || asked != 3 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

func TestPollGivesUp(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := outside.Poll(ended, time.Hour, func() error { return errNotYet }); !errors.Is(err, errNotYet) || !errors.Is(err, context.Canceled) {
		t.Errorf("with the context: %v", err)
	}
	if err := outside.Poll(t.Context(), time.Hour, func() error { return outside.Final(errNotYet) }); !errors.Is(err, errNotYet) {
		t.Errorf("at once: %v", err)
	}
}

// shell runs a script and returns how it ended and what it wrote.
func shell(t *testing.T, script string, env ...string) (*outside.Process, error) {
	t.Helper()
	p, err := outside.Start(t.Context(), "/bin/sh", []string{"-c", script}, env)
	if err != nil {
		t.Fatal(err)
	}
	return p, p.Wait(t.Context())
}

func TestProcessTellsHowItEnded(t *testing.T) {
	if p, err := shell(t, "echo said; echo aside >&2"); err != nil || string(p.Output()) != "said\naside\n" {
		t.Errorf("%q, %v", p.Output(), err)
	}
	if _, err := shell(t, "echo the reason; exit 66"); err == nil || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("exit code 66: %v", err)
	}
}

// TestProcessHasItsOwnEnvironment checks that what a developer has set decides no test.
func TestProcessHasItsOwnEnvironment(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", "a developer's own cluster")
	p, err := shell(t, `echo "$TEMPORAL_ADDRESS,$GIVEN"; test -n "$PATH"`, "GIVEN=this")
	if err != nil || string(p.Output()) != ",this\n" {
		t.Errorf("%q, %v", p.Output(), err)
	}
}

// TestAwaitEndsWithTheProcess checks that a program that has crashed is not waited for.
func TestAwaitEndsWithTheProcess(t *testing.T) {
	p, err := shell(t, "echo crashed; exit 3")
	if err == nil {
		t.Fatal("exit code 3 is no error")
	}
	err = p.Await(t.Context(), time.Hour, func() error { return errNotYet })
	if !errors.Is(err, errNotYet) || !strings.Contains(err.Error(), "crashed") {
		t.Errorf("%v", err)
	}
}

// TestTerminate ends a program that goes when it is asked to, and one that does not.
func TestTerminate(t *testing.T) {
	start := func(trap string) *outside.Process {
		p, err := outside.Start(t.Context(), "/bin/sh", []string{"-c", trap + "; echo ready; while :; do sleep 0.02; done"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Await(t.Context(), time.Millisecond, func() error {
			if len(p.Output()) == 0 {
				return errNotYet
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return p
	}
	if err := start("trap 'exit 0' TERM").Terminate(t.Context()); err != nil {
		t.Errorf("it ended in peace: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := start("trap '' TERM").Terminate(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it would not end: %v", err)
	}
}
