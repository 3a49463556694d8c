package console

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"miniflow/ingress/console/people"
)

// Path is where the console is; everything of it is below.
const Path = "/console"

// Config is what the console needs. API and People are required.
type Config struct {
	// API answers what pages ask, for the caller in the request's context; *api.API is one.
	API http.Handler
	// People lets them in and out, and says who is at the browser. The console draws its pages.
	People *people.Handler
	// Apps are the third-party applications, in the order of the configuration.
	Apps []string
	// Log gets what fails here; nil means slog.Default.
	Log *slog.Logger
	// Now is the clock, for how long ago something was; nil means the operating system's.
	Now func() time.Time
}

// Console is an http.Handler for [Path] and everything below it.
type Console struct {
	config Config
	pages  pages
	assets assets
	router chi.Router
}

// New returns the console, or an error when its configuration is incomplete.
func New(config Config) (*Console, error) {
	if config.API == nil || config.People == nil {
		return nil, errors.New("the console: give it the REST API and the people who may use it")
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	c := &Console{config: config}
	var err error
	if c.assets, err = readAssets(); err != nil {
		return nil, err
	}
	if c.pages, err = readPages(config.Now, c.assets); err != nil {
		return nil, err
	}
	c.router = c.route()
	return c, nil
}

// ServeHTTP answers below [Path], which must not be stripped.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.router.ServeHTTP(w, r) }

func (c *Console) route() chi.Router {
	router := chi.NewRouter()
	router.Use(c.survive, guardHeaders, http.NewCrossOriginProtection().Handler, speak)
	router.NotFound(c.person(c.missing))
	router.MethodNotAllowed(c.person(c.missing))
	router.Get(Path+"/assets/*", c.assets.serve)
	router.Post(Path+"/language", c.filled(mostFields, setLanguage))
	c.config.People.Render = c.renderLogIn
	for _, path := range []string{people.LogInPath, people.LogOutPath, people.OIDCStartPath, people.OIDCCallbackPath} {
		router.Handle(path, c.config.People)
	}

	router.Get(Path, c.person(c.overview))
	router.Get(Path+"/", c.person(c.overview))
	router.Get(Path+"/attention", c.person(c.attention))
	router.Post(Path+"/attention/{app}/{id}/{act}", c.person(c.filled(mostFields, c.attend)))
	router.Get(Path+"/orders", c.person(c.orders))
	router.Get(Path+"/orders/{app}/{no}", c.person(c.order))
	router.Get(Path+"/orders/{app}/{no}/do/{command}", c.person(c.orderForm))
	router.Post(Path+"/orders/{app}/{no}/do/{command}", c.person(c.filled(mostForm, c.orderCommand)))
	router.Post(Path+"/files", c.person(c.handIn))
	router.Get(Path+"/files/{app}/{sum}", c.person(c.picture))
	router.Get(Path+"/deliveries", c.person(c.deliveries))
	router.Get(Path+"/deliveries/bulk", c.person(c.bulkForm))
	router.Post(Path+"/deliveries/bulk", c.person(c.filled(mostFields, c.bulkBegin)))
	router.Get(Path+"/deliveries/bulk/{app}/{id}", c.person(c.bulk))
	router.Get(Path+"/deliveries/{app}/{id}", c.person(c.delivery))
	router.Post(Path+"/deliveries/{app}/{id}/{act}", c.person(c.filled(mostFields, c.deliveryCommand)))
	router.Get(Path+"/mini-programs", c.person(c.miniPrograms))
	router.Get(Path+"/mini-programs/{app}/{id}", c.person(c.miniProgram))
	router.Post(Path+"/mini-programs/{app}/{id}/close", c.person(c.filled(mostFields, c.closeMiniProgram)))
	router.Get(Path+"/rollouts", c.person(c.rollouts))
	router.Get(Path+"/rollouts/{app}/{id}", c.person(c.rollout))
	router.Post(Path+"/rollouts/{app}/{id}/{command}", c.person(c.filled(mostFields, c.steerRollout)))
	router.Post(Path+"/mini-programs/{app}/{id}/{act:rollback|offline}", c.person(c.filled(mostFields, c.takeDown)))
	router.Get(Path+"/audit", c.person(c.auditLog))
	return router
}

// policy is the content security policy of every page: what this server sends as files, and nothing
// that stands in a page. Pictures that are handed in are shown from memory (blob:) before they are
// sent.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' blob: data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func guardHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// survive answers a failure of ours with a page, and the log says where. Its value is not shown: it
// may contain anything.
func (c *Console) survive(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if failure := recover(); failure != nil {
				c.config.Log.ErrorContext(r.Context(), "a page of the console failed", "route", chi.RouteContext(r.Context()).RoutePattern())
				http.Error(w, "Miniflow failed; the log of this process says where. 出错了，请查看本进程的日志。", http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}
