package ceiling

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/bench/measure"
	"miniflow/cmd/miniflow/internal/bench/system"
)

// WorkerName is the command that runs the worker.
const WorkerName = "bench-worker"

// endWithin is how long the worker may take to end.
const endWithin = 15 * time.Second

// Bare makes bare load, with the worker behind it.
type Bare struct {
	temporal client.Client
	queue    string
	proc     measure.Proc
	process  *exec.Cmd
	ask      io.WriteCloser
	answers  *bufio.Reader
}

// Start starts the worker and waits until it works.
func Start(s *system.System, run string) (*Bare, error) {
	file, err := program()
	if err != nil {
		return nil, err
	}
	b := &Bare{temporal: s.Temporal, queue: "miniflow-bench-" + run, proc: measure.OS()}
	b.process = exec.Command(file, WorkerName, "--temporal", s.Addresses.Temporal, "--queue", b.queue) //nolint:gosec,noctx // this very program; it ends with its standard input
	b.process.Stderr = os.Stderr
	// A group of its own, so that ctrl-c leaves it to this program to end it.
	b.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if b.ask, err = b.process.StdinPipe(); err != nil {
		return nil, err
	}
	answers, err := b.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	b.answers = bufio.NewReader(answers)
	if err := b.process.Start(); err != nil {
		return nil, fmt.Errorf("start the bare worker: %w", err)
	}
	if _, err := b.read(); err != nil {
		return nil, errors.Join(err, b.End())
	}
	return b, nil
}

func (b *Bare) read() (measure.Requests, error) {
	line, err := b.answers.ReadBytes('\n')
	if err != nil {
		return nil, command.Usagef("the bare worker does not run: %w", err)
	}
	counted := measure.Requests{}
	return counted, json.Unmarshal(line, &counted)
}

// Requests returns what the worker has asked of Temporal so far.
func (b *Bare) Requests() (measure.Requests, error) {
	if _, err := io.WriteString(b.ask, "requests\n"); err != nil {
		return nil, err
	}
	return b.read()
}

// CPU returns the processor time that the worker has used so far.
func (b *Bare) CPU() (time.Duration, error) { return b.proc.CPU(b.process.Process.Pid) }

// End ends the worker.
func (b *Bare) End() error {
	_ = b.ask.Close() // it ends with its standard input
	timer := time.AfterFunc(endWithin, func() { _ = b.process.Process.Kill() })
	defer timer.Stop()
	return b.process.Wait()
}

// start starts a workflow with all that an order is started with.
func (b *Bare) start(ctx context.Context, workflowType, id string, input any) error {
	_, err := b.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: b.queue, WorkflowExecutionErrorWhenAlreadyStarted: true,
		TypedSearchAttributes: attributes(id), Memo: map[string]any{summary: text(memoSize)},
		StaticSummary: text(20), StaticDetails: text(detailsSize),
	}, workflowType, input)
	return err
}

// StartSkeleton starts a skeleton, which waits for its second signal.
func (b *Bare) StartSkeleton(ctx context.Context, id string) error {
	return b.start(ctx, skeletonType, id, text(inputSize))
}

// StartSink starts a workflow that takes signals.
func (b *Bare) StartSink(ctx context.Context, id string) error {
	return b.start(ctx, sinkType, id, text(inputSize))
}

// StartAsking starts a workflow whose activity is tried again and again.
func (b *Bare) StartAsking(ctx context.Context, id string, every time.Duration) error {
	return b.start(ctx, askingType, id, every)
}

// Signal sends a signal of the size of a notification.
func (b *Bare) Signal(ctx context.Context, id string) error {
	return b.temporal.SignalWorkflow(ctx, id, "", signalName, text(notificationSize))
}

// SignalSkeleton sends the skeleton's signal i, from 0.
func (b *Bare) SignalSkeleton(ctx context.Context, id string, i int) error {
	return b.temporal.SignalWorkflow(ctx, id, "", signalName, text(SignalSizes()[i]))
}

// Terminate ends a bare workflow.
func (b *Bare) Terminate(ctx context.Context, id string) error {
	return b.temporal.TerminateWorkflow(ctx, id, "", "the benchmark is over")
}
