package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are taken below those that the kernel gives to outgoing connections (32768 and up on
// Linux), so that none of the hundreds that these processes make has taken one when a process
// that was killed is started again.
const (
	firstPort = 18000
	lastPort  = 31999
	// portTries bounds the search; a machine on which so many are taken has another trouble.
	portTries = 200
)

// ports gives each name a port once, so that a process has the same after a restart.
type ports map[string]int

// at returns the address of a name, on a port of its own.
func (p ports) at(name string) string { return net.JoinHostPort(thisMachine, strconv.Itoa(p[name])) }

// take finds a free port for each name. What is asked for is taken as it is.
func (p ports) take(ctx context.Context, asked map[string]string, names ...string) error {
	for _, name := range names {
		if err := p.takeOne(ctx, name, asked[name]); err != nil {
			return err
		}
	}
	return nil
}

func (p ports) takeOne(ctx context.Context, name, asked string) error {
	if asked != "" {
		_, text, err := net.SplitHostPort(asked)
		if err != nil {
			return err
		}
		port, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("the port of %s: %w", asked, err)
		}
		if port != 0 {
			p[name] = port
			return free(ctx, port)
		}
	}
	var err error
	for range portTries {
		port := firstPort + rand.IntN(lastPort-firstPort+1) //nolint:gosec // no secret: any free one does
		if p.given(port) {
			continue
		}
		if err = free(ctx, port); err == nil {
			p[name] = port
			return nil
		}
	}
	return fmt.Errorf("no port is free for %s: %w", name, err)
}

func (p ports) given(port int) bool {
	for _, taken := range p {
		if taken == port {
			return true
		}
	}
	return false
}

func free(ctx context.Context, port int) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(thisMachine, strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("port %d: %w", port, err)
	}
	return listener.Close()
}
