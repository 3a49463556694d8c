package service

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/internal/config"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/workflows/watching"
)

// keepWatch keeps the schedule by which it is asked what an app's mini programs have online, as
// schedules.watch wants it, or takes it away.
func (s *Service) keepWatch(ctx context.Context, app config.App) error {
	schedules := s.options.Temporal.ScheduleClient()
	handle := schedules.GetHandle(ctx, order.WatchID(app.ID))
	every := s.options.Config.Schedules.Watch.Std()
	if every == 0 {
		if err := handle.Delete(ctx); err != nil && !temporalio.NotFound(err) {
			return fmt.Errorf("take away the watch over the mini programs of app %s: %w", app.ID, err)
		}
		return nil
	}
	options := watchOptions(app, every)
	_, err := schedules.Create(ctx, options)
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		err = handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			schedule := input.Description.Schedule
			if spec := schedule.Spec; spec != nil && len(spec.Intervals) == 1 && spec.Intervals[0].Every == every {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			schedule.Spec, schedule.Action = &options.Spec, options.Action
			return &client.ScheduleUpdate{Schedule: &schedule}, nil
		}})
	}
	if err != nil {
		return fmt.Errorf("schedule the watch over the mini programs of app %s: %w", app.ID, err)
	}
	return nil
}

// watchOptions are the schedule's. Apps begin at times of their own, and each spreads its questions over
// three quarters of the time until it begins again.
func watchOptions(app config.App, every time.Duration) client.ScheduleOptions {
	start := temporalio.WatchOptions(app.ID, app.Language)
	name := fnv.New32a()
	_, _ = name.Write([]byte(app.ID)) // a hash takes everything
	offset := time.Duration(name.Sum32()) * time.Second % every
	return client.ScheduleOptions{
		ID:      order.WatchID(app.ID),
		Spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every, Offset: offset}}},
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: every / 2,
		Action: &client.ScheduleWorkflowAction{
			ID: start.ID, Workflow: order.WatchWorkflowType,
			Args:      []any{watching.Input{AppID: app.ID, Language: app.Language, Within: order.Duration(every / 4 * 3)}},
			TaskQueue: start.TaskQueue, TypedSearchAttributes: start.TypedSearchAttributes, StaticSummary: start.StaticSummary,
		},
	}
}
