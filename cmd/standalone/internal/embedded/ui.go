package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/temporalio/ui-server/v2/server/api"
	"github.com/temporalio/ui-server/v2/server/auth"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/csrf"
	"github.com/temporalio/ui-server/v2/server/headers"
	"github.com/temporalio/ui-server/v2/server/route"
	"github.com/temporalio/ui-server/v2/ui"

	"miniflow/cmd/internal/loopback"
)

// Browsers keep connections open and idle; a slow sender must not hold one.
const (
	uiHeaderTimeout   = 10 * time.Second
	uiShutdownTimeout = 2 * time.Second
)

// uiServer serves Temporal's Web UI on a listener of ours, so that its port is taken before
// anything slow is started.
type uiServer struct {
	listener net.Listener
	http     *http.Server
}

// listenUI takes the UI's address, so that a conflict is known before anything
// slow is started. A browser that connects before serve waits.
func listenUI(ctx context.Context, cfg Config) (*uiServer, error) {
	l, err := Listen(ctx, cfg.UI, flagUI)
	if err != nil {
		return nil, err
	}
	logger := cfg.Logger.With("component", "temporal-ui")
	return &uiServer{listener: l, http: &http.Server{
		ReadHeaderTimeout: uiHeaderTimeout,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}}, nil
}

// With port 0 only the listener knows the address.
func (u *uiServer) address() string { return u.listener.Addr().String() }

// serve begins to answer for a frontend that is ready: the UI connects to it at
// once, and after a refusal it would show errors until its next attempt.
func (u *uiServer) serve(frontend netip.AddrPort, namespace string, failed func(error)) error {
	handler, err := uiHandler(frontend.String(), namespace)
	if err != nil {
		return fmt.Errorf("build the Web UI: %w", err)
	}
	// Whoever opens the UI can terminate workflows, so a page of the open web must not reach it.
	u.http.Handler = loopback.CheckHost(handler)
	go func() {
		if err := u.http.Serve(u.listener); !errors.Is(err, http.ErrServerClosed) {
			failed(fmt.Errorf("the Web UI on %s stopped: %w", u.address(), err))
		}
	}()
	return nil
}

// close lets requests finish for a moment, and no longer: the pages poll.
func (u *uiServer) close() error {
	// A context of its own: the one that started the server has ended by now.
	ctx, cancel := context.WithTimeout(context.Background(), uiShutdownTimeout)
	defer cancel()
	err := u.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		// Somebody's browser is still reading; it asks again after a restart.
		err = u.http.Close()
	}
	// http.Server closes what it serves, and a start that failed early served
	// nothing yet.
	if closed := u.listener.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	return err
}

// uiHandler puts the parts of ui-server together the way its own NewServer
// does. That one can't be used: it keeps its handler to itself, so it would need
// a second port that any Host reaches, and it ends the process when it can't
// listen. Left out are its request log, cross-origin access and gzip.
func uiHandler(frontend, namespace string) (http.Handler, error) {
	settings, err := uiconfig.NewConfigProviderWithRefresh(&uiconfig.Config{
		TemporalGRPCAddress: frontend,
		EnableUI:            true,
		DefaultNamespace:    namespace,
		DisableNewsFetch:    true,
		NotifyOnNewVersion:  false,
		HideLogs:            true,
		// Loopback is plain HTTP, where a browser drops a Secure cookie.
		CORS: uiconfig.CORS{CookieInsecure: true},
	})
	if err != nil {
		return nil, err
	}
	assets, err := ui.Assets()
	if err != nil {
		return nil, err
	}
	if assets, err = fs.Sub(assets, "local"); err != nil {
		return nil, err
	}
	// The order is NewServer's: the cookie has to be there before its token is compared.
	e := echo.New()
	e.Use(middleware.Secure(), csrf.EnsureTokenCookie(false), middleware.CSRFWithConfig(csrf.MiddlewareConfig(settings, false)))
	route.SetHealthRoute(e)
	forwarded := []api.Middleware{headers.WithForwardHeaders([]string{auth.AuthorizationExtrasHeader, "Caller-Type"})}
	if err := route.SetAPIRoutes(e, settings, forwarded); err != nil {
		return nil, err
	}
	route.SetAuthRoutes(e, settings)
	if err := route.SetUIRoutes(e, "", assets, settings); err != nil {
		return nil, err
	}
	route.SetRenderRoute(e, "/")
	return e, nil
}
