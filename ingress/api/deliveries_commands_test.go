package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/words"
)

const deliveryPath = "/v1/deliveries/" + apiApp + "/2026112100262110001"

// aDelivery adds a Delivery that accepts updates.
func aDelivery(env *apiEnv) {
	env.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
		return order.DeliveryView{AppID: apiApp, NotifyID: "2026112100262110001", State: order.DispositionWaiting, Reason: words.Plain("replayed by ops")}, nil
	}
}

func TestReplayAndDiscardAreUpdates(t *testing.T) {
	for name, test := range map[string]struct {
		path, body, actor string
		update, workflow  string
		want              order.DeliveryInstruction
	}{
		"replay":            {path: "/replay", update: order.ReplayUpdate, want: order.DeliveryInstruction{Actor: "name of " + keyWrite}},
		"discard":           {path: "/discard", body: `{"reason":"nobody needs it"}`, actor: "ops", update: order.DiscardUpdate, want: order.DeliveryInstruction{Actor: "ops", Reason: "nobody needs it"}},
		"replay of a copy":  {path: "/replay?copy=true", update: order.ReplayUpdate, workflow: "/copy", want: order.DeliveryInstruction{Actor: "name of " + keyWrite}},
		"discard of a copy": {path: "/discard?copy=true", body: "{}", update: order.DiscardUpdate, workflow: "/copy", want: order.DeliveryInstruction{Actor: "name of " + keyWrite}},
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			aDelivery(env)
			r := env.request(keyWrite, "POST", deliveryPath+test.path, test.body)
			if test.actor != "" {
				r.Header.Set("X-Actor", test.actor)
			}
			answer := env.send(r).want(http.StatusOK)
			update := env.temporal.updates[0]
			if update.UpdateName != test.update || update.WaitForStage != client.WorkflowUpdateStageCompleted ||
				update.WorkflowID != "delivery/"+apiApp+"/2026112100262110001"+test.workflow {
				t.Errorf("update %+v", update)
			}
			if diff := cmp.Diff(test.want, update.Args[0]); diff != "" {
				t.Error(diff)
			}
			if view := read[order.DeliveryView](answer); view.State != order.DispositionWaiting {
				t.Errorf("answered %s", answer.text)
			}
		})
	}
}

func TestWhoMayReplay(t *testing.T) {
	env := openAPI(t)
	aDelivery(env)
	env.as(keyRead, "POST", deliveryPath+"/replay", "").want(http.StatusForbidden)
	env.as(keyOther, "POST", deliveryPath+"/discard", "").want(http.StatusForbidden)
	env.as("", "POST", deliveryPath+"/replay", "").want(http.StatusUnauthorized)
	env.do("POST", deliveryPath+"/replay", `{"reason":"`+strings.Repeat("x", maxReason+1)+`"}`).wantFields("reason")
	env.do("POST", deliveryPath+"/replay", `{"force":true}`).wantFields("force")
	r := env.request(keyAll, "POST", deliveryPath+"/replay", "")
	r.Header.Set("X-Actor", strings.Repeat("x", maxActor+1))
	env.send(r).wantFields("header.X-Actor")
	if len(env.temporal.updates) != 0 {
		t.Errorf("%d updates all the same", len(env.temporal.updates))
	}
}

func TestWhatCanNotBeReplayed(t *testing.T) {
	t.Parallel()
	const id = "delivery/" + apiApp + "/2026112100262110001"
	missing := serviceerror.NewNotFound("workflow not found or completed")
	for name, test := range map[string]struct {
		prepare func(*apiEnv)
		status  int
		says    string
	}{
		"refused by itself": {func(s *apiEnv) {
			s.temporal.fail("update", temporal.NewNonRetryableApplicationError("its order is looking at this message", order.RefusedType, nil))
		}, http.StatusConflict, "its order is looking at this message"},
		"paused": {func(s *apiEnv) {
			s.temporal.down["update"] = serviceerror.NewFailedPrecondition("Workflow is paused. Cannot update the workflow.")
			paused(s.aDelivery("2026112100262110001"))
		}, http.StatusConflict, "ben@ops"},
		"closed": {func(s *apiEnv) {
			s.temporal.flows[id] = &apiFlow{status: enums.WORKFLOW_EXECUTION_STATUS_COMPLETED,
				summary: order.DeliveryView{State: order.DispositionForwarded, Reason: words.Plain("the forward target answered success")}}
		}, http.StatusConflict, "closed (forwarded: the forward target answered success)"},
		"held by a mini program": {func(s *apiEnv) { keepIt(s, "2026112100262110001") },
			http.StatusConflict, "the mini program " + apiMini + " holds this message until an order claims it"},
		"another is held": {func(s *apiEnv) { keepIt(s, "2026112100262110002") }, http.StatusNotFound, "check app_id and notify_id"},
		"never came":      {func(*apiEnv) {}, http.StatusNotFound, "check app_id and notify_id"},
		"no worker":       {func(s *apiEnv) { s.temporal.down["update"] = serviceerror.NewDeadlineExceeded("x") }, http.StatusServiceUnavailable, "before you send it again"},
		"Temporal is down": {func(s *apiEnv) {
			s.temporal.fail("update", missing)
			s.temporal.down["describe"] = serviceerror.NewUnavailable("x")
		}, http.StatusServiceUnavailable, "did not answer in time"},
		"visibility is down":  {func(s *apiEnv) { s.temporal.down["list"] = serviceerror.NewUnavailable("x") }, http.StatusServiceUnavailable, "did not answer in time"},
		"something is broken": {func(s *apiEnv) { s.temporal.fail("update", serviceerror.NewInternal("x")) }, http.StatusInternalServerError, "failed to command the message"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, command := range []string{"/replay", "/discard"} {
				env := openAPI(t)
				test.prepare(env)
				if test.status == http.StatusServiceUnavailable {
					env.within = 200 * time.Millisecond
				}
				answer := env.do("POST", deliveryPath+command, "").want(test.status)
				if detail := read[problem.Problem](answer).Detail; !strings.Contains(detail.String(), test.says) {
					t.Errorf("%s: %q does not say %q", command, detail, test.says)
				}
			}
		})
	}
	env := openAPI(t)
	keepIt(env, "2026112100262110001")
	env.do("POST", deliveryPath+"/replay?copy=true", "").want(http.StatusNotFound) // mini programs keep no copies
	env.do("POST", "/v1/deliveries/"+apiApp+"/"+strings.Repeat("9", 300)+"/replay", "").want(http.StatusUnprocessableEntity)
}

// keepIt has the mini program on the second page keep a message.
func keepIt(env *apiEnv, notifyID string) {
	env.temporal.queryAnswers["mini-program/1/second held"] = []order.DeliveryView{{NotifyID: "another"}, {NotifyID: notifyID, MiniAppID: apiMini}}
	env.temporal.queryAnswers["mini-program/1/first held"] = []order.DeliveryView{}
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		if !strings.Contains(r.GetQuery(), "WorkflowType = 'MiniProgram'") || !strings.Contains(r.GetQuery(), "AppId IN ('"+apiApp+"')") {
			return &workflowservice.ListWorkflowExecutionsResponse{}
		}
		page := &workflowservice.ListWorkflowExecutionsResponse{}
		name := "second"
		if len(r.GetNextPageToken()) == 0 {
			name, page.NextPageToken = "first", []byte("m")
		}
		page.Executions = []*workflowpb.WorkflowExecutionInfo{{Execution: &commonpb.WorkflowExecution{WorkflowId: "mini-program/1/" + name, RunId: "r"}}}
		return page
	}
}
