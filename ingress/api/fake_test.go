package api

import (
	"context"
	"slices"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/rollout"
)

// apiTemporal is a fake Temporal that stores its input like the real one: as payloads, one
// workflow for each id.
type apiTemporal struct {
	mutex  sync.Mutex
	flows  map[string]*apiFlow
	starts int
	bulks  []order.BulkInput
	// rollouts are those that were started.
	rollouts []rollout.Input
	queries  int
	updates  []client.UpdateWorkflowOptions
	// signals receives the id of each workflow that is signalled.
	signals chan string
	withs   []*apiOperation
	lists   []*workflowservice.ListWorkflowExecutionsRequest
	counts  []string
	// payloads is everything that was sent, as it would be stored.
	payloads []byte

	// failures are the errors of the next calls, by method; down is the error of all calls.
	failures map[string][]error
	down     map[string]error
	// queryAnswers, by workflow id and query, take precedence over those of the flows.
	queryAnswers map[string]any
	// onStart makes the next start's answer an error, although it was carried out.
	onStart  func() error
	onUpdate func(client.UpdateWorkflowOptions) (any, error)
	onList   func(*workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse
	onCount  func(query string) int64
	// visibility is the store's name, and infos how often it was asked for.
	visibility string
	infos      int
	// raw returns histories undecoded.
	raw bool
	// waiting receives a value when a long-poll begins to wait.
	waiting chan string
}

// apiFlow is one order's workflow.
type apiFlow struct {
	input   order.Input
	options client.StartWorkflowOptions
	view    order.View
	runID   string
	status  enums.WorkflowExecutionStatus
	events  int64
	changed chan struct{}
	// summary is the memo that lists read; nil means no memo.
	summary any
	// described changes Temporal's description of it, as an operator's action would.
	described func(*workflowservice.DescribeWorkflowExecutionResponse)
	// started is the first event of its history, if it isn't an order's.
	started *historypb.HistoryEvent
	// history is all that it has written, for who reads it from its end; nil is a history that is gone.
	history []*historypb.HistoryEvent
	// last is the event that closed it.
	last *historypb.HistoryEvent
}

func newAPITemporal() *apiTemporal {
	return &apiTemporal{
		flows: map[string]*apiFlow{}, failures: map[string][]error{}, down: map[string]error{}, queryAnswers: map[string]any{}, waiting: make(chan string, 16),
	}
}

// fail makes the next calls of a method fail.
func (f *apiTemporal) fail(method string, errs ...error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.failures[method] = append(f.failures[method], errs...)
}

// failure returns the error for the next call of a method. Callers hold the mutex.
func (f *apiTemporal) failure(method string) error {
	if err := f.down[method]; err != nil {
		return err
	}
	if len(f.failures[method]) == 0 {
		return nil
	}
	err := f.failures[method][0]
	f.failures[method] = f.failures[method][1:]
	return err
}

func (f *apiTemporal) store(values ...any) {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(values...)
	if err != nil {
		panic(err)
	}
	for _, payload := range payloads.GetPayloads() {
		f.payloads = append(f.payloads, payload.GetData()...)
	}
}

// add adds an order, as if it had been started.
func (f *apiTemporal) add(view order.View, request order.Request) *apiFlow {
	return f.addAs(order.WorkflowID(view.AppID, view.OutOrderNo), view, request)
}

// addAs adds any workflow.
func (f *apiTemporal) addAs(id string, view order.View, request order.Request) *apiFlow {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	flow := &apiFlow{
		input: order.Input{Request: request, Schedules: order.DefaultSchedules()}, view: view, runID: "run-1", events: 3,
		status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING, changed: make(chan struct{}),
	}
	f.flows[id] = flow
	return flow
}

// change changes a flow and wakes up long-polls.
func (f *apiTemporal) change(flow *apiFlow, what func(*apiFlow)) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	what(flow)
	flow.events++
	close(flow.changed)
	flow.changed = make(chan struct{})
}

func (f *apiTemporal) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err := f.failure("start"); err != nil {
		return nil, err
	}
	before := f.flows[options.ID]
	anew := before != nil && before.status == enums.WORKFLOW_EXECUTION_STATUS_TERMINATED &&
		options.WorkflowIDReusePolicy == enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
	if before != nil && !anew {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", "run-1")
	}
	if bulk, is := args[0].(order.BulkInput); is && workflow == order.BulkWorkflowType {
		f.bulks = append(f.bulks, bulk)
		digest, err := converter.GetDefaultDataConverter().ToPayload(options.Memo[order.DigestMemo])
		f.flows[options.ID] = &apiFlow{status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING, described: func(d *workflowservice.DescribeWorkflowExecutionResponse) {
			d.WorkflowExecutionInfo.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{order.DigestMemo: digest}}
		}}
		return apiRun{id: options.ID}, err
	}
	if in, is := args[0].(rollout.Input); is && workflow == rollout.WorkflowType {
		f.rollouts = append(f.rollouts, in)
		f.store(in, options.StaticSummary, options.StaticDetails)
		f.flows[options.ID] = &apiFlow{status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING, started: startedWith(in)}
		f.queryAnswers[options.ID+" "+order.ViewQuery] = rollout.New(in.Plan, in.At).View(in, in.At)
		return apiRun{id: options.ID}, nil
	}
	if workflow != order.WorkflowType {
		panic("another workflow than Order was started")
	}
	f.starts++
	input, _ := args[0].(order.Input)
	f.store(input, options.Memo, options.StaticSummary, options.StaticDetails)
	view := order.View{
		AppID: input.Request.AppID, OutOrderNo: input.Request.OutOrderNo, Kind: input.Request.Kind, Stage: order.StageCreating, Sequence: 1,
		CreatedAt: input.CreatedAt, StageSince: input.CreatedAt, MerchantRef: input.Request.MerchantRef,
	}
	f.flows[options.ID] = &apiFlow{
		input: input, options: options, view: view, runID: "run-1", events: 3,
		status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING, changed: make(chan struct{}),
	}
	if f.onStart != nil {
		lost := f.onStart()
		f.onStart = nil
		return nil, lost
	}
	return apiRun{id: options.ID}, nil
}

type apiRun struct {
	client.WorkflowRun
	id string
}

func (r apiRun) GetID() string  { return r.id }
func (apiRun) GetRunID() string { return "run-1" }

func (f *apiTemporal) DescribeWorkflowExecution(_ context.Context, workflowID, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err := f.failure("describe"); err != nil {
		return nil, err
	}
	flow := f.flows[workflowID]
	if flow == nil {
		return nil, serviceerror.NewNotFound("workflow not found")
	}
	answer := &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: flow.runID}, Status: flow.status, HistoryLength: flow.events,
		Memo: memoOf(flow.summary),
	}}
	if flow.described != nil {
		flow.described(answer)
	}
	return answer, nil
}

func memoOf(summary any) *commonpb.Memo {
	payload, err := converter.GetDefaultDataConverter().ToPayload(summary)
	if err != nil {
		panic(err)
	}
	return &commonpb.Memo{Fields: map[string]*commonpb.Payload{order.SummaryMemo: payload}}
}

func (f *apiTemporal) QueryWorkflow(_ context.Context, workflowID, _, query string, _ ...any) (converter.EncodedValue, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.queries++
	if err := f.failure("query"); err != nil {
		return nil, err
	}
	answer, known := f.queryAnswers[workflowID+" "+query]
	if flow := f.flows[workflowID]; !known && flow != nil {
		answer, known = flow.view, query == order.ViewQuery
	}
	if !known {
		return nil, serviceerror.NewNotFound("workflow not found")
	}
	return encoded(answer), nil
}

func encoded(value any) converter.EncodedValue {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(value)
	if err != nil {
		panic(err)
	}
	return client.NewValue(payloads)
}

type apiUpdate struct {
	client.WorkflowUpdateHandle
	answer any
	err    error
}

func (u apiUpdate) Get(_ context.Context, into any) error {
	if u.err != nil {
		return u.err
	}
	return encoded(u.answer).Get(into)
}

func (f *apiTemporal) UpdateWorkflow(_ context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err := f.failure("update"); err != nil {
		return nil, err
	}
	f.updates = append(f.updates, options)
	f.store(options.Args...)
	if f.onUpdate != nil {
		answer, err := f.onUpdate(options)
		return apiUpdate{answer: answer, err: err}, nil
	}
	flow := f.flows[options.WorkflowID]
	if flow == nil || flow.status != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return nil, serviceerror.NewNotFound("workflow not found or completed")
	}
	return apiUpdate{answer: flow.view}, nil
}

type apiOperation struct {
	options client.StartWorkflowOptions
	input   order.MiniProgramInput
	update  client.UpdateWorkflowOptions
}

func (*apiOperation) Get(context.Context) (client.WorkflowRun, error) { return apiRun{}, nil }

func (*apiTemporal) NewWithStartWorkflowOperation(options client.StartWorkflowOptions, _ any, args ...any) client.WithStartWorkflowOperation {
	input, _ := args[0].(order.MiniProgramInput)
	return &apiOperation{options: options, input: input}
}

func (f *apiTemporal) UpdateWithStartWorkflow(_ context.Context, options client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if err := f.failure("update"); err != nil {
		return nil, err
	}
	operation, _ := options.StartWorkflowOperation.(*apiOperation)
	operation.update = options.UpdateOptions
	if in, is := options.UpdateOptions.Args[0].(attention.Instruction); is {
		return f.note(options.UpdateOptions.WorkflowID, in), nil
	}
	f.withs = append(f.withs, operation)
	f.store(append([]any{operation.input}, options.UpdateOptions.Args...)...)
	token, _ := options.UpdateOptions.Args[0].(order.Token)
	return apiUpdate{answer: order.MiniProgramView{
		AppID: operation.input.AppID, MiniAppID: operation.input.MiniAppID,
		Authorization: order.AuthorizationAuthorized, AuthorizedAt: &token.AuthTime,
	}}, nil
}

// note keeps a note as an Attention does. Callers hold the mutex.
func (f *apiTemporal) note(workflowID string, in attention.Instruction) apiUpdate {
	f.store(in)
	notes, _ := f.queryAnswers[workflowID+" "+order.ViewQuery].(attention.Notes)
	note := notes.Instruct(in, apiStart)
	f.queryAnswers[workflowID+" "+order.ViewQuery] = notes
	return apiUpdate{answer: note}
}

func (f *apiTemporal) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.lists = append(f.lists, request)
	if err := f.failure("list"); err != nil {
		return nil, err
	}
	if f.onList == nil {
		return &workflowservice.ListWorkflowExecutionsResponse{}, nil
	}
	return f.onList(request), nil
}

// SignalWorkflow finds every workflow but one that is gone.
func (f *apiTemporal) SignalWorkflow(_ context.Context, workflowID, _, signal string, _ any) error {
	if f.signals != nil {
		f.signals <- signal + " " + workflowID
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.failure("signal")
}

func (f *apiTemporal) CountWorkflow(_ context.Context, request *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.counts = append(f.counts, request.GetQuery())
	if err := f.failure("count"); err != nil {
		return nil, err
	}
	if f.onCount == nil {
		return &workflowservice.CountWorkflowExecutionsResponse{}, nil
	}
	return &workflowservice.CountWorkflowExecutionsResponse{Count: f.onCount(request.GetQuery())}, nil
}

// orderIDs returns the ids of all orders.
func (f *apiTemporal) orderIDs() []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	var ids []string
	for id := range f.flows {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
