package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"

	"miniflow/alipay/drift"
	"miniflow/alipay/notify"
	"miniflow/ingress/api"
	"miniflow/ingress/door"
	"miniflow/ingress/door/journal"
	"miniflow/internal/archive"
	"miniflow/internal/audit"
	"miniflow/internal/config"
	"miniflow/internal/fetch"
	"miniflow/internal/files"
	"miniflow/internal/seal"
)

// Role is a part of Miniflow that a process can play. Roles are apart because they face
// different networks, and each scales by adding processes.
type Role string

const (
	// RoleDoor has to be reachable from the open internet; a process that plays only this role
	// can stand alone at the edge.
	RoleDoor Role = "door"
	// RoleChannel serves where no address can be opened to Alipay: the connection goes out.
	RoleChannel Role = "channel"
	// RoleAPI is for the ISV's own systems, which need no way in from outside.
	RoleAPI Role = "api"
	// RoleWorker runs workflows and activities. It needs a way out alone: to Temporal, Alipay,
	// orders' files and the forward target.
	RoleWorker Role = "worker"
)

// Roles lists every role, in the order in which they are named to people.
func Roles() []Role { return []Role{RoleDoor, RoleChannel, RoleAPI, RoleWorker} }

// ParseRole refuses a word that is not a role, because a process without any would run and do
// nothing.
func ParseRole(text string) (Role, error) {
	if role := Role(text); slices.Contains(Roles(), role) {
		return role, nil
	}
	return "", fmt.Errorf("%q is not a role; roles are %v", text, Roles())
}

// Options is what a service is made of. All of it comes from the program, so that the two
// programs differ in nothing else.
type Options struct {
	Config *config.Config
	// Temporal is a client that was dialled with temporalio.RequestIDs.
	Temporal  client.Client
	Namespace string
	// CheckNamespace, when set, is asked before anything is dispatched to Temporal, again and
	// again while Temporal can't be reached; any other error ends the service. See
	// [BeginsAlone].
	CheckNamespace func(context.Context) error
	Roles          []Role
	Log            *slog.Logger
	Registry       *prometheus.Registry
	// FileHosts says where hosts of files.allow are dialled. Only the standalone has any; see
	// fetch.Guard.
	FileHosts map[string]string
	// Wrap, when set, goes around everything that is served, as the standalone's check of the
	// Host header does.
	Wrap func(http.Handler) http.Handler
}

// Service is Miniflow in one process. Several may serve one namespace: what they agree on is
// in Temporal.
type Service struct {
	options Options
	apps    []app
	ring    *seal.Ring
	fetcher *fetch.Fetcher
	files   *files.Store   // nil where no files.store is configured
	archive *archive.Store // nil where no archive is configured
	// fetched keeps certificates that were fetched; nil where no place for files is configured.
	fetched files.Backend
	handler http.Handler
	drift   *drift.Ledger
	// identity is the name under which Temporal counts this process among an app's workers.
	identity string

	// These take notifications; they are nil in a process whose roles take none.
	intake      *door.Intake
	arrivals    *door.Arrivals // nil without a door
	api         *api.API       // nil without the role
	audit       *audit.Log     // nil without the role, or where no audit.dir is configured
	journal     *journal.Journal
	door        *door.Door
	connections map[string]*door.LongConnection // by app id
}

// now is the process's clock, read here and handed to everything else, so that no other code
// has a clock that a test can't set.
func now() time.Time { return time.Now() }

// New reads the keys and puts everything together. It opens no connection, so that a configuration
// with a mistake fails before anything has begun.
func New(options Options) (*Service, error) {
	s := &Service{options: options, identity: newIdentity()}
	var err error
	if s.drift, err = drift.NewLedger(options.Log, options.Registry, now); err != nil {
		return nil, err
	}
	if s.apps, _, err = readApps(options.Config, options.Log, s.drift); err != nil {
		return nil, err
	}
	if err = s.observeBudgets(); err != nil {
		return nil, err
	}
	// Before the doors: what they take is sealed before it reaches Temporal.
	if s.ring, err = newRing(options.Config); err != nil {
		return nil, err
	}
	if s.fetcher, err = newFetcher(options.Config, options.FileHosts); err != nil {
		return nil, err
	}
	if s.files, err = newFileStore(options.Config, s.ring); err != nil {
		return nil, err
	}
	if s.archive, err = newArchive(options.Config, s.ring); err != nil {
		return nil, err
	}
	if err = s.observeCertificates(); err != nil {
		return nil, err
	}
	if s.fetched, err = newCertificateStore(options.Config); err != nil {
		return nil, err
	}
	if err = s.newDoors(); err != nil {
		return nil, err
	}
	if s.handler, err = s.newHandler(); err != nil {
		return nil, err
	}
	if options.Wrap != nil {
		s.handler = options.Wrap(s.handler)
	}
	return s, nil
}

// Check reads everything that New reads and says what is wrong with it, for tools that serve
// nothing. Warnings are about what can be served all the same.
func Check(cfg *config.Config) (warnings config.Problems, wrong error) {
	apps, warnings, err := readApps(cfg, slog.New(slog.DiscardHandler), nil)
	problems := []error{err}
	if err == nil {
		_, err = newVerifier(apps)
		problems = append(problems, err)
	}
	_, err = newRing(cfg)
	problems = append(problems, err)
	_, err = newFetcher(cfg, nil)
	problems = append(problems, err)
	if guard, err := newGuard(cfg, nil); err == nil { // else newFetcher has said so
		problems = append(problems, judgeCallbacks(cfg, guard))
	}
	_, err = forwardTargets(cfg)
	problems = append(problems, err)
	_, err = robotsOf(cfg)
	return warnings, errors.Join(append(problems, err)...)
}

// One verifier serves both doors, so that a message counts on both ways or on none.
func newVerifier(apps []app) (*notify.Verifier, error) {
	return notify.NewVerifier(verifiedApps(apps))
}

// newFetcher puts the guard before orders' files: their addresses come from the API's callers.
func newFetcher(cfg *config.Config, hosts map[string]string) (*fetch.Fetcher, error) {
	guard, err := newGuard(cfg, hosts)
	if err != nil {
		return nil, err
	}
	return fetch.New(fetch.Options{Guard: guard, MaxBytes: cfg.Files.MaxBytes, Timeout: cfg.Files.Timeout.Std()})
}

func (s *Service) plays(role Role) bool { return slices.Contains(s.options.Roles, role) }

// Run serves on the listener until the context ends. Doors close first: what they
// have acknowledged is with Temporal by then. A long connection answers what is in
// hand and another process takes over.
func (s *Service) Run(ctx context.Context, listener net.Listener) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	// Certificates are followed beside everything else, and Run returns only when that has
	// ended too.
	following, stop := context.WithCancel(ctx)
	var followed sync.WaitGroup
	defer followed.Wait()
	defer stop()
	s.loadCertificates(ctx) // before anything is accepted: Alipay may be down, and signs under them
	followed.Go(func() { s.followCertificates(following) })
	followed.Go(func() { s.endFormer(following) })

	// Before anything is accepted: another process may have the journal.
	closeJournal, err := s.openJournal(ctx, fail)
	if err != nil {
		_ = listener.Close() // nothing was served
		return err
	}
	// Deferred before everything that accepts, so that it ends after all of that.
	defer closeJournal()
	defer s.closeAudit()
	// Workers before doors: what a door starts finds somebody to do it.
	workers, err := s.startWorkers(ctx)
	if err != nil {
		return err
	}
	defer stopWorkers(workers)
	if s.plays(RoleWorker) {
		followed.Go(func() { s.keepSharing(following) })
		followed.Go(func() { s.keepStanding(following) })
		followed.Go(func() { s.keepModes(following) })
		followed.Go(func() { s.keepSweepingFiles(following) })
	}
	if s.plays(RoleAPI) && s.archive != nil {
		followed.Go(func() { s.keepArchiving(following) })
	}
	if s.plays(RoleAPI) && s.options.Config.Console.On() {
		followed.Go(func() { s.api.KeepOverview(following) })
	}
	candidates, err := s.startConnections(ctx)
	defer stopWorkers(candidates)
	if err != nil {
		_ = listener.Close() // nothing was served
		if ctx.Err() != nil {
			return nil // asked to end while it began, which is not a failure
		}
		return err
	}
	return errors.Join(s.serve(ctx, listener), unsuited(ctx))
}
