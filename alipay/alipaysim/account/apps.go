package account

import (
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Apps are the configured apps with the addresses and certificates that they have now:
// both change while the simulator runs. It is safe for concurrent use.
type Apps struct {
	rotating sync.Mutex // two rotations at once would write the same files

	mu   sync.Mutex
	byID map[string]App
}

// NewApps refuses an app that is there twice: which of two keys verifies a request
// would depend on their order.
func NewApps(list []App) (*Apps, error) {
	apps := &Apps{byID: make(map[string]App, len(list))}
	for _, app := range list {
		app, err := app.checked()
		if err != nil {
			return nil, err
		}
		if _, twice := apps.byID[app.ID]; twice {
			return nil, fmt.Errorf("alipaysim: app %s is configured twice; keep one", app.ID)
		}
		apps.byID[app.ID] = app
	}
	return apps, nil
}

// Get returns a copy, so that a rotation meanwhile does not change an answer that is
// half made.
func (a *Apps) Get(id string) (App, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	app, known := a.byID[id]
	return app, known
}

// List is in the order of the ids: with a map's order a seeded run could not be
// repeated.
func (a *Apps) List() []App {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]App, 0, len(a.byID))
	for _, id := range slices.Sorted(maps.Keys(a.byID)) {
		list = append(list, a.byID[id])
	}
	return list
}

// SetGatewayURL changes where the pushes of an app go, until the next start: addresses
// are not stored, for a receiver's port is another one then.
func (a *Apps) SetGatewayURL(appID, gatewayURL string) error {
	if err := checkGatewayURL(gatewayURL); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	app, known := a.byID[appID]
	if !known {
		return fmt.Errorf("alipaysim: app %s is not configured; name one of Config.Apps", appID)
	}
	app.GatewayURL = gatewayURL
	a.byID[appID] = app
	return nil
}

// Rotate gives an app in certificate mode a new Alipay certificate with a new key, and
// returns its serial number. The real Alipay rotates too: a client that has pinned one
// certificate refuses everything from here on.
func (a *Apps) Rotate(appID string) (sn string, err error) {
	a.rotating.Lock()
	defer a.rotating.Unlock()
	app, known := a.Get(appID)
	if !known || app.Certificates == nil {
		return "", fmt.Errorf("alipaysim: app %s is not configured with Certificates; only those rotate", appID)
	}
	certificates, err := app.Certificates.rotated()
	if err != nil {
		return "", fmt.Errorf("rotate the certificate of %s: %w", appID, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	app = a.byID[appID] // its address may have changed meanwhile
	app.Certificates, app.AlipayPrivateKey, app.ahead = certificates, certificates.current().key, &signatures{}
	a.byID[appID] = app
	return certificates.SN(), nil
}
