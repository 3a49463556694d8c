package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"miniflow/ingress/api/problem"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"golang.org/x/time/rate"
)

// Scope is what a key may do.
type Scope string

const (
	// APIScopeRead : every GET.
	APIScopeRead Scope = "read"
	// APIScopeWrite : start orders and command them.
	APIScopeWrite Scope = "write"
	// APIScopeToken : bring a merchant's app_auth_token in, or read it.
	APIScopeToken Scope = "token"
)

// Scopes lists every scope.
func Scopes() []Scope { return []Scope{APIScopeRead, APIScopeWrite, APIScopeToken} }

// Key is one bearer key. The key itself is not kept.
type Key struct {
	// Name says whose it is, in logs and, where no X-Actor is given, on the timeline of orders.
	Name string
	// Digest is the SHA-256 of the key.
	Digest [sha256.Size]byte
	// Apps are the app ids the key may act for; "*" is every configured one.
	Apps   []string
	Scopes []Scope
}

// caller is a key in use.
type caller struct {
	Key
	limiter *rate.Limiter
	// apps are the configured apps that the key may act for, sorted.
	apps []string
}

// may says whether the key has the scope, and why not.
func (c *caller) may(scope Scope) error {
	if slices.Contains(c.Scopes, scope) {
		return nil
	}
	return problem.New(http.StatusForbidden, "this key has no scope %q; use a key that has it, or add it under api_keys", scope)
}

// mayFor says whether the key may act for the app, and why not. To a key of other
// apps, one that is not configured looks like one that is somebody else's.
func (c *caller) mayFor(appID string) error {
	switch {
	case slices.Contains(c.apps, appID):
		return nil
	case slices.Contains(c.Apps, "*"):
		return problem.New(http.StatusNotFound, "no app with this app_id is configured here; check the id, or add it under apps")
	default:
		return problem.New(http.StatusForbidden, "this key may not act for this app_id; use the key of that app, or add the app under api_keys")
	}
}

// newCallers makes the keys ready for use and refuses those that would open the
// API to everybody.
func newCallers(config Config) ([]*caller, error) {
	var callers []*caller
	for _, key := range config.Keys {
		c := &caller{Key: key, limiter: rate.NewLimiter(rate.Limit(config.RequestsPerSecond), max(1, int(config.RequestsPerSecond)))}
		switch {
		case key.Name == "":
			return nil, errors.New("an API key has no name; give every key one")
		case key.Digest == [sha256.Size]byte{} || key.Digest == sha256.Sum256(nil):
			return nil, fmt.Errorf("the API key %q is empty; give it the SHA-256 of a key", key.Name)
		}
		for _, app := range config.Apps {
			if slices.Contains(key.Apps, "*") || slices.Contains(key.Apps, app.ID) {
				c.apps = append(c.apps, app.ID)
			}
		}
		slices.Sort(c.apps)
		callers = append(callers, c)
	}
	return callers, nil
}

type callerKey struct{}

// callerOf is the key that authenticate let in; nil on no route that has it.
func callerOf(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// authenticate lets nobody by without a key, and no key faster than its limit.
func (a *API) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := a.find(r.Header.Values("Authorization"))
		if c == nil {
			problem.New(http.StatusUnauthorized, "send a key that is configured under api_keys as Authorization: Bearer <key>").Write(w)
			return
		}
		recordOf(r.Context()).key = c.Name
		now := a.config.Now()
		permit := c.limiter.ReserveN(now, 1)
		if wait := permit.DelayFrom(now); wait > 0 {
			permit.CancelAt(now) // a refused call must not push the next one further away
			problem.New(http.StatusTooManyRequests, "this key has called more than %v times a second; try again after Retry-After",
				a.config.RequestsPerSecond).After(wait).Write(w)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

// find compares in constant time with every key, so that the time an answer
// takes says nothing about which one was nearly right.
func (a *API) find(headers []string) *caller {
	if len(headers) != 1 {
		return nil // which of two keys counts is nothing to guess about
	}
	scheme, key, _ := strings.Cut(headers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") || key == "" {
		return nil
	}
	digest := sha256.Sum256([]byte(key))
	var found *caller
	for _, c := range a.callers {
		if subtle.ConstantTimeCompare(digest[:], c.Digest[:]) == 1 {
			found = c
		}
	}
	return found
}

// readableQuery refuses parameters that are no UTF-8: no store could look for them.
func readableQuery(address url.URL) error {
	var fields problem.Fields
	for name, values := range address.Query() {
		for _, value := range values {
			if !utf8.ValidString(value) {
				fields.Add("query."+name, "write it in UTF-8, percent-encoded")
			}
		}
	}
	return fields.Err()
}

// guard refuses, before anything is read or asked, what the key may not do.
func (a *API) guard(scope Scope) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := callerOf(ctx.Context())
		// Where the app stands in the body, the operation asks mayFor itself.
		err := c.may(scope)
		if appID := ctx.Param("app_id"); err == nil && appID != "" {
			err = c.mayFor(appID)
		}
		if err == nil {
			err = readableQuery(ctx.URL())
		}
		var refusal *problem.Problem
		if errors.As(err, &refusal) {
			_, w := humachi.Unwrap(ctx)
			refusal.Write(w)
			return
		}
		next(ctx)
	}
}
