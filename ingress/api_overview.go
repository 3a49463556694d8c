package ingress

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/order"
)

// routeOverview registers what looks at everything at once.
func (a *API) routeOverview(calls huma.API) {
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-deliveries", Method: http.MethodGet, Path: "/v1/deliveries", Tags: []string{"overview"},
		Summary:     "Notifications that wait for an order or to be forwarded, came late, conflict or are dead",
		Description: "A dead one with replayable_until can be replayed or discarded until then. Those that mini programs hold come after the others; one call asks 25 mini programs, and next_cursor leads on to the rest.",
	}, a.listDeliveries)
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-stats", Method: http.MethodGet, Path: "/v1/stats", Tags: []string{"overview"},
		Summary: "Orders by stage and by hold", Description: "Counts may be ten seconds old.",
	}, a.getStats)
}

type statsInput struct {
	AppID string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
}

type statsOutput struct{ Body stats }

// stats are counts and no times: how long orders have been where they are can't be
// had from visibility without reading every one of them.
type stats struct {
	// At is when the counting began.
	At time.Time `json:"at"`
	// ByStage and ByHold count orders; every stage and every hold is there.
	ByStage map[order.Stage]int64    `json:"by_stage"`
	ByHold  map[order.HoldKind]int64 `json:"by_hold"`
}

// countMemory keeps counts for a moment: the stores that most installations use
// can't group, so every stage and hold costs a count of its own.
type countMemory struct {
	mutex sync.Mutex
	known map[string]stats
}

// recall returns counts that are young enough.
func (m *countMemory) recall(query string, now time.Time) (stats, bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	kept, ok := m.known[query]
	return kept, ok && now.Sub(kept.At) < statsFor
}

// keep keeps counts for the callers to come.
func (m *countMemory) keep(query string, counted stats) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.known == nil || len(m.known) > maxPageSize {
		m.known = map[string]stats{} // one entry for each app and each key's apps: few
	}
	m.known[query] = counted
}

// getStats is GET /v1/stats.
func (a *API) getStats(ctx context.Context, input *statsInput) (*statsOutput, error) {
	apps, err := appsFor(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	base := newVisibilityQuery(order.WorkflowType, apps).String()
	now := a.config.Now().UTC()
	if kept, ok := a.counts.recall(base, now); ok {
		return &statsOutput{Body: kept}, nil
	}
	counted, err := a.count(ctx, apps)
	if err != nil {
		return nil, temporalProblem(err, "count the orders", "")
	}
	counted.At = now
	a.counts.keep(base, counted)
	return &statsOutput{Body: counted}, nil
}

// count asks one question for each stage and each hold.
func (a *API) count(ctx context.Context, apps []string) (stats, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	stages, holds := order.Stages(), order.HoldKinds()
	found, failed := make([]int64, len(stages)+len(holds)), make([]error, len(stages)+len(holds))
	atOnce(len(found), func(i int) {
		query := newVisibilityQuery(order.WorkflowType, apps)
		if i < len(stages) {
			query.equals(order.AttributeOrderStage, string(stages[i]))
		} else {
			query.equals(order.AttributeOrderHold, string(holds[i-len(stages)]))
		}
		var answer *workflowservice.CountWorkflowExecutionsResponse
		answer, failed[i] = a.config.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: a.config.Namespace, Query: query.String(),
		})
		found[i] = answer.GetCount()
	})
	counted := stats{ByStage: map[order.Stage]int64{}, ByHold: map[order.HoldKind]int64{}}
	for i, stage := range stages {
		counted.ByStage[stage] = found[i]
	}
	for i, hold := range holds {
		counted.ByHold[hold] = found[len(stages)+i]
	}
	return counted, errors.Join(failed...)
}

// atOnce does n things, a few of them at the same time.
func atOnce(n int, do func(i int)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, askAtOnce)
	for i := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	group.Wait()
}
