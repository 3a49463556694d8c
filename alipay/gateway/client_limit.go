package gateway

import (
	"context"
	"sync"

	"golang.org/x/time/rate"
)

// DefaultRate is how many calls a second a client makes of one method. Alipay publishes no
// limit; it answers 40005 above it.
const DefaultRate = 10

// Limiter delays a call until it may be sent. Wait returns an error only when the context
// ends first.
type Limiter interface {
	Wait(ctx context.Context, method string) error
}

// MethodLimiter limits every method separately, so that polling does not starve the calls
// that advance orders. It is safe for concurrent use.
type MethodLimiter struct {
	perSecond rate.Limit
	mu        sync.Mutex
	methods   map[string]*rate.Limiter
}

// NewMethodLimiter returns a limiter that allows perSecond calls of each method, and a burst
// of as many, because orders come in waves.
func NewMethodLimiter(perSecond int) *MethodLimiter {
	return &MethodLimiter{perSecond: rate.Limit(max(perSecond, 1)), methods: make(map[string]*rate.Limiter)}
}

// Wait blocks until a call of method may go out or ctx ends; without a limit here Alipay would
// answer 40005 to every order of the application.
func (l *MethodLimiter) Wait(ctx context.Context, method string) error {
	return l.of(method).Wait(ctx)
}

func (l *MethodLimiter) of(method string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter, known := l.methods[method]
	if !known {
		limiter = rate.NewLimiter(l.perSecond, int(l.perSecond))
		l.methods[method] = limiter
	}
	return limiter
}
