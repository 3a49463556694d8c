package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"miniflow/cmd/standalone/internal/outside"
)

const (
	often = 50 * time.Millisecond
	// readyWithin bounds the wait for one process, on a machine that has other things to do.
	readyWithin = 90 * time.Second
	// endWithin is how long a process may take to end in order; Temporal's history drains first.
	endWithin = 30 * time.Second
	tailBytes = 4 << 10
)

// process is one program of the cluster, in its lives one after the other.
type process struct {
	name    string
	program string
	args    []string
	env     []string
	dir     string
	log     string
	// as is the user that it runs as; nil is the one of this process.
	as *syscall.Credential
	// ending is the signal that asks it to end in order, and orphaned is the one that it gets when
	// this process dies.
	ending, orphaned syscall.Signal
	// patience is for how long a start that ends at once is tried again.
	patience time.Duration
	// ready is polled after a start until it returns nil.
	ready func(ctx context.Context) error

	mu    sync.Mutex
	cmd   *exec.Cmd
	ended chan struct{} // closed when this life has ended
	// needed is set while nobody wants this life to end.
	needed bool
}

// launch begins a life. failed is called when it ends and nobody wanted that.
func (p *process) launch(failed func(error)) error {
	said, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = said.Close() }() // the process has its own
	// No context: it lives until it is killed, stopped, or this process dies.
	cmd := exec.CommandContext(context.Background(), p.program, p.args...) //nolint:gosec // programs that were built here
	// What somebody has set in the shell decides nothing.
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, p.env...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, said, said
	// A group of its own, so that a ctrl-c in the terminal doesn't end everything at once and in
	// no order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: p.orphaned, Credential: p.as}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	ended := make(chan struct{})
	p.cmd, p.ended = cmd, ended
	go func() {
		waited := cmd.Wait()
		close(ended)
		p.mu.Lock()
		needed := p.needed
		p.mu.Unlock()
		if needed {
			failed(fmt.Errorf("%s has ended (%w)\n%s", p.name, errors.Join(waited, errNotAsked), p.tail()))
		}
	}()
	return nil
}

var errNotAsked = errors.New("nobody asked it to")

// errRuns refuses a second life beside the first.
var errRuns = errors.New("runs already")

// start launches it and waits until it is ready.
func (p *process) start(ctx context.Context, failed func(error)) error {
	if p.runs() {
		return fmt.Errorf("%s %w", p.name, errRuns)
	}
	for deadline := time.Now().Add(p.patience); ; {
		if err := p.launch(failed); err != nil {
			return err
		}
		err := p.awaitReady(ctx)
		if err == nil || p.runs() || time.Now().After(deadline) {
			return err
		}
	}
}

// awaitReady waits until it is ready; from then on its end is a failure.
func (p *process) awaitReady(ctx context.Context) error {
	if err := p.await(ctx, p.ready); err != nil {
		return err
	}
	p.need(true)
	return nil
}

func (p *process) need(needed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.needed = needed
}

// await polls until something is so. The end of the process, of which its log says more than a
// deadline, is final.
func (p *process) await(ctx context.Context, so func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not within %s", readyWithin))
	defer cancel()
	err := outside.Poll(ctx, often, func() error {
		err := so(ctx)
		if err != nil && !p.runs() {
			return outside.Final(errors.Join(err, errors.New("it has ended")))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%s is not ready: %w\n%s", p.name, err, p.tail())
	}
	return nil
}

func (p *process) runs() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *process) pid() int {
	if !p.runs() {
		return 0
	}
	return p.cmd.Process.Pid
}

// kill is kill -9 of the process and of what it has started.
func (p *process) kill() error { return p.end(syscall.SIGKILL, endWithin) }

// stop asks it to end, and kills it when it takes too long.
func (p *process) stop() error { return p.end(p.ending, endWithin) }

func (p *process) end(signal syscall.Signal, within time.Duration) error {
	if !p.runs() {
		return nil
	}
	p.need(false)
	pid, ended := p.cmd.Process.Pid, p.ended
	// Asked to end, a program ends its own children; killed, it can't.
	target := pid
	if signal == syscall.SIGKILL {
		target = -pid
	}
	if err := syscall.Kill(target, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	select {
	case <-ended:
		return nil
	case <-time.After(within):
	}
	if signal == syscall.SIGKILL {
		return fmt.Errorf("%s did not die", p.name)
	}
	return errors.Join(fmt.Errorf("%s did not end within %s of %s, and was killed", p.name, within, signal), p.kill())
}

// tail is the end of what it has said, in all of its lives.
func (p *process) tail() []byte {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return []byte(err.Error())
	}
	return fmt.Appendf(nil, "%s ends:\n%s", filepath.Base(p.log), bytes.TrimSpace(text[max(0, len(text)-tailBytes):]))
}
