package logs_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/cmd/miniflow/internal/backtest/logs"
)

// read returns the lines of logs, as `file:number text`, and how many were too long.
func read(t *testing.T, ctx context.Context, names ...string) (lines []string, long int, failed error) { //nolint:revive // a helper's t comes first
	t.Helper()
	source, err := logs.Open(names, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	failed = source.Each(ctx, func() *logs.Batch { return &logs.Batch{} }, func(b *logs.Batch) {
		long += b.TooLong()
		for i := range b.Len() {
			lines = append(lines, filepath.Base(b.File)+":"+string(b.Line(i)))
			if want := len(lines); len(names) == 1 && b.First+i != want {
				t.Errorf("line %d is counted as %d", want, b.First+i)
			}
		}
	})
	return lines, long, failed
}

func write(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zipped(t *testing.T, texts ...string) []byte {
	t.Helper()
	var packed bytes.Buffer
	for _, text := range texts {
		zip := gzip.NewWriter(&packed)
		if _, err := zip.Write([]byte(text)); err != nil || zip.Close() != nil {
			t.Fatal(err)
		}
	}
	return packed.Bytes()
}

// TestLogsAreReadByTheirContent has several logs, line breaks of Windows, no last line break, and gzip
// of two parts under a name that does not say so.
func TestLogsAreReadByTheirContent(t *testing.T) {
	lines, _, err := read(t, t.Context(), write(t, "a", []byte("one\r\ntwo\n\nthree")), write(t, "b", zipped(t, "four\n", "five\n")), write(t, "c", nil))
	if got, want := strings.Join(lines, " "), "a:one a:two a: a:three b:four b:five"; err != nil || got != want {
		t.Errorf("%v: %s", err, got)
	}
}

// TestLinesThatAreTooLongArePassedOver and counted, and those behind them are read.
func TestLinesThatAreTooLongArePassedOver(t *testing.T) {
	fits, long := strings.Repeat("a", logs.MaxLine), strings.Repeat("b", 3*logs.MaxLine)
	lines, n, err := read(t, t.Context(), write(t, "log", []byte(fits+"\n"+long+"\nafter\n"+long)))
	if err != nil || n != 2 || len(lines) != 4 || len(lines[0]) != len("log:")+logs.MaxLine || lines[1] != "log:" || lines[2] != "log:after" {
		t.Errorf("%v: %d too long, %d lines", err, n, len(lines))
	}
}

// TestManyLines keep their numbers over batches.
func TestManyLines(t *testing.T) {
	lines, _, err := read(t, t.Context(), write(t, "log", []byte(strings.Repeat("line\n", 10_000))))
	if err != nil || len(lines) != 10_000 {
		t.Errorf("%v: %d lines", err, len(lines))
	}
}

// TestAGzipThatIsCutIsAnError after what can be read of it.
func TestAGzipThatIsCutIsAnError(t *testing.T) {
	packed := zipped(t, strings.Repeat("line\n", 1000))
	for name, content := range map[string][]byte{"cut": packed[:len(packed)-9], "begun": packed[:5], "followed": append(bytes.Clone(packed), "plain lines behind it\n"...)} {
		if _, _, err := read(t, t.Context(), write(t, "log", content)); err == nil || !strings.Contains(err.Error(), "gzip -dc") {
			t.Errorf("%s: %v, want one that says what to do", name, err)
		}
	}
}

// TestWhatIsNoTextIsNamed, since it would be lines without any notification.
func TestWhatIsNoTextIsNamed(t *testing.T) {
	for name, begins := range map[string]string{"zstd": "\x28\xb5\x2f\xfd", "xz": "\xfd7zXZ\x00", "zip": "PK\x03\x04", "bzip2": "BZh9", "UTF-16": "\xff\xfea\x00"} {
		if _, _, err := read(t, t.Context(), write(t, "log", []byte(begins+"more"))); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestALogThatIsNamedTwiceIsRefused: read twice, each of its messages would be a repetition.
func TestALogThatIsNamedTwiceIsRefused(t *testing.T) {
	path := write(t, "log", []byte("line\n"))
	link := filepath.Join(t.TempDir(), "current.log")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, names := range [][]string{{path, link}, {path, path}, {"-", "-"}} {
		if _, err := logs.Open(names, strings.NewReader("")); err == nil || !strings.Contains(err.Error(), "once") {
			t.Errorf("%v: %v", names, err)
		}
	}
	if _, err := logs.Open([]string{os.DevNull, write(t, "log", nil), "-"}, strings.NewReader("")); err != nil {
		t.Error(err)
	}
}

// TestReadingEndsWithItsContext between two batches.
func TestReadingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	lines, _, err := read(t, ctx, write(t, "log", []byte(strings.Repeat("line\n", 10_000))))
	if !errors.Is(err, context.Canceled) || len(lines) == 10_000 {
		t.Errorf("%v: %d lines", err, len(lines))
	}
}
