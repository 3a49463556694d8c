package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
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
	// APIScopeAudit allows reading who did what. It is separate because it is about people.
	APIScopeAudit Scope = "audit"
)

// Scopes returns every scope, so that a test's key can have all of them.
func Scopes() []Scope { return []Scope{APIScopeRead, APIScopeWrite, APIScopeToken, APIScopeAudit} }

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
	// Merchants bounds the key as [Caller] does a person; nil means all.
	Merchants []string
	// Backend marks the key of a backend, which knows its people: X-Actor counts from such a key alone.
	Backend bool
}

type callerKey struct{}

// callerOf returns who asks, as authenticate found. It is never nil on a route behind
// authenticate, so handlers don't check.
func callerOf(ctx context.Context) *caller {
	c, _ := ctx.Value(callerKey{}).(*caller)
	return c
}

// authenticate refuses requests of nobody known, and those of a caller above its rate limit,
// before anything is read.
func (a *API) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := a.whoAsks(r)
		if c == nil {
			problem.Of(problem.KeyUnknown).Write(w)
			return
		}
		recordOf(r.Context()).key = c.name
		now := a.config.Now()
		permit := c.limiter.ReserveN(now, 1)
		if wait := permit.DelayFrom(now); wait > 0 {
			permit.CancelAt(now) // a refused call must not delay the next one
			c.tooOften(a.config.RequestsPerSecond).After(wait).Write(w)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

func (c *caller) tooOften(rate float64) *problem.Problem {
	if c.person {
		return problem.New(problem.TooManyRequests, "you have called more than %v times a second; try again after Retry-After", rate)
	}
	return problem.New(problem.TooManyRequests, "this key has called more than %v times a second; try again after Retry-After", rate)
}

// whoAsks returns the person of the request's context, else the caller of its key.
func (a *API) whoAsks(r *http.Request) *caller {
	if person, ok := r.Context().Value(personKey{}).(Caller); ok {
		return a.persons.caller(person, &a.config)
	}
	return a.find(r.Header.Values("Authorization"))
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
		if subtle.ConstantTimeCompare(digest[:], c.secret) == 1 {
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

// guard refuses what the caller may not do before anything is read or queried, so that a refusal
// reveals nothing.
func (a *API) guard(operationID string, scope Scope) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := callerOf(ctx.Context())
		a.beginTrail(ctx, operationID)
		// Where the body names the app, the operation calls mayFor itself, because the body
		// is not read yet.
		err := c.may(operationID, scope)
		if appID := ctx.Param("app_id"); err == nil && appID != "" {
			err = c.mayFor(appID)
		}
		if err == nil {
			err = c.mayName(ctx.Header("X-Actor"))
		}
		if err == nil {
			err = readableQuery(ctx.URL())
		}
		if err == nil {
			err = a.withinMerchants(ctx, operationID)
		}
		var refusal *problem.Problem
		if errors.As(err, &refusal) {
			_, w := humachi.Unwrap(ctx)
			recordOf(ctx.Context()).kind = kindOf(refusal)
			a.endTrail(ctx, refusal.Status)
			refusal.Write(w)
			return
		}
		a.noteBefore(ctx)
		defer func() { a.endTrail(ctx, ctx.Status()) }()
		next(ctx)
	}
}
