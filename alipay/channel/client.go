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

// Client keeps one connection for one application. Alipay documents nothing
// about several connections of one app, so one process should run one.
type Client struct {
	config    Config
	base      *url.URL
	transport *http.Transport
	http      *http.Client
	verifier  atomic.Pointer[notify.Verifier]

	// places holds one token for every message in hand, over all connections.
	places  chan struct{}
	running atomic.Bool
	record  record
}

// New checks the configuration and makes a client. Nothing is sent. The error
// names every field that is wrong.
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

// Trust replaces the keys of Alipay, from the next message on.
func (c *Client) Trust(verifier *notify.Verifier) { c.verifier.Store(verifier) }

// ErrRunning says that Run was called while it runs.
var ErrRunning = errors.New("the long connection runs already: make another client for another app")

// Run connects, and connects again, until ctx ends. Then it takes no more
// messages, waits for those in hand, acknowledges them, says goodbye and returns
// nil: within Timeouts.Frame, Handle, Write and Close together, if Handle keeps to
// its context.
func (c *Client) Run(ctx context.Context) error {
	if !c.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer c.running.Store(false)
	defer c.enter(PhaseStopped, nil)
	defer c.drain() // also what a lost connection has left
	attempt := 0
	for ctx.Err() == nil {
		held, err := c.once(ctx)
		if held >= c.config.Backoff.Stable {
			attempt = 0
		}
		if ctx.Err() != nil {
			c.tell(ctx, Event{Outcome: OutcomeEnded, Err: &Error{Step: StepLink, Cause: CauseStopped}, Took: held})
			break
		}
		wait := c.backoff(attempt)
		attempt++
		c.ended(ctx, err, held, attempt, wait)
		pause(ctx, wait)
	}
	return nil
}

// once makes one connection and stays with it until it ends. It tells how long
// it held; zero means that none was made.
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
	c.tell(ctx, Event{Outcome: OutcomeConnected})
	err = c.attend(ctx, l)
	return time.Since(began), err
}

// attend reads, pings and watches until the connection ends or ctx does. When it
// returns the connection is closed; messages in hand may still be handled, but
// their answers are lost.
func (c *Client) attend(ctx context.Context, l *link) error {
	pinging, noMorePings := context.WithCancel(l.ctx)
	defer noMorePings()
	var company sync.WaitGroup
	company.Go(func() { l.end(c.read(ctx, l)) })
	company.Go(func() { l.keepAlive(pinging, &c.config) })
	select {
	case <-ctx.Done():
	case <-l.ctx.Done():
	}
	if ctx.Err() != nil { // told to stop, even when read has noticed it first
		c.drain()
		noMorePings()
		l.goodbye(c.config.Timeouts.Close)
		l.end(&Error{Step: StepLink, Cause: CauseStopped})
	}
	_ = l.conn.CloseNow()
	company.Wait()
	return l.why(nil)
}

// ended records why there is no connection now.
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
	c.tell(ctx, Event{Outcome: OutcomeEnded, Err: failed, Took: held})
}

// drain returns when no message is in hand: whoever has every place knows that
// nobody else has one. Nothing may be taken any more when it is called.
func (c *Client) drain() {
	for range cap(c.places) {
		c.places <- struct{}{}
	}
	for range cap(c.places) {
		<-c.places
	}
}
