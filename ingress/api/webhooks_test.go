package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
	"miniflow/tell"
)

// hook is a webhook that accepts or doesn't.
type hook struct{ result WebhookTest }

func (h hook) Test(context.Context) WebhookTest { return h.result }

func withWebhook(c *Config) {
	c.Webhooks = map[string]Webhook{apiApp: hook{WebhookTest{Status: 502, Problem: "the webhook answered 502 Bad Gateway", ID: "test_1"}}}
}

// TestAWebhookIsShownAsItIsNow, by what the call under way says in its heartbeat.
func TestAWebhookIsShownAsItIsNow(t *testing.T) {
	env := openAPI(t, withWebhook)
	flow := env.temporal.addAs(order.WebhookWorkflowID(apiApp), order.View{}, order.Request{})
	state := tell.State{
		Through: apiStart, Posts: 7, Refused: 5, LastReason: "the webhook answered 500", Behind: 3,
		Circuit: tell.Circuit{Refusals: 5, Rate: 0.1, OpenSince: apiStart}, Dead: []tell.Dead{{OutOrderNo: "A", At: apiStart, Reason: "r"}},
	}
	beat, err := converter.GetDefaultDataConverter().ToPayloads(state)
	if err != nil {
		t.Fatal(err)
	}
	flow.described = func(answer *workflowservice.DescribeWorkflowExecutionResponse) {
		answer.PendingActivities = []*workflowpb.PendingActivityInfo{{HeartbeatDetails: beat}}
	}
	shown := read[struct{ Webhooks []webhookView }](env.as(keyRead, http.MethodGet, "/v1/webhooks", "").want(http.StatusOK)).Webhooks
	if len(shown) != 1 || shown[0].Status != "refusing" || shown[0].Behind != 3 || len(shown[0].Dead) != 1 || shown[0].Rate != 0.1 {
		t.Fatalf("%+v", shown)
	}
	flow.described = nil
	env.temporal.queryAnswers[order.WebhookWorkflowID(apiApp)+" "+order.ViewQuery] = tell.State{Disabled: &tell.Disabled{At: apiStart, Reason: "410"}}
	shown = read[struct{ Webhooks []webhookView }](env.do(http.MethodGet, "/v1/webhooks?app_id="+apiApp, "").want(http.StatusOK)).Webhooks
	if len(shown) != 1 || shown[0].Status != "disabled" {
		t.Fatalf("%+v", shown)
	}
	asked := tell.State{LastRefused: apiStart, LastReason: "429", Circuit: tell.Circuit{Refusals: 1}}
	for _, until := range []time.Duration{time.Hour, -time.Hour} { // what it has asked for, and what is over
		asked.Circuit.Until = env.clock.Now().Add(until)
		env.temporal.queryAnswers[order.WebhookWorkflowID(apiApp)+" "+order.ViewQuery] = asked
		shown = read[struct{ Webhooks []webhookView }](env.do(http.MethodGet, "/v1/webhooks?app_id="+apiApp, "").want(http.StatusOK)).Webhooks
		if paused := shown[0].PausedUntil != nil && shown[0].Status == "refusing"; paused != (until > 0) {
			t.Errorf("asked for a pause of %v: %+v", until, shown)
		}
	}
	env.temporal.queryAnswers[order.WebhookWorkflowID(apiApp)+" "+order.ViewQuery] = tell.State{Circuit: tell.Circuit{Rate: 1.2, OpenSince: apiStart}}
	shown = read[struct{ Webhooks []webhookView }](env.do(http.MethodGet, "/v1/webhooks?app_id="+apiApp, "").want(http.StatusOK)).Webhooks
	if shown[0].Status != "recovering" || shown[0].Rate != 1.2 {
		t.Errorf("it accepts again: %+v", shown)
	}
	others := read[struct{ Webhooks []webhookView }](env.as(keyOther, http.MethodGet, "/v1/webhooks", "").want(http.StatusOK)).Webhooks
	if len(others) != 0 {
		t.Errorf("another app's key sees %+v", others)
	}
}

// TestAWebhookIsInstructed: what a person wants reaches its workflow, and what can't be wanted is said.
func TestAWebhookIsInstructed(t *testing.T) {
	env := openAPI(t, withWebhook)
	env.temporal.addAs(order.WebhookWorkflowID(apiApp), order.View{}, order.Request{})
	env.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) { return tell.State{Through: apiStart}, nil }
	env.temporal.add(order.View{AppID: apiApp, OutOrderNo: "A"}, order.Request{})
	path := "/v1/webhooks/" + apiApp
	env.as(keyWrite, http.MethodPost, path+"/resend", `{"out_order_no":"B"}`).want(http.StatusNotFound)
	env.as(keyWrite, http.MethodPost, path+"/resend", `{"out_order_no":"A","since":"2026-11-20T07:00:00Z"}`).want(http.StatusOK)
	env.as(keyWrite, http.MethodPost, path+"/resend", `{"dead":true}`).want(http.StatusOK)
	env.as(keyWrite, http.MethodPost, path+"/enable", "").want(http.StatusOK)
	var wanted []tell.Instruction
	for _, update := range env.temporal.updates {
		one, _ := update.Args[0].(tell.Instruction)
		wanted = append(wanted, one)
	}
	if len(wanted) != 3 || wanted[0].OutOrderNo != "A" || !wanted[0].Since.Equal(apiStart.Add(-time.Hour)) || !wanted[1].Dead || wanted[2].Action != tell.ActionEnable {
		t.Errorf("%+v", wanted)
	}
	for body, want := range map[string]string{
		`{}`:                               "say what is to be told again",
		`{"dead":true,"out_order_no":"A"}`: "leave out_order_no and since away",
		`{"since":"yesterday"}`:            "write a moment as RFC 3339",
		`{"out_order_no":"a/b"}`:           "out_order_no",
		`{"all":true}`:                     "all",
	} {
		if answer := env.do(http.MethodPost, path+"/resend", body).want(http.StatusUnprocessableEntity); !strings.Contains(answer.text, want) {
			t.Errorf("%s is answered %s", body, answer.text)
		}
	}
	env.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
		return nil, temporal.NewNonRetryableApplicationError("so many orders are tried again already", order.RefusedType, nil)
	}
	env.do(http.MethodPost, path+"/resend", `{"out_order_no":"A"}`).want(http.StatusConflict)
	env.as(keyRead, http.MethodPost, path+"/enable", "").want(http.StatusForbidden)
	env.as(keyOther, http.MethodPost, path+"/enable", "").want(http.StatusForbidden)
	if answer := env.do(http.MethodPost, "/v1/webhooks/"+apiOtherApp+"/test", "").want(http.StatusNotFound); !strings.Contains(answer.text, "webhook.url") {
		t.Errorf("an app without a webhook is answered %s", answer.text)
	}
	if result := read[WebhookTest](env.do(http.MethodPost, path+"/test", "").want(http.StatusOK)); result.OK || result.Status != 502 {
		t.Errorf("%+v", result)
	}
}

// TestEventsAreRead as a list, and as a stream that ends with the order.
func TestEventsAreRead(t *testing.T) {
	env := openAPI(t)
	view := order.View{AppID: apiApp, OutOrderNo: "A", Stage: order.StageOnline, Sequence: 3, Timeline: []order.TimelineItem{
		{Sequence: 1, At: apiStart, Event: order.HappenedStageChanged}, {Sequence: 2, At: apiStart, Event: order.HappenedCommand},
		{Sequence: 3, At: apiStart, Event: order.HappenedFinished},
	}}
	env.temporal.add(view, order.Request{})
	env.temporal.queryAnswers[order.WorkflowID(apiApp, "A")+" "+order.EventsQuery] = order.EventsOf(view, nil, order.EventsAsked{})
	path := "/v1/orders/" + apiApp + "/A/events"
	list := read[eventList](env.as(keyRead, http.MethodGet, path, "").want(http.StatusOK))
	if len(list.Events) != 2 || list.Events[1].Previous != 1 || list.Order.Sequence != 3 || list.Order.Audits == nil {
		t.Errorf("%+v", list)
	}
	request := env.request(keyRead, http.MethodGet, path, "")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Last-Event-ID", "0")
	answer := env.send(request)
	if kind := answer.header.Get("Content-Type"); kind != "text/event-stream" || strings.Count(answer.text, "\nevent: ") != 2 {
		t.Errorf("%s: %s", kind, answer.text)
	}
	for _, line := range strings.Split(answer.text, "\n") {
		if data, ok := strings.CutPrefix(line, "data: "); ok && !json.Valid([]byte(data)) {
			t.Errorf("data that is no JSON: %s", data)
		}
	}
	request = env.request(keyRead, http.MethodGet, path, "")
	request.Header.Set("Last-Event-ID", "x")
	env.send(request).want(http.StatusUnprocessableEntity)
	env.do(http.MethodGet, "/v1/orders/"+apiApp+"/B/events", "").want(http.StatusNotFound)
	env.as(keyOther, http.MethodGet, path, "").want(http.StatusForbidden)
}
