package api

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/internal/audit"
	"miniflow/order"
)

const (
	ownMini     = apiMini
	foreignMini = "2021888888888888"
)

// twoMerchants has an order, a mini program and a message of each of two merchants, and another message
// of nobody's. Lists find everything of their type, as a store would that compares badly.
func twoMerchants(t *testing.T, options ...func(*Config)) *apiEnv {
	env := openAPI(t, options...)
	rows := map[string][]*workflowpb.WorkflowExecutionInfo{}
	for _, one := range []struct{ no, ref, mini, notify string }{{"A-1", "shop-7", ownMini, "n-1"}, {"B-1", "Shop-8", foreignMini, "n-2"}} {
		view := order.View{AppID: apiApp, OutOrderNo: one.no, MerchantRef: one.ref, MiniAppID: one.mini, Kind: order.KindFormal, Stage: order.StageAuditing, Sequence: 5, CreatedAt: apiStart, StageSince: apiStart}
		env.temporal.add(view, order.Request{AppID: apiApp, OutOrderNo: one.no, MerchantRef: one.ref}).summary = view
		id := order.WorkflowID(apiApp, one.no)
		env.temporal.queryAnswers[id+" "+order.EventsQuery] = order.ToldEvents{Order: view}
		found := row(t, id, view)
		found.SearchAttributes = attributesOf(t, map[string]string{order.AttributeAppID: apiApp, order.AttributeMiniAppID: one.mini})
		rows[order.WorkflowType] = append(rows[order.WorkflowType], found)
		mini := order.MiniProgramView{AppID: apiApp, MiniAppID: one.mini, OutOrderNo: one.no}
		id = order.MiniProgramWorkflowID(apiApp, one.mini)
		env.temporal.addAs(id, order.View{}, order.Request{})
		env.temporal.queryAnswers[id+" "+order.ViewQuery] = mini
		entity := row(t, id, mini)
		entity.SearchAttributes = found.SearchAttributes
		rows[order.MiniProgramWorkflowType] = append(rows[order.MiniProgramWorkflowType], entity)
		message := order.DeliveryView{AppID: apiApp, NotifyID: one.notify, OutOrderNo: one.no, MiniAppID: one.mini, State: order.DispositionWaiting}
		env.deadLetter(one.notify, "{}")
		env.temporal.flows[order.DeliveryWorkflowID(apiApp, one.notify)].summary = message
		rows[order.DeliveryWorkflowType] = append(rows[order.DeliveryWorkflowType], row(t, order.DeliveryWorkflowID(apiApp, one.notify), message))
	}
	rows[order.DeliveryWorkflowType] = append(rows[order.DeliveryWorkflowType], row(t, "delivery/x", order.DeliveryView{AppID: apiApp, NotifyID: "B-1-nobody", OutOrderNo: "B-99"}))
	env.temporal.onList = func(request *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: rowsFor(request.GetQuery(), rows)}
	}
	return env
}

func rowsFor(query string, rows map[string][]*workflowpb.WorkflowExecutionInfo) []*workflowpb.WorkflowExecutionInfo {
	for name, all := range rows {
		if strings.Contains(query, "WorkflowType = '"+name+"'") {
			if name == order.WorkflowType && strings.Contains(query, order.AttributeMiniAppID+" IN") {
				return slices.DeleteFunc(slices.Clone(all), func(r *workflowpb.WorkflowExecutionInfo) bool {
					_, mini := entityOf(r)
					return !strings.Contains(query, mini)
				})
			}
			return all
		}
	}
	var named []*workflowpb.WorkflowExecutionInfo
	for _, r := range rows[order.WorkflowType] {
		if strings.Contains(query, "'"+r.GetExecution().GetWorkflowId()+"'") {
			named = append(named, r)
		}
	}
	return named
}

func bound() Caller {
	person := anOperator()
	person.Merchants = []string{"shop-*"}
	return person
}

// routesOf returns the methods and paths of all calls, so that a new one can't be forgotten.
func routesOf(t *testing.T) (routes [][2]string) {
	t.Helper()
	text, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		method, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		routes = append(routes, [2]string{method, path})
	}
	if len(routes) < 30 {
		t.Fatalf("only %d routes", len(routes))
	}
	return routes
}

// bodies are what calls without an object in their path need to come as far as their merchants.
var bodies = map[string]string{
	"/v1/orders":             body(map[string]any{"merchant_ref": "Shop-8", "out_order_no": "B-2"}),
	"/v1/deliveries/replay":  `{"filter":{"app_id":"` + apiApp + `","out_order_no":"B-1"}}`,
	"/v1/deliveries/discard": `{"filter":{"app_id":"` + apiApp + `"}}`,
	"/v1/authorizations":     `{"app_id":"` + apiApp + `","app_auth_code":"c"}`,
}

// queries are what calls need in their query.
var queries = map[string]string{"/v1/files": "?app_id=" + apiApp + "&field=create.license_pic"}

// Nothing of another merchant is shown or changed by any call, and what is another's is answered
// exactly as what there is not.
func TestNoCallReachesAnotherMerchant(t *testing.T) {
	foreign := strings.NewReplacer("{app_id}", apiApp, "{out_order_no}", "B-1", "{mini_app_id}", foreignMini, "{notify_id}", "n-2",
		"{bulk_id}", strings.Repeat("0f", 16), "{id}", "order:B-1")
	unknown := strings.NewReplacer("{app_id}", apiApp, "{out_order_no}", "Z-1", "{mini_app_id}", "2021777777777777", "{notify_id}", "n-9",
		"{bulk_id}", strings.Repeat("0e", 16), "{id}", "order:Z-1")
	for _, route := range routesOf(t) {
		method, path := route[0], route[1]
		t.Run(method+" "+path, func(t *testing.T) {
			env := twoMerchants(t, withAudit(t))
			about := audit.Detail{AppID: apiApp, OutOrderNo: "B-1", MerchantRef: "Shop-8"}
			if err := env.api.config.Audit.Append(audit.Entry{Who: "operator-2", Action: "withdraw", Detail: about}); err != nil {
				t.Fatal(err)
			}
			bulk := order.BulkWorkflowID(apiApp, strings.Repeat("0f", 16))
			env.temporal.addAs(bulk, order.View{}, order.Request{})
			env.temporal.queryAnswers[bulk+" "+order.ViewQuery] = order.BulkView{Filter: order.DeliveryFilter{AppID: apiApp, OutOrderNo: "B-1"}}
			got := env.person(bound(), method, foreign.Replace(path)+queries[path], bodies[path])
			for _, canary := range []string{"Shop-8", "B-1", "n-2", foreignMini} {
				if strings.Contains(got.text, canary) {
					t.Errorf("%s is shown: %s", canary, got.text)
				}
			}
			if len(env.temporal.updates)+len(env.temporal.withs)+len(env.temporal.bulks)+env.temporal.starts+len(env.tokens.exchange) > 0 {
				t.Error("something was done")
			}
			if strings.Contains(strings.ReplaceAll(path, "{app_id}", ""), "{") && !strings.Contains(path, "webhooks") && !strings.Contains(path, "rollouts") {
				nothing := env.person(bound(), method, unknown.Replace(path), "")
				if got.status != http.StatusNotFound && !strings.Contains(path, "{sha256}") || got.text != nothing.text || nothing.status != got.status {
					t.Errorf("another's is %d %s\nand what there is not %d %s", got.status, got.text, nothing.status, nothing.text)
				}
				return
			}
			// The store for files is missing here, and a file is nobody's.
			if got.status != http.StatusOK && got.status != http.StatusForbidden && path != "/v1/files" {
				t.Errorf("%d %s", got.status, got.text)
			}
		})
	}
}

func TestACallerReachesTheOwnMerchants(t *testing.T) {
	env := twoMerchants(t)
	for path, want := range map[string]string{
		"/v1/orders": "A-1", "/v1/orders?sort=created_at": "A-1", "/v1/orders/" + apiApp + "/A-1": "shop-7", "/v1/orders/" + apiApp + "/A-1/events": "A-1",
		"/v1/mini-programs": ownMini, "/v1/mini-programs/" + apiApp + "/" + ownMini: ownMini, "/v1/attention/" + apiApp + "/order:A-1": "A-1",
		"/v1/deliveries": "n-1", "/v1/deliveries/" + apiApp + "/n-1": "n-1", "/v1/stats?times=true": "by_stage",
	} {
		got := env.person(bound(), "GET", path, "").want(http.StatusOK)
		if !strings.Contains(got.text, want) || strings.Contains(got.text, "B-1") {
			t.Errorf("%s: %s", path, got.text)
		}
	}
	env.person(bound(), "POST", orderPathOf("A-1")+"/withdraw", "").want(http.StatusOK)
	env.person(bound(), "POST", "/v1/orders", body(map[string]any{"out_order_no": "A-2"})).want(http.StatusCreated)
	env.person(bound(), "POST", "/v1/deliveries/replay", `{"filter":{"app_id":"`+apiApp+`","out_order_no":"A-1"}}`).want(http.StatusAccepted)
	release := map[string]any{"kind": "release", "out_order_no": "A-3", "create": nil}
	for mini, status := range map[string]int{ownMini: http.StatusCreated, foreignMini: http.StatusForbidden, "2021777777777777": http.StatusForbidden} {
		release["mini_app_id"] = mini
		env.person(bound(), "POST", "/v1/orders", body(release)).want(status)
	}
}

// Stores do what they can, and counts rely on them.
func TestListsAndCountsAskForTheOwnMerchantsAlone(t *testing.T) {
	env := twoMerchants(t)
	person := bound()
	person.Merchants = []string{"z", "shop-*", "a"}
	const condition = order.AttributeMerchantRef + " IN ('a', 'z') OR " + order.AttributeMerchantRef + " STARTS_WITH 'shop-'"
	env.person(person, "GET", "/v1/orders", "").want(http.StatusOK)
	if query := env.temporal.lists[0].GetQuery(); !strings.Contains(query, condition) {
		t.Error(query)
	}
	for _, path := range []string{"/v1/stats", "/v1/overview"} {
		env.temporal.counts = nil
		env.person(person, "GET", path, "").want(http.StatusOK)
		for _, query := range env.temporal.counts {
			if !strings.Contains(query, condition) {
				t.Error(query)
			}
		}
		env.person(anOperator(), "GET", path, "").want(http.StatusOK)
		if query := env.temporal.counts[len(env.temporal.counts)-1]; strings.Contains(query, order.AttributeMerchantRef) {
			t.Errorf("%s: counts of some merchants were shown for all, or the other way round: %s", path, query)
		}
	}
}

// TestWhatIsRememberedForOneIsNotShownToAnother: whoever has asked before, everybody is shown their own.
func TestWhatIsRememberedForOneIsNotShownToAnother(t *testing.T) {
	env := twoMerchants(t)
	everything := env.temporal.onList
	env.temporal.onList = func(request *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		if !strings.Contains(request.GetQuery(), "'"+apiApp+"'") {
			return &workflowservice.ListWorkflowExecutionsResponse{}
		}
		return everything(request)
	}
	held := []order.DeliveryView{{AppID: apiApp, MiniAppID: foreignMini, OutOrderNo: "B-1", NotifyID: "held-B", State: order.DispositionWaiting}}
	env.temporal.queryAnswers[order.MiniProgramWorkflowID(apiApp, foreignMini)+" "+order.HeldQuery] = held
	for path, foreign := range map[string]string{"/v1/mini-programs": foreignMini, "/v1/deliveries": "held-B"} {
		for range 2 {
			if got := env.do("GET", path, "").want(http.StatusOK); !strings.Contains(got.text, foreign) {
				t.Errorf("%s: everybody's are %s", path, got.text)
			}
			for who, got := range map[string]*apiAnswer{"another merchant's": env.person(bound(), "GET", path, ""), "another app's": env.as(keyOther, "GET", path, "")} {
				if got.want(http.StatusOK); strings.Contains(got.text, foreign) {
					t.Errorf("%s: %s caller is shown %s", path, who, got.text)
				}
			}
		}
	}
}

func TestMerchantsOfAGrant(t *testing.T) {
	for _, c := range []struct {
		granted []string
		ref     string
		has     bool
	}{
		{nil, "x", true}, {nil, "", true}, {[]string{}, "x", false}, {[]string{"*"}, "", true}, {[]string{"x"}, "x", true}, {[]string{"x"}, "X", false},
		{[]string{"x"}, "xy", false}, {[]string{"x*"}, "xy", true}, {[]string{"x*"}, "Xy", false}, {[]string{"x*"}, "", false}, {[]string{""}, "", false},
	} {
		if got := merchantsOf(c.granted).has(c.ref); got != c.has {
			t.Errorf("%q has %q: %v", c.granted, c.ref, got)
		}
	}
}

// A key may be bound to merchants as a person is.
func TestAKeyMayBeBoundToMerchants(t *testing.T) {
	env := openAPI(t, func(c *Config) { c.Keys[0].Merchants = []string{"shop-7"} })
	env.do("POST", "/v1/orders", body(map[string]any{"merchant_ref": "shop-8"})).want(http.StatusForbidden)
	env.do("POST", "/v1/orders", body(nil)).want(http.StatusCreated)
}

func TestOnlyABackendsKeyNamesWhoActs(t *testing.T) {
	env := openAPI(t, func(c *Config) { c.Keys[0].Backend = false })
	env.anOrder(order.StageAuditing)
	r := env.request(keyAll, "POST", orderPathOf("A-1")+"/withdraw", "")
	r.Header.Set("X-Actor", "ann")
	env.send(r).wantFields("header.X-Actor")
	if len(env.temporal.updates) > 0 {
		t.Error("the command was carried out")
	}
	env.do("POST", orderPathOf("A-1")+"/withdraw", "").want(http.StatusOK)
}

// Whose a mini program is that orders of two merchants name can't be told.
func TestAMiniProgramOfTwoMerchantsIsNobodys(t *testing.T) {
	env := twoMerchants(t)
	lists := env.temporal.onList
	env.temporal.onList = func(request *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		answer := lists(request)
		for _, found := range answer.GetExecutions() {
			if _, mini := entityOf(found); mini != "" {
				other := row(t, order.WorkflowID(apiApp, "C-1"), order.View{MerchantRef: "Shop-8"})
				other.SearchAttributes = found.SearchAttributes
				answer.Executions = append(answer.Executions, other)
			}
		}
		return answer
	}
	env.person(bound(), "GET", "/v1/mini-programs/"+apiApp+"/"+ownMini, "").want(http.StatusNotFound)
}
