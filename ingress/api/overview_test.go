package api

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/order"
)

func TestStats(t *testing.T) {
	t.Parallel()
	env := openAPI(t)
	env.temporal.onCount = func(query string) int64 {
		switch {
		case strings.Contains(query, "OrderStage = 'auditing'"):
			return 3
		case strings.Contains(query, "OrderHold = 'punished'"):
			return 2
		}
		return 0
	}
	got := read[stats](env.as(keyRead, "GET", "/v1/stats", "").want(http.StatusOK))
	if got.ByStage[order.StageAuditing] != 3 || got.ByHold[order.HoldPunished] != 2 ||
		len(got.ByStage) != len(order.Stages()) || len(got.ByHold) != len(order.HoldKinds()) || len(got.ByExecution) != len(order.Executions()) || !got.At.Equal(apiStart) {
		t.Errorf("counted %+v", got)
	}
	for _, query := range env.temporal.counts {
		if !strings.Contains(query, "AppId IN ('"+apiApp+"')") || !strings.Contains(query, "ExecutionStatus != 'ContinuedAsNew'") {
			t.Errorf("counted by %s", query)
		}
	}
	once := len(env.temporal.counts)
	env.as(keyRead, "GET", "/v1/stats?app_id="+apiApp, "").want(http.StatusOK)
	if len(env.temporal.counts) != once {
		t.Error("the same was counted twice within a moment")
	}
	env.as(keyOther, "GET", "/v1/stats", "").want(http.StatusOK)
	env.clock.Forward(statsFor)
	env.as(keyRead, "GET", "/v1/stats", "").want(http.StatusOK)
	if len(env.temporal.counts) != 3*once {
		t.Errorf("%d counts, want three times %d: another key's apps, and a moment later", len(env.temporal.counts), once)
	}
	env.clock.Forward(statsFor)
	env.temporal.down["count"], env.within = serviceerror.NewInvalidArgument("no"), 200*time.Millisecond
	if old := read[stats](env.as(keyRead, "GET", "/v1/stats", "").want(http.StatusOK)); !old.At.Equal(apiStart.Add(statsFor)) {
		t.Errorf("while nothing can be counted it shows what was counted at %v", old.At)
	}
	env.clock.Forward(statsStale)
	env.temporal.down["count"], env.within = serviceerror.NewResourceExhausted(0, "busy"), 200*time.Millisecond
	env.as(keyRead, "GET", "/v1/stats", "").want(http.StatusServiceUnavailable)
}

// Times are those of all orders of a stage up to a bound, and only where they are asked for.
func TestTimesInStages(t *testing.T) {
	env := openAPI(t)
	env.temporal.onCount = func(query string) int64 {
		if strings.Contains(query, "OrderStage = 'auditing'") || strings.Contains(query, "OrderStage = 'online'") {
			return 12
		}
		return 0
	}
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		page := &workflowservice.ListWorkflowExecutionsResponse{}
		if strings.Contains(r.GetQuery(), "ExecutionStatus IN") { // of those that were closed from outside
			return page
		}
		if !strings.Contains(r.GetQuery(), "OrderStage = 'auditing'") {
			t.Errorf("it lists %s", r.GetQuery())
		}
		for i := range 10 {
			since := apiStart.Add(-time.Duration(i*7%10+1) * time.Hour) // one to ten hours, in no order
			page.Executions = append(page.Executions, row(t, "order/1/x", order.View{
				AppID: apiApp, OutOrderNo: since.Format("A-15"), Stage: order.StageAuditing, StageSince: since,
			}))
		}
		page.Executions = append(page.Executions, row(t, "order/1/moved", order.View{Stage: order.StageReleasing}))
		return page
	}
	if plain := read[stats](env.as(keyRead, "GET", "/v1/stats", "").want(http.StatusOK)); plain.TimeInStage == nil || len(plain.TimeInStage) > 0 {
		t.Errorf("unasked it says %+v", plain.TimeInStage)
	}
	want := []stageTimes{{
		Stage: order.StageAuditing, Orders: 12, Sampled: 10, Median: 5 * 3600, P90: 9 * 3600, Longest: 10 * 3600,
		OutOrderNo: apiStart.Add(-10 * time.Hour).Format("A-15"), AppID: apiApp,
	}}
	got := read[stats](env.as(keyRead, "GET", "/v1/stats?times=true", "").want(http.StatusOK))
	if diff := cmp.Diff(want, got.TimeInStage); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	asked := len(env.temporal.lists)
	env.clock.Forward(timesFor - time.Second)
	env.as(keyRead, "GET", "/v1/stats?times=true", "").want(http.StatusOK)
	if len(env.temporal.lists) != asked {
		t.Error("the same orders were read twice within a minute")
	}
}

// A stage with more orders than are read is a sample, and is said to be one.
func TestTimesOfManyAreASample(t *testing.T) {
	env := openAPI(t)
	env.temporal.onCount = func(query string) int64 {
		if strings.Contains(query, "OrderStage = 'auditing'") {
			return 50_000
		}
		return 0
	}
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		page := &workflowservice.ListWorkflowExecutionsResponse{}
		if strings.Contains(r.GetQuery(), "ExecutionStatus IN") {
			return page
		}
		page.NextPageToken = []byte("more")
		for range r.GetPageSize() {
			page.Executions = append(page.Executions, row(t, "order/1/x", order.View{Stage: order.StageAuditing, StageSince: apiStart.Add(time.Hour)}))
		}
		return page
	}
	times := read[stats](env.do("GET", "/v1/stats?times=true", "").want(http.StatusOK)).TimeInStage
	if len(times) != 1 || times[0].Orders != 50_000 || times[0].Sampled != maxTimed || times[0].Longest != 0 {
		t.Errorf("it says %+v", times)
	}
}

// TestDashboardsShareOneCounting checks that those who ask at once cost Temporal the counts of one: a
// namespace may ask ten times a second unless told otherwise, and one set takes three.
func TestDashboardsShareOneCounting(t *testing.T) {
	// The record of a request, the rate of its key and the age of the counts ask for the time.
	const dashboards, looksEach = 10, 3
	var looks atomic.Int64
	everybody := make(chan struct{})
	env := openAPI(t, func(c *Config) {
		now := c.Now
		c.Now = func() time.Time {
			if looks.Add(1) == dashboards*looksEach {
				close(everybody)
			}
			return now()
		}
	})
	// The first count ends when everybody has begun to ask.
	env.temporal.onCount = func(string) int64 { <-everybody; return 1 }
	var group sync.WaitGroup
	for range dashboards {
		group.Go(func() {
			if got := env.do("GET", "/v1/stats", ""); got.status != http.StatusOK {
				t.Errorf("answered %d: %s", got.status, got.text)
			}
		})
	}
	group.Wait()
	if got, once := len(env.temporal.counts), len(order.Stages())+len(order.HoldKinds())+len(order.Executions())-1; got != once {
		t.Errorf("%d dashboards made %d counts, want the %d of one", dashboards, got, once)
	}
}

// deliveriesAndHolders sets up two pages of deliveries and two of mini programs.
func deliveriesAndHolders(t *testing.T, env *apiEnv) {
	t.Helper()
	env.temporal.queryAnswers["mini-program/1/holder held"] = []order.DeliveryView{{NotifyID: "held", State: order.DispositionWaiting, HeldBy: "mini_program"}}
	env.temporal.queryAnswers["mini-program/1/late held"] = []order.DeliveryView{{NotifyID: "held-later", State: order.DispositionWaiting}}
	holder := func(id string) *workflowpb.WorkflowExecutionInfo {
		return &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: "mini-program/1/" + id, RunId: "r"}}
	}
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		holders := strings.Contains(r.GetQuery(), "WorkflowType = 'MiniProgram'")
		switch first := len(r.GetNextPageToken()) == 0; {
		case holders && first:
			return &workflowservice.ListWorkflowExecutionsResponse{
				Executions:    []*workflowpb.WorkflowExecutionInfo{holder("holder"), holder("gone")},
				NextPageToken: []byte("m"),
			}
		case holders:
			return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{holder("late")}}
		case first:
			return &workflowservice.ListWorkflowExecutionsResponse{
				Executions:    []*workflowpb.WorkflowExecutionInfo{row(t, "delivery/1/a", order.DeliveryView{NotifyID: "a"})},
				NextPageToken: []byte("d"),
			}
		default:
			return &workflowservice.ListWorkflowExecutionsResponse{
				Executions: []*workflowpb.WorkflowExecutionInfo{row(t, "delivery/1/b", order.DeliveryView{NotifyID: "b"})},
			}
		}
	}
}

func TestDeliveriesAreListedWithWhatIsHeld(t *testing.T) {
	env := openAPI(t)
	deliveriesAndHolders(t, env)
	var pages []string
	for path := "/v1/deliveries"; path != ""; {
		listed := read[deliveryList](env.as(keyRead, "GET", path, "").want(http.StatusOK))
		var ids []string
		for _, view := range listed.Deliveries {
			ids = append(ids, view.NotifyID)
		}
		pages = append(pages, strings.Join(ids, " "))
		path = ""
		if listed.NextCursor != "" {
			path = "/v1/deliveries?cursor=" + listed.NextCursor
		}
	}
	if got := strings.Join(pages, " | "); got != "a | b held | held-later" {
		t.Errorf("the pages are %s", got)
	}
	const want = "WorkflowType = 'Delivery' AND ExecutionStatus != 'ContinuedAsNew' AND AppId IN ('" + apiApp +
		"') AND DeliveryState IN ('waiting', 'late', 'conflict', 'dead')"
	if got := env.temporal.lists[0].GetQuery(); got != want {
		t.Errorf("asked for\n  %s, want\n  %s", got, want)
	}
	if !strings.Contains(env.log.String(), "did not say what it holds") {
		t.Error("a mini program that does not answer is passed over in silence")
	}
}

func TestDeliveriesOfOneState(t *testing.T) {
	for state, lists := range map[string]int{"dead": 2, "waiting": 2, "late": 1} {
		t.Run(state, func(t *testing.T) {
			env := openAPI(t)
			env.do("GET", "/v1/deliveries?state="+state, "").want(http.StatusOK)
			if len(env.temporal.lists) != lists || !strings.HasSuffix(env.temporal.lists[0].GetQuery(), "DeliveryState = '"+state+"'") {
				t.Errorf("asked %d times, first %s", len(env.temporal.lists), env.temporal.lists[0].GetQuery())
			}
		})
	}
}

// TestAMessageThatIsStuckIsListedAsDead is about a message for which no Delivery could be
// started: its mini program lists it as dead, not among those that wait.
func TestAMessageThatIsStuckIsListedAsDead(t *testing.T) {
	for state, want := range map[string]string{"dead": "stuck", "waiting": "held", "": "held stuck"} {
		env := openAPI(t)
		keepIt(env, "held")
		env.temporal.queryAnswers["mini-program/1/first held"] = []order.DeliveryView{
			{NotifyID: "held", State: order.DispositionWaiting}, {NotifyID: "stuck", State: order.DispositionDead},
		}
		var ids []string
		for _, view := range read[deliveryList](env.do("GET", "/v1/deliveries?app_id="+apiApp+"&state="+state, "").want(http.StatusOK)).Deliveries {
			ids = append(ids, view.NotifyID)
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("state %q lists %q, want %q", state, got, want)
		}
	}
}
