package api

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/internal/archive"
	"miniflow/internal/files"
	"miniflow/order"
)

// archiving is an API with an archive, and an order in Temporal that has ended.
type archiving struct {
	*apiEnv
	archive *archive.Store
}

const oneOrder = "/v1/orders/" + apiApp + "/A-1"

func openArchive(t *testing.T) *archiving {
	t.Helper()
	folder, err := files.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a := &archiving{}
	a.apiEnv = openAPI(t, func(c *Config) {
		a.archive = archive.New(folder, c.Sealer, c.Now)
		c.Archive = a.archive
	})
	a.do(http.MethodPost, "/v1/orders", body(nil)).want(http.StatusCreated)
	return a
}

// end ends the order in Temporal, by itself or from outside.
func (a *archiving) end(status enums.WorkflowExecutionStatus) {
	a.t.Helper()
	id := order.WorkflowID(apiApp, "A-1")
	flow := a.temporal.flows[id]
	view := flow.view
	view.AppID, view.OutOrderNo, view.MerchantRef, view.Stage = apiApp, "A-1", "shop-7", order.StageOnline
	view.Timeline = []order.TimelineItem{{Sequence: 1, Event: order.HappenedFinished, Stage: order.StageOnline}}
	flow.status, flow.view = status, view
	payload := func(value any) *historypb.HistoryEvent {
		payloads, err := converter.GetDefaultDataConverter().ToPayloads(value)
		if err != nil {
			a.t.Fatal(err)
		}
		return &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
			WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{Result: payloads},
		}}
	}
	flow.last = payload(view)
	if status == enums.WORKFLOW_EXECUTION_STATUS_TERMINATED {
		flow.last = &historypb.HistoryEvent{}
	}
	flow.summary = view.Summary()
	flow.described = func(answer *workflowservice.DescribeWorkflowExecutionResponse) {
		answer.WorkflowExecutionInfo.CloseTime = timestamppb.New(a.clock.Now())
	}
	described, err := a.temporal.DescribeWorkflowExecution(a.t.Context(), id, "")
	if err != nil {
		a.t.Fatal(err)
	}
	info := described.GetWorkflowExecutionInfo()
	a.temporal.onList = func(*workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{info}}
	}
}

func (a *archiving) pass(added int) {
	a.t.Helper()
	done, err := a.api.Archive(a.t.Context(), time.Time{}, func(Archived) {})
	if err != nil || done.Last != nil || done.Added != added || done.Seen != 1 {
		a.t.Errorf("a pass: %+v, %v", done, err)
	}
}

// forget is what retention does.
func (a *archiving) forget() { delete(a.temporal.flows, order.WorkflowID(apiApp, "A-1")) }

// TestArchivedOrderIsAnsweredAfterRetention, however it ended, and its number is never used again.
func TestArchivedOrderIsAnsweredAfterRetention(t *testing.T) {
	for _, status := range []enums.WorkflowExecutionStatus{enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, enums.WORKFLOW_EXECUTION_STATUS_TERMINATED} {
		t.Run(status.String(), func(t *testing.T) {
			a := openArchive(t)
			a.end(status)
			a.pass(1)
			a.pass(0)
			a.do(http.MethodPost, "/v1/orders", body(nil)).want(http.StatusOK) // Temporal has it still
			a.forget()
			shown := read[order.View](a.do(http.MethodGet, oneOrder, "").want(http.StatusOK))
			if !shown.Archived || shown.Stage != order.StageOnline || len(shown.Timeline) != 1 || len(shown.Commands) != 0 || shown.Links.TemporalUI != "" {
				t.Errorf("shown %+v", shown)
			}
			again := read[order.View](a.do(http.MethodPost, "/v1/orders", body(nil)).want(http.StatusOK))
			if !again.Archived {
				t.Errorf("the same again: %+v", again)
			}
			a.do(http.MethodPost, "/v1/orders", body(map[string]any{"shop_name": "another"})).want(http.StatusConflict)
			a.as(keyOther, http.MethodGet, oneOrder, "").want(http.StatusForbidden)
			if a.temporal.starts != 1 {
				t.Errorf("%d orders were started", a.temporal.starts)
			}
		})
	}
}

// TestPurgedNumberIsRefusedForGood, also by the same request; nothing of the order is shown.
func TestPurgedNumberIsRefusedForGood(t *testing.T) {
	a := openArchive(t)
	a.end(enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	a.pass(1)
	if _, err := a.archive.Purge(t.Context(), apiApp, "A-1", "shop-7"); err != nil {
		t.Fatal(err)
	}
	a.pass(0) // Temporal shows it for a moment longer
	a.forget()
	a.do(http.MethodPost, "/v1/orders", body(nil)).want(http.StatusConflict)
	a.do(http.MethodGet, oneOrder, "").want(http.StatusNotFound)
	if a.temporal.starts != 1 {
		t.Errorf("%d orders were started", a.temporal.starts)
	}
}

// downArchive is a place that does not answer.
type downArchive struct{}

var errDisk = errors.New("no such device")

func (downArchive) Put(context.Context, string, []byte) error   { return errDisk }
func (downArchive) Get(context.Context, string) ([]byte, error) { return nil, errDisk }
func (downArchive) Delete(context.Context, string) error        { return errDisk }
func (downArchive) List(context.Context, string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) { yield("", errDisk) }
}

// TestArchiveThatIsDownStartsNoOrderTwice: nobody can say whether a number is free; one that Miniflow
// makes itself is.
func TestArchiveThatIsDownStartsNoOrderTwice(t *testing.T) {
	env := openAPI(t, func(c *Config) { c.Archive = archive.New(downArchive{}, c.Sealer, c.Now) })
	for _, answer := range []*apiAnswer{
		env.do(http.MethodPost, "/v1/orders", body(nil)), env.do(http.MethodGet, oneOrder, ""),
	} {
		if answer.want(http.StatusServiceUnavailable); answer.header.Get("Retry-After") == "" || strings.Contains(answer.text, "device") {
			t.Errorf("said %s", answer.text)
		}
	}
	env.do(http.MethodPost, "/v1/orders", body(map[string]any{"out_order_no": ""})).want(http.StatusCreated)
}
