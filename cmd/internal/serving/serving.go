// Package serving runs an HTTP server until its program is told to end. It is shared because
// shutting down in the wrong order loses requests.
package serving

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Serve serves until the context ends, then lets what is in flight finish. What has not
// finished within patience is an error that wraps [context.DeadlineExceeded], so that a tool
// can ignore it.
func Serve(ctx context.Context, server *http.Server, listener net.Listener, patience time.Duration) error {
	// Room for one, so that the goroutine ends also where nobody reads it any more.
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	// The context has ended already; what is left to do needs one of its own.
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		return fmt.Errorf("let requests finish: %w", err)
	}
	return nil
}
