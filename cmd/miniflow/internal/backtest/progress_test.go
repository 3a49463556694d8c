package backtest

import (
	"testing"
	"time"
)

// TestProgress says how far the reading is, as far as anybody knows.
func TestProgress(t *testing.T) {
	for _, c := range []struct {
		read, total, lines int64
		want               string
	}{
		{50e6, 200e6, 10_000, "[=======                       ]  25 % of 200.0 MB, 10000 lines, 1000/s, 30s left"},
		{200e6, 200e6, 40_000, "[==============================] 100 % of 200.0 MB, 40000 lines, 4000/s"},
		{300e6, 200e6, 40_000, "[==============================] 100 % of 200.0 MB, 40000 lines, 4000/s"},
		{50e6, -1, 10_000, "50.0 MB, 10000 lines, 1000/s"},
	} {
		if got := progress(c.read, c.total, c.lines, 10*time.Second); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}
