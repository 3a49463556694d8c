package ingress

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/ingress/internal/ingresstest"
)

// start is when these tests begin.
var start = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

func now() time.Time { return start }

var errUnreachable = errors.New("dial: refused")

func wantHealth(t *testing.T, got *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if got.Code != status || got.Body.String() != body {
		t.Errorf("answered %d %q, want %d %q", got.Code, got.Body, status, body)
	}
}

// probes is a check whose result a test sets.
type probes struct {
	mu    sync.Mutex
	count int
	err   error
	hangs bool
}

func (p *probes) probe(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	if p.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return p.err
}

func newTestHealth(p *probes, clock *ingresstest.Clock, log *bytes.Buffer) *Health {
	return NewHealth([]Check{{Name: "temporal", Probe: p.probe}, {Name: "other", Probe: func(context.Context) error { return nil }}}, nil,
		slog.New(slog.NewJSONHandler(log, nil)), clock.Now)
}

func readyz(t *testing.T, h *Health) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.Readyz(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
	return w
}

func TestReadiness(t *testing.T) {
	var log bytes.Buffer
	p, clock := &probes{}, ingresstest.NewClock(start)
	h := newTestHealth(p, clock, &log)
	const ok = `{"ready":true,"checks":[{"name":"temporal","result":"ok"},{"name":"other","result":"ok"}]}` + "\n"
	wantHealth(t, readyz(t, h), 200, ok)

	p.err = errors.New("dial 10.1.2.3:7233: refused")
	clock.Forward(ProbeFor)
	failed := strings.Replace(strings.Replace(ok, "true", "false", 1), `"ok"`, `"failed"`, 1)
	wantHealth(t, readyz(t, h), 503, failed)

	p.err = nil
	clock.Forward(ProbeFor)
	wantHealth(t, readyz(t, h), 200, ok)
	if got := strings.Count(log.String(), "readiness changed"); got != 2 {
		t.Errorf("%d changes logged: %s", got, &log)
	}
}

// What a process can accept work without is shown, and changes no status.
func TestAnOptionalCheckChangesNoStatus(t *testing.T) {
	failing := func(context.Context) error { return errUnreachable }
	h := NewHealth([]Check{{Name: "temporal", Probe: failing, Optional: true}}, nil, slog.New(slog.DiscardHandler), now)
	h.ShowJournal(func() any { return map[string]int{"messages": 7} })
	wantHealth(t, readyz(t, h), http.StatusOK, `{"ready":true,"checks":[{"name":"temporal","result":"failed"}],"journal":{"messages":7}}`+"\n")
}

func TestReadinessIsCachedForASecond(t *testing.T) {
	p, clock := &probes{}, ingresstest.NewClock(start)
	h := newTestHealth(p, clock, new(bytes.Buffer))
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { readyz(t, h) })
	}
	all.Wait()
	clock.Forward(ProbeFor - 1)
	readyz(t, h)
	if p.count != 1 {
		t.Errorf("%d probes within a second", p.count)
	}
	clock.Forward(1)
	readyz(t, h)
	clock.Forward(-time.Hour) // a clock that was set back must not keep a result for an hour
	readyz(t, h)
	if p.count != 3 {
		t.Errorf("%d probes", p.count)
	}
}

func TestHangingCheckIsATimeout(t *testing.T) {
	p := &probes{hangs: true}
	h := newTestHealth(p, ingresstest.NewClock(start), new(bytes.Buffer))
	h.within = 10 * time.Millisecond
	w := readyz(t, h)
	if w.Code != 503 || !strings.Contains(w.Body.String(), `{"name":"temporal","result":"timeout"},{"name":"other","result":"ok"}`) {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if ProbeWithin > time.Second {
		t.Error("the default is more than a second")
	}
}

// A client that disconnects must not make the others see a failure.
func TestAskerThatLeavesDoesNotSpoilTheResult(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	leave()
	h := NewHealth([]Check{{Name: "temporal", Probe: func(ctx context.Context) error { return ctx.Err() }}}, nil, slog.New(slog.DiscardHandler), now)
	w := httptest.NewRecorder()
	h.Readyz(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil))
	if w.Code != 200 {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
}

type describer struct{ err error }

func (d describer) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return nil, d.err
}

func TestTemporalCheck(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		ready bool
	}{
		"not found is an answer": {serviceerror.NewNotFound("x"), true},
		"no namespace":           {serviceerror.NewNamespaceNotFound("x"), false},
		"down":                   {errUnreachable, false},
		"slow":                   {context.DeadlineExceeded, false},
	} {
		err := TemporalCheck(describer{c.err}).Probe(t.Context())
		if (err == nil) != c.ready || err != nil && !errors.Is(err, c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHealthz(t *testing.T) {
	w := httptest.NewRecorder()
	h := NewHealth(nil, nil, slog.New(slog.DiscardHandler), now)
	h.Healthz(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
	wantHealth(t, w, 200, "ok\n")
}

// The cause of a change of readiness was once missing from every log of production.
func TestTheCauseOfReadinessIsInTheLog(t *testing.T) {
	var log bytes.Buffer
	p, clock := &probes{err: errors.New("dial 10.1.2.3:7233: refused")}, ingresstest.NewClock(start)
	h := newTestHealth(p, clock, &log)
	answer := readyz(t, h)
	if said := log.String(); !strings.Contains(said, `"level":"WARN"`) || !strings.Contains(said, `"check":"temporal","error":"dial 10.1.2.3:7233: refused"`) {
		t.Errorf("the log says %s", said)
	}
	if strings.Contains(answer.Body.String(), "10.1.2.3") {
		t.Errorf("strangers read %s", answer.Body)
	}
	clock.Forward(ProbeFor)
	readyz(t, h)
	if n := strings.Count(log.String(), "10.1.2.3"); n != 1 {
		t.Errorf("it is said %d times while nothing changes", n)
	}
}
