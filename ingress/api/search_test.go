package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"miniflow/order"
)

// shop is an order as visibility lists it, with what it is found by.
func shop(t *testing.T, no, name string, started time.Time) *workflowpb.WorkflowExecutionInfo {
	t.Helper()
	one := row(t, "order/1/"+no, order.View{AppID: apiApp, OutOrderNo: no, ShopName: name, CreatedAt: started})
	one.StartTime = timestamppb.New(started)
	one.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{}}
	for attribute, value := range map[string]string{order.AttributeOutOrderNo: no, order.AttributeShopName: name} {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			t.Fatal(err)
		}
		one.SearchAttributes.IndexedFields[attribute] = payload
	}
	return one
}

func numbers(listed orderList) (all []string) {
	for _, view := range listed.Orders {
		all = append(all, view.OutOrderNo)
	}
	return all
}

// TestSearchAsksEachStoreInItsOwnWay: SQLite for a range of each index, others for everything at once.
func TestSearchAsksEachStoreInItsOwnWay(t *testing.T) {
	for store, want := range map[string]map[string][]string{
		"sqlite": {
			"巷口":   {"(MerchantRef >= '巷口' AND MerchantRef < '巷口\U0010FFFF')", "(ShopName >= '巷口' AND ShopName < '巷口\U0010FFFF')"},
			"2021": {"(OutOrderNo >= '2021'", "(MiniAppId >= '2021'", "(MerchantRef >= '2021'", "(ShopName >= '2021'"},
			"a_":   {"(OutOrderNo >= 'a_'", "(OutOrderNo >= 'A_'", "(MerchantRef >= 'a_'", "(MerchantRef >= 'A_'", "(ShopName >= 'a_'", "(ShopName >= 'A_'"},
			"it's": nil,
		},
		"postgres12_pgx": {
			"巷口":   {"(MerchantRef STARTS_WITH '巷口' OR ShopName STARTS_WITH '巷口')"},
			"Kfc%": {"(MerchantRef STARTS_WITH 'Kfc%' OR MerchantRef STARTS_WITH 'kfc%' OR MerchantRef STARTS_WITH 'KFC%' OR ShopName STARTS_WITH 'Kfc%' OR ShopName STARTS_WITH 'kfc%' OR ShopName STARTS_WITH 'KFC%')"},
			"50?":  nil,
		},
	} {
		for q, conditions := range want {
			env := openAPI(t)
			env.temporal.visibility = store
			for range 2 {
				env.temporal.lists = nil
				env.do("GET", "/v1/orders?stage=auditing&q="+url.QueryEscape(q), "").want(http.StatusOK)
			}
			if env.temporal.infos != 1 {
				t.Errorf("the store was asked for its name %d times", env.temporal.infos)
			}
			if len(env.temporal.lists) != len(conditions) {
				t.Fatalf("%q asks %s %d times, want %d", q, store, len(env.temporal.lists), len(conditions))
			}
			for _, condition := range conditions { // in any order: all but the first are asked at once
				if !slices.ContainsFunc(env.temporal.lists, func(asked *workflowservice.ListWorkflowExecutionsRequest) bool {
					return strings.Contains(asked.GetQuery(), "OrderStage = 'auditing' AND "+condition)
				}) {
					t.Errorf("%q does not ask %s for %s", q, store, condition)
				}
			}
		}
	}
	env := openAPI(t)
	env.temporal.failures["info"] = []error{serviceerror.NewPermissionDenied("no", "")}
	env.do("GET", "/v1/orders?q=7", "").want(http.StatusOK)
	if asked := env.temporal.lists[0].GetQuery(); !strings.Contains(asked, "STARTS_WITH") {
		t.Errorf("a Temporal that doesn't name its store is asked for %s", asked)
	}
}

// TestSearchShowsTheSameOfEveryStore: one that ignores the case of letters finds more, and what is
// called exactly so comes first.
func TestSearchShowsTheSameOfEveryStore(t *testing.T) {
	env := openAPI(t)
	env.temporal.onList = func(*workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		closed := shop(t, "closed", "KFC 二店", apiStart.Add(time.Hour))
		closed.CloseTime = timestamppb.New(apiStart.Add(2 * time.Hour))
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{
			shop(t, "kFc-1", "巷口小面", apiStart), closed, shop(t, "old", "KFC 三店", apiStart), shop(t, "young", "kfc", apiStart.Add(time.Minute)), shop(t, "exact", "KFC", apiStart.Add(-time.Hour)),
		}}
	}
	got := numbers(read[orderList](env.do("GET", "/v1/orders?q=+kfc+", "").want(http.StatusOK)))
	if want := []string{"young", "exact", "old", "closed"}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

// TestSearchGoesOnWhereItStopped: a page ends in the midst of a list or between two, what several lists
// find comes once, and nothing is left out.
func TestSearchGoesOnWhereItStopped(t *testing.T) {
	var shops []*workflowpb.WorkflowExecutionInfo
	for i := range 9 {
		name := fmt.Sprintf("店 %d", i)
		if i%2 == 0 {
			name = fmt.Sprintf("7 号店 %d", i) // found by number and by name
		}
		shops = append(shops, shop(t, fmt.Sprintf("%d-x", 7+i%3), name, apiStart))
		shops[i].Execution.WorkflowId = fmt.Sprint("order/1/", i)
	}
	for _, store := range []string{"sqlite", "mysql8"} {
		env := openAPI(t)
		env.temporal.visibility = store
		env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
			page := &workflowservice.ListWorkflowExecutionsResponse{}
			from := 0
			_, _ = fmt.Sscan(string(r.GetNextPageToken()), &from)
			for i := from; i < len(shops); i++ {
				byNumber := beginning{order.AttributeOutOrderNo, "7"}.of(shops[i]) && strings.Contains(r.GetQuery(), "OutOrderNo >= '7'")
				byName := beginning{order.AttributeShopName, "7"}.of(shops[i]) && strings.Contains(r.GetQuery(), "ShopName >= '7'")
				if !byNumber && !byName && !strings.Contains(r.GetQuery(), "STARTS_WITH") {
					continue
				}
				if page.Executions = append(page.Executions, shops[i]); len(page.Executions) == int(r.GetPageSize()) {
					page.NextPageToken = fmt.Append(nil, i+1)
					break
				}
			}
			return page
		}
		found := map[string]int{}
		for cursor, pages := "", 0; ; pages++ {
			answer := read[orderList](env.do("GET", "/v1/orders?limit=2&q=7&cursor="+url.QueryEscape(cursor), "").want(http.StatusOK))
			if len(answer.Orders) > 2 || pages > 9 {
				t.Fatalf("%s: %d orders on page %d", store, len(answer.Orders), pages)
			}
			for _, view := range answer.Orders {
				found[view.ShopName]++
			}
			if cursor = answer.NextCursor; cursor == "" {
				break
			}
			env.do("GET", "/v1/orders?limit=2&q=8&cursor="+url.QueryEscape(cursor), "").want(http.StatusBadRequest)
		}
		want := map[string]int{"7 号店 0": 1, "7 号店 2": 1, "店 3": 1, "7 号店 4": 1, "7 号店 6": 1, "7 号店 8": 1}
		if fmt.Sprint(found) != fmt.Sprint(want) {
			t.Errorf("%s: found %v, want %v", store, found, want)
		}
	}
}

func TestSearchHasAnOrderOfItsOwn(t *testing.T) {
	env := openAPI(t)
	for _, other := range []string{"sort=created_at", "changed_since=2026-11-20T08:00:00Z"} {
		env.do("GET", "/v1/orders?q=a&"+other, "").want(http.StatusUnprocessableEntity)
	}
	env.do("GET", "/v1/orders?q=%20&sort=created_at", "").want(http.StatusOK) // asks for nothing
	env.do("GET", "/v1/orders?q="+strings.Repeat("a", 65), "").want(http.StatusUnprocessableEntity)
	if len(env.temporal.lists) != 0 && strings.Contains(env.temporal.lists[0].GetQuery(), "STARTS_WITH") {
		t.Error("a refused search asks Temporal")
	}
}

// TestRunsAreLookedForBetweenBounds: on SQLite alone, where an id is found by its bytes.
func TestRunsAreLookedForBetweenBounds(t *testing.T) {
	for store, want := range map[string]string{"sqlite": " AND WorkflowId >= 'order/1/a' AND WorkflowId <= 'order/1/b'", "postgres12": ""} {
		env := openAPI(t)
		env.temporal.visibility = store
		env.temporal.onList = func(_ *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
			page := &workflowservice.ListWorkflowExecutionsResponse{}
			for _, no := range []string{"b", "a"} {
				closed := shop(t, no, "", apiStart)
				closed.CloseTime = timestamppb.New(apiStart)
				page.Executions = append(page.Executions, closed)
			}
			return page
		}
		env.do("GET", "/v1/orders", "").want(http.StatusOK)
		if asked := env.temporal.lists[1].GetQuery(); asked != "WorkflowId IN ('order/1/b', 'order/1/a') AND ExecutionStatus != 'ContinuedAsNew'"+want {
			t.Errorf("%s is asked for %s", store, asked)
		}
	}
}
