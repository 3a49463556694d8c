package outside

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// outputDelay is how long output is waited for once a program has ended: a child
// of its own may hold the pipe for ever.
const outputDelay = 5 * time.Second

// tailBytes is how much of a program's output an error shows: the reason stands at its end.
const tailBytes = 4 << 10

// Build compiles the main package in dir, a path as go build takes it, into the
// file out. Without flags it uses what is compiled already; each flag set is a
// cache of its own, and for the embedded Temporal that takes minutes.
func Build(ctx context.Context, dir, out string, flags ...string) error {
	// -C, because the standalone is a module of its own, and go build works on the module it is in.
	args := append([]string{"-C", dir, "build", "-o", out}, flags...)
	built := exec.CommandContext(ctx, "go", append(args, ".")...) //nolint:gosec // a test names its own folders
	if text, err := built.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", dir, err, text)
	}
	return nil
}

// Process is a program that runs. It is safe for concurrent use, since tests read its output
// while it writes.
type Process struct {
	name   string
	cmd    *exec.Cmd
	output recorder
	ended  chan struct{}
	err    error
}

// Start starts a program with the environment given as name=value, and with PATH
// and HOME of this process alone: a variable that a developer has set can't
// decide a test. It is killed when the context ends.
func Start(ctx context.Context, program string, args, env []string) (*Process, error) {
	p := &Process{name: program, ended: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, program, args...) //nolint:gosec // a test starts what it has built
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	p.cmd.WaitDelay = outputDelay
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	go func() {
		// Waited for in one place: a second Wait of the same process is an error.
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// PID is for tests that send a signal of their own, such as the kill of a crash.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Output is what the program has written so far, both streams in one, because a test looks for
// words and a secret may be in either.
func (p *Process) Output() []byte { return p.output.text() }

// ExitCode is the program's exit code. It is -1 as long as it runs and when a signal ended it,
// so that neither passes for a success.
func (p *Process) ExitCode() int {
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	default:
		return -1
	}
}

// Ended is closed once the program has ended and its output is whole, so that a test can read
// the last line.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Terminate asks the program to end (SIGTERM) and waits for it. The error is nil
// for exit code 0; otherwise it shows the end of the output. When the context
// ends first, the program is killed.
func (p *Process) Terminate(ctx context.Context) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ask %s to end: %w", p.name, err)
	}
	return p.Wait(ctx)
}

// Wait waits for a program that ends by itself, such as a command that was refused; otherwise
// it is like Terminate.
func (p *Process) Wait(ctx context.Context) error {
	select {
	case <-p.ended:
	case <-ctx.Done():
		// The caller's deadline has passed, so nothing is lost by a kill.
		_ = p.cmd.Process.Kill() // it has ended, or it ends now
		<-p.ended
		return fmt.Errorf("%s did not end: %w\n%s", p.name, context.Cause(ctx), p.tail())
	}
	if p.err != nil {
		return fmt.Errorf("%s: %w\n%s", p.name, p.err, p.tail())
	}
	return nil
}

// Await polls until try succeeds. It fails at once when the program has ended, whose output
// says more than a deadline; otherwise with try's last error when the context ends.
func (p *Process) Await(ctx context.Context, every time.Duration, try func() error) error {
	return Poll(ctx, every, func() error {
		err := try()
		select {
		case <-p.ended:
			return Final(fmt.Errorf("%s has ended (%w)\n%s", p.name, errors.Join(p.err, err), p.tail()))
		default:
			return err
		}
	})
}

func (p *Process) tail() []byte {
	text := p.Output()
	return text[max(0, len(text)-tailBytes):]
}

type recorder struct {
	mu      sync.Mutex
	written bytes.Buffer
}

func (r *recorder) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written.Write(text)
}

// A copy is returned, because the program goes on writing.
func (r *recorder) text() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.written.Bytes())
}
