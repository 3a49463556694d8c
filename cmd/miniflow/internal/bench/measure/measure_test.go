package measure_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"miniflow/cmd/miniflow/internal/bench/measure"
)

// stat is a line of /proc/<pid>/stat with these times, in ticks.
func stat(pid int, name string, parent, user, system, childUser, childSystem int) *fstest.MapFile {
	return &fstest.MapFile{Data: fmt.Appendf(nil, "%d (%s) S %d 6368 4417 0 -1 4194304 26035 0 0 0 %d %d %d %d 20 0 9 0 3959774 2133819392 52374\n",
		pid, name, parent, user, system, childUser, childSystem)}
}

func processes() measure.Proc {
	return measure.In(fstest.MapFS{
		"1/stat":          stat(1, "init", 0, 1000, 1000, 5000, 5000),
		"10/stat":         stat(10, "stand) (alone", 1, 135, 28, 0, 0), // a name can hold anything
		"11/stat":         stat(11, "postgres: writer", 10, 10, 5, 20, 15),
		"12/stat":         stat(12, "deep", 11, 1, 1, 0, 0),
		"20/stat":         stat(20, "another", 1, 70, 0, 0, 0),
		"10/smaps_rollup": {Data: []byte("00400000-7ffd [rollup]\nRss:  9000 kB\nPss:  1024 kB\nPss_Dirty: 5 kB\n")},
		"11/status":       {Data: []byte("VmPeak:  9 kB\nVmRSS:\t 1 kB\n")}, // another user's
		"self/stat":       {Data: []byte("no process")},
		"cpuinfo":         {Data: []byte("processor\t: 0\nmodel name\t: A CPU: of some kind\nmodel name\t: another\n")},
		"meminfo":         {Data: []byte("MemTotal:       2048 kB\nMemFree: 1 kB\n")},
		"loadavg":         {Data: []byte("0.18 0.25 0.78 1/240 6342\n")},

		"sys/kernel/osrelease": {Data: []byte("6.1.0\n")},
	})
}

func TestCPUIsThatOfTheWholeTree(t *testing.T) {
	for name, c := range map[string]struct {
		roots []int
		want  time.Duration
	}{
		// 163 + 50, of which children that have ended had 35, + 2 ticks of 10 ms.
		"a tree":                 {[]int{10}, 2150 * time.Millisecond},
		"one process":            {[]int{12}, 20 * time.Millisecond},
		"two trees":              {[]int{10, 20}, 2850 * time.Millisecond},
		"one inside of another":  {[]int{10, 11}, 2150 * time.Millisecond},
		"the root of everything": {[]int{1}, 122850 * time.Millisecond},
	} {
		if got, err := processes().CPU(c.roots...); err != nil || got != c.want {
			t.Errorf("%s: %v, want %v: %v", name, got, c.want, err)
		}
	}
	if _, err := processes().CPU(10, 99); err == nil {
		t.Error("a process that does not run was measured")
	}
}

func TestMemoryIsShared(t *testing.T) {
	if got, err := processes().Resident(10); err != nil || got != 1025<<10 {
		t.Errorf("%d: %v", got, err)
	}
}

func TestMachine(t *testing.T) {
	m := processes().Machine()
	if m.CPU != "A CPU: of some kind" || m.Memory != 2<<20 || m.Kernel != "6.1.0" || m.Cores < 1 || m.Go == "" {
		t.Errorf("%+v", m)
	}
	if got := processes().Load(); got != "0.18 0.25 0.78" {
		t.Errorf("load %q", got)
	}
}

// TestThisProcess reads the real /proc: what it says has to be this process's.
func TestThisProcess(t *testing.T) {
	used, err := measure.OS().CPU(os.Getpid())
	if err != nil || used < 0 || used > time.Hour {
		t.Errorf("%v: %v", used, err)
	}
	held, err := measure.OS().Resident(os.Getpid())
	if err != nil || held < 1<<20 || held > 1<<36 {
		t.Errorf("%d bytes: %v", held, err)
	}
}

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, size := range map[string]int{"one": 100, "a/two": 23} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := measure.Disk(dir); err != nil || got != 123 {
		t.Errorf("%d: %v", got, err)
	}
	if _, err := measure.Disk(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there has a size")
	}
}

const exposed = `# HELP temporal_request_total temporal_request_total of the Temporal Go SDK.
# TYPE temporal_request_total counter
temporal_request_total{namespace="default",operation="RespondWorkflowTaskCompleted",workflow_type="Order"} 19
temporal_request_total{namespace="default",operation="RespondWorkflowTaskCompleted",workflow_type="MiniProgram"} 7
temporal_request_total{namespace="default",operation="RespondActivityTaskFailed",workflow_type="Order"} 8
temporal_request_total{namespace="default",operation="DescribeNamespace"} 1
# TYPE temporal_long_request_total counter
temporal_long_request_total{operation="PollWorkflowTaskQueue"} 28
temporal_long_request_total{operation="UpdateWorkflowExecution"} 1
# TYPE temporal_request_failure_total counter
temporal_request_failure_total{operation="QueryWorkflow"} 3
`

func TestRequestsAreCountedByName(t *testing.T) {
	got, err := measure.ParseRequests(strings.NewReader(exposed))
	if err != nil {
		t.Fatal(err)
	}
	if got["RespondWorkflowTaskCompleted"] != 26 || got["UpdateWorkflowExecution"] != 1 || len(got) != 3 {
		t.Errorf("%v", got)
	}
	if got.Total() != 27 || got.FailedTries() != 8 {
		t.Errorf("%g requests and %g failed tries", got.Total(), got.FailedTries())
	}
	since := got.Since(measure.Requests{"RespondWorkflowTaskCompleted": 20, "UpdateWorkflowExecution": 1})
	if since["RespondWorkflowTaskCompleted"] != 6 || len(since) != 2 {
		t.Errorf("since then: %v", since)
	}
	left := since.Without(measure.Requests{"RespondWorkflowTaskCompleted": 1, "RespondActivityTaskFailed": 9}, 2)
	if left["RespondWorkflowTaskCompleted"] != 4 || len(left) != 1 {
		t.Errorf("without those of idling: %v", left)
	}
	if got := got.Operations(); !slices.Equal(got, []string{"RespondWorkflowTaskCompleted", "RespondActivityTaskFailed", "UpdateWorkflowExecution"}) {
		t.Errorf("the names are %v", got)
	}
}

func TestRequestsOfSeveralProcessesAreSummed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(exposed))
	}))
	defer server.Close()
	got, err := measure.FetchRequests(t.Context(), server.Client(), server.URL, server.URL+"/")
	if err != nil || got["RespondWorkflowTaskCompleted"] != 52 {
		t.Errorf("%v: %v", got, err)
	}
}
