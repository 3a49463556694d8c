package api

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/time/rate"

	"miniflow/ingress/api/problem"
)

// Caller is a person who asks, in place of a key: whoever calls [API.ServeHTTP] within this process
// has found out who it is, and says so with [As].
type Caller struct {
	// Name is the actor on timelines and in the audit log.
	Name string
	// Role is what the person is here, for sentences and the audit log; Operations decides.
	Role string
	// Address is where the person is, for the audit log.
	Address string
	// Apps are the app ids that the person may see; "*" means every configured one.
	Apps []string
	// Merchants bounds the person to the orders of some merchants: a merchant_ref, or the beginning
	// of several and a *; nil means all.
	Merchants []string
	// Operations reports whether the person may call an operation, by its id in the description;
	// nil forbids all, because no default would be safe.
	Operations func(operationID string) bool
	// Who names, for a refusal, the roles that may call an operation; nil names none.
	Who func(operationID string) string
	// Reveals allows people's data to be read with reveal=true, which is recorded.
	Reveals bool
}

type personKey struct{}

// As returns a context whose requests to the API are the person's: they need no key, and none counts.
func As(ctx context.Context, person Caller) context.Context {
	return context.WithValue(ctx, personKey{}, person)
}

// caller is who asks: a backend with its key, or a person.
type caller struct {
	name, role, address string
	// apps are the configured apps that the caller may act for, sorted so that equal rights make
	// equal queries; every is whether those added later are meant too.
	apps      []string
	every     bool
	merchants merchants
	// backend is whether the caller may name the person who acts.
	backend bool
	// may refuses an operation that the caller's scopes or role do not have.
	may func(operationID string, scope Scope) error
	// reveals is whether the caller may see people's data; a key that may sees it always.
	reveals, person bool
	// secret makes digests of what this caller sends that nobody can guess the source of.
	secret  []byte
	limiter *rate.Limiter
}

// mayFor returns a problem unless the caller may act for the app. One of other apps gets the
// same answer for an app that is not configured and for one that belongs to somebody else, so
// that it can't probe for apps.
func (c *caller) mayFor(appID string) error {
	switch {
	case slices.Contains(c.apps, appID):
		return nil
	case c.every:
		return problem.Of(problem.AppUnknown)
	default:
		return problem.Of(problem.AppForbidden)
	}
}

// mayName refuses an actor from anybody but a backend, which knows its people: a person who is logged
// in is the actor, and any other key acts in its own name.
func (c *caller) mayName(actor string) error {
	switch {
	case actor == "" || c.backend:
		return nil
	case c.person:
		return problem.Bad("header.X-Actor", "leave it out: the actor is the person who is logged in")
	}
	return problem.Bad("header.X-Actor", "leave it out, or have backend: true set for this key under api_keys: only a backend's key names who acts, any other acts in its own name")
}

// actorOf returns who acts: whom a backend names, else the caller.
func actorOf(ctx context.Context, named string) string { return cmp.Or(named, callerOf(ctx).name) }

// has names the scope in its refusal, so that an operator knows which key to use.
func (k Key) has(_ string, scope Scope) error {
	if slices.Contains(k.Scopes, scope) {
		return nil
	}
	return problem.New(problem.ScopeMissing, "this key has no scope %q; use a key that has it, or add it under api_keys", scope)
}

// has names the role in its refusal and who has what it lacks, so that the person knows whom to ask.
func (p Caller) has(operationID string, _ Scope) error {
	if p.Operations != nil && p.Operations(operationID) {
		return nil
	}
	if p.Who != nil {
		if who := p.Who(operationID); who != "" {
			return problem.New(problem.RoleForbidden, "the role %s may not do this; ask somebody with one of the roles %s", p.Role, who)
		}
	}
	return problem.New(problem.RoleForbidden, "the role %s may not do this; ask whoever gives roles out here", p.Role)
}

// keyCallers prepares the keys and refuses those that would open the API to everybody.
func keyCallers(config Config) ([]*caller, error) {
	var callers []*caller
	for _, key := range config.Keys {
		switch {
		case key.Name == "":
			return nil, errors.New("an API key has no name; give every key one")
		case key.Digest == [sha256.Size]byte{} || key.Digest == sha256.Sum256(nil):
			return nil, fmt.Errorf("the API key %q is empty; give it the SHA-256 of a key", key.Name)
		}
		apps, every := config.appsOf(key.Apps)
		callers = append(callers, &caller{
			name: key.Name, apps: apps, every: every, merchants: merchantsOf(key.Merchants), backend: key.Backend, may: key.has, reveals: slices.Contains(key.Scopes, APIScopeToken),
			secret: key.Digest[:], limiter: config.limiter(),
		})
	}
	return callers, nil
}

func (c *Config) appsOf(granted []string) (apps []string, every bool) {
	every = slices.Contains(granted, "*")
	for _, app := range c.Apps {
		if every || slices.Contains(granted, app.ID) {
			apps = append(apps, app.ID)
		}
	}
	slices.Sort(apps)
	return apps, every
}

func (c *Config) limiter() *rate.Limiter {
	return rate.NewLimiter(rate.Limit(c.RequestsPerSecond), max(1, int(c.RequestsPerSecond)))
}

// persons are the people who have asked: what is kept of them is only how often.
type persons struct {
	mutex    sync.Mutex
	limiters map[string]*rate.Limiter
	secret   []byte
}

// maxPeople bounds the limiters that are kept; beyond it all begin anew, which lets nobody do much.
const maxPeople = 1000

// newPersons derives people's secret from those of the keys, because a restart must not change it.
func newPersons(config Config) *persons {
	hash := sha256.New()
	for _, key := range config.Keys {
		hash.Write(key.Digest[:])
	}
	return &persons{limiters: map[string]*rate.Limiter{}, secret: hash.Sum(nil)}
}

// caller returns the person as a caller of this configuration.
func (p *persons) caller(person Caller, config *Config) *caller {
	apps, every := config.appsOf(person.Apps)
	own := hmac.New(sha256.New, p.secret)
	own.Write([]byte(person.Name))
	return &caller{
		name: person.Name, role: person.Role, address: person.Address, apps: apps, every: every,
		merchants: merchantsOf(person.Merchants), may: person.has, reveals: person.Reveals, person: true, secret: own.Sum(nil), limiter: p.limiterOf(person.Name, config),
	}
}

func (p *persons) limiterOf(name string, config *Config) *rate.Limiter {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	limiter := p.limiters[name]
	if limiter == nil {
		if len(p.limiters) >= maxPeople {
			clear(p.limiters)
		}
		limiter = config.limiter()
		p.limiters[name] = limiter
	}
	return limiter
}
