package sweeping

import (
	"context"
	"time"

	"miniflow/activities"
	"miniflow/look"
	"miniflow/order"
	"miniflow/temporalio"
)

// A Sweep that begins afresh learns from what lists still know, as far back as that goes.
const (
	learnedFrom  = 7 * 24 * time.Hour
	learnedPages = 10
)

// Plan plans a pass: it takes in what orders have learned since the last, and counts how many are
// to be asked about. It changes nothing, so it can be run again.
func (s *Sweeper) Plan(ctx context.Context, call activities.SweepCall) (activities.Planned, error) {
	var planned activities.Planned
	err := activities.Beating(ctx, func() any { return nil }, func(ctx context.Context) (err error) {
		planned, err = s.plan(ctx, call)
		return err
	})
	return planned, err
}

func (s *Sweeper) plan(ctx context.Context, call activities.SweepCall) (activities.Planned, error) {
	workers := s.Workers(call.AppID)
	seen := look.Seen{At: call.At, Now: s.Now(), Judged: s.Settings.Judge(call.At), Workers: workers}
	var err error
	if seen.Facts, err = s.facts(ctx, call.AppID, call.State.Judged, seen.Judged); err != nil {
		return activities.Planned{}, err
	}
	state, plan := call.State.Begin(seen, s.Settings)
	counted, err := s.counted(ctx, call.AppID, state, plan)
	if err != nil {
		return activities.Planned{}, err
	}
	state, plan = state.Enlist(plan, counted, workers, s.Settings)
	s.Metrics.planning(call.AppID, state, seen.Now)
	return activities.Planned{State: state, Plan: plan}, nil
}

// counted counts what a plan needs to be complete. All that wait are counted when they are listed
// anyway, since counting very many is work.
func (s *Sweeper) counted(ctx context.Context, appID string, state look.State, plan look.Plan) (look.Counted, error) {
	counted := look.Counted{Waiting: -1}
	var err error
	if !state.AsksAll() {
		if counted.First, err = s.count(ctx, first(appID, plan)); err != nil {
			return counted, err
		}
	}
	if plan.Overdue || state.Begins() {
		if counted.Waiting, err = s.count(ctx, waiting(appID)); err != nil {
			return counted, err
		}
	}
	if !state.Begins() || counted.Waiting == 0 {
		return counted, nil
	}
	if counted.Looks, err = s.count(ctx, ofRound(waiting(appID), state.Round)); err != nil {
		return counted, err
	}
	if query := twice(appID, state.Round); query != nil {
		more, err := s.count(ctx, query)
		counted.Looks += more
		return counted, err
	}
	return counted, nil
}

// facts lists what an app's orders have learned after a time and not after another. An order is
// listed by the last thing it has learned, which may be later: its memo has those before.
func (s *Sweeper) facts(ctx context.Context, appID string, after, until time.Time) ([]order.Fact, error) {
	pages := -1
	if after.IsZero() {
		after, pages = until.Add(-learnedFrom), learnedPages
	}
	query := temporalio.NewQuery(order.WorkflowType, appID).Where(order.AttributeFactAt + " > " + moment(after))
	var facts []order.Fact
	var token []byte
	for {
		rows, next, err := s.page(ctx, query, mostListed, token)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			waited, _ := temporalio.Memo[order.Look](row, order.LookMemo)
			for _, fact := range waited.Facts {
				if fact.At.After(after) && !fact.At.After(until) {
					facts = append(facts, fact)
				}
			}
		}
		if pages--; next == nil || pages == 0 {
			return facts, nil
		}
		token = next
	}
}
