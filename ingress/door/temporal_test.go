package door

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"sync"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
	"miniflow/temporalio"
)

// doorCall is one call to Temporal.
type doorCall struct {
	Operation  string
	WorkflowID string
	Signal     string

	Notification order.Notification
	Mini         order.MiniProgramInput
	Delivery     order.DeliveryInput
	Options      client.StartWorkflowOptions
	RequestID    string
}

// doorTemporal is a fake of a Temporal client: it knows which workflows run, and records its
// calls.
type doorTemporal struct {
	mu      sync.Mutex
	calls   []doorCall
	running map[string]bool   // workflow ids that accept signals
	digests map[string]string // digest memos of the existing deliveries
	wire    bytes.Buffer      // everything that was sent, as JSON
	down    error             // the error of every call
	hangs   bool              // answers only when the context ends
	panics  bool
	during  func() // called within every call
}

func newDoorTemporal(running ...string) *doorTemporal {
	f := &doorTemporal{running: map[string]bool{}, digests: map[string]string{}}
	for _, id := range running {
		f.running[id] = true
	}
	return f
}

func (f *doorTemporal) begin(ctx context.Context, call doorCall, sent ...any) error {
	if f.during != nil {
		f.during()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	call.RequestID = temporalio.RequestIDOf(ctx)
	f.calls = append(f.calls, call)
	if err := json.NewEncoder(&f.wire).Encode(sent); err != nil {
		return err
	}
	switch {
	case f.panics:
		panic("canary: " + call.Notification.Name)
	case f.hangs:
		<-ctx.Done()
		return ctx.Err()
	}
	return cmp.Or(f.down, ctx.Err())
}

func (f *doorTemporal) SignalWorkflow(ctx context.Context, workflowID, _, signalName string, arg any) error {
	n := arg.(order.Notification)
	call := doorCall{Operation: "signal", WorkflowID: workflowID, Signal: signalName, Notification: n}
	if err := f.begin(ctx, call, workflowID, signalName, arg); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.running[workflowID] {
		return serviceerror.NewNotFound("workflow execution already completed")
	}
	return nil
}

func (f *doorTemporal) SignalWithStartWorkflow(ctx context.Context, workflowID, signalName string, signalArg any,
	options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	call := doorCall{
		Operation: "signal-with-start " + workflow.(string), WorkflowID: workflowID, Signal: signalName,
		Notification: signalArg.(order.Notification), Mini: args[0].(order.MiniProgramInput), Options: options,
	}
	return nil, f.begin(ctx, call, workflowID, signalName, signalArg, options.Memo, options.StaticSummary, options.StaticDetails, args)
}

func (f *doorTemporal) ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	input := args[0].(order.DeliveryInput)
	call := doorCall{
		Operation: "start " + workflow.(string), WorkflowID: options.ID,
		Notification: input.Notification, Delivery: input, Options: options,
	}
	if err := f.begin(ctx, call, options.ID, options.Memo, options.StaticSummary, options.StaticDetails, args); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, taken := f.digests[options.ID]; taken {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("taken", "", "")
	}
	f.digests[options.ID], _ = options.Memo[order.DigestMemo].(string)
	return nil, nil
}

func (f *doorTemporal) DescribeWorkflowExecution(ctx context.Context, workflowID, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if err := f.begin(ctx, doorCall{Operation: "describe", WorkflowID: workflowID}); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	digest, found := f.digests[workflowID]
	if !found {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(digest)
	if err != nil {
		return nil, err
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{order.DigestMemo: payload}},
	}}, nil
}

func (f *doorTemporal) operations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := []string{}
	for _, call := range f.calls {
		found = append(found, call.Operation+" "+call.WorkflowID)
	}
	return found
}

// last returns the newest call.
func (f *doorTemporal) last(t testing.TB) doorCall {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == 0 {
		t.Fatal("Temporal was not called")
	}
	return f.calls[len(f.calls)-1]
}
