package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"miniflow/cmd/internal/loopback"
	"miniflow/cmd/internal/serving"
)

// ListenLoopback opens an address of this machine. What listens there asks
// nobody for a key, so no other machine may reach it.
func ListenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, Usagef("--listen %q is no address: %w; write it like 127.0.0.1:8090 or 127.0.0.1:0", address, err)
	}
	// Without a host a listener is open to every machine.
	if _, local := loopback.Address(host); !local || host == "" {
		return nil, Usagef("--listen %q is no address of this machine alone; use 127.0.0.1, and a tunnel if another machine has to reach it", address)
	}
	var config net.ListenConfig
	// A port in use is a failure and not a usage error: the same command may work a minute later.
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another with --listen", address, err)
	}
	return listener, nil
}

// closeWithin is how long requests may take to finish when the process ends. A person has
// pressed ctrl-c and waits.
const closeWithin = 5 * time.Second

// ServeUntil serves until the context ends. A request that is still under way is not
// an error: a tool that a person ends may cut it.
func ServeUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	// A sender that never ends its header would otherwise hold a connection for ever.
	err := serving.Serve(ctx, &http.Server{Handler: handler, ReadHeaderTimeout: closeWithin}, listener, closeWithin)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
