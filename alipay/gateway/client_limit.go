package gateway

import (
	"context"
	"sync"

	"golang.org/x/time/rate"
)

// DefaultRate is how many calls a second a client makes of one method. Alipay
// publishes no figure; it answers 40005 when it is too many.
const DefaultRate = 10

// Limiter holds a call back until it may go out. Wait returns an error only
// when the context ends first.
type Limiter interface {
	Wait(ctx context.Context, method string) error
}

// MethodLimiter limits every method by itself, so that polling does not starve
// the calls that move orders. It is safe for concurrent use.
type MethodLimiter struct {
	perSecond rate.Limit
	mu        sync.Mutex
	methods   map[string]*rate.Limiter
}

// NewMethodLimiter allows perSecond calls of each method, and as many at once.
func NewMethodLimiter(perSecond int) *MethodLimiter {
	return &MethodLimiter{perSecond: rate.Limit(max(perSecond, 1)), methods: make(map[string]*rate.Limiter)}
}

// Wait blocks until a call of method may go out or ctx ends.
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
