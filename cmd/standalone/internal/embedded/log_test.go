package embedded

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

func discardLogger() sdklog.Logger {
	return sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
}

func TestTheServerIsHeardAccordingToItsLife(t *testing.T) {
	var out bytes.Buffer
	l := newServerLog(slog.New(slog.NewTextHandler(&out, nil)), nil)
	derived := log.With(l, tag.String("shard", "1"))
	speak := func() string {
		out.Reset()
		derived.Debug("a-debug")
		derived.Info("an-info")
		derived.Warn("a-warning")
		derived.Error("an-error")
		return out.String()
	}
	tests := []struct {
		phase slog.Level
		want  []string
	}{
		{levelBuilding, []string{"an-error"}},
		{levelRunning, []string{"a-warning", "an-error"}},
		{levelStopping, nil},
	}
	for _, tt := range tests {
		l.level.Set(tt.phase)
		got := speak()
		if n := strings.Count(got, "\n"); n != len(tt.want) {
			t.Errorf("phase %s: %d lines, want %v:\n%s", tt.phase, n, tt.want, got)
		}
		for _, word := range tt.want {
			if !strings.Contains(got, "msg="+word+" component=temporal shard=1") {
				t.Errorf("phase %s: no %s in\n%s", tt.phase, word, got)
			}
		}
	}
}

func TestTagsBecomeAttributes(t *testing.T) {
	var out bytes.Buffer
	l := newServerLog(slog.New(slog.NewTextHandler(&out, nil)), nil)
	l.level.Set(levelRunning)
	l.Warn("w", tag.Error(io.ErrUnexpectedEOF), tag.Int("n", 3), tag.Error(nil))
	if got, want := out.String(), `error="unexpected EOF" n=3`; !strings.Contains(got, want) {
		t.Errorf("%q, want %s", got, want)
	}
}

func TestFatalOfARunningServerEndsItsGoroutineAndIsReported(t *testing.T) {
	reported := make(chan error, 1)
	l := newServerLog(slog.New(slog.DiscardHandler), func(err error) { reported <- err })
	l.level.Set(levelRunning)
	returned, ended := false, make(chan struct{})
	go func() {
		defer close(ended)
		l.Fatal("can't serve", tag.Int("n", 1), tag.Error(io.ErrClosedPipe))
		returned = true
	}()
	<-ended
	if returned {
		t.Error("Fatal came back to code that relies on its not doing so")
	}
	if err := <-reported; !errors.Is(err, io.ErrClosedPipe) || !strings.Contains(err.Error(), "can't serve") {
		t.Errorf("reported %v", err)
	}
}
