package channel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"miniflow/alipay/notify"
)

// Client keeps one connection for one application. Alipay documents no behaviour for several
// connections of one app, so only one process should run one.
type Client struct {
	config    Config
	base      *url.URL
	transport *http.Transport
	http      *http.Client
	verifier  atomic.Pointer[notify.Verifier]

	// places holds one token for every message being handled, over all connections, so that
	// reconnecting can't exceed Concurrency.
	places  chan struct{}
	running atomic.Bool
	record  record
}

// New checks the configuration and returns a client. It sends nothing. The error names every
// wrong field, so that an operator corrects them in one go.
func New(config Config) (*Client, error) {
	config.fillDefaults()
	base, baseErr := parseBase(config.URL, config.AllowPlainHTTP)
	if err := errors.Join(baseErr, config.check()); err != nil {
		return nil, fmt.Errorf("long connection of app %q: %w", config.AppID, err)
	}
	transport := hardened(config.Transport, config.Timeouts.Dial)
	c := &Client{
		config: config, base: base,
		transport: transport, http: sameAddressOnly(transport),
		places: make(chan struct{}, config.Concurrency),
		record: record{state: State{Phase: PhaseStopped, Since: config.Now()}},
	}
	c.Trust(config.Verifier)
	return c, nil
}

// Trust replaces Alipay's keys from the next message on, without a new connection.
func (c *Client) Trust(verifier *notify.Verifier) { c.verifier.Store(verifier) }

// ErrRunning means that Run was called while it was running. Two connections of one app would
// share its messages in an undocumented way.
var ErrRunning = errors.New("the long connection runs already: make another client for another app")

// Run connects, and reconnects, until ctx ends. Then it accepts no more messages, waits for
// those being handled, acknowledges them, closes the connection and returns nil: within
// Timeouts.Frame, Handle, Write and Close together, provided that Handle respects its
// context.
func (c *Client) Run(ctx context.Context) error {
	if !c.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer c.running.Store(false)
	defer c.enter(PhaseStopped, nil)
	defer c.drain() // messages of a lost connection may still be in progress
	attempt := 0
	for ctx.Err() == nil {
		held, err := c.once(ctx)
		if held >= c.config.Backoff.Stable {
			attempt = 0
		}
		if ctx.Err() != nil {
			c.report(ctx, Event{Outcome: OutcomeEnded, Err: &Error{Step: StepLink, Cause: CauseStopped}, Took: held})
			break
		}
		wait := c.backoff(attempt)
		attempt++
		c.ended(ctx, err, held, attempt, wait)
		pause(ctx, wait)
	}
	return nil
}

// once makes one connection and serves it until it ends. It returns how long the connection
// lasted, because only a lasting one resets the backoff; zero means that none was made.
func (c *Client) once(ctx context.Context) (time.Duration, error) {
	c.enter(PhaseConnecting, nil)
	granted, err := c.register(ctx)
	if err != nil {
		return 0, err
	}
	l, err := c.dial(ctx, granted)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	l.live(ctx)
	c.enter(PhaseConnected, func(s *State) { s.Attempts = 0 })
	c.config.Log.LogAttrs(ctx, slog.LevelInfo, "long connection open", slog.String("app_id", c.config.AppID))
	c.report(ctx, Event{Outcome: OutcomeConnected})
	err = c.attend(ctx, l)
	return time.Since(began), err
}

// attend reads, pings and watches until the connection ends or ctx does. When it returns, the
// connection is closed; messages may still be handled, but their answers are lost, and Alipay
// sends them again.
func (c *Client) attend(ctx context.Context, l *link) error {
	pinging, noMorePings := context.WithCancel(l.ctx)
	defer noMorePings()
	var goroutines sync.WaitGroup
	goroutines.Go(func() { l.end(c.read(ctx, l)) })
	goroutines.Go(func() { l.keepAlive(pinging, &c.config) })
	select {
	case <-ctx.Done():
	case <-l.ctx.Done():
	}
	if ctx.Err() != nil { // stopped, even when read has noticed it first
		c.drain()
		noMorePings()
		l.goodbye(c.config.Timeouts.Close)
		l.end(&Error{Step: StepLink, Cause: CauseStopped})
	}
	_ = l.conn.CloseNow()
	goroutines.Wait()
	return l.why(nil)
}

// ended records why there is no connection now, because operators ask /readyz before they
// read the log.
func (c *Client) ended(ctx context.Context, err error, held time.Duration, attempt int, wait time.Duration) {
	failed := &Error{Step: StepLink, Cause: CauseLost}
	_ = errors.As(err, &failed)
	c.enter(PhaseWaiting, func(s *State) {
		s.Attempts = attempt
		s.LastStep, s.LastCause, s.LastEnd = failed.Step, failed.Cause, c.config.Now()
	})
	c.config.Log.LogAttrs(ctx, slog.LevelWarn, "no long connection",
		slog.String("app_id", c.config.AppID), slog.String("step", string(failed.Step)),
		slog.String("cause", string(failed.Cause)), slog.Any("error", err), slog.Duration("held", held),
		slog.Int("attempt", attempt), slog.Duration("next_in", wait))
	c.report(ctx, Event{Outcome: OutcomeEnded, Err: failed, Took: held})
}

// drain returns when no message is being handled: once it holds every place, no other goroutine
// has one. It must not run before new messages are refused.
func (c *Client) drain() {
	for range cap(c.places) {
		c.places <- struct{}{}
	}
	for range cap(c.places) {
		<-c.places
	}
}
