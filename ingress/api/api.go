package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/singleflight"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/attention/gather"
	"miniflow/ingress/api/problem"
	"miniflow/internal/archive"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// Config is what the REST API needs. Temporal, Namespace, Sealer, at least one app and one
// key are required, because no default would be safe.
type Config struct {
	Temporal  Temporal
	Namespace string
	Sealer    Sealer
	Apps      []App
	Keys      []Key
	// Policy supplies what an order leaves open, so that an ISV states its habits once. What
	// it leaves empty itself comes from order.DefaultPolicy.
	Policy order.Policy
	// Schedules are part of the input of started workflows, so that a running order keeps
	// those it began with.
	Schedules order.Schedules
	// Links makes the links of orders, the same as in what their webhook is told.
	Links temporalio.Links
	// BodyBytes is the largest body of JSON; 0 means 1 MiB, because orders only name files.
	BodyBytes int64
	// RequestsPerSecond bounds one key; 0 means 50, so that one caller can't starve the
	// others.
	RequestsPerSecond float64
	// Journal is the door's in this process, for GET /v1/deliveries?state=journaled; nil where
	// there is none.
	Journal Journal
	// Arrivals are those of the doors in this process, for GET /v1/deliveries/tail; nil where there
	// is none.
	Arrivals Arrivals
	// Webhooks are those of the apps that have one.
	Webhooks map[string]Webhook
	// Files keeps what POST /v1/files takes, up to FileBytes a file (0 means 10 MiB); nil where no
	// files.store is configured.
	Files     Files
	FileBytes int64
	// Certificates returns those of an app as this process knows them, for GET /v1/attention; nil knows none.
	Certificates func(appID string) []gather.Certificate
	// Archive keeps ended orders for longer than Temporal does; nil where none is configured.
	Archive *archive.Store
	// Drift is what Alipay did in this process that was not known of it, for GET /v1/drift.
	Drift Drift
	// Audit keeps who did what; nil keeps nothing.
	Audit Audit
	// Now is the clock and Rand the source of order numbers, so that tests are repeatable;
	// nil means the operating system's.
	Now  func() time.Time
	Rand io.Reader
	// Log gets one record for each request, so that a caller's complaint can be traced; nil
	// means slog.Default.
	Log *slog.Logger
}

// Journal is what the REST API needs of the door's journal, a queue of messages that Temporal
// has not taken yet.
type Journal interface {
	// Waiting returns up to limit messages behind a sequence, and the sequence of the last of
	// them, 0 when there are no more; of every app when none is named.
	Waiting(after uint64, apps []string, limit int) ([]order.DeliveryView, uint64, error)
}

// App is what the REST API needs to know of a third-party application; its keys are not part
// of it, because the API signs nothing.
type App struct {
	ID string
	// Language is what an order's page in the Temporal UI is written in; empty is English.
	Language words.Language
	// Tokens asks Alipay about this app's tokens; *gateway.Client implements it. It is by
	// app, because a token belongs to one.
	Tokens Tokens
	// Checks asks Alipay about orders that are not sent yet, as the app itself; nil asks nothing.
	Checks Checks
	// Acts reports whether Miniflow acts for a merchant, by the ISV's own id; nil is for all.
	Acts func(merchantRef string) bool
}

// observes reports whether another system acts for a merchant's orders.
func (a App) observes(merchantRef string) bool { return a.Acts != nil && !a.Acts(merchantRef) }

// Tokens is the part of Alipay's gateway that the REST API calls, small so that tests can
// fake it.
type Tokens interface {
	QueryToken(ctx context.Context, token alipay.Secret) (gateway.TokenStatus, error)
	ExchangeCode(ctx context.Context, code alipay.Secret) ([]gateway.AppToken, error)
}

// API is the ISV's REST API: /v1, its description at /openapi.json and pages about it at
// /docs and /problems/. It is an http.Handler for these paths, which must not be stripped, and stores
// nothing that a restart would lose.
type API struct {
	config  Config
	callers []*caller
	persons *persons
	apps    map[string]App
	// waiters has a place for each open long-poll, because each holds a connection and a call
	// to Temporal.
	waiters chan struct{}
	waker   *waker
	// streams ends with the process; until then streams go on.
	streams    context.Context
	endStreams context.CancelFunc
	memories
	// repeats are the looks at orders whose start is repeated right now.
	repeats singleflight.Group
	router  chi.Router
	schemas huma.Registry
}

// New returns the API, or an error when its configuration is incomplete, so that a process
// with a useless API doesn't start.
func New(config Config) (*API, error) {
	config.setDefaults()
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("the REST API: %w", err)
	}
	config.Temporal = retryingTemporal{config.Temporal}
	a := &API{config: config, apps: map[string]App{}, waiters: make(chan struct{}, maxWaiters), persons: newPersons(config)}
	a.streams, a.endStreams = context.WithCancel(context.Background())
	a.waker = &waker{temporal: config.Temporal, namespace: config.Namespace, log: config.Log}
	for _, app := range config.Apps {
		a.apps[app.ID] = app
	}
	var err error
	if a.callers, err = keyCallers(config); err != nil {
		return nil, fmt.Errorf("the REST API: %w", err)
	}
	return a, a.route()
}

func (c *Config) setDefaults() {
	c.Policy = c.Policy.Or(order.DefaultPolicy())
	if c.BodyBytes == 0 {
		c.BodyBytes = defaultAPIBody
	}
	if c.FileBytes == 0 {
		c.FileBytes = defaultFile
	}
	if c.RequestsPerSecond == 0 {
		c.RequestsPerSecond = 50
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
}

// check refuses a configuration with which the API could not keep its promises, at the start
// rather than at the first call.
func (c *Config) check() error {
	switch {
	case c.Drift == nil:
		return errors.New("give it the ledger of what Alipay does that is not known")
	case c.Temporal == nil || c.Namespace == "":
		return errors.New("give it a Temporal client and its namespace")
	case c.Sealer == nil:
		return errors.New("give it a sealer; seal.None() is the one of `sealing: none`")
	case len(c.Apps) == 0 || len(c.Keys) == 0:
		return errors.New("give it at least one app and one API key")
	}
	if address, err := url.Parse(c.Links.UI); err != nil || c.Links.UI != "" && address.Host == "" {
		return errors.New("the URL of the Temporal UI is none; write it in full, such as http://127.0.0.1:8233")
	}
	return nil
}

// Paths are the patterns of what the API answers: its calls, and the pages that describe them.
func Paths() []string {
	return []string{"/v1", "/v1/*", "/docs", "/docs/*", "/openapi.json", "/openapi-3.0.json", problem.Path + "*"}
}

// ServeHTTP answers under [Paths]. They must not be stripped, because the description contains
// them.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Without this, the context of a surrounding chi router would decide about paths here.
	r = r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, nil))
	a.router.ServeHTTP(w, r)
}

func (a *API) route() error {
	router := chi.NewRouter()
	// The record comes first, so that a request that panicked has one too.
	router.Use(a.keepRecord, secureHeaders, speak, a.surviveFailures)
	router.NotFound(func(w http.ResponseWriter, _ *http.Request) {
		problem.Of(problem.PathUnknown).Write(w)
	})
	router.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) { refuseMethod(router, w, r) })
	a.router = router

	calls := humachi.New(router.With(a.authenticate, a.takeBody), apiDescription())
	a.schemas = calls.OpenAPI().Components.Schemas
	a.routeOrders(calls)
	a.routeFiles(calls)
	a.routeCommands(calls)
	a.routeTail(calls)
	a.routeMiniPrograms(calls)
	a.routeRollouts(calls)
	a.routeOverview(calls)
	a.routeGlance(calls)
	a.routeAttention(calls)
	a.routeDeliveries(calls)
	a.routeEvents(calls)
	a.routeCalls(calls)
	a.routeWebhooks(calls)
	a.routeDrift(calls)
	a.routeAudit(calls)
	if err := routeProblems(router); err != nil {
		return err
	}
	return a.routeDocs(router, calls)
}
