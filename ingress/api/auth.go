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

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"golang.org/x/time/rate"

	"miniflow/ingress/api/problem"
)

// Scope is what a key may do. There are few, so that an operator can judge them.
type Scope string

const (
	// APIScopeRead allows every GET, because none of them changes anything or shows a token.
	APIScopeRead Scope = "read"
	// APIScopeWrite allows starting orders and sending them commands. It doesn't include
	// tokens, because a backend rarely needs those.
	APIScopeWrite Scope = "write"
	// APIScopeToken allows importing and reading a merchant's app_auth_token. It is separate
	// because a token acts outside of Miniflow too.
	APIScopeToken Scope = "token"
)

// Scopes returns every scope, so that a test's key can have all of them.
func Scopes() []Scope { return []Scope{APIScopeRead, APIScopeWrite, APIScopeToken} }

// Key is one bearer key. Only its hash is stored, so that a leaked configuration grants no
// access.
type Key struct {
	// Name identifies the owner, in logs and, without X-Actor, on the timeline of orders,
	// because a digest tells nobody who it was.
	Name string
	// Digest is the SHA-256 of the key. Keys are random, so an unsalted hash is enough.
	Digest [sha256.Size]byte
	// Apps are the app ids that the key may act for; "*" means every configured one, also
	// those added later.
	Apps   []string
	Scopes []Scope
}

type caller struct {
	Key
	limiter *rate.Limiter
	// apps are the configured apps that the key may act for, sorted so that equal rights make
	// equal queries.
	apps []string
}

// may names the scope in its refusal, so that an operator knows which key to use.
func (c *caller) may(scope Scope) error {
	if slices.Contains(c.Scopes, scope) {
		return nil
	}
	return problem.New(problem.ScopeMissing, "this key has no scope %q; use a key that has it, or add it under api_keys", scope)
}

// mayFor returns a problem unless the key may act for the app. A key of other apps gets the
// same answer for an app that is not configured and for one that belongs to somebody else, so
// that it can't probe for apps.
func (c *caller) mayFor(appID string) error {
	switch {
	case slices.Contains(c.apps, appID):
		return nil
	case slices.Contains(c.Apps, "*"):
		return problem.Of(problem.AppUnknown)
	default:
		return problem.Of(problem.AppForbidden)
	}
}

// newCallers prepares the keys and refuses those that would open the API to everybody.
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

// callerOf returns the key that authenticate accepted. It is never nil on a route behind
// authenticate, so handlers don't check.
func callerOf(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// authenticate refuses requests without a known key, and those of a key above its rate limit,
// before anything is read.
func (a *API) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := a.find(r.Header.Values("Authorization"))
		if c == nil {
			problem.Of(problem.KeyUnknown).Write(w)
			return
		}
		recordOf(r.Context()).key = c.Name
		now := a.config.Now()
		permit := c.limiter.ReserveN(now, 1)
		if wait := permit.DelayFrom(now); wait > 0 {
			permit.CancelAt(now) // a refused call must not delay the next one
			problem.New(problem.TooManyRequests, "this key has called more than %v times a second; try again after Retry-After",
				a.config.RequestsPerSecond).After(wait).Write(w)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

// find compares with every key in constant time, so that the duration of an answer doesn't
// reveal which key was nearly right.
func (a *API) find(headers []string) *caller {
	if len(headers) != 1 {
		return nil // two keys would be ambiguous
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

// readableQuery refuses parameters that are not UTF-8, because no store could look for them.
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

// guard refuses what the key may not do before anything is read or queried, so that a refusal
// reveals nothing.
func (a *API) guard(scope Scope) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := callerOf(ctx.Context())
		// Where the body names the app, the operation calls mayFor itself, because the body
		// is not read yet.
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
