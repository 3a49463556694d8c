package api

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/order"
)

// changing are orders and when each has changed last, as visibility lists them: in any order, and
// with the precision of a SQL store.
type changing map[string]time.Time

var changeConditions = regexp.MustCompile(`ChangedAt > '([^']+)' AND ChangedAt <= '([^']+)'`)

func (c changing) between(t *testing.T, query string) []string {
	t.Helper()
	bounds := changeConditions.FindStringSubmatch(query)
	if bounds == nil {
		t.Fatalf("the query %q has no window", query)
	}
	var moments [2]time.Time
	for i := range moments {
		var err error
		if moments[i], err = time.Parse(time.RFC3339Nano, bounds[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	var found []string
	for no, at := range c {
		if at.After(moments[0]) && !at.After(moments[1]) {
			found = append(found, no)
		}
	}
	return found
}

func (c changing) serve(t *testing.T, env *apiEnv) {
	env.temporal.onCount = func(query string) int64 { return int64(len(c.between(t, query))) }
	env.temporal.onList = func(request *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		found := slices.Sorted(slices.Values(c.between(t, request.GetQuery())))
		from := 0
		if token := request.GetNextPageToken(); len(token) > 0 {
			_, _ = fmt.Sscan(string(token), &from)
		}
		until := min(len(found), from+int(request.GetPageSize()))
		page := &workflowservice.ListWorkflowExecutionsResponse{}
		for _, no := range found[from:until] {
			page.Executions = append(page.Executions, changedRow(no, c[no].Add(-time.Nanosecond))) // stores round
		}
		if until < len(found) {
			page.NextPageToken = []byte(fmt.Sprint(until))
		}
		return page
	}
}

func changedRow(no string, at time.Time) *workflowpb.WorkflowExecutionInfo {
	payload, err := converter.GetDefaultDataConverter().ToPayload(at)
	if err != nil {
		panic(err)
	}
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: order.WorkflowID(apiApp, no), RunId: "run-1"},
		Status:    enums.WORKFLOW_EXECUTION_STATUS_RUNNING,
		Memo:      memoOf(order.View{AppID: apiApp, OutOrderNo: no, CreatedAt: apiStart, Sequence: 1}),
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{
			order.AttributeChangedAt: payload,
		}},
	}
}

// TestChangesAreCaughtUpWith by a client that asks with changed_until again and again, while orders go
// on changing: it sees every change, in order within an answer, a thousand orders at a time.
func TestChangesAreCaughtUpWith(t *testing.T) {
	env, orders, dice := openAPI(t), changing{}, rand.New(rand.NewPCG(3, 4))
	orders.serve(t, env)
	micro := func(d time.Duration) time.Time { return apiStart.Add(d).Truncate(time.Microsecond) }
	for i := range 4000 {
		orders[fmt.Sprintf("o%04d", i)] = micro(time.Duration(dice.Int64N(int64(time.Hour))))
	}
	for i := range 1500 { // begun at once by an import
		orders[fmt.Sprintf("b%04d", i)] = micro(30*time.Minute + time.Duration(i)*time.Microsecond)
	}
	env.clock.Set(apiStart.Add(time.Hour))
	seen, since, answers := map[string]time.Time{}, apiStart.Add(-time.Second), 0
	for ; ; answers++ {
		list := read[orderList](env.do(http.MethodGet, "/v1/orders?app_id="+apiApp+"&changed_since="+url.QueryEscape(since.Format(time.RFC3339Nano)), "").want(http.StatusOK))
		var last time.Time
		for _, one := range list.Orders {
			at := orders[one.OutOrderNo]
			if at.Before(last) {
				t.Fatalf("%s comes after one that has changed later", one.OutOrderNo)
			}
			seen[one.OutOrderNo], last = at, at
		}
		if len(list.Orders) > changePage {
			t.Errorf("%d orders in one answer", len(list.Orders))
		}
		if list.ChangedUntil.Equal(since) {
			break
		}
		since = *list.ChangedUntil
		if answers < 5 { // some go on changing meanwhile
			env.clock.Set(env.clock.Now().Add(time.Second))
			for i := range 50 {
				orders[fmt.Sprintf("o%04d", i)] = env.clock.Now()
			}
		}
	}
	limit := env.clock.Now().Add(-changeLag)
	for no, at := range orders {
		if !at.After(limit.Truncate(changeStep)) && !seen[no].Equal(at) {
			t.Errorf("%s has changed at %v and was seen of %v", no, at, seen[no])
		}
	}
	t.Logf("%d orders in %d answers, %d lists, %d counts", len(seen), answers, len(env.temporal.lists), len(env.temporal.counts))
}

// TestAClockThatIsAheadLosesNothing: changes bear Temporal's time, and this process has another.
func TestAClockThatIsAheadLosesNothing(t *testing.T) {
	env, orders := openAPI(t), changing{}
	orders.serve(t, env)
	const ahead = time.Minute
	seen, since := map[string]bool{}, apiStart.Add(-time.Second)
	for i := range 20 {
		now := apiStart.Add(time.Duration(i) * time.Second) // Temporal's
		if i%3 == 0 {
			orders[fmt.Sprint("o", i)] = now.Add(123456 * time.Nanosecond)
		}
		env.clock.Set(now.Add(ahead))
		list := read[orderList](env.do(http.MethodGet, "/v1/orders?changed_since="+url.QueryEscape(since.Format(time.RFC3339Nano)), "").want(http.StatusOK))
		for _, one := range list.Orders {
			if seen[one.OutOrderNo] {
				t.Errorf("%s comes again while nothing changes", one.OutOrderNo)
			}
			seen[one.OutOrderNo] = true
		}
		since = *list.ChangedUntil
	}
	if len(seen) != len(orders) {
		t.Errorf("%d of %d orders were seen", len(seen), len(orders))
	}
}

// TestMoreChangesInAMomentThanAnAnswerHolds come together: a window can't be halved for ever.
func TestMoreChangesInAMomentThanAnAnswerHolds(t *testing.T) {
	env, orders := openAPI(t), changing{}
	orders.serve(t, env)
	for i := range 2500 {
		orders[fmt.Sprintf("o%04d", i)] = apiStart.Add(500 * time.Microsecond)
	}
	env.clock.Set(apiStart.Add(time.Hour))
	list := read[orderList](env.do(http.MethodGet, "/v1/orders?changed_since="+url.QueryEscape(apiStart.Format(time.RFC3339Nano)), "").want(http.StatusOK))
	if len(list.Orders) != 2500 || list.ChangedUntil.After(apiStart.Add(time.Millisecond)) {
		t.Errorf("%d orders until %v", len(list.Orders), list.ChangedUntil)
	}
}

// TestAnOrderThatRunsAgainHasNotEnded: the run that was terminated before is a row of its own, and the
// new one has changed too lately to be listed.
func TestAnOrderThatRunsAgainHasNotEnded(t *testing.T) {
	env := openAPI(t)
	closed := func(no, run string, changed time.Duration) *workflowpb.WorkflowExecutionInfo {
		row := changedRow(no, apiStart.Add(changed))
		row.Execution.RunId, row.Status, row.CloseTime = run, enums.WORKFLOW_EXECUTION_STATUS_TERMINATED, timestamppb.New(apiStart.Add(changed))
		return row
	}
	again := changedRow("again", apiStart.Add(time.Hour))
	again.Execution.RunId = "run-2"
	env.temporal.onList = func(request *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		rows := []*workflowpb.WorkflowExecutionInfo{closed("again", "run-1", time.Second), closed("over", "run-1", time.Minute)}
		if strings.Contains(request.GetQuery(), "WorkflowId IN") {
			rows = append(rows, again)
		}
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: rows}
	}
	env.clock.Set(apiStart.Add(time.Hour))
	list := read[orderList](env.do(http.MethodGet, "/v1/orders?changed_since="+url.QueryEscape(apiStart.Format(time.RFC3339Nano)), "").want(http.StatusOK))
	if len(list.Orders) != 1 || list.Orders[0].OutOrderNo != "over" {
		t.Errorf("%+v", list.Orders)
	}
}

// TestBadQuestionsAboutChanges each have their sentence.
func TestBadQuestionsAboutChanges(t *testing.T) {
	env := openAPI(t)
	for query, want := range map[string]string{
		"changed_since=yesterday":                       "write a moment as RFC 3339",
		"changed_since=0000-01-01T00:00:00%2B14:00":     "write a moment as RFC 3339",
		"since=9999-12-31T23:59:59-14:00":               "write a moment as RFC 3339",
		"changed_since=2026-11-20T08:00:00Z&limit=10":   "has neither cursor nor limit",
		"changed_since=2026-11-20T08:00:00Z&cursor=abc": "has neither cursor nor limit",
	} {
		if answer := env.do(http.MethodGet, "/v1/orders?"+query, "").want(http.StatusUnprocessableEntity); !regexp.MustCompile(want).MatchString(answer.text) {
			t.Errorf("%s is answered %s", query, answer.text)
		}
	}
	young := read[orderList](env.do(http.MethodGet, "/v1/orders?changed_since="+url.QueryEscape(apiStart.Add(-5*time.Second).Format(time.RFC3339)), "").want(http.StatusOK))
	if len(young.Orders) != 0 || !young.ChangedUntil.Equal(apiStart.Add(-5*time.Second)) || len(env.temporal.lists) != 0 {
		t.Errorf("what is younger than a list is not left for later: %+v", young)
	}
}
