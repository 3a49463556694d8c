package service

import (
	"context"
	"errors"
	"time"
)

// standingAgain is how often a process sees to it that an app's own workflows run, and standingSoon
// when that did not work out.
const (
	standingAgain = 10 * time.Minute
	standingSoon  = 30 * time.Second
)

// keepStanding starts the workflows that stand for each app beside its orders, and again where a
// person has ended one.
func (s *Service) keepStanding(ctx context.Context) {
	for {
		again := standingAgain
		for _, app := range s.apps {
			err := s.startSweep(ctx, app.config.ID, app.config.Language)
			if app.config.Webhook.URL != "" {
				err = errors.Join(err, s.startWebhook(ctx, app.config.ID, app.config.Language))
			}
			err = errors.Join(err, s.keepDigests(ctx, app.config), s.keepWatch(ctx, app.config))
			if err != nil && ctx.Err() == nil {
				s.options.Log.Warn("a workflow that stands beside an app's orders could not be started; tried again soon", "app_id", app.config.ID, "error", err)
				again = standingSoon
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(again):
		}
	}
}
