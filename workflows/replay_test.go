package workflows_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/workflows"
	"miniflow/workflows/delivery"
	"miniflow/workflows/miniprogram"
	"miniflow/workflows/sweep"
)

// historiesDir has a folder for each release: histories of real workflows, recorded by
// `make record` at that release, and the manifest that counts them. An order may run for
// months, so the code that replays it is never the code that began it; a release's
// histories are never recorded again.
var historiesDir = filepath.Join("testdata", "histories")

// recorded is a line of the manifest.
type recorded struct {
	Name         string `json:"name"`
	WorkflowType string `json:"workflow_type"`
	// End is the stage or state that was reached; empty for a mini program, which lives on.
	End    string `json:"end"`
	Events int    `json:"events"`

	release string
}

// TestRecordedHistoriesReplay: what was recorded once replays on the code of now.
// An edit that fails here goes behind workflow.GetVersion.
func TestRecordedHistoriesReplay(t *testing.T) {
	for _, r := range manifest(t) {
		t.Run(r.release+"/"+r.Name, func(t *testing.T) {
			history := r.read(t)
			if got := len(history.GetEvents()); got != r.Events {
				t.Errorf("the file has %d events, the manifest says %d", got, r.Events)
			}
			if got := startedType(history); got != r.WorkflowType {
				t.Errorf("the file is of a %s, the manifest says %s", got, r.WorkflowType)
			}
			if err := replayer(workflows.Order, sweep.Workflow).ReplayWorkflowHistory(quiet(), history); err != nil {
				t.Error(err)
			}
		})
	}
}

// ends are the histories of each release by type and end. How many runs it took to
// record those that continued as new is the machine's, so they are not counted.
var ends = map[string]map[string]int{
	"v0.1.0": {
		"Order online": 8, "Order merchant_rejected": 1, "Order confirm_timed_out": 1, "Order cancelled": 1, "Order creation_failed": 1, "MiniProgram": 7,
		"Delivery late": 1, "Delivery applied": 1, "Delivery dead": 1, "Delivery forwarded": 1, "Delivery conflict": 1,
	},
	"next": {
		"Order online": 11, "Order merchant_rejected": 1, "Order confirm_timed_out": 1, "Order cancelled": 1, "Order creation_failed": 1, "MiniProgram": 7,
		"Delivery late": 1, "Delivery applied": 1, "Delivery dead": 1, "Delivery forwarded": 1, "Delivery conflict": 1, "Sweep cancelled": 1,
	},
}

// continued are the types of which each release has a run that continued as new.
var continued = map[string][]string{
	"v0.1.0": {order.WorkflowType, order.MiniProgramWorkflowType},
	"next":   {order.WorkflowType, order.MiniProgramWorkflowType, order.SweepWorkflowType},
}

// TestManifestCountsTheHistories checks that a history is neither lost, which would not be
// missed, nor there without being counted, since it may never have been meant.
func TestManifestCountsTheHistories(t *testing.T) {
	lost := maps.Clone(ends)
	for _, release := range releases(t) {
		want := []string{"manifest.json"}
		counted := map[string]int{}
		for _, r := range manifestOf(t, release) {
			want = append(want, r.Name+".json")
			counted[strings.TrimSpace(r.WorkflowType+" "+r.End)]++
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, names(t, filepath.Join(historiesDir, release))); diff != "" {
			t.Errorf("files of the manifest (-) and of %s (+); `make record` makes both:\n%s", release, diff)
		}
		for _, kind := range continued[release] {
			if counted[kind+" continued"] == 0 {
				t.Errorf("%s: no %s was recorded that continued as new", release, kind)
			}
			delete(counted, kind+" continued")
		}
		if diff := cmp.Diff(ends[release], counted); diff != "" {
			t.Errorf("%s: histories by type and end, wanted (-) and counted (+):\n%s", release, diff)
		}
		delete(lost, release)
	}
	for release := range lost {
		t.Errorf("the histories of %s are gone", release)
	}
}

// releases lists the folders of histories, sorted.
func releases(t *testing.T) []string {
	t.Helper()
	return names(t, historiesDir)
}

// names lists what a folder holds, sorted.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return all
}

// TestReplayRefusesAnotherWorkflow proves that the gate can see: the same
// histories, replayed on code that acts otherwise, are refused.
func TestReplayRefusesAnotherWorkflow(t *testing.T) {
	strangers := map[string]any{
		"looks for a mini program first": func(ctx workflow.Context, input order.Input) (order.View, error) {
			looking := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: order.TaskQueue, StartToCloseTimeout: forEver})
			if err := workflow.ExecuteActivity(looking, activities.LocateOrder.Name, nil).Get(ctx, nil); err != nil {
				return order.View{}, err
			}
			return workflows.Order(ctx, input)
		},
		"waits a little first": func(ctx workflow.Context, input order.Input) (order.View, error) {
			if err := workflow.Sleep(ctx, 1); err != nil {
				return order.View{}, err
			}
			return workflows.Order(ctx, input)
		},
		"does nothing": func(workflow.Context, order.Input) (order.View, error) { return order.View{}, nil },
	}
	for _, name := range slices.Sorted(maps.Keys(strangers)) {
		refusesReplay(t, name, order.WorkflowType, replayer(strangers[name], sweep.Workflow))
	}
}

// TestReplayRefusesAnotherSweep as it does another order.
func TestReplayRefusesAnotherSweep(t *testing.T) {
	strangers := map[string]any{
		"waits a little first": func(ctx workflow.Context, input sweep.Input) error {
			if err := workflow.Sleep(ctx, 1); err != nil {
				return err
			}
			return sweep.Workflow(ctx, input)
		},
		"does nothing": func(workflow.Context, sweep.Input) error { return nil },
	}
	for _, name := range slices.Sorted(maps.Keys(strangers)) {
		refusesReplay(t, name, order.SweepWorkflowType, replayer(workflows.Order, strangers[name]))
	}
}

// refusesReplay checks that no history of a type replays on code that acts otherwise.
func refusesReplay(t *testing.T, acts, workflowType string, on worker.WorkflowReplayer) {
	t.Helper()
	t.Run(acts, func(t *testing.T) {
		tried := 0
		for _, r := range manifest(t) {
			if r.WorkflowType != workflowType {
				continue
			}
			tried++
			if on.ReplayWorkflowHistory(quiet(), r.read(t)) == nil {
				t.Errorf("%s replays on a %s that %s", r.Name, workflowType, acts)
			}
		}
		if tried == 0 {
			t.Errorf("there is no history of a %s", workflowType)
		}
	})
}

// TestHistoriesHoldNoSecret: people's data is sealed before it reaches Temporal.
// These are the values that the recorded orders were started with, the machine
// that they ran on, and how a value begins that is encoded but not sealed.
func TestHistoriesHoldNoSecret(t *testing.T) {
	secrets := []string{"13800000000", "91330000000000000X", "@example.com", "示例餐饮有限公司", "示例联系人", "示例法人", "127.0.0.1", "plain:v1:"}
	for _, r := range manifest(t) {
		wire, err := proto.Marshal(r.read(t)) // every text and payload in it, as it is
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(wire, []byte(`"app_id":"2021000000000000"`)) {
			t.Errorf("%s: not even its app_id is found, so nothing else would be", r.Name)
		}
		for _, secret := range secrets {
			if bytes.Contains(wire, []byte(secret)) {
				t.Errorf("%s shows %q", r.Name, secret)
			}
		}
	}
}

// replayer replays on every workflow of this package, with orders and Sweeps of the given kind.
func replayer(orders, sweeps any) worker.WorkflowReplayer {
	r := worker.NewWorkflowReplayer()
	r.RegisterWorkflowWithOptions(orders, workflow.RegisterOptions{Name: order.WorkflowType})
	r.RegisterWorkflowWithOptions(miniprogram.Workflow, workflow.RegisterOptions{Name: order.MiniProgramWorkflowType})
	r.RegisterWorkflowWithOptions(delivery.Workflow, workflow.RegisterOptions{Name: order.DeliveryWorkflowType})
	r.RegisterWorkflowWithOptions(sweeps, workflow.RegisterOptions{Name: order.SweepWorkflowType})
	return r
}

// manifest lists the histories of every release.
func manifest(t *testing.T) []recorded {
	t.Helper()
	var all []recorded
	for _, release := range releases(t) {
		all = append(all, manifestOf(t, release)...)
	}
	return all
}

func manifestOf(t *testing.T, release string) []recorded {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(historiesDir, release, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var listed struct {
		Histories []recorded `json:"histories"`
	}
	if err := json.Unmarshal(text, &listed); err != nil {
		t.Fatal(err)
	}
	if len(listed.Histories) == 0 {
		t.Fatalf("the manifest of %s lists no history", release)
	}
	for i := range listed.Histories {
		listed.Histories[i].release = release
	}
	return listed.Histories
}

func (r recorded) read(t *testing.T) *historypb.History {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(historiesDir, r.release, r.Name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	history, err := client.HistoryFromJSON(bytes.NewReader(text), client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return history
}

func startedType(history *historypb.History) string {
	return history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()
}

// quiet is a logger for what is expected: a refused replay says so loudly.
func quiet() sdklog.Logger { return sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
