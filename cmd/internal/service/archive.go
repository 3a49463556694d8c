package service

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"miniflow/ingress/api"
)

const (
	// archiveAgain is how often a process archives what has ended. Each with the role api does, because
	// it costs a list and harms nobody.
	archiveAgain = 10 * time.Minute
	// archiveLate is how much later than it ended an order may be listed.
	archiveLate = time.Hour
)

// keepArchiving archives orders that have ended: all that Temporal has when the process begins, then
// those since the last pass that took everything.
func (s *Service) keepArchiving(ctx context.Context) {
	ticker := time.NewTicker(archiveAgain)
	defer ticker.Stop()
	var through time.Time
	for {
		began := now()
		done, err := s.Archive(ctx, through, func(api.Archived) {})
		if err = errors.Join(err, done.Last); err != nil && ctx.Err() == nil {
			s.options.Log.Warn("orders that have ended could not all be archived; a later pass takes them", slog.Int("orders", done.Failed), slog.Any("error", err))
		}
		if err == nil {
			through = began.Add(-archiveLate)
		}
		if done.Added > 0 {
			s.options.Log.Info("orders that have ended were archived", slog.Int("orders", done.Added))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Archive makes one pass over the orders that have ended since a moment.
func (s *Service) Archive(ctx context.Context, since time.Time, tell func(api.Archived)) (api.Archived, error) {
	return s.api.Archive(ctx, since, tell)
}
