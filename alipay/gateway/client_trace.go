package gateway

import (
	"context"
	"sync"
)

// Traces are the ids by which Alipay's support finds the calls that were made with one context. A call
// that fails carries its id in its error; one that succeeds has no other place for it.
type Traces struct {
	mutex    sync.Mutex
	last     string
	byMethod map[string]string
}

type tracesKey struct{}

// WithTraces returns a context whose calls leave their ids in the traces that it returns too.
func WithTraces(ctx context.Context) (context.Context, *Traces) {
	traces := &Traces{byMethod: map[string]string{}}
	return context.WithValue(ctx, tracesKey{}, traces), traces
}

// Of returns the id of the last call of a method; of one that was not called, that of the last call at
// all, because what was asked in its place is what Alipay knows. It is "" where there was none.
func (t *Traces) Of(method string) string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if id := t.byMethod[method]; id != "" {
		return id
	}
	return t.last
}

// leaveTrace keeps the id of a call where somebody wants it.
func leaveTrace(ctx context.Context, method, id string) {
	traces, wanted := ctx.Value(tracesKey{}).(*Traces)
	if !wanted || id == "" {
		return
	}
	traces.mutex.Lock()
	defer traces.mutex.Unlock()
	traces.last, traces.byMethod[method] = id, id
}
