package history_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/google/go-cmp/cmp"

	"miniflow/ingress/api/history"
)

// runs are histories by their run, as Temporal keeps them.
type runs map[string][]*historypb.HistoryEvent

// page answers as Temporal does: the last events first, a hundred at once.
func (r runs) page(_ context.Context, request *workflowservice.GetWorkflowExecutionHistoryReverseRequest) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
	events, known := r[request.GetExecution().GetRunId()]
	if !known {
		return nil, serviceerror.NewNotFound("no such history")
	}
	left := len(events)
	if token := request.GetNextPageToken(); len(token) > 0 {
		left, _ = strconv.Atoi(string(token))
	}
	from := max(0, left-min(100, int(request.GetMaximumPageSize())))
	part := slices.Clone(events[from:left])
	slices.Reverse(part)
	answer := &workflowservice.GetWorkflowExecutionHistoryReverseResponse{History: &historypb.History{Events: part}}
	if from > 0 {
		answer.NextPageToken = []byte(strconv.Itoa(from))
	}
	return answer, nil
}

// described is a workflow whose last run is this one.
func described(run string, status enums.WorkflowExecutionStatus, pending ...*workflowpb.PendingActivityInfo) *workflowservice.DescribeWorkflowExecutionResponse {
	return &workflowservice.DescribeWorkflowExecutionResponse{
		PendingActivities: pending,
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: "order/a/b", RunId: run}, Status: status,
		},
	}
}

func (r runs) list(t *testing.T, run string, status enums.WorkflowExecutionStatus, pending ...*workflowpb.PendingActivityInfo) history.List {
	t.Helper()
	list, err := history.Calls(t.Context(), r.page, "default", described(run, status, pending...))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(list.Calls, func(one, other history.Call) int { return other.At.Compare(one.At) }) {
		t.Error("they are not sorted, newest first")
	}
	return list
}

// recorded reads a history that a real order has written.
func recorded(t *testing.T, name string) []*historypb.HistoryEvent {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "..", "workflows", "testdata", "histories", "next", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	read, err := client.HistoryFromJSON(file, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return read.GetEvents()
}

// said is a call in one line, without what differs each time.
func said(call history.Call) string {
	line := fmt.Sprintf("%s %s %d: %s", strings.TrimPrefix(call.Method, "alipay.open."), call.State, call.Tries, call.Answer)
	if call.Code != "" {
		line += " [" + call.Code + "]"
	}
	return line
}

func sayAll(list history.List) (lines []string) {
	for _, call := range list.Calls {
		lines = append(lines, said(call))
	}
	return lines
}

// recordedRuns reads recorded histories, and names their runs as Temporal did; the last is the one that
// is asked for first. A history after a reset bears the name of another run.
func recordedRuns(t *testing.T, names ...string) (all runs, last string) {
	all = runs{}
	for _, name := range names {
		events := recorded(t, name)
		last = events[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
		all[last] = events
	}
	return all, last
}

// TestWhatRecordedOrdersCalled: by histories that real orders have written.
func TestWhatRecordedOrdersCalled(t *testing.T) {
	for name, want := range map[string][]string{
		"order-demo-online": {
			"mini.version.online done 1: accepted: RELEASE", "mini.version.detail.query done 1: answered: WAIT_RELEASE",
			"mini.version.audit.apply done 1: accepted: AUDITING", "mini.version.build.query done 1: answered: done",
			"mini.version.upload done 1: accepted: 0.0.1", "mini.isv.query done 1: answered: agreed",
			"mini.isv.create done 1: accepted: 202611309614162980278549",
		},
		"order-demo-trial": {
			"mini.version.online done 1: accepted: RELEASE", "mini.version.detail.query done 1: answered: WAIT_RELEASE",
			"mini.version.audit.apply done 1: accepted: AUDITING", "mini.version.build.query done 1: answered: done",
			"mini.version.upload done 1: accepted: 0.0.1", "mini.isv.fastregister.query done 1: answered: agreed",
			"mini.isv.fastregister.query done 1: answered: agreed", "mini.isv.fastregister.create done 1: accepted: 202611303220970443386104",
		},
		"order-refused-given-up": {
			"mini.isv.create failed 1: Business Failed (Alipay's risk control refuses the merchant: the merchant has to ask Alipay) [HAS_RISK]",
			"mini.isv.create failed 1: Business Failed (Alipay's risk control refuses the merchant: the merchant has to ask Alipay) [HAS_RISK]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			all, run := recordedRuns(t, name)
			list := all.list(t, run, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
			if diff := cmp.Diff(want, sayAll(list)); diff != "" || !list.Complete {
				t.Errorf("complete %t: %s", list.Complete, diff)
			}
			for _, call := range list.Calls {
				if call.Duration == nil || *call.Duration <= 0 || *call.Duration > 60 || call.State == history.Failed && len(call.TraceID) != 32 {
					t.Errorf("%s took %v, and its trace is %q", call.Method, call.Duration, call.TraceID)
				}
			}
		})
	}
}

// TestTheRunsBeforeAreRead, three in all, and what of them is gone leaves the list incomplete.
func TestTheRunsBeforeAreRead(t *testing.T) {
	names := []string{"order-continued-1", "order-continued-2", "order-continued-3", "order-continued-4"}
	for _, test := range []struct {
		kept     []string
		calls    int
		complete bool
	}{{names[:1], 2, true}, {names[:2], 6, true}, {names[:3], 8, true}, {names, 8, false}, {names[2:], 4, false}} {
		all, run := recordedRuns(t, test.kept...)
		list := all.list(t, run, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
		if len(list.Calls) != test.calls || list.Complete != test.complete {
			t.Errorf("of %v: complete %t, %q", test.kept, list.Complete, sayAll(list))
		}
	}
	if list := (runs{}).list(t, "gone", enums.WORKFLOW_EXECUTION_STATUS_COMPLETED); list.Calls == nil || len(list.Calls) != 0 || list.Complete {
		t.Errorf("what is gone: %+v", list)
	}
}

// TestAResetHidesNoCall: the run that was reset has done things that its copy knows nothing of.
func TestAResetHidesNoCall(t *testing.T) {
	all, original := recordedRuns(t, "order-demo-online")
	all["reset"] = all[original][:45] // up to the build, which is scheduled
	list := all.list(t, "reset", enums.WORKFLOW_EXECUTION_STATUS_RUNNING)
	if len(list.Calls) != 7 || !list.Complete {
		t.Errorf("complete %t: %q", list.Complete, sayAll(list))
	}
}
