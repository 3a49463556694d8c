package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"miniflow/cmd/internal/command"
)

// Fresh is a standalone that was started to be measured.
type Fresh struct {
	Addresses
	dir     string
	keeps   bool
	process *exec.Cmd
	ended   chan struct{}
	said    *tail
}

// startWithin is how long a standalone may take until it takes work; endWithin how long it may
// take to end when it is asked to.
const (
	startWithin = 2 * time.Minute
	endWithin   = 30 * time.Second
)

// Start starts a standalone on any free ports. Without a data directory it gets a temporary one,
// which End removes.
func Start(ctx context.Context, binary, dataDir string, speed float64) (*Fresh, error) {
	f := &Fresh{dir: dataDir, keeps: dataDir != "", ended: make(chan struct{}), said: &tail{}}
	flags, err := flagsOf(ctx, binary)
	if err != nil {
		return nil, err
	}
	if !f.keeps {
		if f.dir, err = os.MkdirTemp("", "miniflow-bench-"); err != nil {
			return nil, err
		}
	}
	args := append([]string{
		"--data-dir", f.dir, "--listen", "127.0.0.1:0", "--temporal", "127.0.0.1:0", "--ui", "127.0.0.1:0", "--simulator", "127.0.0.1:0",
		"--demo=false", "--speed", strconv.FormatFloat(speed, 'g', -1, 64),
	}, flags...)
	f.process = exec.Command(binary, args...) //nolint:gosec,noctx // the user names the program; End ends it, in order
	f.process.Stdout, f.process.Stderr = f.said, f.said
	// A group of its own: ctrl-c is for this program, which then ends the other when nothing needs it.
	f.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := f.process.Start(); err != nil {
		return nil, errors.Join(command.Usagef("start %s: %w", binary, err), f.remove())
	}
	go func() {
		_ = f.process.Wait() // what it says is shown instead
		close(f.ended)
	}()
	if err := f.awaitAddresses(ctx); err != nil {
		return nil, errors.Join(err, f.End())
	}
	return f, nil
}

// flagsOf returns what keeps this version's simulated Alipay from misbehaving. Older ones never
// do and don't know the flag.
func flagsOf(ctx context.Context, binary string) ([]string, error) {
	help, err := exec.CommandContext(ctx, binary, "--help").Output()
	if err != nil {
		return nil, command.Usagef("ask %s for its flags: %w; it is a standalone, built with `go -C cmd/standalone build`", binary, err)
	}
	const wellBehaved = "--well-behaved"
	if strings.Contains(string(help), wellBehaved) {
		return []string{wellBehaved}, nil
	}
	return nil, nil
}

func (f *Fresh) awaitAddresses(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	file := filepath.Join(f.dir, "addresses.json")
	for {
		// A file of an earlier start may still be there.
		if at, err := ReadAddresses(file); err == nil && at.PID == f.process.Process.Pid {
			f.Addresses = at
			return nil
		}
		select {
		case <-f.ended:
			return command.Usagef("the standalone ended before it took work:\n%s", f.said)
		case <-ctx.Done():
			return fmt.Errorf("the standalone takes no work: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// End asks the standalone to end and removes its temporary directory. It takes no context: what
// was started is ended in any case.
func (f *Fresh) End() error {
	_ = f.process.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-f.ended:
	case <-time.After(endWithin):
		_ = f.process.Process.Kill()
		<-f.ended
	}
	return f.remove()
}

func (f *Fresh) remove() error {
	if f.keeps {
		return nil
	}
	return os.RemoveAll(f.dir)
}

// tail keeps the end of what a program says.
type tail struct{ text bytes.Buffer }

// Write is called by one goroutine, that of the process's output.
func (t *tail) Write(text []byte) (int, error) {
	const most = 4 << 10
	if t.text.Len() > most {
		t.text.Reset()
	}
	return t.text.Write(text)
}

// String returns it cleaned: it is another program's.
func (t *tail) String() string { return command.Clean(t.text.String()) }
