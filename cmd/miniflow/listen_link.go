package main

import (
	"context"
	"crypto/rsa"
	"time"

	"golang.org/x/sync/errgroup"

	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
)

// linkFlags say whose long connection is opened. With a configuration it is that
// of its apps; with keys given by hand, one app's at a simulator.
type linkFlags struct {
	AppID      string `name:"app-id" help:"With websocket, the app; every app of the configuration, or the simulator's only one, when left out."`
	PrivateKey string `help:"With websocket and keys given by hand: the application's private key (应用私钥)." type:"path" placeholder:"FILE"`
	Simulator  string `help:"With websocket and keys given by hand: the simulator." default:"http://127.0.0.1:8090" env:"MINIFLOW_SIMULATOR" placeholder:"URL"`
}

// connect opens the long connections and receives until the context ends. They
// are made again for as long as that takes.
func (c *listenCommand) connect(ctx context.Context, show *shown, onward *onward) error {
	configs, apps, err := c.links(ctx, show.out)
	if err != nil {
		return err
	}
	if err := judgeKeys(apps); err != nil {
		return asUsage(err)
	}
	verifier, err := notify.NewVerifier(apps)
	if err != nil {
		return asUsage(err)
	}
	parts, ctx := errgroup.WithContext(ctx)
	for _, settings := range configs {
		l := &listenLink{appID: settings.AppID, url: settings.URL, onward: onward, show: show}
		settings.Verifier, settings.Handle, settings.Observe = verifier, l.handle, l.observe
		// A moment more than the receiver has, so that its being late is what is shown.
		settings.Timeouts.Handle, settings.Now = c.Patience+time.Second, show.out.now
		client, err := channel.New(settings)
		if err != nil {
			return asUsage(err)
		}
		l.tell(linkConnecting, 0, nil)
		parts.Go(func() error { return client.Run(ctx) })
	}
	return parts.Wait()
}

// links are the long connections to open, and the apps whose messages they bring.
func (c *listenCommand) links(ctx context.Context, out *surroundings) ([]channel.Config, []notify.App, error) {
	if len(c.PublicKey)+len(c.Cert) > 0 {
		return c.simulatedLink(ctx, out)
	}
	apps, err := c.apps(out)
	if err != nil {
		return nil, nil, asUsage(err)
	}
	cfg, err := config.Load(c.configPath(), out.getenv)
	if err != nil {
		return nil, nil, asUsage(err)
	}
	all, err := service.LongConnections(cfg)
	if err != nil {
		return nil, nil, asUsage(err)
	}
	var links []channel.Config
	var names []string
	for _, one := range all {
		names = append(names, one.AppID)
		if c.AppID != "" && c.AppID != one.AppID {
			continue
		}
		if one.URL == "" {
			return nil, nil, usagef("app %s has an endpoint and no channel_endpoint: say in the configuration where its long connection is", one.AppID)
		}
		links = append(links, one)
	}
	if len(links) == 0 {
		return nil, nil, usagef("--app-id %s is none of the configured apps: %v", c.AppID, names)
	}
	return links, apps, nil
}

// simulatedLink is the long connection of one app at a simulator.
func (c *listenCommand) simulatedLink(ctx context.Context, out *surroundings) ([]channel.Config, []notify.App, error) {
	if c.PrivateKey == "" {
		return nil, nil, usagef("the long connection is opened with the application's own key: give --private-key, or --config instead of keys")
	}
	if len(c.Cert) > 0 {
		return nil, nil, usagef("--cert is for http; give --config, which holds every certificate that the long connection needs")
	}
	text, err := readFile(c.PrivateKey)
	if err != nil {
		return nil, nil, err
	}
	private, err := keys.ParsePrivateKey(string(text))
	if err != nil {
		return nil, nil, usagef("%s: %w", c.PrivateKey, err)
	}
	sim, err := newRemote(c.Simulator, "the simulator", "--simulator", 30*time.Second)
	if err != nil {
		return nil, nil, err
	}
	id := c.AppID
	if id == "" {
		if id, err = onlyApp(ctx, sim); err != nil {
			return nil, nil, err
		}
	}
	apps, err := c.apps(out)
	if err != nil {
		return nil, nil, asUsage(err)
	}
	apps[0].ID, apps[0].ApplicationKey = id, &private.PublicKey
	return []channel.Config{{AppID: id, URL: sim.base, PrivateKey: private, AlipayKey: lookup(apps[0].AlipayKeys)}}, apps, nil
}

// lookup finds keys as a register answer names them.
func lookup(keys []keys.AlipayKey) func(string) []*rsa.PublicKey {
	return func(certSN string) []*rsa.PublicKey {
		var public []*rsa.PublicKey
		for _, key := range keys {
			if certSN == "" || key.CertSN == certSN {
				public = append(public, key.Public)
			}
		}
		return public
	}
}
