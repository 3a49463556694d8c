package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/words"
)

// bulkStarted returns what the last start began.
func (s *apiEnv) bulkStarted() order.BulkInput {
	s.t.Helper()
	if len(s.temporal.bulks) == 0 {
		s.t.Fatal("no bulk was started")
	}
	return s.temporal.bulks[len(s.temporal.bulks)-1]
}

func TestABulkIsStarted(t *testing.T) {
	env := openAPI(t, func(config *Config) { config.Apps[0].Language = words.Chinese })
	answer := env.do("POST", "/v1/deliveries/discard", `{"filter":{"app_id":"`+apiApp+`","state":"dead","name":"x","since":"2026-11-19T00:00:00Z"},"reason":"old"}`).want(http.StatusAccepted)
	view, input := read[order.BulkView](answer), env.bulkStarted()
	if input.Command != order.DiscardUpdate || input.Rate != 10 || input.Filter.State != order.DispositionDead || input.Filter.Name != "x" ||
		input.Instruction != (order.DeliveryInstruction{Actor: "name of " + keyAll, Reason: "old"}) || !input.At.Equal(apiStart) || input.Language != words.Chinese {
		t.Errorf("started %+v", input)
	}
	if view.State != order.BulkRunning || view.BulkID != input.ID || answer.header.Get("Location") != "/v1/deliveries/bulk/"+apiApp+"/"+input.ID {
		t.Errorf("answered %s at %q", answer.text, answer.header.Get("Location"))
	}
	if strings.Contains(answer.text, ":null") && !strings.Contains(answer.text, `"ended_at":null`) {
		t.Errorf("a list is null: %s", answer.text)
	}
}

// A bulk between two moments that were mixed up is no bulk of nothing.
func TestABulkBetweenMomentsThatWereMixedUp(t *testing.T) {
	env := openAPI(t)
	for _, until := range []string{"2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"} {
		env.do("POST", "/v1/deliveries/discard", `{"filter":{"app_id":"`+apiApp+`","since":"2026-11-19T00:00:00Z","until":"`+until+`"}}`).wantFields("filter.until")
	}
	if len(env.temporal.bulks) != 0 {
		t.Error("and yet one was started")
	}
}

// The same request again is the same bulk; another one under its key is refused.
func TestARepeatedBulkIsTheFirst(t *testing.T) {
	env := openAPI(t)
	post := func(path, body string) *apiAnswer {
		r := env.request(keyAll, "POST", path, body)
		r.Header.Set("Idempotency-Key", "k-1")
		return env.send(r)
	}
	const body = `{"filter":{"app_id":"` + apiApp + `"}}`
	first := read[order.BulkView](post("/v1/deliveries/replay", body).want(http.StatusAccepted))
	id := order.BulkWorkflowID(apiApp, first.BulkID)
	first.Taken = 7
	env.temporal.queryAnswers[id+" view"] = first
	again := read[order.BulkView](post("/v1/deliveries/replay", body).want(http.StatusAccepted))
	if diff := cmp.Diff(first, again); diff != "" || len(env.temporal.bulks) != 1 {
		t.Errorf("%d started (-first +again):\n%s", len(env.temporal.bulks), diff)
	}
	for _, another := range []*apiAnswer{post("/v1/deliveries/discard", body), post("/v1/deliveries/replay", strings.Replace(body, "}}", "},\"rate\":1}", 1))} {
		if p := read[problem.Problem](another.want(http.StatusUnprocessableEntity)); !p.HasKind(problem.KeyReused) {
			t.Errorf("another request under the key is refused: %s", another.text)
		}
	}
}

func TestADryRunStartsNothing(t *testing.T) {
	env := openAPI(t)
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		page := &workflowservice.ListWorkflowExecutionsResponse{}
		for i := range 30 {
			view := order.DeliveryView{AppID: apiApp, NotifyID: fmt.Sprint(i), State: order.DispositionDead, Name: "x", ReceivedAt: apiStart}
			if i%2 == 1 {
				view.Name = "y"
			}
			page.Executions = append(page.Executions, row(t, fmt.Sprint("delivery/1/", i), view))
		}
		if len(r.GetNextPageToken()) == 0 {
			page.NextPageToken = []byte("second")
		}
		return page
	}
	view := read[order.BulkView](env.do("POST", "/v1/deliveries/replay", `{"filter":{"app_id":"`+apiApp+`","name":"x"},"dry_run":true}`).want(http.StatusOK))
	if view.State != order.BulkPlanned || view.Found != 30 || !view.Complete || len(view.Sample) != order.MaxBulkSample || view.Sample[0].Name != "x" || view.BulkID != "" {
		t.Errorf("planned %+v", view)
	}
	endless := env.temporal.onList
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		page := endless(r)
		page.NextPageToken = []byte("another")
		return page
	}
	if view = read[order.BulkView](env.do("POST", "/v1/deliveries/replay", `{"filter":{"app_id":"`+apiApp+`"},"dry_run":true}`).want(http.StatusOK)); view.Complete || view.Found != 30*plannedPages {
		t.Errorf("a store without an end is planned as %d, complete %v", view.Found, view.Complete)
	}
	if len(env.temporal.bulks) != 0 {
		t.Error("a dry run started something")
	}
}

func TestWhatABulkRefuses(t *testing.T) {
	env := openAPI(t)
	const path = "/v1/deliveries/replay"
	env.do("POST", path, `{}`).wantFields("filter")
	env.do("POST", path, `{"filter":{}}`).wantFields("filter.app_id")
	env.do("POST", path, `{"filter":{"app_id":"`+apiApp+`","state":"late","name":"`+strings.Repeat("x", 200)+`","out_order_no":"a b","since":"yesterday"},"rate":1000}`).
		wantFields("filter.name", "filter.out_order_no", "filter.since", "filter.state", "rate")
	env.do("POST", path, `{"filter":{"app_id":"2021000000000009"}}`).wantFields("filter.app_id")
	env.as(keyOther, "POST", path, `{"filter":{"app_id":"`+apiApp+`"}}`).want(http.StatusForbidden)
	env.as(keyRead, "POST", path, `{"filter":{"app_id":"`+apiApp+`"}}`).want(http.StatusForbidden)
	if len(env.temporal.bulks) != 0 {
		t.Error("something was started all the same")
	}
}

func TestHowFarABulkIs(t *testing.T) {
	env := openAPI(t)
	const id = "0123456789abcdef0123456789abcdef"
	path := "/v1/deliveries/bulk/" + apiApp + "/" + id
	if p := read[problem.Problem](env.do("GET", path, "").want(http.StatusNotFound)); !p.HasKind(problem.BulkUnknown) {
		t.Errorf("what is not there is %s", p.Type)
	}
	env.as(keyOther, "GET", path, "").want(http.StatusForbidden)
	flow := &apiFlow{status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING}
	env.temporal.flows[order.BulkWorkflowID(apiApp, id)] = flow
	shown := order.BulkInput{ID: id, Command: order.ReplayUpdate}.View()
	env.temporal.queryAnswers[order.BulkWorkflowID(apiApp, id)+" view"] = shown
	if view := read[order.BulkView](env.do("GET", path, "").want(http.StatusOK)); view.State != order.BulkRunning {
		t.Errorf("it is %s", view.State)
	}
	flow.status = enums.WORKFLOW_EXECUTION_STATUS_TERMINATED
	if view := read[order.BulkView](env.do("GET", path, "").want(http.StatusOK)); view.State != order.BulkStopped || view.EndedAt == nil {
		t.Errorf("a terminated one is %s", view.State)
	}
}

func TestListMiniPrograms(t *testing.T) {
	env := openAPI(t)
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		if !strings.Contains(r.GetQuery(), "AppId IN ('"+apiApp+"')") || !strings.Contains(r.GetQuery(), "'Running', 'Paused'") {
			t.Errorf("asked %s", r.GetQuery())
		}
		sick := row(t, "mini-program/1/sick", nil)
		sick.SearchAttributes = attributesOf(t, map[string]string{order.AttributeAppID: apiApp, order.AttributeMiniAppID: "2021000000000777"})
		return &workflowservice.ListWorkflowExecutionsResponse{
			Executions: []*workflowpb.WorkflowExecutionInfo{row(t, "mini-program/1/well", nil), sick}, NextPageToken: []byte("m"),
		}
	}
	env.temporal.queryAnswers["mini-program/1/well view"] = order.MiniProgramView{AppID: apiApp, MiniAppID: apiMini, OutOrderNo: "A-1"}
	answer := env.as(keyRead, "GET", "/v1/mini-programs?limit=2", "").want(http.StatusOK)
	listed := read[miniProgramPage](answer)
	if len(listed.MiniPrograms) != 2 || listed.MiniPrograms[0].OutOrderNo != "A-1" || listed.MiniPrograms[1].MiniAppID != "2021000000000777" || listed.NextCursor == "" {
		t.Errorf("listed %s", answer.text)
	}
	if strings.Contains(answer.text, `"queue":null`) {
		t.Errorf("a list is null: %s", answer.text)
	}
	env.do("GET", "/v1/mini-programs?cursor="+listed.NextCursor, "").want(http.StatusBadRequest) // of other apps
	env.do("GET", "/v1/mini-programs?limit=51", "").want(http.StatusUnprocessableEntity)
}

func attributesOf(t *testing.T, values map[string]string) *commonpb.SearchAttributes {
	t.Helper()
	fields := map[string]*commonpb.Payload{}
	for name, value := range values {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			t.Fatal(err)
		}
		fields[name] = payload
	}
	return &commonpb.SearchAttributes{IndexedFields: fields}
}
