package attention

import (
	"testing"
	"time"
)

// TestWhatRunsOutIsWarnedAboutAtEachStep walks an hour at a time to the end and beyond: at each step it
// is another item to a robot, which tells it again, and between two steps the same.
func TestWhatRunsOutIsWarnedAboutAtEachStep(t *testing.T) {
	end := time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC)
	var told []int
	key := ""
	for now := end.AddDate(0, 0, -60); now.Before(end.AddDate(0, 0, 40)); now = now.Add(time.Hour) {
		since, days, soon := Ending(end, now)
		if soon != !now.Before(end.AddDate(0, 0, -30)) {
			t.Fatalf("%s before its end: %t", end.Sub(now), soon)
		}
		if soon && (since.After(now) || days > 30) {
			t.Fatalf("%s before its end it is warned about since %s, %d days left", end.Sub(now), since, days)
		}
		item := Item{ID: "certificate:x", Kind: KindCertificateEnds, Since: since}
		if soon && item.Key() != key {
			key, told = item.Key(), append(told, days)
		}
	}
	if len(told) != 5 || told[0] != 30 || told[1] != 14 || told[2] != 7 || told[3] != 1 || told[4] != 0 {
		t.Errorf("told with %v days left", told)
	}
	if _, _, soon := Ending(time.Time{}, end); soon {
		t.Error("what has no end runs out")
	}
}
