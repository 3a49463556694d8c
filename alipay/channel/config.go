package channel

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"time"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// URLProduction is the default, so that a configuration names an address only for the sandbox
// or a proxy.
const URLProduction = "https://openchannel.alipay.com"

// Config is what a [Client] needs. Fields without "Required" have defaults, so that a process
// sets only what it knows better.
type Config struct {
	// AppID is required, because both requests carry and sign it.
	AppID string
	// URL is the base that /websocket/register.do and /websocket are appended to; empty means
	// [URLProduction]. http, and with it ws, is refused beyond loopback unless AllowPlainHTTP
	// is set: without TLS anybody on the path can replay genuine messages under new ids.
	URL            string
	AllowPlainHTTP bool

	// PrivateKey is the application's own key, SM2 or RSA of 2048 bits or more. Both requests are
	// signed with it, and its algorithm is the one that frames have to be signed with. Required.
	PrivateKey keys.PrivateKey
	// Verifier verifies messages; it has to know AppID. Required, because nothing is accepted
	// unverified. See [Client.Trust] for changed keys.
	Verifier *notify.Verifier
	// AlipayKey returns the keys that the register answer is verified with, as in
	// [gateway.Config]: certSN is the answer's alipay_cert_sn, empty in public-key mode; an
	// empty result means that the certificate is unknown. Required.
	AlipayKey func(certSN string) []keys.PublicKey
	// AppCertSN and AlipayRootCertSN enable certificate mode; set both or neither, because
	// Alipay refuses one without the other.
	AppCertSN, AlipayRootCertSN string

	// Charset is the encoding of frames; empty means [UTF8]. It is part of the registration,
	// so it can't change while connected.
	Charset Charset
	// SDKVersion is sent to Alipay, which may one day require an official one; empty means
	// [DefaultSDKVersion].
	SDKVersion string

	// Handle handles a verified message. Nil means that the message is stored safely and may
	// be acknowledged. It is called from up to Concurrency goroutines at once, its context
	// ends after Timeouts.Handle, and it must return then, because its place is free only
	// after that. A panic counts as an error. Unreadable content comes with ContentError set,
	// see [notify.Notification]. Required.
	Handle func(context.Context, *notify.Notification) error
	// Concurrency is how many messages are handled at once. While all places are taken
	// nothing is read, so that TCP slows the sender down.
	Concurrency int
	// ReadLimit is the largest frame, in bytes. A larger one ends the connection, because the
	// rest of it can't be skipped safely.
	ReadLimit int64

	// The official client has no limit for most of these, which is how it falls silent.
	Timeouts  Timeouts
	PingEvery time.Duration
	// Silence is how long a pong may be missing before the connection is given up. Time in
	// which nothing was read because every place was taken does not count. At least twice
	// PingEvery.
	Silence time.Duration
	// Idle is how long no frame may arrive before the connection is replaced: a server may
	// keep answering pings on a connection that it no longer sends messages to. Longer than
	// Timeouts.Handle.
	Idle    time.Duration
	Backoff Backoff

	// Transport makes connections: its dialer, proxy and trusted roots are used. It is
	// copied, because the copy uses HTTP/1.1 only, follows no redirects and keeps no
	// connections. Nil means the proxy of the environment and the roots of the system.
	Transport *http.Transport
	// Now is the clock of the timestamps sent to Alipay. Time-outs use Go's monotonic clock,
	// which can't be set back.
	Now func() time.Time
	// Rand is the source of nonces, jitter and missing stream ids; nil means the system's.
	// Tests pass their own to make waits predictable.
	Rand io.Reader
	// Log receives lines about connections; nil means no logging. Messages are not logged
	// here, because Handle and Observe see each of them.
	Log *slog.Logger
	// Observe, if set, is called for connections and frames as they happen. It is called from
	// several goroutines and must not block.
	Observe func(context.Context, Event)
}

// Timeouts bound the steps, because the official client hangs in each of them; zero means the
// default given for each.
type Timeouts struct {
	Dial      time.Duration // 5 s: TCP, for each of the two requests
	Register  time.Duration // 10 s: the whole request, its connection included
	Handshake time.Duration // 10 s: the whole upgrade, its connection included
	Frame     time.Duration // 10 s: from a frame's header to its last byte
	Handle    time.Duration // 10 s: for Handle before FAIL is answered
	Write     time.Duration // 5 s: one ack or ping; then the connection is given up
	Close     time.Duration // 2 s: for the other side to answer our close frame
}

// Backoff spaces attempts to connect, so that an unreachable server isn't flooded: the nth in
// a row waits between half of Min·2ⁿ and all of it, never above Max. A connection that lasted
// for Stable ends the row. Zeros mean 500 ms, 15 s and 3 s.
type Backoff struct{ Min, Max, Stable time.Duration }

func (c *Config) fillDefaults() {
	c.URL = cmp.Or(c.URL, URLProduction)
	c.Charset = cmp.Or(c.Charset, UTF8)
	c.SDKVersion = cmp.Or(c.SDKVersion, DefaultSDKVersion)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	positive(&c.Concurrency, DefaultConcurrency)
	positive(&c.ReadLimit, DefaultReadLimit)
	positive(&c.PingEvery, DefaultPingEvery)
	positive(&c.Silence, max(DefaultSilence, 2*c.PingEvery))
	positive(&c.Timeouts.Dial, 5*time.Second)
	positive(&c.Timeouts.Register, 10*time.Second)
	positive(&c.Timeouts.Handshake, 10*time.Second)
	positive(&c.Timeouts.Frame, 10*time.Second)
	positive(&c.Timeouts.Handle, 10*time.Second)
	positive(&c.Idle, max(DefaultIdle, 2*c.Timeouts.Handle))
	positive(&c.Timeouts.Write, 5*time.Second)
	positive(&c.Timeouts.Close, 2*time.Second)
	positive(&c.Backoff.Min, 500*time.Millisecond)
	positive(&c.Backoff.Max, 15*time.Second)
	positive(&c.Backoff.Stable, 3*time.Second)
}

func positive[N int | int64 | time.Duration](field *N, otherwise N) {
	if *field <= 0 {
		*field = otherwise
	}
}
