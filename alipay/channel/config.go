package channel

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"log/slog"
	"net/http"
	"time"

	"miniflow/alipay/notify"
)

// The open channel's addresses.
const (
	URLProduction = "https://openchannel.alipay.com"
	URLSandbox    = "https://openchannel-sandbox.dl.alipaydev.com"
)

// Config is what a [Client] needs. Fields without "required" have defaults.
type Config struct {
	// AppID is the application's id. Required.
	AppID string
	// URL is the base that /websocket/register.do and /websocket are added to;
	// empty means [URLProduction]. http, and with it ws, is refused beyond
	// loopback unless AllowPlainHTTP is set: without TLS anybody on the way can
	// replay genuine messages under new ids.
	URL            string
	AllowPlainHTTP bool

	// PrivateKey is the application's own key, 2048 bits or more. Required.
	PrivateKey *rsa.PrivateKey
	// Verifier verifies messages; it has to know AppID. Required. See
	// [Client.Trust] for changed keys.
	Verifier *notify.Verifier
	// AlipayKey gives the keys that the register answer is verified with, as in
	// [gateway.ClientConfig]: certSN is the answer's alipay_cert_sn, empty in
	// public-key mode; no key means that the certificate is not known. Required.
	AlipayKey func(certSN string) []*rsa.PublicKey
	// AppCertSN and AlipayRootCertSN switch certificate mode on; both or none.
	AppCertSN, AlipayRootCertSN string

	// Charset is what frames are written in; empty means [UTF8].
	Charset Charset
	// SDKVersion is told to Alipay; empty means [DefaultSDKVersion].
	SDKVersion string

	// Handle takes a verified message; nil means that it is safely kept and may
	// be acknowledged. It is called from up to Concurrency goroutines at once, its
	// context ends after Timeouts.Handle, and it must return then: its place is
	// free only after that. A panic counts as an error. Content that can't be read
	// comes with ContentError set, see [notify.Notification]. Required.
	Handle func(context.Context, *notify.Notification) error
	// Concurrency is how many messages are in hand at once. While all places are
	// taken nothing more is read.
	Concurrency int
	// ReadLimit is the largest frame, in bytes. A larger one ends the connection.
	ReadLimit int64

	// Timeouts bound the steps, PingEvery, Silence and Idle watch over the
	// connection, Backoff spaces the attempts.
	Timeouts  Timeouts
	PingEvery time.Duration
	// Silence is how long no pong may come before the connection is given up.
	// The time in which nothing was read because every place was taken is not
	// counted. At least twice PingEvery.
	Silence time.Duration
	// Idle is how long no frame may come before the connection is exchanged for a
	// fresh one: a server may go on answering pings over a connection that it no
	// longer sends messages to. Longer than Timeouts.Handle.
	Idle    time.Duration
	Backoff Backoff

	// Transport is where connections are made: its dialer, proxy and roots of
	// trust are used. It is copied, and the copy speaks HTTP/1.1 only, follows no
	// redirects and keeps no connections. Nil means the proxy of the environment
	// and the roots of the system.
	Transport *http.Transport
	// Now is the clock of the timestamps that Alipay sees. Waiting and watching
	// are measured on Go's monotonic clock, which nobody can set back.
	Now func() time.Time
	// Rand is where nonces, jitter and missing stream ids come from; nil means
	// the system's.
	Rand io.Reader
	// Log is told about connections; nil means nothing is logged. Messages are
	// not logged here, Handle and Observe see every one.
	Log *slog.Logger
	// Observe, if set, is told about connections and frames as they happen. It
	// is called from several goroutines and must not block.
	Observe func(context.Context, Event)
}

// Timeouts bound the steps; zero means the default beside it.
type Timeouts struct {
	Dial      time.Duration // 5 s: TCP, for each of the two requests
	Register  time.Duration // 10 s: the whole request, its connection included
	Handshake time.Duration // 10 s: the whole upgrade, its connection included
	Frame     time.Duration // 10 s: from a frame's header to its last byte
	Handle    time.Duration // 10 s: what Handle may take before FAIL is answered
	Write     time.Duration // 5 s: one ack or ping; then the connection is given up
	Close     time.Duration // 2 s: for the other side to answer our goodbye
}

// Backoff spaces attempts to connect: the nth in a row waits between half of
// Min·2ⁿ and all of it, never above Max. A connection that held for Stable ends
// the row. Zeros mean 500 ms, 15 s and 3 s.
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

// positive replaces what was left out.
func positive[N int | int64 | time.Duration](field *N, otherwise N) {
	if *field <= 0 {
		*field = otherwise
	}
}
