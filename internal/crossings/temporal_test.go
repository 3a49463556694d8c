package crossings

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	workflowservice "go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
)

// temporalClient is a Temporal client over the engine, for the activities and the router.
type temporalClient struct {
	e *engine
	// forgets, for the test of the checker, loses what it has accepted.
	forgets func(workflowID, signal string) bool
	// updates counts those that were sent without an id: the SDK gives each one of its own.
	updates int
}

func (t *temporalClient) SignalWorkflow(_ context.Context, id, _, name string, arg any) error {
	if t.forgets != nil && t.forgets(id, name) || t.e.lost != nil && t.e.lost(name) {
		return nil
	}
	return t.e.signal(id, name, arg)
}

func (t *temporalClient) SignalWithStartWorkflow(ctx context.Context, id, name string, arg any,
	options client.StartWorkflowOptions, kind any, args ...any,
) (client.WorkflowRun, error) {
	again := options.WorkflowIDReusePolicy != enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	err := t.e.start(id, kindOf(kind), args[0], options.Memo, again)
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &taken) {
		return nil, err
	}
	return nil, t.SignalWorkflow(ctx, id, "", name, arg)
}

func (t *temporalClient) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, kind any, args ...any) (client.WorkflowRun, error) {
	again := options.WorkflowIDReusePolicy != enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE
	err := t.e.start(options.ID, kindOf(kind), args[0], options.Memo, again)
	return nil, err
}

func (t *temporalClient) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	x := t.e.executions[id]
	if x == nil {
		return nil, serviceerror.NewNotFound("no such workflow: " + id)
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: x.info()}, nil
}

// ListWorkflow lists the messages that wait: the only list that activities need.
func (t *temporalClient) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	page := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, id := range t.e.started {
		x := t.e.executions[id]
		if x.state == closed || !strings.Contains(request.GetQuery(), "'"+x.kind+"'") {
			continue
		}
		page.Executions = append(page.Executions, x.info())
	}
	return page, nil
}

func (t *temporalClient) QueryWorkflow(_ context.Context, id, _, name string, args ...any) (converter.EncodedValue, error) {
	return t.e.query(id, name, args...)
}

// UpdateWorkflow sends an update and, in an activity, waits for its result.
func (t *temporalClient) UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	j := jobOf(ctx)
	if j == nil {
		return nil, serviceerror.NewUnimplemented("updates are for activities here")
	}
	var arg any
	if len(options.Args) > 0 {
		arg = options.Args[0]
	}
	t.updates++
	updateID := cmp.Or(options.UpdateID, fmt.Sprintf("sdk-%d", t.updates))
	came := j.await(func(resume func(any)) {
		err := t.e.update(options.WorkflowID, options.UpdateName, updateID, arg, func(a answered) { t.e.in(0, func() { resume(a) }) })
		if err != nil {
			t.e.in(0, func() { resume(answered{err: err, rejected: true}) })
		}
	})
	a, _ := came.(answered)
	var gone *serviceerror.NotFound
	if errors.As(a.err, &gone) {
		return nil, a.err
	}
	return &updated{id: options.WorkflowID, updateID: options.UpdateID, answered: a}, nil
}

// NewWithStartWorkflowOperation names what an update starts where it does not run.
func (t *temporalClient) NewWithStartWorkflowOperation(options client.StartWorkflowOptions, kind any, args ...any) client.WithStartWorkflowOperation {
	return &startOperation{options: options, kind: kind, args: args}
}

type startOperation struct {
	options client.StartWorkflowOptions
	kind    any
	args    []any
}

func (*startOperation) Get(context.Context) (client.WorkflowRun, error) { return nil, nil }

// UpdateWithStartWorkflow starts the workflow if necessary, then updates it.
func (t *temporalClient) UpdateWithStartWorkflow(ctx context.Context, options client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	operation, ours := options.StartWorkflowOperation.(*startOperation)
	if !ours {
		return nil, serviceerror.NewInvalidArgument("this operation is none of this client's")
	}
	_, err := t.ExecuteWorkflow(ctx, operation.options, operation.kind, operation.args...)
	var taken *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &taken) {
		return nil, err
	}
	update := options.UpdateOptions
	update.WorkflowID = operation.options.ID
	return t.UpdateWorkflow(ctx, update)
}

// updated is an update that has been answered.
type updated struct {
	id, updateID string
	answered
}

func (u *updated) WorkflowID() string { return u.id }
func (u *updated) RunID() string      { return "" }
func (u *updated) UpdateID() string   { return u.updateID }
func (u *updated) Get(_ context.Context, into any) error {
	if u.err != nil || into == nil || u.value == nil {
		return u.err
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(u.value)
	if err != nil {
		return err
	}
	return converter.GetDefaultDataConverter().FromPayload(payload, into)
}

func kindOf(kind any) string {
	name, _ := kind.(string)
	return name
}

func (x *execution) info() *workflowpb.WorkflowExecutionInfo {
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: x.id},
		Type:      &commonpb.WorkflowType{Name: x.kind},
		Status:    enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
		Memo:      &commonpb.Memo{Fields: map[string]*commonpb.Payload{}},
	}
	if x.state == closed {
		info.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
		if x.err != nil {
			info.Status = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
		}
	}
	for name, value := range x.memo {
		if payload, err := converter.GetDefaultDataConverter().ToPayload(value); err == nil {
			info.Memo.Fields[name] = payload
		}
	}
	return info
}

// open seals and opens without a change, because sealing has its own tests.
type open struct{}

func (open) Seal(plain []byte, _ ...string) (order.Sealed, error) { return order.Sealed(plain), nil }
func (open) Open(sealed order.Sealed, _ ...string) ([]byte, error) {
	return []byte(string(sealed)), nil
}
