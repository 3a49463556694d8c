package service

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"miniflow/cmd/internal/serving"
	"miniflow/ingress"
	"miniflow/ingress/api"
	"miniflow/ingress/door"
	"miniflow/internal/audit"
	"miniflow/internal/config"
	"miniflow/internal/merchantlink"
	"miniflow/internal/telemetry"
)

// closePatience is how long requests may take to finish once the process is to end. Alipay gives
// an answer up after some 16 s, so a notification in hand gains nothing by more.
const closePatience = 15 * time.Second

// newHandler puts the doors of this process's roles behind one router. Health and metrics are there
// for every role, without a key: a probe has none.
func (s *Service) newHandler() (http.Handler, error) {
	// The router adds no middleware: the door has to see a message's exact bytes.
	router := chi.NewRouter()
	// Not ready means: send requests elsewhere.
	checks := []ingress.Check{s.temporalCheck()}
	if s.intake != nil {
		checks = append(checks, ingress.Check{Name: "notifications", Probe: s.intake.Check})
	}
	if s.journals() {
		checks = append(checks, ingress.Check{Name: "journal", Probe: s.journal.Check})
	}
	// One path for every app: the message names its app, and its signature proves it.
	if s.door != nil {
		router.Handle(s.options.Config.NotifyPath, s.door)
	}
	if s.plays(RoleAPI) {
		var err error
		if s.api, err = s.newAPI(); err != nil {
			return nil, err
		}
		// The pages that describe the API are served with it, so that they are of its version.
		for _, path := range api.Paths() {
			router.Handle(path, s.api)
		}
		if pages := s.merchantPages(); pages != nil {
			router.Handle(merchantlink.Path+"*", pages)
		}
		if err := s.addConsole(router); err != nil {
			return nil, err
		}
	}
	health := ingress.NewHealth(checks, s.sortedConnections(), s.options.Log, now)
	if s.journal != nil {
		health.ShowJournal(func() any { return s.journal.Status() })
	}
	router.Get("/healthz", health.Healthz)
	router.Get("/readyz", health.Readyz)
	router.Method(http.MethodGet, "/metrics", telemetry.MetricsHandler(s.options.Registry))
	return router, nil
}

// newDoors makes what takes notifications, for the roles that this process plays. Both doors share
// one intake, because its limit protects Temporal, which does not care how a message came.
func (s *Service) newDoors() error {
	if !s.plays(RoleDoor) && !s.plays(RoleChannel) {
		return nil
	}
	// One verifier: a key that is fetched while this process runs counts on both ways.
	verifier, err := newVerifier(s.apps)
	if err != nil {
		return err
	}
	metrics, err := door.NewMetrics(s.options.Registry)
	if err != nil {
		return err
	}
	// Within is shorter than Alipay's patience, so that "not now" is said and not timed out.
	limits := s.options.Config.Limits
	acceptor, err := s.newAcceptor(metrics)
	if err != nil {
		return err
	}
	s.arrivals = door.NewArrivals()
	s.intake = door.NewIntake(door.IntakeConfig{
		Acceptor:   acceptor,
		Translator: door.NewTranslator(s.ring, now),
		Metrics:    metrics, Log: s.options.Log, Arrivals: s.arrivals, Now: now,
		Within: limits.AnswerWithin.Std(), Concurrency: limits.DoorConcurrency, Compare: s.compare,
	})
	if s.plays(RoleDoor) {
		s.door = door.New(door.Config{
			Verifier: verifier, Intake: s.intake, GatewayKeys: s.gatewayKeys(), Metrics: metrics, Log: s.options.Log, Now: now,
		})
	}
	// Last, because the connections hand their messages to the intake above.
	if s.plays(RoleChannel) {
		return s.newConnections(verifier)
	}
	return nil
}

// gatewayKeys are what the console's check of the gateway is answered with: the private key proves
// that the gateway is the app's.
func (s *Service) gatewayKeys() map[string]door.GatewayKey {
	// In certificate mode the answer names the application's certificate as well.
	keys := make(map[string]door.GatewayKey, len(s.apps))
	for _, app := range s.apps {
		keys[app.config.ID] = door.GatewayKey{Private: app.private, CertSN: app.certSN}
	}
	return keys
}

// sortedConnections are the long connections in the order of the configuration, for a page of
// health that reads the same each time.
func (s *Service) sortedConnections() []ingress.Link {
	var sorted []ingress.Link
	for _, a := range s.apps {
		if connection := s.connections[a.config.ID]; connection != nil {
			sorted = append(sorted, connection)
		}
	}
	return sorted
}

// newAPI makes the REST API. Keys are handed over as digests: the process keeps none in clear.
func (s *Service) newAPI() (*api.API, error) {
	cfg := s.options.Config
	settings := api.Config{
		Temporal: s.options.Temporal, Namespace: s.options.Namespace, Sealer: s.ring,
		Policy: cfg.Policy, Schedules: cfg.Schedules, Links: s.links(),
		BodyBytes: cfg.Limits.APIBodyBytes, RequestsPerSecond: cfg.Limits.APIRequestsPerSecond,
		FileBytes: cfg.Files.MaxBytes,
		Now:       now, Log: s.options.Log, Drift: s.drift, Archive: s.archive, Certificates: s.certificatesOf,
	}
	if s.journal != nil {
		settings.Journal = s.journal
	}
	if s.files != nil {
		settings.Files = s.files
	}
	if s.arrivals != nil {
		settings.Arrivals = s.arrivals
	}
	var err error
	if dir := cfg.Audit.Dir; dir != "" {
		if s.audit, err = audit.Open(audit.Config{Dir: dir, KeepDays: cfg.Audit.KeepDays, Now: now}); err != nil {
			return nil, err
		}
		settings.Audit = s.audit
	}
	if settings.Webhooks, err = s.testable(); err != nil {
		return nil, err
	}
	for _, app := range s.apps {
		settings.Apps = append(settings.Apps, api.App{
			ID: app.config.ID, Tokens: app.client, Checks: app.client, Language: app.config.Language, Acts: app.client.Acts,
		})
	}
	for _, key := range cfg.APIKeys {
		settings.Keys = append(settings.Keys, api.Key{
			Name: key.Name, Digest: key.Digest(), Apps: key.Apps, Scopes: scopesOf(key), Merchants: key.Merchants, Backend: key.Backend,
		})
	}
	return api.New(settings)
}

// closeAudit says where the chain ends, so that it is in the log too.
func (s *Service) closeAudit() {
	if s.audit == nil {
		return
	}
	head := s.audit.Head()
	s.options.Log.Info("the audit log ends", "file", head.File, "sequence", head.Sequence, "hash", head.Hash)
	if err := s.audit.Close(); err != nil {
		s.options.Log.Error("close the audit log", "error", err.Error())
	}
}

// The API has a type of its own, because it doesn't know the configuration.
func scopesOf(key config.APIKey) []api.Scope {
	scopes := make([]api.Scope, 0, len(key.Scopes))
	for _, scope := range key.Scopes {
		scopes = append(scopes, api.Scope(scope))
	}
	return scopes
}

// What is in flight finishes first: a notification that is cut here would come again.
func (s *Service) serve(ctx context.Context, listener net.Listener) error {
	server := ingress.NewServer(s.handler, s.options.Log, ingress.DefaultPatience())
	if s.api != nil {
		server.RegisterOnShutdown(s.api.EndStreams)
	}
	return serving.Serve(ctx, server, listener, closePatience)
}
