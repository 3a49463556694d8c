package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/api/workflowservice/v1"
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
		Summary: "Orders by stage and by hold, and how long they have been there", Description: "Visibility can't group, so each set costs Temporal some twenty counts: they may be a few seconds old, a minute where nobody has asked for so long, and times a minute. `at` says when.",
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

func (a *API) getStats(ctx context.Context, input *statsInput) (*statsOutput, error) {
	bound, err := reachOf(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	about, within := bound.orders().String(), ages{statsFor, statsStale}
	if input.Times {
		about, within = about+" times", ages{timesFor, timesFor}
	}
	// The first who asked may go away, and the others still wait.
	asking := context.WithoutCancel(ctx)
	counted, err := a.counts.get(ctx, about, within, a.config.Now, func() (stats, error) {
		return a.countAll(asking, bound, a.config.Now().UTC(), input.Times)
	})
	if err != nil {
		return nil, temporalProblem(err, "count the orders", "")
	}
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
	ctx, cancel := context.WithTimeout(ctx, countedWithin)
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
	// One after the other, as an overview's: see glanceCounting.
	for _, question := range questions {
		answer, err := a.config.Temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: a.config.Namespace, Query: within.orders().Where(question.condition).String(),
		})
		if err != nil {
			return counted, err
		}
		question.keep(answer.GetCount())
	}
	var err error
	counted.ByExecution[order.ExecutionTerminated], err = a.countClosed(ctx, within)
	return counted, err
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
