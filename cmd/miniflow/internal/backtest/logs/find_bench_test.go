package logs_test

import (
	"bytes"
	"testing"

	"miniflow/cmd/miniflow/internal/backtest/logs"
	"miniflow/cmd/miniflow/internal/backtest/synth"
)

// BenchmarkFind is what a line costs before it is verified.
func BenchmarkFind(b *testing.B) {
	var text bytes.Buffer
	if _, _, err := (synth.Log{Lines: 1000, Seed: 1}).Write(&text); err != nil {
		b.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text.Bytes()), []byte("\n"))
	var finder logs.Finder
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if finder.Find(lines[i%len(lines)]).Kind == logs.KindUnread {
			b.Fatalf("nothing in %q", lines[i%len(lines)])
		}
	}
}
