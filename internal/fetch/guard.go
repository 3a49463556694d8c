package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

const (
	connectTimeout = 5 * time.Second
	headerTimeout  = 15 * time.Second
	headerBytes    = 64 << 10
)

// Guard decides which addresses may be connected to. The zero value is not usable, because it
// has no check; make one with [NewGuard].
type Guard struct {
	// Resolver resolves names; nil means the system's. Tests set it to play a rebinding
	// attacker.
	Resolver *net.Resolver
	// RootCAs verify certificates; nil means the system's set. An ISV's internal servers may
	// have an authority of their own.
	RootCAs *x509.CertPool
	// At maps a host with a port of the allow-list to the address that is dialled, such as
	// "files.internal:80" to "127.0.0.1:40123"; without an entry the name itself is dialled.
	// Stored URLs then contain no address that may change.
	At map[string]string

	check func(network, address string, raw syscall.RawConn) error
	hosts map[string]bool
}

// NewGuard reads an allow-list. Each entry is a network ("10.20.0.0/16"), one address
// ("10.20.0.7"), or a host with a port ("files.internal:9000") that may be connected to
// wherever the name leads. An empty list allows public addresses, on any port. The error
// names every unreadable entry.
func NewGuard(allow []string) (*Guard, error) {
	var v4, v6 []netip.Prefix
	var problems []error
	hosts := map[string]bool{}
	for _, entry := range allow {
		prefix, err := parsePrefix(entry)
		switch {
		case err == nil && prefix.Addr().Is4():
			v4 = append(v4, prefix)
		case err == nil:
			v6 = append(v6, prefix)
		case isHostPort(entry):
			hosts[strings.ToLower(entry)] = true
		default:
			problems = append(problems, fmt.Errorf("%q is neither a network such as 10.20.0.0/16 nor a host with a port such as files.internal:9000", entry))
		}
	}
	guardian := ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))
	return &Guard{check: guardian.Safe, hosts: hosts}, errors.Join(problems...)
}

func parsePrefix(entry string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(entry); err == nil {
		return addr.Unmap().Prefix(addr.Unmap().BitLen())
	}
	return netip.ParsePrefix(entry)
}

func isHostPort(entry string) bool {
	host, port, err := net.SplitHostPort(entry)
	if err != nil || host == "" || strings.ContainsAny(host, "/*@ ") {
		return false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err == nil && number > 0
}

// dial connects under the guard. The check runs on the numeric address that the socket is
// about to connect to, for each address of a name, because a name may resolve differently
// each time.
func (g *Guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: connectTimeout, Resolver: g.Resolver}
	if name := strings.ToLower(address); g.hosts[name] {
		if at, elsewhere := g.At[name]; elsewhere {
			address = at
		}
	} else {
		if host, _, err := net.SplitHostPort(address); err != nil || disguised(host) {
			return nil, fmt.Errorf("%w: an IP address is written in its usual form", ErrForbiddenAddress)
		}
		dialer.Control = g.check
	}
	return dialer.DialContext(ctx, network, address)
}

// Judge checks an http or https URL as far as possible before any name is resolved: a literal
// address that is not public is an [ErrForbiddenAddress]. Nil is not a permission, since a
// name may lead anywhere; the dial decides.
func (g *Guard) Judge(rawURL string) error {
	parsed, err := url.Parse(rawURL)
	if err != nil || parsed.Hostname() == "" {
		return fmt.Errorf("%w: the url names no host", ErrBadReference)
	}
	port := cmp.Or(parsed.Port(), map[string]string{"https": "443"}[parsed.Scheme], "80")
	hostPort := net.JoinHostPort(parsed.Hostname(), port)
	host := strings.TrimSuffix(strings.ToLower(parsed.Hostname()), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		host = "127.0.0.1" // RFC 6761 reserves these names for loopback, so they can be refused without DNS
	}
	network := "tcp4"
	addr, err := netip.ParseAddr(host)
	switch {
	case g.hosts[strings.ToLower(hostPort)]:
		return nil
	case disguised(parsed.Hostname()):
		return fmt.Errorf("%w: an IP address is written in its usual form", ErrForbiddenAddress)
	case err != nil:
		return nil
	case addr.Is6():
		network = "tcp6"
	}
	if err := g.check(network, net.JoinHostPort(host, port), nil); err != nil {
		return fmt.Errorf("%w: %s is inside a network that is not public and is refused; list it, such as %q, under files.allow if that is meant",
			ErrForbiddenAddress, parsed.Hostname(), hostPort)
	}
	return nil
}

// disguised reports whether a host is an IPv4 address in one of the forms that some resolvers
// read and others do not (2130706433, 0177.0.0.1, 0x7f.1, 127.1). A host that ends in a
// number is an address (WHATWG URL, "ends in a number checker"), and only its usual form is
// accepted here.
func disguised(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if digits, hex := strings.CutPrefix(last, "0x"); hex {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// Client returns an HTTP client under the guard, for files and for webhooks: TLS 1.2 or
// newer, no proxy, no redirects (a 3xx is the answer), no transparent decompression, so that
// a limit on bytes holds. timeout bounds the whole exchange.
func (g *Guard) Client(timeout time.Duration) *http.Client {
	transport := &http.Transport{
		DialContext:            g.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: g.RootCAs},
		TLSHandshakeTimeout:    connectTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: headerBytes,
		IdleConnTimeout:        time.Minute,
		MaxIdleConnsPerHost:    4,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
	return &http.Client{
		Transport:     transport,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
