package api

import (
	"context"
	"slices"
	"strconv"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
)

func (f *apiTemporal) WorkflowService() workflowservice.WorkflowServiceClient {
	return apiHistory{temporal: f}
}

// apiHistory is the one call of the service that long-polls need.
type apiHistory struct {
	workflowservice.WorkflowServiceClient
	temporal *apiTemporal
}

// GetClusterInfo names the visibility store.
func (h apiHistory) GetClusterInfo(context.Context, *workflowservice.GetClusterInfoRequest, ...grpc.CallOption) (*workflowservice.GetClusterInfoResponse, error) {
	h.temporal.mutex.Lock()
	defer h.temporal.mutex.Unlock()
	h.temporal.infos++
	return &workflowservice.GetClusterInfoResponse{VisibilityStore: h.temporal.visibility}, h.temporal.failure("info")
}

// GetWorkflowExecutionHistory answers as Temporal does: the first call returns the existing
// events, the next ones wait for more.
func (h apiHistory) GetWorkflowExecutionHistory(ctx context.Context, request *workflowservice.GetWorkflowExecutionHistoryRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	f, known := h.temporal, int64(0)
	if len(request.GetNextPageToken()) > 0 {
		known, _ = strconv.ParseInt(string(request.GetNextPageToken()), 10, 64)
	}
	for {
		f.mutex.Lock()
		err := f.failure("history")
		flow := f.flows[request.GetExecution().GetWorkflowId()]
		if err == nil && request.GetMaximumPageSize() == 1 {
			page := &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: []*historypb.HistoryEvent{flow.first()}}}
			if request.GetHistoryEventFilterType() == enums.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT {
				page.History.Events[0] = flow.last
			}
			f.mutex.Unlock()
			return page, nil
		}
		events, changed := flow.events, flow.changed
		runs := flow.status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING || flow.status == enums.WORKFLOW_EXECUTION_STATUS_PAUSED
		other := flow.runID != request.GetExecution().GetRunId()
		f.mutex.Unlock()
		if err != nil {
			return nil, err
		}
		if events > known || other || !runs {
			page := &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{}}
			if f.raw {
				page.RawHistory = []*commonpb.DataBlob{{Data: []byte("undecoded")}}
				known = events
			}
			for id := known + 1; id <= events; id++ {
				page.History.Events = append(page.History.Events, &historypb.HistoryEvent{EventId: id})
			}
			if runs && !other {
				page.NextPageToken = []byte(strconv.FormatInt(events, 10))
			}
			return page, nil
		}
		f.waiting <- request.GetExecution().GetRunId()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, serviceerror.NewDeadlineExceeded("context deadline exceeded")
		}
	}
}

// GetWorkflowExecutionHistoryReverse answers with a flow's whole history, the last event first.
func (h apiHistory) GetWorkflowExecutionHistoryReverse(_ context.Context, request *workflowservice.GetWorkflowExecutionHistoryReverseRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
	h.temporal.mutex.Lock()
	defer h.temporal.mutex.Unlock()
	if err := h.temporal.failure("history"); err != nil {
		return nil, err
	}
	flow := h.temporal.flows[request.GetExecution().GetWorkflowId()]
	if flow == nil || flow.runID != request.GetExecution().GetRunId() || flow.history == nil {
		return nil, serviceerror.NewNotFound("no such history")
	}
	events := slices.Clone(flow.history)
	slices.Reverse(events)
	return &workflowservice.GetWorkflowExecutionHistoryReverseResponse{History: &historypb.History{Events: events}}, nil
}

// first returns the first event of the flow's history.
func (flow *apiFlow) first() *historypb.HistoryEvent {
	if flow.started != nil {
		return flow.started
	}
	return startedWith(flow.input)
}

// startedWith is the first event of a workflow with an input.
func startedWith(input any) *historypb.HistoryEvent {
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(input)
	if err != nil {
		panic(err)
	}
	return &historypb.HistoryEvent{EventId: 1, Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: payloads},
	}}
}
