package embedded

import (
	"fmt"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const taskQueue = "embedded-test"

var (
	outOrderNo   = temporal.NewSearchAttributeKeyKeyword("OutOrderNo")
	auditAttempt = temporal.NewSearchAttributeKeyInt64("AuditAttempt")
)

// repeat waits for one signal and returns what it said.
func repeat(ctx workflow.Context) (string, error) {
	var word string
	workflow.GetSignalChannel(ctx, "word").Receive(ctx, &word)
	return word, nil
}

// bench is a client with a worker for repeat, on a server at addr.
type bench struct {
	client.Client
	worker worker.Worker
}

func newBench(t *testing.T, options client.Options) *bench {
	t.Helper()
	c, err := client.DialContext(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{Client: c, worker: worker.New(c, taskQueue, worker.Options{})}
	b.worker.RegisterWorkflow(repeat)
	if err := b.worker.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) close() {
	b.worker.Stop()
	b.Close()
}

func (b *bench) start(t *testing.T, id string, attrs ...temporal.SearchAttributeUpdate) {
	t.Helper()
	_, err := b.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: id, TaskQueue: taskQueue,
		WorkflowTaskTimeout:   time.Second, // what a kill costs a workflow that was just being worked on
		TypedSearchAttributes: temporal.NewSearchAttributes(attrs...),
	}, repeat)
	if err != nil {
		t.Fatalf("start %s: %v", id, err)
	}
}

func (b *bench) say(t *testing.T, id, word string) {
	t.Helper()
	if err := b.SignalWorkflow(t.Context(), id, "", "word", word); err != nil {
		t.Fatalf("signal %s: %v", id, err)
	}
}

func (b *bench) wantResult(t *testing.T, id, want string) {
	t.Helper()
	var got string
	if err := b.GetWorkflow(t.Context(), id, "").Get(t.Context(), &got); err != nil || got != want {
		t.Fatalf("workflow %s ended with %q, %v; want %q", id, got, err, want)
	}
}

// wantListed waits until query finds exactly one workflow, id.
func (b *bench) wantListed(t *testing.T, query, id string) {
	t.Helper()
	eventually(t, 20*time.Millisecond, func() error {
		res, err := b.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		if err != nil {
			return err
		}
		if n := len(res.Executions); n != 1 || res.Executions[0].Execution.WorkflowId != id {
			return fmt.Errorf("%s: %d found, want %s alone", query, n, id)
		}
		return nil
	})
}
