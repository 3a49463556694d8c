package activities_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/rollout"
)

// upgrades is a Temporal as a rollout meets it: orders by their number, what each was started with, and
// the records of version numbers of the one mini program.
type upgrades struct {
	views   []order.View
	closed  map[string]bool
	inputs  map[string]started
	records []order.VersionReservation
	orphan  bool
	queries []string
	started []order.Input
	again   bool
	updates []client.UpdateWorkflowOptions
	refuses map[string]error
}

// started is as much as a rollout reads of what an order was started with.
type started struct {
	Request order.Request `json:"request"`
}

func payload(value any) *commonpb.Payload {
	written, err := converter.GetDefaultDataConverter().ToPayload(value)
	if err != nil {
		panic(err)
	}
	return written
}

func (u *upgrades) ListWorkflow(_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	u.queries = append(u.queries, request.GetQuery())
	answer := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, view := range u.views {
		row := &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: order.WorkflowID(view.AppID, view.OutOrderNo)},
			Memo:      &commonpb.Memo{Fields: map[string]*commonpb.Payload{order.SummaryMemo: payload(view)}},
			Status:    enums.WORKFLOW_EXECUTION_STATUS_RUNNING,
		}
		if u.closed[view.OutOrderNo] {
			row.Status = enums.WORKFLOW_EXECUTION_STATUS_TERMINATED
		}
		answer.Executions = append(answer.Executions, row)
	}
	return answer, nil
}

func (u *upgrades) ExecuteWorkflow(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	if u.again {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("it runs", "", "")
	}
	u.started = append(u.started, args[0].(order.Input))
	return nil, nil
}

func (u *upgrades) UpdateWorkflow(_ context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	u.updates = append(u.updates, options)
	return updated{err: u.refuses[options.WorkflowID]}, nil
}

func (u *upgrades) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	if u.orphan {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return client.NewValue(&commonpb.Payloads{Payloads: []*commonpb.Payload{payload(u.records)}}), nil
}

func (u *upgrades) WorkflowService() workflowservice.WorkflowServiceClient {
	return histories{inputs: u.inputs}
}

// histories are those of the orders that a rollout reads.
type histories struct {
	workflowservice.WorkflowServiceClient
	inputs map[string]started
}

func (h histories) GetWorkflowExecutionHistory(_ context.Context, request *workflowservice.GetWorkflowExecutionHistoryRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	number := strings.TrimPrefix(request.GetExecution().GetWorkflowId(), order.WorkflowID(appID, ""))
	event := &historypb.HistoryEvent{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
			Input: &commonpb.Payloads{Payloads: []*commonpb.Payload{payload(h.inputs[number])}},
		},
	}}
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: []*historypb.HistoryEvent{event}}}, nil
}

// plainSealer seals by a mark.
type plainSealer struct{ clearRing }

func (plainSealer) Seal(plain []byte, place ...string) (order.Sealed, error) {
	return order.Sealed(strings.Join(place, "/") + ":" + string(plain)), nil
}

// before is a mini program whose first order put online what is online, with an ext.
func before() *upgrades {
	input := started{Request: order.Request{Version: order.Version{Ext: "sealed"}}}
	return &upgrades{
		views: []order.View{
			{AppID: appID, OutOrderNo: "second", Stage: order.StageCancelled, MerchantRef: "shop-7", ShopName: "巷口小面"},
			{AppID: appID, OutOrderNo: "first", Stage: order.StageOnline, MerchantRef: "older"},
		},
		inputs:  map[string]started{"first": input},
		records: []order.VersionReservation{{OutOrderNo: "first", AppVersion: "0.0.1", Ext: order.Sealed("sealed").Digest()}},
	}
}

func rolloutsOf(u *upgrades) *activities.Rollouts {
	return &activities.Rollouts{
		Temporal: u, Ring: plainSealer{}, Now: func() time.Time { return noon },
		Files: shelf{appID + "/abc": `{"mini_app_id":"` + miniAppID + `","ext":{"shop":7}}`},
	}
}

func releasesOf(change func(*activities.StartReleasesCall)) activities.StartReleasesCall {
	call := activities.StartReleasesCall{
		RolloutID: "up7", Request: order.Request{AppID: appID, Kind: order.KindRelease, Version: order.Version{TemplateID: "T"}},
		Releases: []activities.ReleaseOf{{Index: 3, MiniAppID: miniAppID, OutOrderNo: "up7-1"}},
	}
	if change != nil {
		change(&call)
	}
	return call
}

// A member's ext comes from the file, else from the order that put online what is online; where neither
// is sure it is held, unless it goes without.
func TestAMembersExt(t *testing.T) {
	file := func(sum string) func(*activities.StartReleasesCall) {
		return func(c *activities.StartReleasesCall) { c.Ext.SHA256 = sum }
	}
	without := func(c *activities.StartReleasesCall) { c.NoExt = true }
	for name, test := range map[string]struct {
		world  func(*upgrades)
		change func(*activities.StartReleasesCall)
		ext    order.Sealed
		code   string
	}{
		"of the order that is online":        {nil, nil, "sealed", ""},
		"of the file":                        {nil, file("abc"), appID + `/ext:{"shop":7}`, ""},
		"one that was corrected":             {func(u *upgrades) { u.records[0].Ext = order.Sealed("other").Digest() }, nil, "", activities.CodeExtUnsure},
		"one that nobody recorded":           {func(u *upgrades) { u.records = nil }, nil, "", activities.CodeExtUnsure},
		"one of a mini program that is gone": {func(u *upgrades) { u.orphan = true }, nil, "", activities.CodeExtUnsure},
		"an order without one":               {func(u *upgrades) { u.inputs["first"], u.records[0].Ext = started{}, "" }, nil, "", activities.CodeNoExt},
		"no order":                           {func(u *upgrades) { u.views = nil }, nil, "", activities.CodeNoExt},
		"no order, and it goes without":      {func(u *upgrades) { u.views = nil }, without, "", ""},
		"known, and it may go without":       {nil, without, "sealed", ""},
	} {
		u := before()
		if test.world != nil {
			test.world(u)
		}
		answer, err := rolloutsOf(u).StartReleases(t.Context(), releasesOf(test.change))
		must(t, err)
		want := []rollout.Start{{Index: 3, Code: test.code, Held: test.code != ""}}
		if diff := cmp.Diff(want, answer.Starts); diff != "" || (len(u.started) == 1) != (test.code == "") {
			t.Errorf("%s: %d started %s", name, len(u.started), diff)
			continue
		}
		if test.code == "" && u.started[0].Request.Version.Ext != test.ext {
			t.Errorf("%s: it begins with %q", name, string(u.started[0].Request.Version.Ext))
		}
	}
}

// A member's order has what the merchant's orders had, and its own number; a start that is repeated
// finds it.
func TestAMembersOrder(t *testing.T) {
	u := before()
	must(t, oneErr(rolloutsOf(u).StartReleases(t.Context(), releasesOf(nil))))
	got := u.started[0].Request
	got.Version.Ext = ""
	want := order.Request{
		AppID: appID, OutOrderNo: "up7-1", Kind: order.KindRelease, MiniAppID: miniAppID, MerchantRef: "shop-7", ShopName: "巷口小面",
		Version: order.Version{TemplateID: "T"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	u.again = true
	answer, err := rolloutsOf(u).StartReleases(t.Context(), releasesOf(nil))
	if err != nil || answer.Starts[0].Code != "" {
		t.Errorf("again: %+v, %v", answer, err)
	}
}

func oneErr[Answer any](_ Answer, err error) error { return err }

// An app that is observed begins nothing, nor does a number that was used.
func TestWhatBeginsNothing(t *testing.T) {
	u := before()
	r := rolloutsOf(u)
	r.Acts = func(_, merchantRef string) bool { return merchantRef != "shop-7" }
	answer, err := r.StartReleases(t.Context(), releasesOf(nil))
	if err != nil || answer.Starts[0] != (rollout.Start{Index: 3, Code: activities.CodeObserving, Held: true}) {
		t.Errorf("observed: %+v, %v", answer, err)
	}
	r.Acts, r.Used = nil, func(context.Context, string, string) (bool, error) { return true, nil }
	if answer, err = r.StartReleases(t.Context(), releasesOf(nil)); err != nil || answer.Starts[0].Code != activities.CodeNumberUsed || len(u.started) > 0 {
		t.Errorf("used: %+v, %v", answer, err)
	}
	r.Used, r.Files = nil, shelf{appID + "/bad": "{"}
	for _, sum := range []string{"gone", "bad"} {
		_, err = r.StartReleases(t.Context(), releasesOf(func(c *activities.StartReleasesCall) { c.Ext.SHA256 = sum }))
		if activities.FailureOf(err).Code != activities.CodeExtFile || retryable(err) {
			t.Errorf("with a file that is %s: %v", sum, err)
		}
	}
}

// A look reads what has changed of the rollout's own orders, whatever a store makes of letters.
func TestALookAtReleases(t *testing.T) {
	hold := &order.Hold{Kind: order.HoldNeedsInput, Code: "LOGO_IS_BLANK"}
	u := &upgrades{closed: map[string]bool{"up7-4": true, "up7-5": true}}
	for number, view := range map[string]order.View{
		"up7-1": {Stage: order.StageOnline, CreatedAt: noon, StageSince: noon.Add(time.Hour), Version: order.VersionView{AppVersion: "0.0.2"}},
		"up7-2": {Stage: order.StageSubmitting, Hold: hold}, "UP7-3": {Stage: order.StageOnline},
		"up7-4": {Stage: order.StageAuditing}, "up7-5": {Stage: order.StageCancelled},
		"up7-6": {Stage: order.StageAwaitingAuthorization, StageSince: noon.Add(-time.Minute)},
		"up7-7": {Stage: order.StageAwaitingAuthorization, StageSince: noon.Add(-time.Hour)},
	} {
		view.AppID, view.OutOrderNo = appID, number
		u.views = append(u.views, view)
	}
	got, err := rolloutsOf(u).LookAtReleases(t.Context(), activities.LookAtReleasesCall{AppID: appID, RolloutID: "up7", Since: noon})
	must(t, err)
	want := map[string]rollout.Seen{
		"up7-1": {Stage: order.StageOnline, Version: "0.0.2", Took: time.Hour},
		"up7-2": {Stage: order.StageSubmitting, Hold: order.HoldNeedsInput, Code: "LOGO_IS_BLANK"},
		"up7-4": {Stage: order.StageAuditing, Gone: true, Code: "TERMINATED"}, "up7-5": {Stage: order.StageCancelled},
		"up7-6": {Stage: order.StageAwaitingAuthorization},
		"up7-7": {Stage: order.StageAwaitingAuthorization, Hold: order.HoldAuthorizationRevoked, Code: "NO_TOKEN"},
	}
	if diff := cmp.Diff(want, got.Seen); diff != "" {
		t.Error(diff)
	}
	if query := u.queries[0]; !strings.Contains(query, "STARTS_WITH 'up7-'") || !strings.Contains(query, "ChangedAt > '2026-11-01T12:00:00Z' OR ") {
		t.Errorf("it asks %s", query)
	}
}

// Each order is told its own errand once a call, and one that refuses is counted.
func TestOrdersAreToldTheirErrands(t *testing.T) {
	u := &upgrades{refuses: map[string]error{
		order.WorkflowID(appID, "up7-2"): temporal.NewNonRetryableApplicationError("too late", order.RefusedType, nil),
	}}
	call := activities.TellReleasesCall{AppID: appID, RolloutID: "up7", Key: 4, Actor: "ann", Errands: []activities.Telling{
		{ReleaseOf: activities.ReleaseOf{Index: 1, OutOrderNo: "up7-1"}, Errand: rollout.Resubmit},
		{ReleaseOf: activities.ReleaseOf{Index: 2, OutOrderNo: "up7-2"}, Errand: rollout.Cancel},
	}}
	got, err := rolloutsOf(u).TellReleases(t.Context(), call)
	must(t, err)
	want := []rollout.ErrandDone{{Index: 1, Errand: rollout.Resubmit}, {Index: 2, Errand: rollout.Cancel, Code: "too late"}}
	if diff := cmp.Diff(want, got.Told); diff != "" {
		t.Error(diff)
	}
	first := u.updates[0]
	if in := first.Args[0].(order.Instruction); first.UpdateName != "resubmit" || first.UpdateID != "rollout/up7/resubmit/4" || in.Submission == nil || in.Actor != "ann" {
		t.Errorf("it is told %+v", first)
	}
	u.refuses = map[string]error{order.WorkflowID(appID, "up7-1"): errors.New("Temporal is down")}
	if _, err := rolloutsOf(u).TellReleases(t.Context(), call); err == nil {
		t.Error("a failure of Temporal's passes for an answer")
	}
}
