package alipaysim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// Limits of the real platform, or of the simulator where none is published.
const (
	// defaultTimestampWindow is how far a request's timestamp may be from the
	// gateway's clock. The width is not published; skews of ten minutes work.
	defaultTimestampWindow = 15 * time.Minute
	// pushTimeout is the only receiver time-out ever seen in a trace.
	pushTimeout = 16 * time.Second
	// idleReceivers is how many deliveries are under way at once; with fewer connections
	// kept a burst would open a new one for most messages.
	idleReceivers = 64
	// defaultAckTimeout and defaultLinkTokenLife are guesses: neither is
	// published.
	defaultAckTimeout    = 10 * time.Second
	defaultLinkTokenLife = time.Minute
)

// Config has useful zero values: only Path and Apps are needed. What reaches outside
// (clock, chance, network, waiting) can be replaced, so that a test can own it.
type Config struct {
	// Path is the bbolt file that holds everything the simulator knows and owes.
	// It is created when missing and locked while open: two simulators on one file would
	// each send what is owed.
	Path string
	// Apps are the third-party applications (三方应用); a call of any other is refused.
	Apps []App
	// Speed divides every delay: rules, retries, build and audit times. Zero is
	// 1, real time. Faults and time-outs are about the network and keep their
	// length.
	Speed float64
	// Retries are the pauses after each failed delivery, counted from that failure: a
	// receiver that is slow to fail is given no less time. Nil is FromRetries.
	Retries []time.Duration
	// TimestampWindow is how far a request's timestamp may be off, both ways. Zero is
	// 15 minutes. Speed does not divide it: callers' clocks are real ones.
	TimestampWindow time.Duration
	// Now is nil for time.Now; a test's own clock lets days of an audit pass at once.
	Now func() time.Time
	// Rand is where ids, tokens and chances come from; it must not end. Nil is
	// crypto/rand; a seeded reader makes a run repeatable.
	Rand io.Reader
	// Logger gets one line per push that was given up and per fault that struck, which
	// a receiver can't see for itself. Nil discards.
	Logger *slog.Logger
	// AckTimeout is how long a message over the long connection waits for its
	// acknowledgement before it counts as failed. Zero is 10 s; no length is
	// published. Speed does not divide it.
	AckTimeout time.Duration
	// LinkTokenLife is how long a link_token of the long connection can be used.
	// Zero is one minute; no length is published. Speed does not divide it.
	LinkTokenLife time.Duration
	// HTTP delivers the pushes. Nil is a client like Alipay's sender: with a 16 s time-out,
	// without redirects or a proxy. With InProcess as its transport the pushes go to a
	// handler of the same process.
	HTTP *http.Client
	// Wait is how an answer is held back that a fault makes slow: it returns after
	// the length, or when ctx ends, as it does when the caller has left. Nil waits
	// in real time. A test that owns the clock lets its time pass here, and may do
	// anything else that has to fall between a call and its answer.
	Wait func(ctx context.Context, length time.Duration)
	// Strike is asked about every verified call before the faults of the
	// management API are, for a test that decides by more than a glob: Call names
	// the app, the method, the key and the moment. Nil strikes nothing.
	Strike func(Call) (Fault, bool)
	// Misbehaviour has pushes come twice, late or in another order and answers take
	// long, now and then (DefaultMisbehaviour); nil is a simulator with good
	// manners. The management API changes it until the next start.
	Misbehaviour *Misbehaviour
	// Volatile leaves out the fsyncs: what a crash of the process spares, a crash
	// of the machine may take. It is for tests that open thousands.
	Volatile bool
}

// FromRetries are the pauses of messages to the application gateway: with the
// immediate one, eight deliveries within 24 h 22 min.
func FromRetries() []time.Duration {
	return []time.Duration{2 * time.Minute, 10 * time.Minute, 10 * time.Minute,
		time.Hour, 2 * time.Hour, 6 * time.Hour, 15 * time.Hour}
}

// TradeRetries are the pauses of payment notifications, which the platform documents
// apart: theirs begin with four minutes.
func TradeRetries() []time.Duration {
	return append([]time.Duration{4 * time.Minute}, FromRetries()[1:]...)
}

func (c Config) withDefaults() (Config, error) {
	if c.Path == "" {
		return c, errors.New("alipaysim: Config.Path is empty; name the file that holds the simulator's state")
	}
	if c.Speed < 0 {
		return c, fmt.Errorf("alipaysim: Config.Speed is %g; use a number above 0 (1 is real time)", c.Speed)
	}
	if c.AckTimeout < 0 || c.LinkTokenLife < 0 {
		return c, errors.New("alipaysim: Config.AckTimeout or LinkTokenLife is negative; use a length, or 0 for the default")
	}
	if c.Speed == 0 {
		c.Speed = 1
	}
	if c.Retries == nil {
		c.Retries = FromRetries()
	}
	if c.TimestampWindow == 0 {
		c.TimestampWindow = defaultTimestampWindow
	}
	if c.AckTimeout == 0 {
		c.AckTimeout = defaultAckTimeout
	}
	if c.LinkTokenLife == 0 {
		c.LinkTokenLife = defaultLinkTokenLife
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.HTTP == nil {
		c.HTTP = newPushClient()
	}
	if c.Wait == nil {
		c.Wait = waitInRealTime
	}
	return c, nil
}

func waitInRealTime(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// newPushClient follows no redirect, which the platform does not either, and uses no
// proxy, which a receiver on this machine could not be reached by.
func newPushClient() *http.Client {
	return &http.Client{
		Timeout:       pushTimeout,
		Transport:     &http.Transport{MaxIdleConnsPerHost: idleReceivers, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
