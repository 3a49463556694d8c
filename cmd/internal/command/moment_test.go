package command

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"": "", "2026-11-20T08:00:00+08:00": "2026-11-20T08:00:00+08:00", "90m": "2026-11-20T06:30:00Z", "6h": "2026-11-20T02:00:00Z",
		"2d": "2026-11-18T08:00:00Z", "0.5d": "2026-11-19T20:00:00Z", "1h30m": "2026-11-20T06:30:00Z",
		"-2d": "refused", "-1h": "refused", "yesterday": "refused", "2": "refused", "d": "refused", "2026-11-20": "refused",
	} {
		got, err := Moment("--since", text, now)
		if err != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%q is %q, want %q (%v)", text, got, want, err)
		}
	}
}
