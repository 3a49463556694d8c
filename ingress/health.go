package ingress

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"miniflow/temporalio"
)

// Check is one thing that has to work before this process can accept work. What the process
// can do without doesn't belong here, because an unready one gets no work at all.
type Check struct {
	// Name identifies the check in the answer of /readyz, which leaves out the cause.
	Name string
	// Probe returns nil when it works. It has [ProbeWithin] and must respect its context,
	// because /readyz has to answer in time.
	Probe func(ctx context.Context) error
	// Optional means that the process accepts work without it, so its failure is shown and
	// changes no status.
	Optional bool
}

// Health answers /healthz and /readyz. Checks run at most once in [ProbeFor], because anybody
// may ask.
type Health struct {
	checks []Check
	links  []Link
	// journal returns the state of the door's journal; nil where there is none.
	journal func() any
	log     *slog.Logger
	now     func() time.Time
	within  time.Duration

	mu        sync.Mutex
	result    readiness
	checkedAt time.Time
	wasReady  bool
}

// NewHealth returns the health of a process. Its log gets a line whenever readiness changes,
// with the cause that the answer leaves out. Long connections are shown but are not checks:
// they bring their own traffic, so nothing is gained by routing other traffic elsewhere.
func NewHealth(checks []Check, links []Link, log *slog.Logger, now func() time.Time) *Health {
	return &Health{checks: checks, links: links, log: log, now: now, within: ProbeWithin, wasReady: true}
}

// ShowJournal has /readyz show the state of the door's journal, a value for JSON.
func (h *Health) ShowJournal(status func() any) { h.journal = status }

// Link is a long connection; Status returns its status as a value for JSON, so that this
// package needs no type of the door's.
type Link interface{ Status() any }

// TemporalDescriber is the part of a Temporal client that [TemporalCheck] needs: a call that
// reads, so that probing changes nothing.
type TemporalDescriber interface {
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
}

// TemporalCheck asks Temporal for a workflow that does not exist. "Not found" comes from its
// database by way of frontend and history, so it proves more than an open port. Whether
// Temporal can write too is shown only by the messages that it accepts.
func TemporalCheck(temporal TemporalDescriber) Check {
	return Check{Name: "temporal", Probe: func(ctx context.Context) error {
		_, err := temporal.DescribeWorkflowExecution(ctx, "readiness-probe", "")
		if err == nil || temporalio.NotFound(err) {
			return nil
		}
		return fmt.Errorf("ask Temporal for a workflow: %w", err)
	}}
}

type readiness struct {
	Ready  bool          `json:"ready"`
	Checks []checkResult `json:"checks"`
	// LongConnections are this process's, held or on standby. They are for people only and
	// change no status, because other traffic doesn't depend on them.
	LongConnections []any `json:"long_connections,omitempty"`
	// Journal is the door's, for people: how much waits in it says how far Temporal is behind.
	Journal any `json:"journal,omitempty"`
}

// checkResult is the result of a check: ok, timeout or failed. Its cause is only for the log,
// since strangers can read this.
type checkResult struct {
	Name   string `json:"name"`
	Result string `json:"result"`
	cause  error
}

// causes names what failed, for the log only: strangers can read the answer.
func (r readiness) causes() (all []slog.Attr) {
	for _, check := range r.Checks {
		if check.cause != nil {
			all = append(all, slog.String("check", check.Name), slog.Any("error", check.cause))
		}
	}
	return all
}

const (
	resultOK      = "ok"
	resultTimeout = "timeout"
	resultFailed  = "failed"
)

// Healthz answers GET /healthz: 200, this process is up. It checks nothing else, because
// restarting helps only a process that is down.
func (h *Health) Healthz(w http.ResponseWriter, _ *http.Request) {
	respond(w, http.StatusOK, "text/plain", []byte("ok\n"))
}

// Readyz answers GET /readyz: 200 when work is accepted, else 503, with each check, so that
// an operator sees which one fails.
func (h *Health) Readyz(w http.ResponseWriter, r *http.Request) {
	result := h.ready(r.Context())
	for _, link := range h.links {
		result.LongConnections = append(result.LongConnections, link.Status())
	}
	if h.journal != nil {
		result.Journal = h.journal()
	}
	body, err := json.Marshal(result)
	if err != nil {
		respond(w, http.StatusInternalServerError, "text/plain", []byte("fail"))
		return
	}
	status := http.StatusOK
	if !result.Ready {
		status = http.StatusServiceUnavailable
	}
	respond(w, status, "application/json", append(body, '\n'))
}

// respond sends an answer. A failed write is ignored, because the client has gone.
func respond(w http.ResponseWriter, status int, contentType string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// ready runs the checks unless they ran just now. The lock is held meanwhile, so that
// concurrent requests wait for the same result. A client that disconnects must not cancel the
// probe for the others.
func (h *Health) ready(ctx context.Context) readiness {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.now(); !h.checkedAt.IsZero() && now.Sub(h.checkedAt) < ProbeFor && !now.Before(h.checkedAt) {
		return h.result
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), h.within)
	defer done()
	h.result = h.probe(ctx)
	h.checkedAt = h.now()
	if h.result.Ready != h.wasReady {
		h.wasReady = h.result.Ready
		h.log.LogAttrs(ctx, slog.LevelWarn, "readiness changed", append([]slog.Attr{slog.Bool("ready", h.wasReady)}, h.result.causes()...)...)
	}
	return h.result
}

// probe runs every check concurrently, so that a slow one does not use up another's time.
func (h *Health) probe(ctx context.Context) readiness {
	results := make([]checkResult, len(h.checks))
	var all sync.WaitGroup
	for i, check := range h.checks {
		all.Go(func() {
			results[i] = h.run(ctx, check)
		})
	}
	all.Wait()
	ready := true
	for i, result := range results {
		ready = ready && (result.Result == resultOK || h.checks[i].Optional)
	}
	return readiness{Ready: ready, Checks: results}
}

func (h *Health) run(ctx context.Context, check Check) checkResult {
	result := checkResult{Name: check.Name, Result: resultOK, cause: check.Probe(ctx)}
	switch {
	case result.cause == nil:
	case ctx.Err() != nil:
		result.Result = resultTimeout
	default:
		result.Result = resultFailed
	}
	return result
}
