package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"go.temporal.io/server/common/testing/freeport"

	"miniflow/cmd/internal/loopback"
)

var (
	// ErrNotLoopback says that an address could be reached from other machines, which no flag
	// allows: nothing here asks for a key.
	ErrNotLoopback = errors.New("not a loopback address")
	// ErrInUse says that another program listens on the address, which is most often a second
	// standalone.
	ErrInUse = errors.New("the address is in use")
)

// Listen opens a TCP listener on a loopback address. An empty host or
// "localhost" means 127.0.0.1; port 0, or an empty address, any free port. flag
// is the option that errors ask to change. Errors: ErrNotLoopback, ErrInUse.
func Listen(ctx context.Context, addr, flag string) (net.Listener, error) {
	at, err := resolve(addr, flag)
	if err != nil {
		return nil, err
	}
	return listen(ctx, at, flag)
}

func listen(ctx context.Context, at netip.AddrPort, flag string) (net.Listener, error) {
	// Distinguished from other failures, because only this one is mended by another address.
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", at.String())
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w: %s; choose another with %s, or %s :0 for any free port", ErrInUse, at, flag, flag)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s (%s): %w", at, flag, err)
	}
	return l, nil
}

// reserve finds a free address for a listener that somebody else will open:
// Temporal takes ports, not listeners.
func reserve(ctx context.Context, addr, flag string) (netip.AddrPort, error) {
	at, err := resolve(addr, flag)
	if err != nil {
		return at, err
	}
	if at.Port() != 0 {
		return at, openOnce(ctx, at, flag)
	}
	// Chosen now and not by the kernel at the end: the services behind the frontend, and the UI,
	// have to be given the number before it is opened. Another program may be quicker with one.
	for range freePorts {
		at = netip.AddrPortFrom(at.Addr(), freePort())
		if err = openOnce(ctx, at, flag); !errors.Is(err, ErrInUse) {
			break
		}
	}
	return at, err
}

// freePorts is how many ports that were free a moment ago are tried.
const freePorts = 10

// openOnce reports whether a listener can be opened there.
func openOnce(ctx context.Context, at netip.AddrPort, flag string) error {
	l, err := listen(ctx, at, flag)
	if err != nil {
		return err
	}
	return l.Close()
}

// freePort leans on Temporal's own helper, which makes the kernel hold the port
// back from others for the moment until it is opened.
func freePort() uint16 {
	return uint16(freeport.MustGetFreePort()) //nolint:gosec // a TCP port fits by definition
}

// resolve reads an address and refuses what other machines could reach: nothing here asks for a key.
func resolve(addr, flag string) (netip.AddrPort, error) {
	if addr == "" {
		addr = ":0"
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%s %q is no address: %w; write it like 127.0.0.1:8233 or :0", flag, addr, err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%s %q has no valid port: %w; ports go from 0 (any free one) to 65535", flag, addr, err)
	}
	ip, ok := loopback.Address(host)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("%s %q: %w; the standalone has no authentication and stays on 127.0.0.1 (for more than one machine, run `miniflow serve` against a Temporal cluster)", flag, addr, ErrNotLoopback)
	}
	return netip.AddrPortFrom(ip, uint16(n)), nil
}
