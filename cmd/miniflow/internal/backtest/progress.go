package backtest

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/backtest/logs"
	"miniflow/internal/telemetry"
)

// refresh is how often the bar is drawn.
const refresh = 200 * time.Millisecond

// bar shows how far the reading is, on a terminal alone: in a file it would be garbage.
type bar struct {
	lines  atomic.Int64
	source *logs.Source
	began  time.Time
	now    func() time.Time

	to      io.Writer
	end     chan struct{}
	drawing sync.WaitGroup
	failed  error
}

func startBar(env *command.Env, source *logs.Source) *bar {
	b := &bar{source: source, began: env.Now(), now: env.Now, to: env.Stderr, end: make(chan struct{})}
	if file, isFile := env.Stderr.(*os.File); isFile && telemetry.IsTerminal(file, env.Getenv) {
		b.drawing.Go(b.draw)
	}
	return b
}

// draw writes over its own line until the end, and leaves an empty one behind.
func (b *bar) draw() {
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			_, b.failed = fmt.Fprintf(b.to, "\r\x1b[K%s", progress(b.source.Read(), b.source.Total(), b.lines.Load(), b.now().Sub(b.began)))
		case <-b.end:
			_, b.failed = fmt.Fprint(b.to, "\r\x1b[K")
			return
		}
	}
}

// stop ends the drawing before anything else is written.
func (b *bar) stop() error {
	close(b.end)
	b.drawing.Wait()
	return b.failed
}

const barWidth = 30

// progress says how much of a total was read, how fast, and how long the rest will take. A total
// below zero is one that nobody knows.
func progress(read, total, lines int64, took time.Duration) string {
	seconds := max(took.Seconds(), 0.001)
	speed := fmt.Sprintf("%d lines, %.0f/s", lines, float64(lines)/seconds)
	if total <= 0 {
		return fmt.Sprintf("%.1f MB, %s", float64(read)/1e6, speed)
	}
	part := min(1, float64(read)/float64(total))
	filled := int(part * barWidth)
	text := fmt.Sprintf("[%s%s] %3.0f %% of %.1f MB, %s", strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled), 100*part, float64(total)/1e6, speed)
	if read > 0 && part < 1 {
		text += ", " + time.Duration(seconds*(1-part)/part*float64(time.Second)).Round(time.Second).String() + " left"
	}
	return text
}
