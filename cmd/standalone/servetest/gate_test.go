package servetest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
)

// gate is a way to Temporal that can be shut: what was connected is cut, and what connects is
// cut at once.
type gate struct {
	listener net.Listener
	to       string

	mu     sync.Mutex
	closed bool
	open   map[net.Conn]bool
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	var listening net.ListenConfig
	listener, err := listening.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	g := &gate{listener: listener, to: to, open: map[net.Conn]bool{}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var all sync.WaitGroup
	all.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { g.carry(ctx, connection) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		g.shut(true)
		all.Wait()
	})
	return g
}

func (g *gate) address() string { return g.listener.Addr().String() }

// shut shuts the gate or opens it.
func (g *gate) shut(closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = closed
	if closed {
		for connection := range g.open {
			_ = connection.Close()
		}
	}
}

// enter adds a connection, and refuses it while the gate is shut.
func (g *gate) enter(connections ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, connection := range connections {
		if g.closed {
			_ = connection.Close()
			continue
		}
		g.open[connection] = true
	}
	return !g.closed
}

func (g *gate) carry(ctx context.Context, from net.Conn) {
	to, err := (&net.Dialer{}).DialContext(ctx, "tcp", g.to)
	if err != nil {
		_ = from.Close()
		return
	}
	if !g.enter(from, to) {
		return
	}
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1]) // ends with either end
			_ = way[0].Close()
			_ = way[1].Close()
		})
	}
	both.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, from)
	delete(g.open, to)
}
