package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	workflowservice "go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
)

// fakeTemporal is Temporal as the activities meet it: workflows by their id, with what
// the server is known to do about starting, signalling and finding them.
type fakeTemporal struct {
	mu        sync.Mutex
	workflows map[string]*kept
	plans     map[string][]plan
	calls     map[string]int
	// resolves is what an order makes of the next message that it hears.
	resolves order.Disposition
}

// kept is one workflow.
type kept struct {
	kind    string
	running bool
	input   any
	memo    map[string]any
	signals []any
	known   map[order.NotificationKey]order.Disposition
	token   *order.Token
	view    any
	// reservations are those of a MiniProgram.
	reservations []order.VersionReservation
	// attributes are its search attributes.
	attributes map[string]string
}

func newFakeTemporal() *fakeTemporal {
	return &fakeTemporal{
		workflows: map[string]*kept{}, plans: map[string][]plan{}, calls: map[string]int{}, resolves: order.DispositionApplied,
	}
}

// order puts an order into the fakeTemporal.
func (h *fakeTemporal) order(running bool) *kept {
	one := &kept{kind: order.WorkflowType, running: running, known: map[order.NotificationKey]order.Disposition{}}
	h.workflows[order.WorkflowID(appID, outNo)] = one
	return one
}

func (h *fakeTemporal) plan(rpc string, plans ...plan) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.plans[rpc] = append(h.plans[rpc], plans...)
}

var (
	errDown = serviceerror.NewUnavailable("Temporal is down")
	errGone = serviceerror.NewNotFound("it has ended")
)

func (h *fakeTemporal) call(rpc string, effect func() error) error {
	h.mu.Lock()
	h.calls[rpc]++
	var planned plan
	if waiting := h.plans[rpc]; len(waiting) > 0 {
		planned, h.plans[rpc] = waiting[0], waiting[1:]
	}
	err := planned.err
	if err == nil || planned.after {
		err = effect()
	}
	h.mu.Unlock()
	if planned.after && err == nil {
		err = planned.err
	}
	if planned.reached != nil {
		close(planned.reached)
		<-planned.release
		return errors.New("nobody hears this any more")
	}
	return err
}

func (h *fakeTemporal) SignalWorkflow(_ context.Context, id, _, name string, arg any) error {
	return h.call("signal", func() error {
		one, ok := h.workflows[id]
		if !ok || !one.running {
			return serviceerror.NewNotFound("no such workflow runs: " + id)
		}
		h.hear(one, name, arg)
		return nil
	})
}

// hear lets a workflow take a signal; an order resolves each message once.
func (h *fakeTemporal) hear(one *kept, name string, arg any) {
	n, isMessage := arg.(order.Notification)
	if name != order.NotificationSignal || !isMessage {
		one.signals = append(one.signals, arg)
		return
	}
	if _, again := one.known[n.NotificationKey]; !again {
		one.signals = append(one.signals, arg)
		one.known[n.NotificationKey] = h.resolves
	}
}

func (h *fakeTemporal) SignalWithStartWorkflow(_ context.Context, id, name string, arg any, options client.StartWorkflowOptions,
	kind any, args ...any) (client.WorkflowRun, error) {
	return nil, h.call("signal with start", func() error {
		one, ok := h.workflows[id]
		if ok && !one.running && options.WorkflowIDReusePolicy != enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE {
			return serviceerror.NewWorkflowExecutionAlreadyStarted("taken", "", "")
		}
		if !ok || !one.running {
			one = &kept{kind: fmt.Sprint(kind), running: true, input: args[0]}
			h.workflows[id] = one
		}
		h.hear(one, name, arg)
		return nil
	})
}

func (h *fakeTemporal) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, kind any, args ...any) (client.WorkflowRun, error) {
	return nil, h.call("start", func() error {
		if _, taken := h.workflows[options.ID]; taken {
			if options.WorkflowIDReusePolicy != enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE {
				return errors.New("it would start again")
			}
			if !options.WorkflowExecutionErrorWhenAlreadyStarted {
				return nil // as the SDK does
			}
			return serviceerror.NewWorkflowExecutionAlreadyStarted("taken", "", "")
		}
		h.workflows[options.ID] = &kept{kind: fmt.Sprint(kind), running: true, input: args[0], memo: options.Memo}
		return nil
	})
}

func (h *fakeTemporal) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	info := &workflowpb.WorkflowExecutionInfo{Status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, Memo: &commonpb.Memo{}}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, h.call("describe", func() error {
		one, ok := h.workflows[id]
		if !ok {
			return serviceerror.NewNotFound("no such workflow: " + id)
		}
		if one.running {
			info.Status = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
		}
		var err error
		info.Memo.Fields, err = one.payloads()
		return err
	})
}

// payloads is the memo as Temporal has it.
func (k *kept) payloads() (map[string]*commonpb.Payload, error) {
	fields := map[string]*commonpb.Payload{}
	for name, value := range k.memo {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			return nil, err
		}
		fields[name] = payload
	}
	return fields, nil
}

// ListWorkflow finds running Deliveries by their attributes. It reads the query
// as a visibility store would and refuses what is not a row of equations.
func (h *fakeTemporal) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	found := &workflowservice.ListWorkflowExecutionsResponse{}
	return found, h.call("list", func() error {
		wanted, err := equations(request.GetQuery())
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(h.workflows)) {
			if one := h.workflows[id]; one.running && one.answers(id, wanted) && len(found.Executions) < int(request.GetPageSize()) {
				row := &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}, Memo: &commonpb.Memo{}}
				if row.Memo.Fields, err = one.payloads(); err != nil {
					return err
				}
				found.Executions = append(found.Executions, row)
			}
		}
		return nil
	})
}

func (k *kept) answers(id string, wanted map[string][]string) bool {
	for name, values := range wanted {
		value := k.attributes[name]
		switch name {
		case "WorkflowType":
			value = k.kind
		case "WorkflowId":
			value = id
		case "ExecutionStatus":
			value = "Running"
		}
		if !slices.Contains(values, value) {
			return false
		}
	}
	return true
}

// equations reads `A = 'x' AND B IN ('y', 'z')`. Closed runs are not kept here, so that a
// condition on them holds.
func equations(query string) (map[string][]string, error) {
	all := map[string][]string{}
	for _, condition := range strings.Split(query, " AND ") {
		if condition == "ExecutionStatus != 'ContinuedAsNew'" {
			continue
		}
		found := equation.FindStringSubmatch(condition)
		if found == nil {
			return nil, serviceerror.NewInvalidArgument("not a row of equations: " + query)
		}
		all[found[1]] = strings.Split(found[2], "', '")
	}
	return all, nil
}

var equation = regexp.MustCompile(`^(\w+) (?:= |IN \()'((?:[^'\\]|', ')*)'\)?$`)

func (h *fakeTemporal) QueryWorkflow(_ context.Context, id, _, name string, args ...any) (value converter.EncodedValue, err error) {
	return value, h.call("query", func() error {
		one, ok := h.workflows[id]
		if !ok {
			return serviceerror.NewNotFound("no such workflow: " + id)
		}
		switch name {
		case order.TokenQuery:
			value = encoded{one.token}
			return nil
		case order.ViewQuery:
			value = encoded{one.view}
			return nil
		case order.ReservationsQuery:
			value = encoded{one.reservations}
			return nil
		}
		key, _ := args[0].(order.NotificationKey)
		value = encoded{one.known[key]}
		return nil
	})
}

// encoded is a query's answer.
type encoded struct{ value any }

func (e encoded) HasValue() bool { return true }

func (e encoded) Get(into any) error {
	written, err := json.Marshal(e.value)
	if err != nil {
		return err
	}
	return json.Unmarshal(written, into)
}

// startOperation is what an update starts where it does not run.
type startOperation struct {
	options client.StartWorkflowOptions
	kind    any
	args    []any
}

func (*startOperation) Get(context.Context) (client.WorkflowRun, error) { return nil, nil }

func (*fakeTemporal) NewWithStartWorkflowOperation(options client.StartWorkflowOptions, kind any, args ...any) client.WithStartWorkflowOperation {
	return &startOperation{options, kind, args}
}

// UpdateWithStartWorkflow lets a MiniProgram take a claim, as the entity does.
func (h *fakeTemporal) UpdateWithStartWorkflow(_ context.Context, options client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	start, update := options.StartWorkflowOperation.(*startOperation), options.UpdateOptions
	if start.options.WorkflowIDConflictPolicy != enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING || update.UpdateName != order.ClaimUpdate ||
		update.WorkflowID != start.options.ID || update.WaitForStage != client.WorkflowUpdateStageCompleted {
		return nil, serviceerror.NewInvalidArgument("no such update")
	}
	err := h.call("update with start", func() error {
		if h.workflows[start.options.ID] == nil {
			h.workflows[start.options.ID] = &kept{kind: fmt.Sprint(start.kind), running: true, input: start.args[0]}
		}
		h.hear(h.workflows[start.options.ID], update.UpdateName, update.Args[0])
		return nil
	})
	return claimed{}, err
}

// claimed is the answer to a claim.
type claimed struct{ client.WorkflowUpdateHandle }

func (claimed) Get(_ context.Context, into any) error {
	return encoded{order.AuthorizationChange{Authorization: order.AuthorizationNone}}.Get(into)
}
