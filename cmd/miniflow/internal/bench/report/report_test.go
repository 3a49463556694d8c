package report_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/cmd/miniflow/internal/bench/measure"
	"miniflow/cmd/miniflow/internal/bench/report"
)

var update = flag.Bool("update", false, "write the report again")

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{7}, 7}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}, {[]float64{1, 1, 1, 1, 1000}, 1},
	} {
		before := append([]float64(nil), c.values...)
		if got := report.Median(c.values); got != c.want {
			t.Errorf("the median of %v is %g, want %g", c.values, got, c.want)
		}
		if !cmp.Equal(before, c.values) {
			t.Errorf("%v became %v", before, c.values)
		}
	}
}

func TestRatio(t *testing.T) {
	if got := report.Ratio(3, 2); got == nil || *got != 1.5 {
		t.Errorf("3 by 2 is %v", got)
	}
	if got := report.Ratio(3, 0); got != nil {
		t.Errorf("3 by 0 is %v", *got)
	}
}

// round has an order's CPU beside a skeleton's.
func round(cpu, skeleton float64) *report.Round {
	r := &report.Round{Load: map[string]string{"orders": "0.10 0.20 0.30"}}
	r.Add("orders.skeleton.cpu", "ms", skeleton)
	r.Add("orders.cpu", "ms", cpu, "orders.skeleton.cpu")
	r.Lines = []report.Line{{Name: "push", Points: []report.Point{{Percentile: 50, Milliseconds: cpu / 10}, {Percentile: 99, Milliseconds: cpu}}}}
	return r
}

func made(rounds ...*report.Round) *report.System {
	s := &report.System{Name: "fresh", Program: "standalone", Rounds: rounds}
	s.Summarize()
	return s
}

// TestRatiosAreOfTheirOwnRound checks why: a machine that was busy in one round burdens both sides of
// that round's ratio, so the ratio of the medians (here 2.5) is not it.
func TestRatiosAreOfTheirOwnRound(t *testing.T) {
	s := made(round(400, 200), round(500, 100), round(900, 450))
	got, found := s.Figure("orders.cpu")
	if !found || got.Value != 500 || got.Ratio == nil || *got.Ratio != 2 {
		t.Errorf("%+v", got)
	}
	if bare, _ := s.Figure("orders.skeleton.cpu"); bare.Value != 200 || bare.Ratio != nil {
		t.Errorf("%+v", bare)
	}
	if _, found := s.Figure("orders.events"); found {
		t.Error("a figure that nobody has measured")
	}
	points := s.Percentiles("push")
	if !cmp.Equal(points, []report.Point{{Percentile: 50, Milliseconds: 50}, {Percentile: 99, Milliseconds: 500}}) {
		t.Errorf("%v", points)
	}
}

func TestCompareTakesWhatBothHave(t *testing.T) {
	fresh := made(round(200, 100))
	fresh.Rounds[0].Add("burst.drain", "/s", 5)
	fresh.Summarize()
	half := 0.5
	want := []report.Comparison{
		{Name: "orders.skeleton.cpu", Unit: "ms", Baseline: 200, Fresh: 100, Ratio: &half},
		{Name: "orders.cpu", Unit: "ms", Baseline: 400, Fresh: 200, Ratio: &half},
	}
	if got := report.Compare(made(round(400, 200)), fresh); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

// TestTheJSONIsWhatScriptsRead holds the members of --output json.
func TestTheJSONIsWhatScriptsRead(t *testing.T) {
	baseline, fresh := made(round(400, 200)), made(round(200, 100))
	baseline.Name, fresh.Version, fresh.Temporal = "baseline", "abc", "1.32.1"
	whole := report.Report{
		Machine:   measure.Machine{CPU: "a CPU", Cores: 2, Memory: 1 << 30, Kernel: "6.1", Go: "go1.26"},
		StartedAt: time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC), Scenarios: []string{"orders"},
		Systems: []*report.System{baseline, fresh}, Compared: report.Compare(baseline, fresh),
	}
	got, err := json.MarshalIndent(whole, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", "report.json"), append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(filepath.Join("testdata", "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("the JSON of a report has changed (-want +got):\n%s", diff)
	}
}
