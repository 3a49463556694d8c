package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/internal/config"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/workflows/digest"
)

// catchUp is how old a digest may be that was missed while Temporal was down: the next one says all that
// it would have.
const catchUp = time.Minute

// keepDigests keeps the schedule of an app's digests as the app's robots want it, or takes it away where
// there are none. Every process that plays the role does so; they agree because they are configured
// alike.
func (s *Service) keepDigests(ctx context.Context, app config.App) error {
	schedules := s.options.Temporal.ScheduleClient()
	handle := schedules.GetHandle(ctx, order.DigestID(app.ID))
	every := digestEvery(app)
	if every == 0 {
		if err := handle.Delete(ctx); err != nil && !temporalio.NotFound(err) {
			return fmt.Errorf("take away the digests of app %s: %w", app.ID, err)
		}
		return nil
	}
	_, err := schedules.Create(ctx, digestOptions(app, every))
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		err = handle.Update(ctx, client.ScheduleUpdateOptions{DoUpdate: func(input client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			schedule := input.Description.Schedule
			if spec := schedule.Spec; spec != nil && len(spec.Intervals) == 1 && spec.Intervals[0].Every == every {
				return nil, temporal.ErrSkipScheduleUpdate
			}
			schedule.Spec = &client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}}
			return &client.ScheduleUpdate{Schedule: &schedule}, nil
		}})
	}
	if err != nil {
		return fmt.Errorf("schedule the digests of app %s: %w", app.ID, err)
	}
	return nil
}

// digestEvery is how often an app's robots are looked after: as often as the most frequent of them
// wants; 0 where there are none.
func digestEvery(app config.App) time.Duration {
	every := time.Duration(0)
	for _, robot := range app.Robots {
		if every == 0 || robot.Digest.Std() < every {
			every = robot.Digest.Std()
		}
	}
	return every
}

// digestOptions are the schedule's. One digest runs at a time: the next would plan what this one is about
// to tell.
func digestOptions(app config.App, every time.Duration) client.ScheduleOptions {
	start := temporalio.DigestOptions(app.ID, app.Language)
	return client.ScheduleOptions{
		ID: order.DigestID(app.ID), Spec: client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}},
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, CatchupWindow: catchUp,
		Action: &client.ScheduleWorkflowAction{
			ID: start.ID, Workflow: order.DigestWorkflowType, Args: []any{digest.Input{AppID: app.ID, Language: app.Language}},
			TaskQueue: start.TaskQueue, TypedSearchAttributes: start.TypedSearchAttributes, StaticSummary: start.StaticSummary,
		},
	}
}
