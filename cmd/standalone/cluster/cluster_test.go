package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/standalone/internal/cluster"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
)

const (
	patience = 2 * time.Minute
	often    = 100 * time.Millisecond
)

// installation is a data directory and the program that lives in it.
type installation struct {
	t       *testing.T
	program string
	dir     string
	process *outside.Process
	at      cluster.Addresses
	api     outside.Caller
}

// TestItGoesOnWhereItStopped runs the program as its user does: what was started before a SIGTERM is
// there afterwards, and after a kill -9 nothing is left running and the next start goes on.
func TestItGoesOnWhereItStopped(t *testing.T) {
	in := install(t)

	in.start()
	must(t, in.api.Call(t.Context(), http.MethodPost, "/v1/orders", in.manual("kept"), nil))
	in.holds("kept")
	in.onePartition()
	must(t, in.process.Terminate(in.within()))
	if _, err := os.Stat(in.file("addresses.json")); err == nil {
		t.Error("addresses.json is there, and nothing answers at its addresses")
	}
	in.nothingRuns()

	in.start("--workers", "2")
	in.holds("kept")
	must(t, syscall.Kill(in.process.PID(), syscall.SIGKILL))
	<-in.process.Ended()
	in.nothingRuns()

	in.start()
	in.holds("kept")
	must(t, in.process.Terminate(in.within()))
}

// TestWithAConfigurationOfItsOwn checks that --config reaches Miniflow's processes, with the
// addresses of the flags, and that no Alipay is simulated then.
func TestWithAConfigurationOfItsOwn(t *testing.T) {
	in, p := install(t), commandtest.New(t, program)
	in.start("--config", p.Config("http://127.0.0.1:1/gateway.do"))
	if _, simulated := in.at.Processes[cluster.Alipay]; simulated || in.at.Simulator != "" {
		t.Errorf("there is a simulated Alipay: %+v", in.at)
	}
	for _, base := range in.at.Metrics {
		must(t, outside.Caller{Base: base}.Call(t.Context(), http.MethodGet, "/readyz", nil, nil))
	}
	var refused *outside.StatusError
	if err := in.api.Call(t.Context(), http.MethodGet, "/v1/orders", nil, nil); !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
		t.Errorf("a caller without the configuration's key: %v", err)
	}
	must(t, in.process.Terminate(in.within()))
}

func TestWhatItRefuses(t *testing.T) {
	p := commandtest.New(t, program)
	for line, want := range map[string]string{
		"--workers 0":                "above 0",
		"--speed=-1":                 "above 0",
		"--channel pigeon":           "websocket",
		"--nonsense":                 "`cluster --help`",
		"--temporal 0.0.0.0:7233":    "127.0.0.1",
		"--programs /there/are/none": "/there/are/none",
	} {
		args := append(strings.Fields(line), "--data-dir", filepath.Join(p.Dir, "data"))
		result := p.Run(args...)
		if result.Code == command.ExitOK || !strings.Contains(result.Stderr, want) {
			t.Errorf("%s ended with %d: %s", line, result.Code, result.Stderr)
		}
	}
	p.Says(p.Run("--help"), command.ExitOK, "--data-dir", "PostgreSQL")
}

// install builds the program and has a data directory for it that does not exist yet.
func install(t *testing.T) *installation {
	t.Helper()
	dir, err := os.MkdirTemp("", "miniflow-cluster-") //nolint:usetesting // t.TempDir is for its owner alone, and PostgreSQL runs as another
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o711)) //nolint:gosec // see above
	in := &installation{t: t, program: filepath.Join(dir, "cluster"), dir: filepath.Join(dir, "data")}
	must(t, outside.Build(t.Context(), ".", in.program))
	return in
}

func (in *installation) within() context.Context {
	ctx, cancel := context.WithTimeout(in.t.Context(), patience)
	in.t.Cleanup(cancel)
	return ctx
}

func (in *installation) file(name string) string { return filepath.Join(in.dir, name) }

// start starts the program and waits until it has written where it is.
func (in *installation) start(flags ...string) {
	in.t.Helper()
	args := append([]string{
		"--data-dir", in.dir, "--listen", "127.0.0.1:0", "--door", "127.0.0.1:0", "--temporal", "127.0.0.1:0", "--simulator", "127.0.0.1:0",
	}, flags...)
	var err error
	// PATH and HOME are what go needs, which builds what is missing.
	in.process, err = outside.Start(in.t.Context(), in.program, args, []string{"GOFLAGS=" + os.Getenv("GOFLAGS")})
	must(in.t, err)
	in.t.Cleanup(func() { _ = syscall.Kill(in.process.PID(), syscall.SIGKILL) }) // it may have ended
	must(in.t, in.process.Await(in.within(), often, func() error {
		text, err := os.ReadFile(in.file("addresses.json"))
		if err == nil {
			err = json.Unmarshal(text, &in.at)
		}
		if err == nil && in.at.PID != in.process.PID() {
			err = fmt.Errorf("addresses.json is of process %d", in.at.PID)
		}
		return err
	}))
	key, _ := os.ReadFile(in.file("api-key")) // a configuration of its own has its own
	in.api = outside.Caller{Base: in.at.API, Key: strings.TrimSpace(string(key))}
}

// manual is an order that asks nothing of Alipay before a person approves.
func (in *installation) manual(no string) map[string]any {
	in.t.Helper()
	logo, err := outside.Caller{Base: in.at.Simulator}.File(in.t.Context(), "/sim/v1/files/logo.png")
	must(in.t, err)
	body := outside.Sample(cluster.AppID, no, logo)
	body["policy"] = map[string]any{"create": "manual"}
	return body
}

// holds waits until an order waits for its approval.
func (in *installation) holds(no string) {
	in.t.Helper()
	must(in.t, in.process.Await(in.within(), often, func() error {
		view, err := in.api.Order(in.t.Context(), cluster.AppID, no)
		if err == nil && (view.Hold == nil || view.Hold.Kind != order.HoldNeedsApproval) {
			err = fmt.Errorf("%s is at %s, on hold %+v", no, view.Stage, view.Hold)
		}
		return err
	}))
}

// onePartition wants Temporal to have understood how many partitions a queue has: it does not
// complain of a setting that it does not know.
func (in *installation) onePartition() {
	in.t.Helper()
	temporal, err := client.DialContext(in.t.Context(), client.Options{HostPort: in.at.Temporal, Namespace: cluster.Namespace})
	must(in.t, err)
	defer temporal.Close()
	answer, err := temporal.WorkflowService().ListTaskQueuePartitions(in.t.Context(), &workflowservice.ListTaskQueuePartitionsRequest{
		Namespace: cluster.Namespace, TaskQueue: &taskqueue.TaskQueue{Name: order.AlipayTaskQueue(cluster.AppID)},
	})
	must(in.t, err)
	if n := len(answer.GetActivityTaskQueuePartitions()); n != 1 {
		in.t.Errorf("a task queue has %d partitions", n)
	}
}

// nothingRuns wants every process of the last life to have ended.
func (in *installation) nothingRuns() {
	in.t.Helper()
	if len(in.at.Processes) < 9 {
		in.t.Errorf("there were the processes %v", in.at.Processes)
	}
	must(in.t, outside.Poll(in.within(), often, func() error {
		for name, pid := range in.at.Processes {
			// Signal 0 asks whether it is there.
			if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("%s still runs", name)
			}
		}
		return nil
	}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
