package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	workflowservice "go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// many is a Temporal with messages, each of which answers an update as answers says.
type many struct {
	mu      sync.Mutex
	rows    []order.DeliveryView
	queries []string
	updates []client.UpdateWorkflowOptions
	times   []time.Time
	answers map[string]error
}

func (m *many) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	m.queries = append(m.queries, request.GetQuery())
	answer := &workflowservice.ListWorkflowExecutionsResponse{NextPageToken: []byte("more")}
	for _, row := range m.rows {
		payload, err := converter.GetDefaultDataConverter().ToPayload(row)
		if err != nil {
			return nil, err
		}
		answer.Executions = append(answer.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: "delivery/" + row.AppID + "/" + row.NotifyID},
			Memo:      &commonpb.Memo{Fields: map[string]*commonpb.Payload{order.SummaryMemo: payload}},
		})
	}
	return answer, nil
}

type updated struct {
	client.WorkflowUpdateHandle
	err error
}

func (u updated) Get(context.Context, any) error { return u.err }

func (m *many) UpdateWorkflow(_ context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.updates, m.times = append(m.updates, options), append(m.times, time.Now())
	return updated{err: m.answers[options.WorkflowID]}, nil
}

// What a filter leaves out is not found, whatever visibility says; quotes of a value end nothing.
func TestABulkFindsWhatIsMeant(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	dead := order.DeliveryView{AppID: "1", NotifyID: "n", Name: "a", Code: "C", OutOrderNo: "A-1", MiniAppID: "2", State: order.DispositionDead, ReceivedAt: at}
	changed := func(change func(*order.DeliveryView)) order.DeliveryView { d := dead; change(&d); return d }
	m := &many{rows: []order.DeliveryView{
		dead,
		changed(func(d *order.DeliveryView) { d.AppID = "9" }),
		changed(func(d *order.DeliveryView) { d.Name = "b" }),
		changed(func(d *order.DeliveryView) { d.Code = "" }),
		changed(func(d *order.DeliveryView) { d.OutOrderNo = "A-2" }),
		changed(func(d *order.DeliveryView) { d.MiniAppID = "3" }),
		changed(func(d *order.DeliveryView) { d.State = order.DispositionWaiting }),
		changed(func(d *order.DeliveryView) { d.State = order.DispositionLate }),
		changed(func(d *order.DeliveryView) { d.ReceivedAt = at.Add(-time.Second) }),
		changed(func(d *order.DeliveryView) { d.ReceivedAt = at.Add(time.Minute) }),
	}}
	bulk := &activities.Bulk{Temporal: m, Namespace: "default"}
	filter := order.DeliveryFilter{
		AppID: "1", State: order.DispositionDead, Name: "a", Code: "C", OutOrderNo: "A-1", MiniAppID: "2", Since: at, Until: at.Add(time.Minute),
	}
	found, err := bulk.ListDeliveries(t.Context(), activities.DeliveriesQuestion{Filter: filter, At: at, Most: 7})
	want := activities.DeliveriesFound{Deliveries: []activities.DeliveryID{{WorkflowID: "delivery/1/n", NotifyID: "n"}}, Next: []byte("more")}
	if diff := cmp.Diff(want, found); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, part := range []string{"DeliveryState IN ('dead')", "AppId IN ('1')", "ExecutionStatus = 'Running'", "StartTime <= '2026-11-20T08:00:00Z'", "OutOrderNo = 'A-1'"} {
		if !strings.Contains(m.queries[0], part) {
			t.Errorf("asked %s, which lacks %s", m.queries[0], part)
		}
	}
	found, err = bulk.ListDeliveries(t.Context(), activities.DeliveriesQuestion{Filter: order.DeliveryFilter{AppID: "1"}, At: at, Most: 7})
	if err != nil || len(found.Deliveries) != 8 { // all but the other app's and the late one
		t.Errorf("an open filter finds %d, %v", len(found.Deliveries), err)
	}
}

// A refusal is counted and stops nothing; each update is known by the bulk's id.
func TestABulkCommandsAtItsPace(t *testing.T) {
	m := &many{answers: map[string]error{
		"delivery/1/b": temporal.NewNonRetryableApplicationError("it is forwarded already", order.RefusedType, nil),
		"delivery/1/c": serviceerror.NewNotFound("gone"),
	}}
	bulk := &activities.Bulk{Temporal: m, Namespace: "default"}
	call := activities.DeliveriesCommand{BulkID: "x", Command: order.DiscardUpdate, Rate: 50, Instruction: order.DeliveryInstruction{Actor: "ops"}}
	for _, id := range []string{"a", "b", "c", "d"} {
		call.Deliveries = append(call.Deliveries, activities.DeliveryID{WorkflowID: "delivery/1/" + id, NotifyID: id})
	}
	began := time.Now()
	got, err := bulk.CommandDeliveries(t.Context(), call)
	want := activities.DeliveriesCommanded{Taken: 2, Refusals: []order.BulkRefusal{{NotifyID: "b", Reason: words.Sentence("it is forwarded already")}, {NotifyID: "c", Reason: words.Sentence("it has ended")}}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if took := time.Since(began); took < 75*time.Millisecond {
		t.Errorf("four messages at fifty a second took %v", took)
	}
	for _, one := range m.updates {
		if one.UpdateID != "bulk/x" || one.UpdateName != order.DiscardUpdate || one.Args[0] != call.Instruction {
			t.Errorf("update %+v", one)
		}
	}
	m.answers["delivery/1/d"] = serviceerror.NewUnavailable("Temporal is down")
	if _, err := bulk.CommandDeliveries(t.Context(), call); !errors.As(err, new(*serviceerror.Unavailable)) {
		t.Errorf("Temporal that is down is %v, which is not tried again", err)
	}
}

// A message that gives no answer, such as one whose workflow fails, holds the others up for a few
// attempts and not for ever.
func TestABulkLeavesWhatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mute{many: &many{}, silent: "delivery/1/stuck"}
		call := activities.DeliveriesCommand{BulkID: "x", Command: order.ReplayUpdate, Rate: 100}
		for i := range 100 {
			call.Deliveries = append(call.Deliveries, activities.DeliveryID{WorkflowID: fmt.Sprint("delivery/1/", i), NotifyID: fmt.Sprint(i)})
		}
		call.Deliveries[7] = activities.DeliveryID{WorkflowID: m.silent, NotifyID: "stuck"}
		d := newTestEnv(t, (&activities.Bulk{Temporal: m, Namespace: "default"}).Register)
		for d.attempt = 1; d.attempt < 10; d.attempt++ {
			began := time.Now()
			text, err := d.try("CommandDeliveries", call)
			if took := time.Since(began); took > 50*time.Second {
				t.Fatalf("an attempt takes %v, and has a minute", took)
			}
			if err != nil {
				continue
			}
			var got activities.DeliveriesCommanded
			if err := json.Unmarshal(text, &got); err != nil || got.Taken != 99 || len(got.Refusals) != 1 || got.Refusals[0].NotifyID != "stuck" {
				t.Errorf("%+v", got)
			}
			return
		}
		t.Error("the page never ends")
	})
}

// mute is a Temporal with one message that does not answer.
type mute struct {
	*many
	silent string
}

func (m *mute) UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	if options.WorkflowID == m.silent {
		<-ctx.Done()
		return nil, client.NewWorkflowUpdateServiceTimeoutOrCanceledError(ctx.Err())
	}
	return m.many.UpdateWorkflow(ctx, options)
}
