package channel

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// hardened copies a transport, or makes one, for both requests: TLS verified with the host's
// name, HTTP/1.1 because only that can be upgraded, a bound on headers, no compression and no
// connection kept for later.
func hardened(given *http.Transport, dial time.Duration) *http.Transport {
	if given == nil {
		given = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	safe := given.Clone()
	if safe.TLSClientConfig == nil {
		safe.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	safe.TLSClientConfig.MinVersion = max(safe.TLSClientConfig.MinVersion, tls.VersionTLS12)
	safe.TLSClientConfig.NextProtos = nil
	safe.TLSNextProto = nil
	safe.ForceAttemptHTTP2 = false
	safe.Protocols = new(http.Protocols)
	safe.Protocols.SetHTTP1(true)
	safe.DisableCompression = true
	safe.DisableKeepAlives = true
	safe.MaxResponseHeaderBytes = 64 << 10
	connect := safe.DialContext
	if connect == nil {
		connect = new(net.Dialer).DialContext
	}
	safe.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, done := context.WithTimeout(ctx, dial)
		defer done()
		return connect(ctx, network, address)
	}
	return safe
}

// sameAddressOnly returns a client that does not follow redirects, because the protocol
// defines none and a signed address must not go elsewhere.
func sameAddressOnly(through http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     through,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// dial opens the connection of a grant. The scheme follows from the configured one, so that
// no answer can downgrade wss to ws.
func (c *Client) dial(ctx context.Context, g grant) (*link, error) {
	ctx, done := context.WithTimeout(ctx, c.config.Timeouts.Handshake)
	defer done()
	scheme := "wss"
	if c.base.Scheme == "http" {
		scheme = "ws"
	}
	address, err := c.signedURL(scheme, "/websocket", map[string]string{paramLinkToken: g.linkToken})
	if err != nil {
		return nil, &Error{Step: StepHandshake, Cause: CauseUnreachable, err: err}
	}
	header := c.header()
	if g.zone != "" {
		header.Set("Cookie", "zone="+g.zone+";")
	}
	l := &link{raw: newRawConn(c.transport), write: c.config.Timeouts.Write}
	l.conn, err = open(ctx, address, &websocket.DialOptions{
		HTTPClient:      sameAddressOnly(l.raw),
		HTTPHeader:      header,
		CompressionMode: websocket.CompressionDisabled,
		OnPongReceived:  func(context.Context, []byte) { l.sawPong() },
	})
	if err != nil {
		return nil, err
	}
	l.conn.SetReadLimit(c.config.ReadLimit)
	return l, nil
}

// open makes the handshake. The library's error for a bad answer quotes that answer and, with
// the address, our link_token, so it is replaced.
func open(ctx context.Context, address string, options *websocket.DialOptions) (*websocket.Conn, error) {
	conn, response, err := websocket.Dial(ctx, address, options) //nolint:bodyclose // the library closes it
	switch {
	case err == nil:
		return conn, nil
	case response == nil:
		return nil, unreached(StepHandshake, err)
	case response.StatusCode != http.StatusSwitchingProtocols:
		return nil, &Error{Step: StepHandshake, Cause: CauseRefused, Status: response.StatusCode}
	default:
		return nil, &Error{Step: StepHandshake, Cause: CauseMalformed,
			err: errors.New("the answer switches to something else than a bare WebSocket")}
	}
}
