package service

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/api/serviceerror"

	"miniflow/internal/config"
)

func TestWhichProcessesBeginWithoutTemporal(t *testing.T) {
	for _, c := range []struct {
		accept config.Accept
		roles  []Role
		want   bool
	}{
		{config.AcceptJournal, []Role{RoleDoor}, true},
		{config.AcceptJournal, []Role{RoleDoor, RoleAPI}, true},
		{config.AcceptJournal, []Role{RoleAPI}, false},
		{config.AcceptJournal, []Role{RoleDoor, RoleChannel}, false},
		{config.AcceptJournal, Roles(), false},
		{config.AcceptTemporal, []Role{RoleDoor}, false},
	} {
		cfg := config.Defaults()
		cfg.Door.Accept = c.accept
		if got := BeginsAlone(cfg, c.roles); got != c.want {
			t.Errorf("%s %v: %v", c.accept, c.roles, got)
		}
	}
}

// Nothing is dispatched before the namespace is known to be right: one that forgets too soon
// would let a message act twice.
func TestTheNamespaceIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		var log bytes.Buffer
		s := &Service{options: Options{Log: slog.New(slog.NewTextHandler(&log, nil)), CheckNamespace: func(context.Context) error {
			if asked++; asked < 100 {
				return serviceerror.NewUnavailable("down")
			}
			return nil
		}}}
		began := time.Now()
		if err := s.awaitNamespace(t.Context()); err != nil || asked != 100 || time.Since(began) > 100*namespaceAgain {
			t.Errorf("%v after %d questions and %v", err, asked, time.Since(began))
		}
		if lines := bytes.Count(log.Bytes(), []byte("can't be reached")); lines != 1 {
			t.Errorf("%d lines in the log", lines)
		}
		asked = 0
		ended, end := context.WithTimeout(t.Context(), 3*time.Second)
		defer end()
		if err := s.awaitNamespace(ended); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("asked to end: %v", err)
		}
		if err := (&Service{}).awaitNamespace(t.Context()); err != nil {
			t.Errorf("checked already: %v", err)
		}
	})
}

var errForgets = errors.New("the namespace keeps histories for 24h")

func TestAnUnsuitedNamespaceEndsTheService(t *testing.T) {
	s := &Service{options: Options{Log: slog.New(slog.DiscardHandler), CheckNamespace: func(context.Context) error { return errForgets }}}
	ctx, fail := context.WithCancelCause(t.Context())
	fail(s.awaitNamespace(ctx))
	if err := unsuited(ctx); !errors.Is(err, errForgets) {
		t.Errorf("it ends with %v", err)
	}
	asked, end := context.WithCancelCause(t.Context())
	end(nil)
	if err := unsuited(asked); err != nil {
		t.Errorf("asked to end: %v", err)
	}
}
