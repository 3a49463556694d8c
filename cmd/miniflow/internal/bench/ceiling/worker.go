package ceiling

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"sync"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/grpc"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/bench/measure"
	"miniflow/cmd/miniflow/internal/bench/system"
)

// The names under which the worker's workflows are started. None is Miniflow's, so that no list
// of orders shows them.
const (
	skeletonType = "BenchSkeleton"
	sinkType     = "BenchSink"
	askingType   = "BenchAsking"
)

// WorkerCommand is the worker's process, which `miniflow bench` starts: a command of its own, so
// that its CPU is its own. It answers each line on standard input with what it has asked of
// Temporal so far, and ends with standard input, so that it outlives nobody.
type WorkerCommand struct {
	Temporal string `required:"" help:"Temporal's frontend."`
	Queue    string `required:"" help:"The worker's task queue."`
}

// Run works until standard input ends.
func (c *WorkerCommand) Run(ctx context.Context, env *command.Env) error {
	counted := counter{calls: measure.Requests{}}
	options, err := system.TemporalOptions(c.Temporal)
	if err != nil {
		return err
	}
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(counted.intercept))
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		return command.Usagef("reach Temporal at %s: %w", c.Temporal, err)
	}
	defer temporal.Close()
	w := worker.New(temporal, c.Queue, worker.Options{})
	w.RegisterWorkflowWithOptions(skeleton, workflow.RegisterOptions{Name: skeletonType})
	w.RegisterWorkflowWithOptions(sink, workflow.RegisterOptions{Name: sinkType})
	w.RegisterWorkflowWithOptions(asking, workflow.RegisterOptions{Name: askingType})
	w.RegisterActivityWithOptions(stepActivity, activity.RegisterOptions{Name: "BenchStep"})
	w.RegisterActivityWithOptions(askActivity, activity.RegisterOptions{Name: "BenchAsk"})
	if err := w.Start(); err != nil {
		return err
	}
	defer w.Stop()
	return counted.answer(env.Stdin, env.Stdout)
}

// counter counts calls to Temporal by their names.
type counter struct {
	mu    sync.Mutex
	calls measure.Requests
}

func (c *counter) intercept(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	c.mu.Lock()
	c.calls.Add(path.Base(method), 1)
	c.mu.Unlock()
	return invoke(ctx, method, request, reply, connection, options...)
}

// answer writes a line at the beginning too: the worker runs.
func (c *counter) answer(questions io.Reader, answers io.Writer) error {
	asked := bufio.NewScanner(questions)
	for {
		c.mu.Lock()
		line, err := json.Marshal(c.calls)
		c.mu.Unlock()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(answers, "%s\n", line); err != nil {
			return err
		}
		if !asked.Scan() {
			return errors.Join(asked.Err())
		}
	}
}

// program is this program, which the worker is a command of.
func program() (string, error) {
	file, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	return file, nil
}
