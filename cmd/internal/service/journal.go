package service

import (
	"context"
	"log/slog"
	"time"

	"miniflow/ingress"
	"miniflow/ingress/door"
	"miniflow/ingress/door/journal"
	"miniflow/internal/config"
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
	router := door.NewRouter(s.options.Temporal, cfg.Schedules, forwardings(cfg)...)
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

// openJournal opens the journal and dispatches what it has until the function that it returns
// is called, which waits for the end of that.
func (s *Service) openJournal(ctx context.Context) (func(), error) {
	if s.journal == nil {
		return func() {}, nil
	}
	if err := s.journal.Open(); err != nil {
		return nil, err
	}
	dispatching, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- s.journal.Run(dispatching) }()
	return func() {
		stop()
		if err := <-ended; err != nil {
			s.options.Log.Error("close the door's journal", slog.Any("error", err))
		}
	}, nil
}

// temporalCheck is the check of Temporal. Where a journal takes the notifications, Temporal's
// absence is shown and this process stays ready: out of rotation it would refuse what it can
// keep.
func (s *Service) temporalCheck() ingress.Check {
	check := ingress.TemporalCheck(s.options.Temporal)
	check.Optional = s.journals()
	return check
}
