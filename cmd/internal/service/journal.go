package service

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"miniflow/ingress"
	"miniflow/ingress/door"
	"miniflow/ingress/door/journal"
	"miniflow/internal/config"
	"miniflow/temporalio"
)

// journalPatience is how long a process that is to end goes on dispatching. What is left waits
// on the disk, so there is nothing to gain by more.
const journalPatience = 5 * time.Second

// journals reports whether this process acknowledges what its journal has.
func (s *Service) journals() bool {
	return s.journal != nil && s.options.Config.Door.Accept == config.AcceptJournal
}

// newAcceptor returns what makes notifications durable: Temporal, or the journal in front of
// it. A journal that is no longer wanted is emptied all the same, since what it has was
// acknowledged.
func (s *Service) newAcceptor(metrics *door.Metrics) (door.Acceptor, error) {
	cfg := s.options.Config
	router := door.NewRouter(s.options.Temporal, cfg.Schedules, forwardings(cfg)...).In(languages(cfg))
	if cfg.Door.Journal.Dir == "" {
		return router, nil
	}
	counts, err := journal.NewMetrics(s.options.Registry)
	if err != nil {
		return nil, err
	}
	s.journal = journal.New(journal.Config{
		Dir: cfg.Door.Journal.Dir, MaxMessages: cfg.Door.Journal.MaxMessages, MaxBytes: cfg.Door.Journal.MaxBytes,
		MaxAge: cfg.Door.Journal.MaxAge.Std(), Workers: door.DispatchConcurrency, Patience: journalPatience,
		Dispatcher: door.NewDispatcher(router, metrics, s.options.Log), Metrics: counts, Log: s.options.Log, Now: now,
	})
	if !s.journals() {
		return router, nil
	}
	return s.journal, nil
}

// BeginsAlone reports whether a process with these roles can begin while Temporal is down: it
// keeps what it accepts. Workers and the election for a long connection need Temporal.
func BeginsAlone(cfg *config.Config, roles []Role) bool {
	needed := slices.Contains(roles, RoleWorker) || slices.Contains(roles, RoleChannel)
	return cfg.Door.Accept == config.AcceptJournal && slices.Contains(roles, RoleDoor) && !needed
}

// openJournal opens the journal and dispatches what it has until the function that it returns
// is called, which waits for the end of that. fail ends the service.
func (s *Service) openJournal(ctx context.Context, fail context.CancelCauseFunc) (func(), error) {
	if s.journal == nil {
		return func() {}, nil
	}
	if err := s.journal.Open(); err != nil {
		return nil, err
	}
	dispatching, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		if err := s.awaitNamespace(dispatching); err != nil {
			fail(err)
			ended <- s.journal.Close()
			return
		}
		ended <- s.journal.Run(dispatching)
	}()
	return func() {
		stop()
		if err := <-ended; err != nil {
			s.options.Log.Error("close the door's journal", slog.Any("error", err))
		}
	}, nil
}

// unsuitedError means that the namespace was reached and is not what Miniflow needs.
type unsuitedError struct{ error }

// unsuited returns why a service ended by itself; nil when it was asked to.
func unsuited(ctx context.Context) error {
	var why unsuitedError
	if errors.As(context.Cause(ctx), &why) {
		return why.error
	}
	return nil
}

const (
	namespaceAgain  = time.Second
	namespaceWithin = 5 * time.Second
)

// awaitNamespace returns once the namespace is known to be what Miniflow needs.
func (s *Service) awaitNamespace(ctx context.Context) error {
	if s.options.CheckNamespace == nil {
		return nil
	}
	ticker := time.NewTicker(namespaceAgain)
	defer ticker.Stop()
	for first := true; ; first = false {
		asking, done := context.WithTimeout(ctx, namespaceWithin)
		err := s.options.CheckNamespace(asking)
		done()
		if err == nil {
			return nil
		}
		if !temporalio.Unreachable(err) {
			return unsuitedError{err}
		}
		if first {
			s.options.Log.Warn("Temporal can't be reached; notifications wait in the door's journal", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// temporalCheck is the check of Temporal. Where a journal takes the notifications, Temporal's
// absence is shown and this process stays ready: out of rotation it would refuse what it can
// keep.
func (s *Service) temporalCheck() ingress.Check {
	check := ingress.TemporalCheck(s.options.Temporal)
	check.Optional = s.journals()
	return check
}
