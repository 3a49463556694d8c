package api

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/singleflight"

	"miniflow/order"
	"miniflow/temporalio"
)

func (a *API) routeOverview(calls huma.API) {
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-deliveries", Method: http.MethodGet, Path: "/v1/deliveries", Tags: []string{"overview"},
		Summary:     "Notifications that wait for an order or to be forwarded, came late, conflict or are dead",
		Description: "A dead one with replayable_until can be replayed or discarded until then. Those that mini programs hold come after the others; one call asks 25 mini programs, and next_cursor leads on to the rest.",
	}, a.listDeliveries)
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-stats", Method: http.MethodGet, Path: "/v1/stats", Tags: []string{"overview"},
		Summary: "Orders by stage and by hold, and how long they have been there", Description: "Counts may be ten seconds old, times a minute.",
	}, a.getStats)
}

type statsInput struct {
	AppID string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
	Times bool   `query:"times" doc:"Also how long orders have been in their stages, as of the last minute, which costs reading them."`
}

type statsOutput struct{ Body stats }

// stats are counts, and times only where they are asked for: visibility can't tell how long orders
// have been in their stage without reading them.
type stats struct {
	// At is when the counting began, because counts are cached.
	At time.Time `json:"at" doc:"When the counting began." example:"2026-11-20T08:00:00Z"`
	// ByStage and ByHold contain every stage and every hold, so that a missing one is not
	// confused with zero. An order whose workflow was closed from outside is in no stage.
	ByStage map[order.Stage]int64    `json:"by_stage" doc:"Orders by stage; every stage is there. One whose workflow was closed from outside stands in none."`
	ByHold  map[order.HoldKind]int64 `json:"by_hold" doc:"Orders by hold; every hold is there."`
	// ByExecution counts all orders by the execution of their workflows, because a stopped
	// workflow is invisible in the stages.
	ByExecution map[order.Execution]int64 `json:"by_execution" doc:"Orders by how their workflows stand in Temporal."`
	// TimeInStage is empty unless times were asked for.
	TimeInStage []stageTimes `json:"time_in_stage" doc:"With times: how long the orders that have not ended have been in their stages, stages without any left out."`
}

// countMemory caches counts briefly: the visibility stores of most installations can't group,
// so every stage and hold costs a count of its own. Temporal lets a namespace ask ten times a
// second unless told otherwise, so those who ask at once share one counting.
type countMemory struct {
	mutex    sync.Mutex
	known    map[string]stats
	counting singleflight.Group
}

func (m *countMemory) recall(query string, now time.Time, within time.Duration) (stats, bool) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	kept, ok := m.known[query]
	return kept, ok && now.Sub(kept.At) < within
}

func (m *countMemory) keep(query string, counted stats) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.known == nil || len(m.known) > maxPageSize {
		m.known = map[string]stats{} // one entry for each app and each key's apps, so there are few
	}
	m.known[query] = counted
}

func (a *API) getStats(ctx context.Context, input *statsInput) (*statsOutput, error) {
	bound, err := reachOf(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	base, within := bound.orders().String(), statsFor
	if input.Times {
		base, within = base+" times", timesFor
	}
	now := a.config.Now().UTC()
	if kept, ok := a.counts.recall(base, now, within); ok {
		return &statsOutput{Body: kept}, nil
	}
	answer, err, _ := a.counts.counting.Do(base, func() (any, error) {
		// Somebody may have counted since this caller looked.
		if kept, ok := a.counts.recall(base, now, within); ok {
			return kept, nil
		}
		// The first who asked may go away, and the others still wait.
		counted, err := a.countAll(context.WithoutCancel(ctx), bound, now, input.Times)
		if err != nil {
			return nil, err
		}
		a.counts.keep(base, counted)
		return counted, nil
	})
	if err != nil {
		return nil, temporalProblem(err, "count the orders", "")
	}
	counted, _ := answer.(stats)
	return &statsOutput{Body: counted}, nil
}

// countAll counts, and reads times where they are asked for.
func (a *API) countAll(ctx context.Context, within reach, now time.Time, times bool) (stats, error) {
	counted, err := a.count(ctx, within)
	counted.At, counted.TimeInStage = now, []stageTimes{}
	if err != nil || !times {
		return counted, err
	}
	found, err := a.timesIn(ctx, within, counted)
	counted.TimeInStage = filled(found)
	return counted, err
}

func (a *API) count(ctx context.Context, within reach) (stats, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	var questions []countQuestion
	counted := stats{ByStage: map[order.Stage]int64{}, ByHold: map[order.HoldKind]int64{}, ByExecution: map[order.Execution]int64{}}
	for _, stage := range order.Stages() {
		questions = append(questions, countQuestion{
			order.AttributeOrderStage + " = " + temporalio.Quote(string(stage)) + " AND " + whereStanding, func(n int64) { counted.ByStage[stage] = n },
		})
	}
	for _, hold := range order.HoldKinds() {
		questions = append(questions, countQuestion{
			order.AttributeOrderHold + " = " + temporalio.Quote(string(hold)) + " AND " + whereStanding, func(n int64) { counted.ByHold[hold] = n },
		})
	}
	for _, execution := range []order.Execution{order.ExecutionRunning, order.ExecutionPaused, order.ExecutionFailing} {
		questions = append(questions, countQuestion{executionConditions[execution], func(n int64) { counted.ByExecution[execution] = n }})
	}
	found, failed := make([]int64, len(questions)), make([]error, len(questions)+1)
	atOnce(len(questions), func(i int) {
		query := within.orders()
		query.Where(questions[i].condition)
		var answer *workflowservice.CountWorkflowExecutionsResponse
		answer, failed[i] = a.config.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: a.config.Namespace, Query: query.String(),
		})
		found[i] = answer.GetCount()
	})
	for i, question := range questions {
		question.keep(found[i])
	}
	counted.ByExecution[order.ExecutionTerminated], failed[len(questions)] = a.countClosed(ctx, within)
	return counted, errors.Join(failed...)
}

type countQuestion struct {
	condition string
	keep      func(int64)
}

// closedPages bounds the pages of closed runs that are searched for a count, because each
// page costs Temporal two lists.
const closedPages = 10

// countClosed counts the orders whose last run was closed from outside. They are few, and
// have to be listed, because a reset leaves a terminated run of an order that is running.
func (a *API) countClosed(ctx context.Context, within reach) (int64, error) {
	query := within.orders()
	query.Where(whereClosed)
	orders := map[string]bool{}
	var token []byte
	for range closedPages {
		page, err := a.list(ctx, query.String(), maxPageSize, token)
		if err != nil {
			return 0, err
		}
		current, err := a.currentRuns(ctx, within.merchants.theirs(page.GetExecutions()))
		if err != nil {
			return 0, err
		}
		for _, run := range current {
			orders[run.GetExecution().GetWorkflowId()] = true
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			break
		}
	}
	return int64(len(orders)), nil
}

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
