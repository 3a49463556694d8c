package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// TestWhyIsSaidOfOneAndInLists, in the caller's language and as of now.
func TestWhyIsSaidOfOneAndInLists(t *testing.T) {
	env := openAPI(t)
	now := apiStart.UTC()
	next := now.Add(-time.Hour)
	flow := env.anOrder(order.StageAuditing, func(v *order.View) {
		v.WaitingFor, v.Commands = words.New("wait.audit"), []order.Command{order.CommandRefresh}
		v.LastTry = &order.Try{Method: "m.apply", At: now, Answer: words.Plain("call 13800138000"), Code: "BUSY"}
		v.NextLook, v.LookEvery = &next, 7200
	})
	env.temporal.onList = func(*workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{row(t, "order/1/A-1", flow.view.Summary())}}
	}
	for _, path := range []string{orderPathOf("A-1"), "/v1/orders"} {
		answer := env.do("GET", path, "").want(http.StatusOK)
		for _, says := range []string{"it waits for the audit's result", "m.apply", "(BUSY)", "a person can: refresh", `"next_look":"` + now.Add(time.Hour).Format(time.RFC3339)} {
			if !strings.Contains(answer.text, says) {
				t.Errorf("%s does not say %q: %s", path, says, answer.text)
			}
		}
		if strings.Contains(answer.text, "13800138000") {
			t.Errorf("%s shows a phone number: %s", path, answer.text)
		}
	}
}

// TestWhatIsTriedAgainIsSaid, though the order itself hears of it once there is news.
func TestWhatIsTriedAgainIsSaid(t *testing.T) {
	env := openAPI(t)
	now := apiStart.UTC()
	flow := env.anOrder(order.StageBuilding, func(v *order.View) {
		v.LastTry = &order.Try{Method: "alipay.open.mini.version.upload", At: now.Add(-time.Hour), Answer: words.New("call.accepted")}
	})
	flow.described = func(d *workflowservice.DescribeWorkflowExecutionResponse) {
		d.PendingActivities = []*workflowpb.PendingActivityInfo{
			{ActivityType: &commonpb.ActivityType{Name: "WakeDeliveries"}, State: enums.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 9,
				LastFailure: temporal.GetDefaultFailureConverter().ErrorToFailure(temporal.NewApplicationError("x", "y")), LastAttemptCompleteTime: timestamppb.New(now)},
			{ActivityType: &commonpb.ActivityType{Name: activities.AwaitBuild.Name}, State: enums.PENDING_ACTIVITY_STATE_SCHEDULED, Attempt: 3,
				LastFailure:             temporal.GetDefaultFailureConverter().ErrorToFailure(temporal.NewApplicationError("asked", activities.TypeWaiting)),
				LastAttemptCompleteTime: timestamppb.New(now.Add(-time.Minute)), NextAttemptScheduleTime: timestamppb.New(now.Add(time.Minute))},
		}
	}
	got := read[order.View](env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK))
	last := got.LastTry
	if last == nil || last.Method != "alipay.open.mini.version.build.query" || !last.At.Equal(now.Add(-time.Minute)) || last.Answer.String() != "answered, and there is no news yet" {
		t.Errorf("what was tried last: %+v", last)
	}
	if got.NextLook == nil || !got.NextLook.Equal(now.Add(time.Minute)) || !strings.Contains(got.Why.String(), "build.query") {
		t.Errorf("it looks again at %v; %s", got.NextLook, got.Why)
	}
}

// TestWhyAStoppedOrderStands: since when it is stopped, and nothing that it would take if it ran.
func TestWhyAStoppedOrderStands(t *testing.T) {
	env := openAPI(t)
	flow := env.anOrder(order.StageAuditing, func(v *order.View) { v.Commands = []order.Command{order.CommandRefresh} })
	paused(flow)
	why := read[order.View](env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)).Why.String()
	if !strings.HasPrefix(why, "since "+stoppedAt.Format(time.RFC3339)+" it waits for its workflow to be unpaused") || strings.Contains(why, "refresh") {
		t.Errorf("%s", why)
	}
}
