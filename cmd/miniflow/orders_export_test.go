package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/ingress/api/problem"
)

// archive is a Miniflow whose orders change a minute apart, the first at its beginning. It gives
// small pages, and windows of two orders.
type archive struct {
	t       *testing.T
	orders  int
	gone    int // this one is listed, and is not there any more
	broken  int // this one can't be read
	began   time.Time
	windows []string // what has been asked for
}

func (a *archive) changed(i int) time.Time { return a.began.Add(time.Duration(i) * time.Minute) }

func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if name := strings.TrimPrefix(r.URL.Path, "/v1/orders/2021/no-"); name != r.URL.Path {
		switch name {
		case fmt.Sprint(a.gone):
			problem.New(problem.OrderUnknown, "Miniflow knows no such order").Write(w)
		case fmt.Sprint(a.broken):
			problem.New(problem.TemporalUnwell, "not now").Write(w)
		default:
			_, _ = io.WriteString(w, "{\n\"app_id\":\"2021\",\"out_order_no\":\"no-"+name+"\",\"timeline\":[{\"note\":\"面 <1>\"}],\"newer\":1.50}") //nolint:gosec // read by a program
		}
		return
	}
	a.windows = append(a.windows, r.URL.RawQuery)
	var first, last int
	answer := map[string]any{"next_cursor": ""}
	if since := r.URL.Query().Get("changed_since"); since != "" {
		moment, err := time.Parse(time.RFC3339, since)
		if err != nil {
			a.t.Error(err)
		}
		for first < a.orders && !a.changed(first).After(moment) {
			first++
		}
		last = min(first+2, a.orders)
		answer["changed_until"] = time.Now().Add(-10 * time.Second)
		if last < a.orders {
			answer["changed_until"] = a.changed(last - 1)
		}
	} else {
		_, _ = fmt.Sscan(r.URL.Query().Get("cursor"), &first)
		if last = min(first+3, a.orders); last < a.orders {
			answer["next_cursor"] = fmt.Sprint(last)
		}
	}
	rows := []any{}
	for i := first; i < last; i++ {
		rows = append(rows, map[string]any{"app_id": "2021", "out_order_no": fmt.Sprintf("no-%d", i)})
	}
	answer["orders"] = rows
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		a.t.Error(err)
	}
}

// numbers are the orders of an export, which has a line for each.
func numbers(t *testing.T, text string) (found []string) {
	t.Helper()
	for line := range strings.Lines(text) {
		var order struct {
			OutOrderNo string `json:"out_order_no"`
		}
		if err := json.Unmarshal([]byte(line), &order); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		found = append(found, order.OutOrderNo)
	}
	return found
}

// TestAnExportHasEveryOrderWhole reads all orders, and those that have changed lately.
func TestAnExportHasEveryOrderWhole(t *testing.T) {
	a := &archive{t: t, orders: 8, gone: 3, broken: -1, began: time.Now().Add(-time.Hour)}
	server := httptest.NewServer(a)
	defer server.Close()
	p := newProgram(t)
	r := p.Run("orders", "export", "--api", server.URL)
	p.Says(r, command.ExitOK, `"timeline":[{"note":"面 <1>"}],"newer":1.50`, "8 orders; the next export goes on with --since 20")
	if got := strings.Join(numbers(t, r.Stdout), " "); got != "no-0 no-1 no-2 no-3 no-4 no-5 no-6 no-7" {
		t.Errorf("all: %s", got)
	}
	r = p.Run("orders", "export", "--api", server.URL, "--since", a.changed(2).Format(time.RFC3339Nano), "--output", "text")
	p.Says(r, command.ExitOK, "5 orders")
	if got := strings.Join(numbers(t, r.Stdout), " "); got != "no-3 no-4 no-5 no-6 no-7" {
		t.Errorf("since the third: %s", got)
	}
}

// TestAnExportThatWasCutShortGoesOn has an order that can't be read for a while.
func TestAnExportThatWasCutShortGoesOn(t *testing.T) {
	a := &archive{t: t, orders: 8, gone: -1, broken: 5, began: time.Now().Add(-time.Hour)}
	server := httptest.NewServer(a)
	defer server.Close()
	p := newProgram(t)
	first := p.Run("orders", "export", "--api", server.URL, "--since", "2d")
	p.Says(first, command.ExitUsage, "503", "stopped after 5 orders; to go on, use --since ")
	_, since, _ := strings.Cut(first.Stderr, "--since ")
	since, _, _ = strings.Cut(since, "\n")
	a.broken = -1
	second := p.Run("orders", "export", "--api", server.URL, "--since", since)
	p.Says(second, command.ExitOK, "4 orders")
	if got := strings.Join(append(numbers(t, first.Stdout), numbers(t, second.Stdout)...), " "); got != "no-0 no-1 no-2 no-3 no-4 no-4 no-5 no-6 no-7" {
		t.Errorf("both: %s", got)
	}
}

// TestAnExportEndsWhateverTheClocksSay has a server whose clock is an hour behind.
func TestAnExportEndsWhateverTheClocksSay(t *testing.T) {
	asked := 0
	behind := time.Now().Add(-time.Hour)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		text, err := behind.Add(time.Duration(asked) * time.Millisecond).MarshalText()
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, `{"orders":[],"changed_until":"`+string(text)+`"}`)
	}))
	defer server.Close()
	p := newProgram(t)
	p.Says(p.Run("orders", "export", "--api", server.URL, "--since", "1d"), command.ExitOK, "0 orders")
	if asked != 2 {
		t.Errorf("asked %d times", asked)
	}
	p.Says(p.Run("orders", "export", "--api", server.URL, "--since", "1y"), command.ExitUsage, "--since", "no moment")
}
