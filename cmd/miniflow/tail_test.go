package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/ingress/api/problem"
	"miniflow/order"
)

// TestTailShowsWhatArrives over two streams, of which the first is cut, until ctrl-c, which is no
// error.
func TestTailShowsWhatArrives(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		if r.URL.RequestURI() != "/v1/deliveries/tail?app_id=2021" || r.Header.Get("Accept") != "text/event-stream" {
			t.Errorf("%s, %v", r.URL, r.Header)
		}
		_, _ = fmt.Fprintf(w, ": waiting\n\nid: %d\ndata: {\"sequence\":%d,\"app_id\":\"2021\",\"out_order_no\":\"no-%d\",\"newer\":1}\n\n", n, n, n)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		if n > 1 {
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	running := newProgram(t).Start("tail", "--api", server.URL, "--app-id", "2021")
	t.Cleanup(running.End)
	for _, want := range []string{"no-1", "no-2"} {
		if got := commandtest.Next[order.Arrival](running); got.OutOrderNo != want {
			t.Errorf("%+v, want %s", got, want)
		}
	}
}

// TestTailSaysWhatItCantShow ends with the API's own words, and shows nothing that could change a
// terminal.
func TestTailSaysWhatItCantShow(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("app_id") {
		case "1":
			problem.Of(problem.DoorMissing).Write(w)
		default:
			_, _ = io.WriteString(w, "data: {\"app_id\":\"2021\",\"name\":\"a\\u001b[31m\",\"reason\":\"signature\",\"mini_app_id\":\"m\",\"duration_seconds\":0.0042}\n\ndata: nothing\n\n")
		}
	}))
	defer server.Close()
	p := newProgram(t)
	p.Says(p.Run("tail", "--api", server.URL, "--app-id", "1"), command.ExitFailed, "this process has no door")
	r := p.Run("tail", "--api", server.URL)
	p.Says(r, command.ExitUsage, "refused: signature", "4.2 ms", " m ", "is it of this version?")
	if strings.Contains(r.Stdout, "\x1b") {
		t.Error("a message's control character reaches the terminal")
	}
	p.Says(p.Run("tail", "--api", "http://127.0.0.1:1"), command.ExitUsage, "is it running")
}
