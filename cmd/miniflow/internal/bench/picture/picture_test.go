package picture_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/cmd/miniflow/internal/bench/measure"
	"miniflow/cmd/miniflow/internal/bench/picture"
	"miniflow/cmd/miniflow/internal/bench/report"
	"miniflow/cmd/miniflow/internal/bench/scenario"
)

var update = flag.Bool("update", false, "draw the pictures again")

// system is one that was measured in a round whose figures are times the same.
func system(name string, times float64) *report.System {
	r := &report.Round{Load: map[string]string{"orders": "0.10 0.20 0.30", "notifications": "0.20 0.20 0.30", "waiting": "0.30 0.20 0.30"}}
	r.Add("orders.skeleton.cpu", "ms", 250)
	r.Add("orders.cpu", "ms", 300*times, "orders.skeleton.cpu")
	r.Add("orders.requests", "", 30*times)
	r.Add("orders.requests.QueryWorkflow", "", 2.5) // not shown
	r.Add("signals.bare.p99", "ms", 100)
	r.Add("notifications.p99", "ms", 110*times, "signals.bare.p99")
	r.Add("waiting.100.cpu", "ms/min", 10*times)
	r.Add("waiting.100.disk", "bytes", 14.7e6*times)
	r.Add("waiting.5000.cpu", "ms/min", 30*times, "waiting.100.cpu")
	line := func(name string, times float64) report.Line {
		return report.Line{Name: name, Points: []report.Point{
			{Percentile: 50, Milliseconds: 2 * times}, {Percentile: 99, Milliseconds: 20 * times}, {Percentile: 99.9, Milliseconds: 90 * times}, {Percentile: 100, Milliseconds: 250 * times},
		}}
	}
	r.Lines = []report.Line{line("signals.bare", 1), line("notifications", 1.2*times), line("notifications.beside_forgery", 1.5*times)}
	s := &report.System{Name: name, Rounds: []*report.Round{r}}
	s.Summarize()
	return s
}

func compared() *report.Report {
	return &report.Report{
		Machine: measure.Machine{CPU: "a <CPU>", Cores: 2}, Scenarios: []string{"orders", "notifications", "push", "waiting"},
		Systems: []*report.System{system("baseline", 2), system("fresh", 1)},
	}
}

// TestPicturesAreTheSameEachTime draws one report in both languages and compares byte by byte.
func TestPicturesAreTheSameEachTime(t *testing.T) {
	files := picture.Draw(compared())
	// A scenario without figures has no picture.
	want := []string{
		"notifications-latency.svg", "notifications-latency.zh-CN.svg", "notifications.svg", "notifications.zh-CN.svg",
		"orders.svg", "orders.zh-CN.svg", "waiting.svg", "waiting.zh-CN.svg",
	}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
		t.Errorf("drawn are %v, want %v", got, want)
	}
	for name, got := range files {
		wellFormed(t, name, got)
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, got, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s has changed (-want +got):\n%s", golden, diff)
		}
	}
}

// wellFormed reads the whole picture as XML, which a browser shows as an error otherwise.
func wellFormed(t *testing.T, name string, text []byte) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s is not XML: %v", name, err)
			return
		}
	}
}

// TestOneSystemNeedsNoBaseline draws what a single run has.
func TestOneSystemNeedsNoBaseline(t *testing.T) {
	whole := compared()
	whole.Systems = whole.Systems[1:]
	for name, text := range picture.Draw(whole) {
		if bytes.Contains(text, []byte("baseline</text>")) || bytes.Contains(text, []byte("基线版本</text>")) {
			t.Errorf("%s speaks of a baseline", name)
		}
	}
}

// TestEveryScenarioHasAPicture draws a report in which every scenario has its own figure.
func TestEveryScenarioHasAPicture(t *testing.T) {
	figures := map[string]string{
		"orders": "orders.cpu", "starts": "starts.rate", "notifications": "notifications.saturation", "burst": "burst.accepted",
		"push": "push.p50", "looks": "looks.cpu", "waiting": "waiting.1000.cpu", "console": "console.overview.p95",
	}
	for _, one := range scenario.All() {
		round := &report.Round{}
		round.Add(figures[one.Name], "ms", 1)
		s := &report.System{Rounds: []*report.Round{round}}
		s.Summarize()
		files := picture.Draw(&report.Report{Scenarios: []string{one.Name}, Systems: []*report.System{s}})
		for _, name := range []string{one.Name + ".svg", one.Name + ".zh-CN.svg"} {
			if text := files[name]; len(text) == 0 || bytes.Contains(text, []byte("<title></title>")) {
				t.Errorf("there is no %s: %s", name, text)
			}
		}
	}
}

func TestNumbersHaveThreeDigits(t *testing.T) {
	for want, value := range map[string]struct {
		value float64
		unit  string
	}{
		"0": {0, ""}, "2.5 ms": {2.5, "ms"}, "9.99 s": {9.99, "s"}, "12.3 /s": {12.34, "/s"}, "12 /s": {12.04, "/s"}, "583 ms": {583.4, "ms"},
		"14.7 MB": {14729090, "bytes"}, "36.3 kB": {36341, "bytes"}, "1003": {1003, ""},
	} {
		if got := picture.Number(value.value, value.unit); got != want {
			t.Errorf("%g %s is written %q, want %q", value.value, value.unit, got, want)
		}
	}
}
