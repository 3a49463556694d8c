package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"miniflow/order"
	"miniflow/words"
)

// What would have been done stands beside what was, for orders that are observed and no other.
func TestOrdersObserved(t *testing.T) {
	now := time.Now().UTC()
	view := func(no string, observed bool, items ...order.TimelineItem) order.View {
		return order.View{AppID: "2021", OutOrderNo: no, Observed: observed, Stage: order.StageBuilding, Timeline: items}
	}
	held := order.TimelineItem{At: now.Add(-2 * time.Hour), Event: order.HappenedHeldBack, Call: "alipay.open.mini.version.upload"}
	moved := order.TimelineItem{At: now.Add(-time.Hour), Event: order.HappenedStageChanged, Stage: order.StageScanning, Note: words.Plain("built 1.0.0")}
	old, older := held, moved
	old.At, older.At = now.Add(-50*time.Hour), now.Add(-49*time.Hour)
	orders := map[string]order.View{
		"no-1": view("no-1", true, held, moved), "no-2": view("no-2", true, held), "no-3": view("no-3", false, held),
		"no-4": view("no-4", true, old, older), "no-5": view("no-5", true, old),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/v1/orders/2021/")
		var answer any = orders[name]
		if name == r.URL.Path {
			rows := []order.View{}
			for _, no := range []string{"no-1", "no-2", "no-3", "no-4", "no-5"} {
				rows = append(rows, orders[no].Summary())
			}
			answer = map[string]any{"orders": rows, "next_cursor": ""}
		} else if !orders[name].Observed {
			t.Errorf("it asks for %s", name)
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	text := newProgram(t).Must("orders", "observed", "--api", server.URL, "--output", "text")
	for _, want := range []string{
		"2021/no-1", "built 1.0.0 1h0m0s later", "2021/no-2", "has not happened yet", "2021/no-5",
		"1 calls would have been made and were made by the other system, 2 have not happened yet, 0 steps back",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "no-4") || strings.Contains(text, "no-3") {
		t.Errorf("it shows what is over, or not observed:\n%s", text)
	}
}
