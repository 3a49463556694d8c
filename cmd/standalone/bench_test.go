package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// benched is what `miniflow bench --output json` says, as far as these tests read it.
type benched struct {
	Machine struct {
		Cores int `json:"cores"`
	} `json:"machine"`
	Systems []struct {
		Rounds []struct {
			Latencies []struct {
				Name   string `json:"name"`
				Points []struct {
					MS float64 `json:"ms"`
				} `json:"points"`
			} `json:"latencies"`
		} `json:"rounds"`
		Summary []struct {
			Name  string   `json:"name"`
			Value float64  `json:"value"`
			Ratio *float64 `json:"ratio"`
		} `json:"summary"`
	} `json:"systems"`
}

// small is as little load as has figures; how high they are is nobody's promise here.
func small() []string {
	return []string{
		"--orders", "2", "--rate", "4", "--speed", "600", "--idle", "300ms", "--for", "1s", "--step", "200ms",
		"--targets", "5", "--callers", "4", "--connections", "16", "--burst", "50", "--looks", "5",
	}
}

// bench runs `miniflow bench` to its end.
func bench(t *testing.T, args ...string) benched {
	t.Helper()
	run := exec.CommandContext(t.Context(), miniflow, append(append([]string{"bench", "--output", "json"}, small()...), args...)...) //nolint:gosec // our own program
	run.Stderr = os.Stderr
	said, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	var got benched
	if err := json.Unmarshal(said, &got); err != nil {
		t.Fatal(err)
	}
	if got.Machine.Cores < 1 || len(got.Systems) != 1 || len(got.Systems[0].Rounds) != 1 {
		t.Fatalf("it says %s", said)
	}
	return got
}

// has checks that a figure is there, and within what could be so on any machine.
func (b benched) has(t *testing.T, name string, low, high float64, held bool) {
	t.Helper()
	for _, figure := range b.Systems[0].Summary {
		if figure.Name != name {
			continue
		}
		if figure.Value < low || figure.Value > high {
			t.Errorf("%s is %g, and can't be below %g or above %g", name, figure.Value, low, high)
		}
		if (figure.Ratio != nil) != held {
			t.Errorf("whether %s is held against a ceiling is %v, want %v", name, figure.Ratio != nil, held)
		}
		return
	}
	t.Errorf("%s is missing", name)
}

// TestBenchMeasuresAFreshStandalone runs the scenarios that need one of their own.
func TestBenchMeasuresAFreshStandalone(t *testing.T) {
	pictures := t.TempDir()
	got := bench(t, "orders", "starts", "notifications", "burst", "--fresh", program, "--svg", pictures)
	const minute = 60_000
	// An order's and a skeleton's shape are exact, apart from tasks that fall together.
	got.has(t, "orders.skeleton.events", 100, 124, false)
	got.has(t, "orders.skeleton.requests.RespondActivityTaskCompleted", 11, 11, false)
	got.has(t, "orders.cpu", 1, minute, true)
	got.has(t, "orders.requests", 10, 200, true)
	got.has(t, "orders.requests.StartWorkflowExecution", 1, 5, false)
	got.has(t, "orders.events", 50, 500, true)
	got.has(t, "starts.rate", 0.1, 1e5, true)
	got.has(t, "starts.steady.p99", 0.1, minute, true)
	got.has(t, "rsa.verifications", 100, 1e6, false)
	got.has(t, "notifications.saturation", 1, 1e6, true)
	got.has(t, "notifications.p99.9", 0.1, minute, true)
	got.has(t, "notifications.beside_forgery.p99", 0.1, minute, true)
	got.has(t, "notifications.forged", 1, 1e6, false)
	got.has(t, "burst.accepted", 1, 1e6, true)
	got.has(t, "burst.applied_after", 0, minute, false)
	for _, line := range got.Systems[0].Rounds[0].Latencies {
		if !slices.IsSortedFunc(line.Points, func(a, b struct {
			MS float64 `json:"ms"`
		}) int {
			return int(a.MS*1000) - int(b.MS*1000)
		}) {
			t.Errorf("the percentiles of %s fall: %v", line.Name, line.Points)
		}
	}
	for _, name := range []string{"orders", "orders.zh-CN", "starts", "starts-latency", "notifications", "notifications-latency", "burst", "burst-latency.zh-CN"} {
		if text, err := os.ReadFile(filepath.Join(pictures, name+".svg")); err != nil || !strings.HasPrefix(string(text), "<svg ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBenchLeavesARunningSystemAsItWas measures a standalone that was there before.
func TestBenchLeavesARunningSystemAsItWas(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, "--demo=false", "--well-behaved", "--speed", "600")
	const rules = `{"rules":[{"out_order_no":"mine-*","merchant":{"answer":"none","after":"0s"}}]}`
	s.sim(http.MethodPut, "/rules", json.RawMessage(rules), nil)
	got := bench(t, "push", "looks", "--addresses", s.path("addresses.json"))
	got.has(t, "push.p50", 0.1, 60_000, false)
	got.has(t, "looks.calls_per_order", 0, 1e6, false)
	var after struct {
		Rules []struct {
			Orders string `json:"out_order_no"`
		} `json:"rules"`
	}
	s.sim(http.MethodGet, "/rules", nil, &after)
	if len(after.Rules) != 1 || after.Rules[0].Orders != "mine-*" {
		t.Errorf("the rules are now %+v", after.Rules)
	}
	type page struct {
		Orders []json.RawMessage `json:"orders"`
	}
	if listed := decode[page](t, s.api(http.MethodGet, "/v1/orders?stage=awaiting_merchant", nil), http.StatusOK); len(listed.Orders) > 0 {
		t.Errorf("%d orders wait for their merchants", len(listed.Orders))
	}
	if !s.runs() {
		t.Error("the standalone was ended")
	}
}

// TestBenchEndsWhatItHasStarted asks bench to end, as ctrl-c does, while its standalone runs.
func TestBenchEndsWhatItHasStarted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := exec.CommandContext(t.Context(), miniflow, "bench", "orders", "--fresh", program, "--data-dir", dir, "--idle", "1h") //nolint:gosec // our own program
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	var at addresses
	eventually(t, patience, "its standalone takes work", func() error {
		text, err := os.ReadFile(filepath.Join(dir, "addresses.json"))
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &at)
	})
	if err := run.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := run.Wait(); run.ProcessState.ExitCode() != 130 {
		t.Errorf("it ended with %v: %s", err, &said)
	}
	if err := syscall.Kill(at.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("its standalone, process %d, goes on: %v", at.PID, err)
	}
}
