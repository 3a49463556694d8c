package crossings

import (
	"fmt"
	"strings"
	"time"
)

// trace is what happened in a life, line by line.
type trace struct{ lines []traced }

type traced struct {
	at         time.Time
	kind, text string
	stage      string
}

// writer returns the engine's function for writing a line.
func (t *trace) writer(e *engine) func(kind, text string) {
	return func(kind, text string) {
		stage := ""
		for _, x := range e.executions {
			if x.stage != "" {
				stage = x.stage
			}
		}
		t.lines = append(t.lines, traced{at: e.now(), kind: kind, text: text, stage: stage})
	}
}

// String returns the trace for people: when, at which stage, what.
func (t *trace) String() string {
	var b strings.Builder
	for _, line := range t.lines {
		fmt.Fprintf(&b, "%14s  %-22s %-16s %s\n", elapsed(line.at), line.stage, line.kind, line.text)
	}
	return b.String()
}

// elapsed returns a simulated time: days, then the clock.
func elapsed(at time.Time) string {
	since := at.Sub(began())
	day := since / (24 * time.Hour)
	return fmt.Sprintf("%d+%s", day, time.Time{}.Add(since-day*24*time.Hour).Format("15:04:05.000"))
}
