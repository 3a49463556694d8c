package service

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/worker"

	"miniflow/activities"
	"miniflow/activities/sweeping"
	"miniflow/look"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
	"miniflow/workflows/sweep"
)

// newSweeps makes a worker for each app's Sweep. It takes one part of a pass at a time, so that
// parts spread over the processes, each of which has its own share of the budget.
func (s *Service) newSweeps(calls *activities.Alipay, tokens *activities.TokenKeeper) ([]worker.Worker, error) {
	ids := make([]string, 0, len(s.apps))
	for _, app := range s.apps {
		ids = append(ids, app.config.ID)
	}
	metrics, err := sweeping.NewMetrics(s.options.Registry, ids)
	if err != nil {
		return nil, err
	}
	sweeper := &sweeping.Sweeper{
		Temporal: s.options.Temporal, Namespace: s.options.Namespace, Asker: calls, Tokens: tokens, Metrics: metrics, Now: now,
		Settings: look.Settings{Schedules: s.options.Config.Schedules, CallsPerSecond: s.options.Config.Limits.AlipayCallsPerSecond},
		Workers:  s.sharers,
	}
	workers := make([]worker.Worker, 0, len(ids))
	for _, id := range ids {
		one := s.newSingle(order.SweepTaskQueue(id), 0)
		sweeper.Register(one)
		workers = append(workers, one)
	}
	return workers, nil
}

// sharers returns how many processes call Alipay for an app.
func (s *Service) sharers(appID string) int {
	for i := range s.apps {
		if s.apps[i].config.ID == appID {
			return s.apps[i].budget.Sharers()
		}
	}
	return 1
}

// startSweep starts an app's Sweep. One that runs goes on as it was started, in its own language too,
// until it is terminated, which does no harm: it is started again with the one that is configured.
func (s *Service) startSweep(ctx context.Context, appID string, language words.Language) error {
	input := sweep.Input{AppID: appID, Language: language}
	_, err := s.options.Temporal.ExecuteWorkflow(ctx, temporalio.SweepOptions(appID, language), order.SweepWorkflowType, input)
	if err != nil {
		return fmt.Errorf("start the sweep of app %s: %w", appID, err)
	}
	return nil
}
