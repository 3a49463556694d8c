package workflows

import (
	"testing"
	"time"
)

// TestAlipaysNextDay begins at midnight in Beijing, wherever the worker stands.
func TestAlipaysNextDay(t *testing.T) {
	for now, want := range map[string]string{
		"2026-11-21T10:00:00Z":      "2026-11-21T16:00:00Z",
		"2026-11-21T15:59:59Z":      "2026-11-21T16:00:00Z",
		"2026-11-21T16:00:00Z":      "2026-11-22T16:00:00Z",
		"2026-12-31T20:00:00-05:00": "2027-01-01T16:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := alipaysNextDay(at).UTC().Format(time.RFC3339); got != want {
			t.Errorf("after %s it begins at %s, want %s", now, got, want)
		}
	}
}
