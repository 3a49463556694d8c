package alipaysim

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Simulator is Alipay for a few third-party apps. Make one with Open; its
// methods are safe for concurrent use.
type Simulator struct {
	cfg     Config
	db      *bolt.DB
	handler http.Handler
	channel *channel

	// stranger is a key that is nobody's, made when a fault first needs it.
	stranger func() (*rsa.PrivateKey, error)

	wake    chan struct{} // something changed: look at what is due
	closing chan struct{} // Close was called: let held answers go
	closed  sync.Once
	running sync.RWMutex // held for reading by Run, RunDue and links, for writing by Close

	randMu   sync.Mutex // guards cfg.Rand
	rotateMu sync.Mutex // one rotation at a time

	mu       sync.Mutex
	apps     map[string]App      // by app_id, with the current addresses
	flying   map[string]string   // keys of owed deliveries in the air, and their channel
	aloft    map[string]int      // how many of those each channel has
	answered map[uint64]struct{} // calls whose answer left, not yet written
	met      map[string]uint64   // how many pushes and calls of a kind drew their luck
}

// Open opens the file of Config.Path, creating it when missing, and returns the
// simulator as it was when the file was last written. Nothing happens by itself
// until Run or RunDue is called. Close it.
func Open(cfg Config) (*Simulator, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	apps := make(map[string]App, len(cfg.Apps))
	for _, app := range cfg.Apps {
		app, err := app.checked()
		if err != nil {
			return nil, err
		}
		if _, twice := apps[app.ID]; twice {
			return nil, fmt.Errorf("alipaysim: app %s is configured twice; keep one", app.ID)
		}
		apps[app.ID] = app
	}
	db, err := openStore(cfg.Path, cfg.Volatile)
	if err != nil {
		return nil, err
	}
	s := &Simulator{cfg: cfg, db: db, apps: apps, wake: make(chan struct{}, 1), closing: make(chan struct{}),
		flying: map[string]string{}, aloft: map[string]int{}, answered: map[uint64]struct{}{}, met: map[string]uint64{}}
	s.channel = newChannel()
	s.stranger = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, minKeyBits) })
	s.handler = s.routes()
	if err := s.setManners(cfg.Misbehaviour); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// setManners writes how the simulator behaves from now on: each start decides.
func (s *Simulator) setManners(m *Misbehaviour) error {
	if err := m.check(); err != nil {
		return fmt.Errorf("alipaysim: Config.%w", err)
	}
	var before *Misbehaviour
	if err := s.look(func(t *tx) { before = t.settings().Faults.Misbehaviour }); err != nil || before == nil && m == nil {
		return err
	}
	return s.change(func(t *tx) {
		t.settings().Faults.Misbehaviour = m
		t.save(t.settings())
	})
}

// Handler serves the gateway at /gateway.do, the long connection at
// /websocket/register.do and /websocket, and the management API at /sim/v1.
func (s *Simulator) Handler() http.Handler { return s.handler }

// Close ends Run and every link, lets answers go that a fault holds back, writes what is still
// in memory and closes the file. Calls that come later fail.
func (s *Simulator) Close() error {
	s.closed.Do(func() { close(s.closing) })
	s.running.Lock()
	defer s.running.Unlock()
	flushed := s.change(func(*tx) {})
	return errors.Join(flushed, s.db.Close())
}

// SetGatewayURL changes where the pushes of an app go, from the next delivery
// on. It is for receivers that learn their port after the simulator started.
func (s *Simulator) SetGatewayURL(appID, gatewayURL string) error {
	if err := checkGatewayURL(gatewayURL); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	app, known := s.apps[appID]
	if !known {
		return fmt.Errorf("alipaysim: app %s is not configured; name one of Config.Apps", appID)
	}
	app.GatewayURL = gatewayURL
	s.apps[appID] = app
	s.poke()
	return nil
}

// app returns the configuration of an app.
func (s *Simulator) app(id string) (App, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	app, known := s.apps[id]
	return app, known
}

// poke makes Run look at what is due. It never blocks.
func (s *Simulator) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// scaled divides a delay by the speed.
func (s *Simulator) scaled(d Duration) time.Duration {
	return time.Duration(float64(d) / s.cfg.Speed)
}

// Run does everything when it falls due — builds, scans, answers, reviews,
// pushes and their retries — until ctx ends or
// Close is called. A delivery in the air then is cut, and owed again. It returns an error only when the file fails.
func (s *Simulator) Run(ctx context.Context) error {
	s.running.RLock()
	defer s.running.RUnlock()
	ctx, cancel := s.untilClose(ctx)
	defer cancel()
	var flights sync.WaitGroup
	defer flights.Wait()
	launch := func(_ flight, deliver func()) { flights.Go(deliver) }
	for ctx.Err() == nil {
		_, next, err := s.doDue(ctx, launch)
		if err != nil {
			return err
		}
		if !s.sleepUntil(ctx, next) {
			return nil
		}
	}
	return nil
}

// RunDue does everything that is due by the clock, waits for the deliveries it
// sent, and returns when the next thing falls due; the zero time means that
// nothing is planned. Use it in place of Run with a clock of your own. Over HTTP
// it delivers one message after the other, in the order in which they are due, so
// that with a seeded Config.Rand the same calls have the same consequences.
func (s *Simulator) RunDue(ctx context.Context) (time.Time, error) {
	s.running.RLock()
	defer s.running.RUnlock()
	for {
		var flights sync.WaitGroup
		sent, next, err := s.doDue(ctx, func(f flight, deliver func()) {
			if f.owed.Socket == "" {
				deliver()
				return
			}
			flights.Go(deliver) // acknowledgements come in any order
		})
		flights.Wait()
		if err != nil || ctx.Err() != nil || sent == 0 {
			return next, errors.Join(err, ctx.Err())
		}
	}
}

// untilClose ends with ctx or when Close is called.
func (s *Simulator) untilClose(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// sleepUntil waits for a moment, a poke or the end of ctx, which it reports as
// false. The zero time waits for a poke alone.
func (s *Simulator) sleepUntil(ctx context.Context, moment time.Time) bool {
	var alarm <-chan time.Time
	if !moment.IsZero() {
		timer := time.NewTimer(moment.Sub(s.cfg.Now()))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-alarm:
	case <-s.wake:
	}
	return true
}
