package command

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"miniflow/cmd/internal/serving"
)

// ListenLoopback opens an address of this machine. What listens there asks
// nobody for a key, so no other machine may reach it.
func ListenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, Usagef("--listen %q is no address: %w; write it like 127.0.0.1:8090 or 127.0.0.1:0", address, err)
	}
	if !loopbackHost(host) {
		return nil, Usagef("--listen %q is no address of this machine alone; use 127.0.0.1, and a tunnel if another machine has to reach it", address)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another with --listen", address, err)
	}
	return listener, nil
}

// loopbackHost reports whether a host is this machine. Names other than localhost are not looked
// up: what they lead to may change afterwards.
func loopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// CheckHost refuses requests for another host's name: a web page can make a
// browser on this machine call any port here, but only under the page's own name.
func CheckHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !loopbackHost(host) {
			http.Error(w, "this server answers to 127.0.0.1 and localhost only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// closeWithin is how long requests may take to finish when the process ends. A person has
// pressed ctrl-c and waits.
const closeWithin = 5 * time.Second

// ServeUntil serves until the context ends. A request that is still under way is not
// an error: a tool that a person ends may cut it.
func ServeUntil(ctx context.Context, listener net.Listener, handler http.Handler) error {
	err := serving.Serve(ctx, &http.Server{Handler: handler, ReadHeaderTimeout: closeWithin}, listener, closeWithin)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}
