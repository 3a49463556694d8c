package alipaysim

import (
	"errors"
	"net/http"
	"sync"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/delivery"
	"miniflow/alipay/alipaysim/internal/gateway"
	"miniflow/alipay/alipaysim/internal/longconn"
	"miniflow/alipay/alipaysim/internal/management"
	"miniflow/alipay/alipaysim/internal/world"
)

// Simulator is Alipay for a few third-party apps. Make one with Open and Close it, or
// its file stays locked. Its methods are safe for concurrent use.
type Simulator struct {
	cfg     Config
	apps    *account.Apps
	world   *world.World
	long    *longconn.Server
	sender  *delivery.Sender
	api     *management.API
	handler http.Handler

	wake    chan struct{} // something changed: look at what is due
	closing chan struct{} // Close was called: let held answers go
	closed  sync.Once
	running sync.RWMutex // held for reading by Run, RunDue and links, for writing by Close
}

// Open opens the file of Config.Path, creating it when missing, and returns the
// simulator as it was when the file was last written. Nothing happens by itself
// until Run or RunDue is called. Close it.
func Open(cfg Config) (*Simulator, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	apps, err := account.NewApps(cfg.Apps)
	if err != nil {
		return nil, err
	}
	s := &Simulator{cfg: cfg, apps: apps, wake: make(chan struct{}, 1), closing: make(chan struct{})}
	s.world, err = world.Open(world.Config{Path: cfg.Path, Volatile: cfg.Volatile, Now: cfg.Now, Rand: cfg.Rand,
		Speed: cfg.Speed, Retries: cfg.Retries, Apps: apps, Logger: cfg.Logger, Changed: s.poke})
	if err != nil {
		return nil, err
	}
	if err := s.world.SetMisbehaviour(cfg.Misbehaviour); err != nil {
		return nil, errors.Join(err, s.world.Close())
	}
	s.connect()
	return s, nil
}

// connect comes after the world is open, on which every one of these parts works.
func (s *Simulator) connect() {
	checker := &admission.Checker{Apps: s.apps, Now: s.cfg.Now, Window: s.cfg.TimestampWindow}
	s.long = longconn.New(longconn.Config{World: s.world, Checker: checker, AckTimeout: s.cfg.AckTimeout, TokenLife: s.cfg.LinkTokenLife,
		Delay: s.delay, Joined: s.poke, Closing: s.closing, Logger: s.cfg.Logger})
	s.sender = delivery.New(delivery.Config{World: s.world, Long: s.long, HTTP: s.cfg.HTTP, Logger: s.cfg.Logger, Finished: s.poke})
	s.api = &management.API{World: s.world, Long: s.long, Sender: s.sender, Logger: s.cfg.Logger}
	s.handler = s.routes(&gateway.Gateway{World: s.world, Checker: checker, Strike: s.cfg.Strike, Delay: s.delay, Logger: s.cfg.Logger})
}

// Handler serves the gateway at /gateway.do, the long connection at
// /websocket/register.do and /websocket (the SDK asks one host for both), and the
// management API at /sim/v1, where no call of Alipay's can be.
func (s *Simulator) Handler() http.Handler { return s.handler }

// Close ends Run and every link, lets answers go that a fault keeps back, writes what is
// still in memory and closes the file. Calls that come later fail.
func (s *Simulator) Close() error {
	s.closed.Do(func() { close(s.closing) })
	s.running.Lock()
	defer s.running.Unlock()
	flushed := s.world.Flush()
	return errors.Join(flushed, s.world.Close())
}

// SetGatewayURL changes where the pushes of an app go, from the next delivery
// on. It is for receivers that learn their port after the simulator started.
func (s *Simulator) SetGatewayURL(appID, gatewayURL string) error {
	if err := s.apps.SetGatewayURL(appID, gatewayURL); err != nil {
		return err
	}
	s.poke()
	return nil
}

// RotateCertificate gives an app in certificate mode a new Alipay certificate
// with a new key, and returns its serial number. From then on it signs, and a client has
// to download it; it survives a restart. Older ones can still be downloaded, for what
// they have signed is still under way.
func (s *Simulator) RotateCertificate(appID string) (sn string, err error) {
	return s.apps.Rotate(appID)
}

// SetRules replaces the rule set, as PUT /sim/v1/rules does. A rule that makes no sense
// is refused and nothing changes; what was already decided stays.
func (s *Simulator) SetRules(rules Rules) error { return s.api.SetRules(rules) }

// SetFaults replaces the faults, as PUT /sim/v1/faults does. One that makes no sense is
// refused and nothing changes: a fault that never strikes would pass for a passed test.
func (s *Simulator) SetFaults(faults Faults) error { return s.api.SetFaults(faults) }
