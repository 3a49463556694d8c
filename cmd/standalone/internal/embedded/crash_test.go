package embedded

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
)

func TestKilledWorkflowsGoOn(t *testing.T) {
	dir := t.TempDir()
	c := spawn(t, dir)
	options := client.Options{HostPort: c.frontend(t), Logger: discardLogger()}
	b := newBench(t, options)
	b.start(t, "running", outOrderNo.ValueSet("K-1"))
	b.say(t, "running", "accepted")
	b.start(t, "waiting")
	c.kill(t)
	b.close()

	b = newBench(t, mustStart(t, testConfig(dir)).ClientOptions())
	defer b.close()
	b.wantResult(t, "running", "accepted")
	b.wantListed(t, `OutOrderNo = "K-1"`, "running")
	b.say(t, "waiting", "later")
	b.wantResult(t, "waiting", "later")
}

// The first start is killed at each of its steps and, because a step may hide
// between two looks at the directory, after a number of short times. Whatever
// is left must start, and run a workflow, and hold no leftovers.
func TestKilledFirstStartStartsAgain(t *testing.T) {
	files := storesIn("")
	points := map[string]func(t *testing.T, dir string){
		"locked":             appears(lockFile),
		"first draft":        appears(draftPrefix + "*"),
		"visibility named":   appears(files.visibility),
		"both named":         appears(files.temporal),
		"opened for work":    appears(files.temporal + "-wal"),
		"visibility at work": appears(files.visibility + "-wal"),
	}
	for _, ms := range []time.Duration{1, 5, 10, 20, 40, 80, 120, 160, 240} {
		points[fmt.Sprintf("%d ms after the lock", ms)] = func(t *testing.T, dir string) {
			appears(lockFile)(t, dir)
			<-time.After(ms * time.Millisecond) // the moment is the test's input, not a wait for something
		}
	}
	for name, reached := range points {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c := spawn(t, dir)
			reached(t, dir)
			c.kill(t)

			b := newBench(t, mustStart(t, testConfig(dir)).ClientOptions())
			defer b.close()
			b.start(t, "order", outOrderNo.ValueSet("F-1"), auditAttempt.ValueSet(1))
			b.say(t, "order", "done")
			b.wantResult(t, "order", "done")
			b.wantListed(t, `OutOrderNo = "F-1"`, "order")
			if left, _ := filepath.Glob(filepath.Join(dir, draftPrefix+"*")); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}

// appears waits for a file of that pattern.
func appears(pattern string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		eventually(t, 100*time.Microsecond, func() error {
			if found, err := filepath.Glob(filepath.Join(dir, pattern)); err != nil || len(found) == 0 {
				return fmt.Errorf("no %s yet: %w", pattern, errors.Join(err, os.ErrNotExist))
			}
			return nil
		})
	}
}

func TestOneDirectoryOneProcess(t *testing.T) {
	dir := t.TempDir()
	c := spawn(t, dir)
	c.frontend(t)
	s, err := Start(t.Context(), testConfig(dir))
	if err == nil {
		mustStop(t, s)
	}
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "--data-dir") {
		t.Fatalf("the second process got %v, want %v with the flag to change", err, ErrLocked)
	}
	c.kill(t)
	mustStart(t, testConfig(dir)) // the lock died with its process
}

func TestNothingIsSaidUnasked(t *testing.T) {
	c := spawn(t, t.TempDir())
	c.frontend(t)
	_ = c.stdin.Close()
	rest, err := io.ReadAll(c.stdout)
	if err != nil || len(rest) > 0 {
		t.Errorf("on stdout: %q, %v", rest, err)
	}
	if err := c.cmd.Wait(); err != nil || c.stderr.Len() > 0 {
		t.Errorf("ended with %v and said %q", err, c.stderr.String())
	}
}
