package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/order"
)

// unsorted are orders whose times disagree: in each order another is the first.
func unsorted(t *testing.T, env *apiEnv, count int64) {
	t.Helper()
	env.temporal.onCount = func(string) int64 { return count }
	env.temporal.onList = func(r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
		page := &workflowservice.ListWorkflowExecutionsResponse{NextPageToken: []byte("second")}
		from := 0
		if len(r.GetNextPageToken()) > 0 {
			page.NextPageToken, from = nil, 2
		}
		for i := range 2 {
			no := from + i // created 0 1 2 3, in its stage 3 2 1 0, changed 1 0 3 2
			at := func(n int) time.Time { return apiStart.Add(time.Duration(n) * time.Minute) }
			one := row(t, fmt.Sprint("order/1/A-", no), order.View{AppID: apiApp, OutOrderNo: fmt.Sprint("A-", no), CreatedAt: at(no), StageSince: at(3 - no)})
			payload, err := converter.GetDefaultDataConverter().ToPayload(at(no ^ 1))
			if err != nil {
				t.Fatal(err)
			}
			one.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{order.AttributeChangedAt: payload}}
			page.Executions = append(page.Executions, one)
		}
		return page
	}
}

func TestOrdersAreSorted(t *testing.T) {
	for query, want := range map[string]string{
		"created_at": "0123", "-created_at": "3210", "stage_since": "3210", "-stage_since": "0123", "changed_at": "1032", "-changed_at": "2301",
		"-created_at&limit=2": "32", "created_at&since=2026-11-20T08:01:00Z": "123",
	} {
		env := openAPI(t)
		unsorted(t, env, 4)
		listed := read[orderList](env.as(keyRead, "GET", "/v1/orders?sort="+query, "").want(http.StatusOK))
		var got strings.Builder
		for _, one := range listed.Orders {
			got.WriteString(strings.TrimPrefix(one.OutOrderNo, "A-"))
		}
		if got.String() != want || listed.NextCursor != "" {
			t.Errorf("sorted by %s: %s, want %s", query, got.String(), want)
		}
	}
}

func TestWhatIsNotSorted(t *testing.T) {
	env := openAPI(t)
	unsorted(t, env, maxSorted+1)
	env.do("GET", "/v1/orders?sort=created_at", "").wantFields("query.sort")
	if len(env.temporal.lists) > 0 {
		t.Error("orders that are too many were read all the same")
	}
	unsorted(t, env, 4)
	env.do("GET", "/v1/orders?sort=created_at&cursor=x", "").wantFields("query.sort")
	env.do("GET", "/v1/orders?sort=created_at&changed_since=2026-11-20T08:00:00Z", "").wantFields("query.sort")
	env.do("GET", "/v1/orders?sort=shop_name", "").wantFields("query.sort")
}
