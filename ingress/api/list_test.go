package api

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"pgregory.net/rapid"

	"miniflow/order"
	"miniflow/words"
)

// row returns a workflow as visibility lists it.
func row(t testing.TB, workflowID string, summary any) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	payload, err := converter.GetDefaultDataConverter().ToPayload(summary)
	if err != nil {
		t.Fatal(err)
	}
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: "run-9"},
		Memo:      &commonpb.Memo{Fields: map[string]*commonpb.Payload{order.SummaryMemo: payload}},
	}
}

// TestAListSaysNoTryThatIsOver: a line is as old as the order's last change, and tries go on.
func TestAListSaysNoTryThatIsOver(t *testing.T) {
	env := openAPI(t)
	for next, want := range map[time.Time]string{
		apiStart.Add(-time.Minute): `"waiting_for":"the audit"`,
		apiStart.Add(time.Hour):    `"waiting_for":"the audit; next try at ` + apiStart.Add(time.Hour).UTC().Format(time.RFC3339) + `"`,
	} {
		view := order.View{AppID: apiApp, OutOrderNo: "A-1", CreatedAt: apiStart, WaitingFor: words.New("wait.next_try", words.Plain("the audit"), next)}
		env.temporal.onList = func(*workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
			return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{row(t, "order/1/A-1", view)}}
		}
		if got := env.as(keyRead, "GET", "/v1/orders", "").want(http.StatusOK).text; !strings.Contains(got, want) {
			t.Errorf("with a next try at %v: %s", next, got)
		}
	}
}

func TestListOrders(t *testing.T) {
	env := openAPI(t)
	old := order.View{AppID: apiApp, OutOrderNo: "A-0", CreatedAt: apiStart.Add(-time.Hour)}
	young := order.View{
		AppID: apiApp, OutOrderNo: "A-1", Stage: order.StageAwaitingAuthorization, CreatedAt: apiStart,
		Timeline: []order.TimelineItem{{Sequence: 1}}, Audits: []order.Audit{{Attempt: 1}},
	}
	env.temporal.onList = func(*workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{
			row(t, "order/1/A-0", old), row(t, "order/1/A-1", young), {Execution: &commonpb.WorkflowExecution{WorkflowId: "a stranger's"}},
		}}
	}
	answer := env.as(keyRead, "GET", "/v1/orders?since=2026-11-20T15:59:59%2B08:00", "").want(http.StatusOK)
	listed := read[orderList](answer)
	if len(listed.Orders) != 1 || listed.Orders[0].OutOrderNo != "A-1" || listed.NextCursor != "" {
		t.Fatalf("listed %s", answer.text)
	}
	links := listed.Orders[0].Links
	if !strings.HasSuffix(links.TemporalUI, "/run-9/user-metadata") || !strings.HasPrefix(links.MerchantAuthorize, "https://openauth.alipay.com/") {
		t.Errorf("links %+v", links)
	}
	if strings.Contains(answer.text, "timeline") || strings.Contains(answer.text, "audits") {
		t.Errorf("a line of a list holds more than the summary: %s", answer.text)
	}
	if strings.Contains(env.do("GET", "/v1/orders?since=2027-01-01T00:00:00Z", "").want(http.StatusOK).text, `"orders":null`) {
		t.Error("an empty list is null")
	}
}

func TestFilterOfList(t *testing.T) {
	const all = "WorkflowType = 'Order' AND ExecutionStatus != 'ContinuedAsNew' AND AppId IN ('" + apiApp + "', '" + apiOtherApp + "')"
	for query, want := range map[string]string{
		"":                 all,
		"app_id=" + apiApp: "WorkflowType = 'Order' AND ExecutionStatus != 'ContinuedAsNew' AND AppId IN ('" + apiApp + "')",
		"stage=auditing&hold=punished&kind=trial&mini_app_id=2021&merchant_ref=" + url.QueryEscape("店 7") + "&shop_name=" + url.QueryEscape("巷口小面"): all +
			" AND OrderStage = 'auditing' AND OrderHold = 'punished' AND OrderKind = 'trial' AND MiniAppId = '2021' AND MerchantRef = '店 7' AND ShopName = '巷口小面'",
		"since=2026-11-20T15:59:59%2B08:00": all + " AND StartTime >= '2026-11-20T07:59:59Z'",
	} {
		t.Run(query, func(t *testing.T) {
			env := openAPI(t)
			env.do("GET", "/v1/orders?limit=7&"+query, "").want(http.StatusOK)
			request := env.temporal.lists[0]
			if request.GetQuery() != want || request.GetPageSize() != 7 || request.GetNamespace() != "default" {
				t.Errorf("asked for %d of\n  %s, want\n  %s", request.GetPageSize(), request.GetQuery(), want)
			}
		})
	}
	t.Run("of a key of one app", func(t *testing.T) {
		env := openAPI(t)
		env.as(keyOther, "GET", "/v1/orders", "").want(http.StatusOK)
		if got := env.temporal.lists[0].GetQuery(); !strings.HasSuffix(got, "AppId IN ('"+apiOtherApp+"')") {
			t.Errorf("asked for %s", got)
		}
	})
	t.Run("of a key of no app", func(t *testing.T) {
		env := openAPI(t, func(c *Config) { c.Keys = append(c.Keys, testKey("none", "2021", APIScopeRead)) })
		env.as("none", "GET", "/v1/orders", "").want(http.StatusOK)
		if got := env.temporal.lists[0].GetQuery(); !strings.HasSuffix(got, "AppId IN ('')") {
			t.Errorf("asked for %s", got)
		}
	})
}

func TestCursorLeadsOnAndFitsItsFilterAlone(t *testing.T) {
	env := openAPI(t)
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		if string(r.GetNextPageToken()) == "page-2" {
			return &workflowservice.ListWorkflowExecutionsResponse{}
		}
		return &workflowservice.ListWorkflowExecutionsResponse{NextPageToken: []byte("page-2")}
	}
	next := read[orderList](env.do("GET", "/v1/orders?kind=trial", "").want(http.StatusOK)).NextCursor
	if next == "" {
		t.Fatal("no next_cursor")
	}
	last := read[orderList](env.do("GET", "/v1/orders?kind=trial&cursor="+next, "").want(http.StatusOK))
	if got := string(env.temporal.lists[1].GetNextPageToken()); got != "page-2" || last.NextCursor != "" {
		t.Errorf("the second page began at %q and leads to %q", got, last.NextCursor)
	}

	var c cursor
	raw, _ := base64.RawURLEncoding.DecodeString(next)
	_ = json.Unmarshal(raw, &c)
	c.Token = []byte("page-3")
	altered, _ := json.Marshal(c)

	for name, path := range map[string]string{
		"of another page":   "/v1/orders?kind=trial&cursor=" + base64.RawURLEncoding.EncodeToString(altered),
		"of another filter": "/v1/orders?cursor=" + next,
		"of another list":   "/v1/deliveries?cursor=" + next,
		"of another key":    "/v1/orders?kind=trial&app_id=" + apiApp + "&cursor=" + next,
		"altered":           "/v1/orders?kind=trial&cursor=" + next[:len(next)-1],
		"invented":          "/v1/orders?kind=trial&cursor=" + base64.RawURLEncoding.EncodeToString([]byte(`{"p":0,"t":"eA=="}`)),
		"no base64":         "/v1/orders?kind=trial&cursor=%27%20OR%201",
	} {
		t.Run(name, func(t *testing.T) {
			before := len(env.temporal.lists)
			env.do("GET", path, "").want(http.StatusBadRequest)
			if len(env.temporal.lists) != before {
				t.Error("and yet visibility was asked")
			}
		})
	}
	t.Run("refused by Temporal", func(*testing.T) {
		env.temporal.fail("list", serviceerror.NewInvalidArgument("bad page token"))
		env.do("GET", "/v1/orders?kind=trial&cursor="+next, "").want(http.StatusBadRequest)
	})
	t.Run("Temporal is down", func(*testing.T) {
		env.temporal.down["list"], env.within = serviceerror.NewUnavailable("down"), 200*time.Millisecond
		env.do("GET", "/v1/orders", "").want(http.StatusServiceUnavailable)
	})
}

func TestAnyCursorIsReadOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		made := cursor{Part: rapid.IntRange(0, 1).Draw(t, "part"), Token: rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "token")}
		back, err := readCursor(made.write("filter"), "filter")
		if err != nil || back.Part != made.Part || string(back.Token) != string(made.Token) {
			t.Fatalf("%+v came back as %+v, %v", made, back, err)
		}
		if c, err := readCursor(rapid.String().Draw(t, "text"), "filter"); err != nil && (c.Token != nil || c.Part != 0) {
			t.Fatalf("a refused cursor says %+v", c)
		}
	})
}
