package api

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
	"miniflow/tell"
)

func recordedHistory(t *testing.T, name string) []*historypb.HistoryEvent {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "workflows", "testdata", "histories", "next", name+".json"))
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

// withHistory gives an order the history of a real one.
func (s *apiEnv) withHistory(name string) *apiFlow {
	flow := s.anOrder(order.StageCreationFailed)
	flow.history = recordedHistory(s.t.(*testing.T), name)
	flow.runID = flow.history[0].GetWorkflowExecutionStartedEventAttributes().GetOriginalExecutionRunId()
	flow.status = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	return flow
}

// TestCallsAreListedWithTheirTraces, in the caller's language, without any worker.
func TestCallsAreListedWithTheirTraces(t *testing.T) {
	env := openAPI(t)
	flow := env.withHistory("order-refused-given-up")
	env.temporal.down["query"] = serviceerror.NewUnavailable("no worker")
	list := read[callList](env.as(keyRead, "GET", orderPathOf("A-1")+"/calls", "").want(http.StatusOK))
	if len(list.Calls) != 2 || !list.Complete {
		t.Fatalf("complete %t: %+v", list.Complete, list.Calls)
	}
	if call := list.Calls[0]; call.Method != "alipay.open.mini.isv.create" || call.Code != "HAS_RISK" || len(call.TraceID) != 32 || call.State != "failed" || call.Tries != 1 || call.Duration == nil {
		t.Errorf("%+v", call)
	}
	flow.history = recordedHistory(t, "order-demo-online")
	chinese := env.request(keyRead, "GET", orderPathOf("A-1")+"/calls", "")
	chinese.Header.Set("Accept-Language", "zh-CN")
	if answer := env.send(chinese).want(http.StatusOK); !strings.Contains(answer.text, `"answer":"已受理：AUDITING"`) {
		t.Errorf("it is said in Chinese: %s", answer.text)
	}
	flow.history = nil
	if answer := env.do("GET", orderPathOf("A-1")+"/calls", "").want(http.StatusOK); strings.TrimSpace(answer.text) != `{"calls":[],"complete":false}` {
		t.Errorf("a history that is gone: %s", answer.text)
	}
}

// TestCallsThatCanNotBeListed are refused as an order is that can't be read.
func TestCallsThatCanNotBeListed(t *testing.T) {
	env := openAPI(t)
	env.withHistory("order-demo-online")
	env.do("GET", orderPathOf("nobody-s")+"/calls", "").want(http.StatusNotFound)
	env.as(keyOther, "GET", orderPathOf("A-1")+"/calls", "").want(http.StatusForbidden)
	env.as(keyWrite, "GET", orderPathOf("A-1")+"/calls", "").want(http.StatusForbidden)
	env.temporal.fail("history", serviceerror.NewInternal("the store is broken"))
	env.do("GET", orderPathOf("A-1")+"/calls", "").want(http.StatusInternalServerError)
	env.temporal.fail("history", serviceerror.NewUnavailable("a moment"))
	env.do("GET", orderPathOf("A-1")+"/calls", "").want(http.StatusOK)
}

// TestAnAnswerHidesWhatLooksPersonal, in case that it slipped through where it came in.
func TestAnAnswerHidesWhatLooksPersonal(t *testing.T) {
	env := openAPI(t)
	flow := env.withHistory("order-refused-given-up")
	for _, event := range flow.history {
		if failed := event.GetActivityTaskFailedEventAttributes(); failed != nil {
			for _, payload := range failed.GetFailure().GetApplicationFailureInfo().GetDetails().GetPayloads() {
				payload.Data = []byte(strings.ReplaceAll(string(payload.GetData()), "Business Failed", "13800138000 canary@example.com"))
			}
		}
	}
	answer := env.do("GET", orderPathOf("A-1")+"/calls", "").want(http.StatusOK)
	if strings.Contains(answer.text, "13800138000") || strings.Contains(answer.text, "canary@") || !strings.Contains(answer.text, "masked") {
		t.Errorf("%s", answer.text)
	}
}

// TestEventsSayHowFarTheWebhookHasCome, where that is asked for.
func TestEventsSayHowFarTheWebhookHasCome(t *testing.T) {
	changed, earlier, later := apiStart.Add(time.Hour), apiStart, apiStart.Add(2*time.Hour)
	waiting := tell.Waiting{OutOrderNo: "A-1", Since: earlier, Tries: 4, Next: later, Reason: "502"}
	unposted := tell.Waiting{OutOrderNo: "A-1", Since: earlier, Reason: "it is to be told again"}
	dead := []tell.Dead{{OutOrderNo: "A-1", Reason: "before"}, {OutOrderNo: "A-1", Since: earlier, Reason: "gone"}, {OutOrderNo: "B-2"}}
	for name, test := range map[string]struct {
		state tell.State
		want  told
	}{
		"all is told":                {tell.State{Through: later}, told{State: toldAll, Through: &changed}},
		"it was told of just now":    {tell.State{Through: earlier, Recent: []tell.Recent{{OutOrderNo: "A-1", Until: changed}}}, told{State: toldAll, Through: &changed}},
		"another was told of":        {tell.State{Through: earlier, Recent: []tell.Recent{{OutOrderNo: "B-2", Until: later}}}, told{State: toldWaiting, Through: &earlier}},
		"it is tried again":          {tell.State{Through: later, Dead: dead, Waiting: []tell.Waiting{{OutOrderNo: "B-2"}, waiting}}, told{State: toldRetrying, Through: &earlier, Tries: 4, Next: &later, Reason: "502"}},
		"it is to be told again":     {tell.State{Through: later, Waiting: []tell.Waiting{unposted}}, told{State: toldWaiting, Through: &earlier}},
		"it is dead":                 {tell.State{Through: later, Dead: dead}, told{State: toldDead, Through: &earlier, Reason: "gone"}},
		"the webhook was disabled":   {tell.State{Through: earlier, Disabled: &tell.Disabled{Reason: "410"}}, told{State: toldWaiting, Through: &earlier, Reason: "410"}},
		"nothing was told of it yet": {tell.State{}, told{State: toldWaiting}},
	} {
		env := openAPI(t, withWebhook)
		env.anOrder(order.StageAuditing).described = changedOn(t, changed)
		id := order.WorkflowID(apiApp, "A-1")
		env.temporal.queryAnswers[id+" "+order.EventsQuery] = order.ToldEvents{Order: env.temporal.flows[id].view}
		env.temporal.addAs(order.WebhookWorkflowID(apiApp), order.View{}, order.Request{})
		env.temporal.queryAnswers[order.WebhookWorkflowID(apiApp)+" "+order.ViewQuery] = test.state
		got := read[eventList](env.as(keyRead, "GET", orderPathOf("A-1")+"/events?told=true", "").want(http.StatusOK)).Told
		if got == nil || got.State != test.want.State || got.Tries != test.want.Tries || got.Reason != test.want.Reason || !sameMoment(got.Through, test.want.Through) || !sameMoment(got.Next, test.want.Next) {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

// TestEventsAskNoWebhookUnasked, nor one that the app has not.
func TestEventsAskNoWebhookUnasked(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing)
	id := order.WorkflowID(apiApp, "A-1")
	env.temporal.queryAnswers[id+" "+order.EventsQuery] = order.ToldEvents{Order: env.temporal.flows[id].view}
	if got := read[eventList](env.do("GET", orderPathOf("A-1")+"/events?told=true", "").want(http.StatusOK)).Told; got == nil || got.State != toldNone {
		t.Errorf("an app without a webhook: %+v", got)
	}
	if got := read[eventList](env.do("GET", orderPathOf("A-1")+"/events", "").want(http.StatusOK)).Told; got != nil || env.temporal.queries != 4 {
		t.Errorf("unasked, after %d queries: %+v", env.temporal.queries, got)
	}
	hooked := openAPI(t, withWebhook) // whose workflow has not begun
	hooked.anOrder(order.StageAuditing)
	hooked.temporal.queryAnswers[id+" "+order.EventsQuery] = order.ToldEvents{Order: hooked.temporal.flows[id].view}
	hooked.do("GET", orderPathOf("A-1")+"/events", "").want(http.StatusOK)
	if got := read[eventList](hooked.do("GET", orderPathOf("A-1")+"/events?told=true", "").want(http.StatusOK)).Told; got == nil || got.State != toldWaiting {
		t.Errorf("a webhook that has not begun: %+v", got)
	}
	hooked.temporal.fail("describe", nil, serviceerror.NewInternal("the store is broken"))
	hooked.do("GET", orderPathOf("A-1")+"/events?told=true", "").want(http.StatusInternalServerError)
}

func sameMoment(one, other *time.Time) bool {
	return one == nil && other == nil || one != nil && other != nil && one.Equal(*other)
}

// changedOn has Temporal know when the order's last event was.
func changedOn(t *testing.T, at time.Time) func(*workflowservice.DescribeWorkflowExecutionResponse) {
	payload, err := converter.GetDefaultDataConverter().ToPayload(at)
	if err != nil {
		t.Fatal(err)
	}
	return func(d *workflowservice.DescribeWorkflowExecutionResponse) {
		d.WorkflowExecutionInfo.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{order.AttributeChangedAt: payload}}
	}
}
