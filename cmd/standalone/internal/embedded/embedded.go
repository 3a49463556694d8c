package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
)

// Flags are named here, because errors ask a person to change one.
const (
	flagDataDir  = "--data-dir"
	flagTemporal = "--temporal"
	flagUI       = "--ui"
)

const (
	// The name that Temporal's own tools take when none is given.
	defaultNamespace = "default"
	// defaultRetention is how long a finished workflow stays readable. An order
	// may be asked about weeks after it went online; Temporal's own default for
	// namespaces made offline is one day.
	defaultRetention = 90 * 24 * time.Hour
)

// Config says where the embedded Temporal lives and what it must know. Everything but Dir has
// a default, so that a test only names a directory.
type Config struct {
	// Dir keeps the SQLite files and the lock. It is made when missing, readable by its owner
	// alone, because histories hold merchants' data. Required.
	Dir string
	// Frontend is the host:port of Temporal's gRPC frontend, loopback only. An
	// empty host means 127.0.0.1, port 0 any free port, empty both.
	Frontend string
	// UI is the host:port of the Web UI, loopback only too: the UI shows every workflow and
	// asks for no key.
	UI string
	// Namespace is made when missing, so that a client needs no step before its first
	// workflow; "default" when empty.
	Namespace string
	// Retention of finished workflows in Namespace; 90 days when zero. It is applied at every
	// start, so that a directory of an earlier version gets it too.
	Retention time.Duration
	// SearchAttributes the namespace must have, by name. SQL stores have room for
	// 10 Keyword and 3 Int in all. Attributes may be added from one start to the
	// next; they are never removed, and a change of type is an error.
	SearchAttributes map[string]enumspb.IndexedValueType
	// Logger takes what the server says from warn upwards, since the rest is about machinery;
	// slog's default when nil.
	Logger *slog.Logger
}

// withDefaults fills in what is empty and makes paths absolute: SQLite keeps them for the whole run.
func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" {
		return c, fmt.Errorf("the embedded Temporal has no directory for its files: set %s", flagDataDir)
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, fmt.Errorf("resolve %s %s: %w", flagDataDir, c.Dir, err)
	}
	c.Dir = dir
	if c.Namespace == "" {
		c.Namespace = defaultNamespace
	}
	if c.Retention == 0 {
		c.Retention = defaultRetention
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c, nil
}

// Server is a running Temporal with its Web UI, which start and stop as one. It is safe for
// concurrent use.
type Server struct {
	cfg      Config
	frontend netip.AddrPort
	temporal *temporalServer
	ui       *uiServer
	unlock   func() error
	failed   chan error
	stop     func() error
}

// Start brings up Temporal and the Web UI and returns once both answer. ctx
// bounds the start only; use Stop to end the server.
//
// Errors: ErrNotLoopback, ErrInUse (address) and ErrLocked (directory) name the
// flag to change and leave nothing behind. Anything else is the disk or Temporal
// itself, parts of which may then still run: the process should end.
func Start(ctx context.Context, cfg Config) (_ *Server, err error) {
	cfg, err = cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, failed: make(chan error, 1)}
	// Once, because both a failed Start and its caller may end the server.
	s.stop = sync.OnceValue(s.shutdown)
	defer func() {
		if err != nil {
			err = errors.Join(s.reason(), err, s.stop())
		}
	}()
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w (choose another %s)", err, flagDataDir)
	}
	// The lock comes first: what is made or swept away below must be nobody else's.
	if s.unlock, err = lock(cfg.Dir); err != nil {
		return nil, err
	}
	if s.frontend, err = reserve(ctx, cfg.Frontend, flagTemporal); err != nil {
		return nil, err
	}
	// Both addresses are taken before Temporal starts, so a conflict costs no time.
	if s.ui, err = listenUI(ctx, cfg); err != nil {
		return nil, err
	}
	if s.temporal, err = startTemporal(ctx, cfg, s.frontend, s.fail); err != nil {
		return nil, err
	}
	// Start of the server has returned, and history may still be taking its shard.
	if err := waitReady(ctx, s.ClientOptions()); err != nil {
		return nil, err
	}
	if err := s.ui.serve(s.frontend, cfg.Namespace, s.fail); err != nil {
		return nil, err
	}
	return s, nil
}

// FrontendAddress is the host:port of Temporal's gRPC frontend. With port 0 only the server
// knows which was taken.
func (s *Server) FrontendAddress() string { return s.frontend.String() }

// UIAddress is the host:port of the Web UI, which speaks plain HTTP: no certificate can be had
// for loopback.
func (s *Server) UIAddress() string { return s.ui.address() }

// ClientOptions are the options of an SDK client for this server, free to be
// extended. Compression is off: the SDK's default, gzip, buys nothing on
// loopback and costs a quarter of the CPU of a signal.
func (s *Server) ClientOptions() client.Options {
	return client.Options{
		HostPort:          s.FrontendAddress(),
		Namespace:         s.cfg.Namespace,
		Logger:            sdklog.NewStructuredLogger(s.cfg.Logger),
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}},
	}
}

// Failed delivers at most one error: a part of the running server gave up for
// good. The server is then useless and should be stopped. It is never closed.
func (s *Server) Failed() <-chan error { return s.failed }

// fail keeps the first reason, because what follows is its consequence.
func (s *Server) fail(err error) {
	select {
	case s.failed <- err:
	default:
	}
}

// reason adds to an error of Start what the server said itself: it is the cause more often.
func (s *Server) reason() error {
	select {
	case err := <-s.failed:
		return err
	default:
		return nil
	}
}

// Stop ends the Web UI and Temporal and frees the directory. Running workflows
// stay where they are and go on at the next Start. It may be called more than
// once; every call returns what the first one found.
func (s *Server) Stop() error { return s.stop() }

// shutdown takes the last part first, because each stands on those before it.
func (s *Server) shutdown() error {
	var errs []error
	if s.ui != nil {
		errs = append(errs, s.ui.close())
	}
	if s.temporal != nil {
		errs = append(errs, s.temporal.stop())
	}
	if s.unlock != nil {
		errs = append(errs, s.unlock())
	}
	return errors.Join(errs...)
}
