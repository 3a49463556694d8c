package demotest

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/standalone/internal/outside"
	"miniflow/order"
	"miniflow/workflows"
)

// recordVariable names the directory that gets the histories, for the replay
// tests of package workflows. Everything else in it goes.
const recordVariable = "MINIFLOW_RECORD"

// unsealed begins a value that is encoded for looks, and readable for everyone.
const unsealed = "plain:v1:"

const (
	messageConfirmed  = "alipay.open.mini.merchant.confirmed"
	messageIrrelevant = "alipay.open.auth.userauth.cancelled"
	messageRevoked    = "alipay.open.auth.appauth.cancelled"
)

// recording is one workflow and its history.
type recording struct {
	// Name is the name of its file, without .json.
	Name string `json:"name"`
	// WorkflowType is the registered type.
	WorkflowType string `json:"workflow_type"`
	// End is the stage or state that it reached; empty for a mini program, which lives on.
	End string `json:"end"`
	// Events is the length of its history.
	Events int `json:"events"`

	workflowID string
	// runID is of a run that is not the last; empty is the last.
	runID   string
	history *historypb.History
}

// TestRecordHistories checks that the histories that the demonstration leaves behind replay
// on the code that made them, and hold no secret and no address. With
// MINIFLOW_RECORD they are kept, so that they have to replay on the code of
// tomorrow.
func TestRecordHistories(t *testing.T) {
	temporal, err := client.DialContext(t.Context(), client.Options{HostPort: running.addresses.Temporal, Logger: quiet()})
	must(t, err)
	defer temporal.Close()
	recordings := slices.Concat(recordOrders(t), recordPeople(t, temporal), recordSleep(t, temporal), recordDeliveries(t, temporal), recordUnmanaged(t, temporal))
	hidden := slices.Concat(outside.SampleSecrets(), running.everyAddress(), tokens(t), []string{unsealed})
	replayer := worker.NewWorkflowReplayer()
	workflows.Register(replayer)
	for i := range recordings {
		r := &recordings[i]
		r.read(t, temporal)
		if err := replayer.ReplayWorkflowHistory(quiet(), r.history); err != nil {
			t.Errorf("replay %s: %v", r.Name, err)
		}
		r.hides(t, hidden)
	}
	if dir := os.Getenv(recordVariable); dir != "" && !t.Failed() {
		must(t, write(dir, recordings))
	}
}

// recordOrders waits for the demonstration's ends and names every workflow of it.
func recordOrders(t *testing.T) []recording {
	t.Helper()
	var recordings []recording
	for _, outOrderNo := range slices.Sorted(maps.Keys(demonstrations)) {
		end := demonstrations[outOrderNo]
		view := running.await(t, outOrderNo, at(end))
		recordings = append(recordings, recording{
			Name: "order-" + outOrderNo, WorkflowType: order.WorkflowType, End: string(end),
			workflowID: order.WorkflowID(appID, outOrderNo),
		})
		if view.MiniAppID == "" {
			continue
		}
		awaitReleased(t, view.MiniAppID)
		recordings = append(recordings, recording{
			Name: "mini-program-" + outOrderNo, WorkflowType: order.MiniProgramWorkflowType,
			workflowID: order.MiniProgramWorkflowID(appID, view.MiniAppID),
		})
	}
	return recordings
}

// awaitReleased waits until a mini program knows that its order has ended.
func awaitReleased(t *testing.T, miniAppID string) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() error {
		var view order.MiniProgramView
		err := running.api.Call(t.Context(), http.MethodGet, "/v1/mini-programs/"+appID+"/"+miniAppID, nil, &view)
		if err == nil && view.OutOrderNo != "" {
			err = fmt.Errorf("the mini program is still in the hands of %s", view.OutOrderNo)
		}
		return err
	}))
}

// recordDeliveries pushes messages that find no running order, one for each way
// in which that can end.
func recordDeliveries(t *testing.T, temporal client.Client) []recording {
	t.Helper()
	run := strconv.FormatInt(time.Now().UnixNano(), 36) // a test that runs again meets what it has left
	late, early, dead, forwarded, unborn := "late-"+run, "early-"+run, "dead-"+run, "forwarded-"+run, "unborn-"+run
	confirmed := func(outOrderNo string) map[string]any {
		return map[string]any{"out_order_no": outOrderNo, "order_no": "2026000000000001", "status": "PROCESS"}
	}
	running.push(t, late, messageConfirmed, confirmed("demo-online"))
	running.push(t, early, messageConfirmed, confirmed(unborn))
	running.push(t, dead, messageConfirmed, `{"order_no"`) // nobody can read it
	running.push(t, forwarded, messageIrrelevant, map[string]any{"user_id": "2088000000000001"})
	recordings := []recording{
		delivery("late", order.DispositionLate, order.DeliveryWorkflowID(appID, late)),
		delivery("early", order.DispositionWaiting, order.DeliveryWorkflowID(appID, early)),
		delivery("dead", order.DispositionDead, order.DeliveryWorkflowID(appID, dead)),
		delivery("forwarded", order.DispositionForwarded, order.DeliveryWorkflowID(appID, forwarded)),
	}
	for _, r := range recordings {
		r.awaitState(t, temporal)
	}
	running.push(t, forwarded, messageIrrelevant, map[string]any{"user_id": "2088000000000002"})
	running.start(t, unborn, alipaysim.Rule{Merchant: &alipaysim.MerchantRule{Answer: "none"}})
	recordings[1].End = string(order.DispositionApplied)
	recordings = append(recordings, delivery("conflict", order.DispositionConflict, awaitConflict(t, temporal, forwarded)))
	for _, r := range recordings {
		r.awaitState(t, temporal)
	}
	return recordings
}

// recordUnmanaged pushes the revocation of an authorisation that is not ours: the mini
// program's workflow keeps it for someone who manages it.
func recordUnmanaged(t *testing.T, temporal client.Client) []recording {
	t.Helper()
	miniAppID := "2021" + strconv.FormatInt(time.Now().UnixNano(), 10)[:12]
	id := order.MiniProgramWorkflowID(appID, miniAppID)
	running.push(t, "unmanaged-"+miniAppID, messageRevoked, map[string]any{"app_auth_token": "of somebody else", "auth_app_id": miniAppID})
	must(t, outside.Poll(within(t), often, func() error {
		var view order.MiniProgramView
		value, err := temporal.QueryWorkflow(t.Context(), id, "", order.ViewQuery)
		if err == nil {
			err = value.Get(&view)
		}
		if err == nil && view.Held != 1 {
			err = fmt.Errorf("it holds %d messages", view.Held)
		}
		return err
	}))
	return []recording{{Name: "mini-program-unmanaged", WorkflowType: order.MiniProgramWorkflowType, workflowID: id}}
}

func delivery(name string, end order.Disposition, workflowID string) recording {
	return recording{Name: "delivery-" + name, WorkflowType: order.DeliveryWorkflowType, End: string(end), workflowID: workflowID}
}

// awaitState waits until a delivery has come to its end.
func (r recording) awaitState(t *testing.T, temporal client.Client) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() error {
		var view order.DeliveryView
		value, err := temporal.QueryWorkflow(t.Context(), r.workflowID, "", order.ViewQuery)
		if err == nil {
			err = value.Get(&view)
		}
		if err == nil && string(view.State) != r.End {
			err = fmt.Errorf("%s is %s, not %s: %s", r.Name, view.State, r.End, view.Reason)
		}
		return err
	}))
}

// awaitConflict waits for the workflow of the second message under one id.
func awaitConflict(t *testing.T, temporal client.Client, notifyID string) (workflowID string) {
	t.Helper()
	prefix := order.DeliveryWorkflowID(appID, notifyID) + "/"
	must(t, outside.Poll(within(t), often, func() error {
		listed, err := temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Query: "WorkflowId STARTS_WITH '" + prefix + "'",
		})
		if err != nil {
			return err
		}
		if len(listed.GetExecutions()) != 1 {
			return fmt.Errorf("%d workflows %s…", len(listed.GetExecutions()), prefix)
		}
		workflowID = listed.GetExecutions()[0].GetExecution().GetWorkflowId()
		return nil
	}))
	return workflowID
}

// read reads the history once the workflow is at rest: nothing that has happened
// waits to be worked on.
func (r *recording) read(t *testing.T, temporal client.Client) {
	t.Helper()
	must(t, outside.Poll(within(t), often, func() error {
		described, err := temporal.DescribeWorkflowExecution(t.Context(), r.workflowID, r.runID)
		if err == nil && described.GetPendingWorkflowTask() != nil {
			err = fmt.Errorf("%s is not at rest", r.Name)
		}
		return err
	}))
	r.history = &historypb.History{}
	events := temporal.GetWorkflowHistory(t.Context(), r.workflowID, r.runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		must(t, err)
		r.history.Events = append(r.history.Events, event)
	}
	r.Events = len(r.history.GetEvents())
	started := r.history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes()
	if got := started.GetWorkflowType().GetName(); got != r.WorkflowType {
		t.Errorf("%s is a workflow of type %s", r.Name, got)
	}
}
