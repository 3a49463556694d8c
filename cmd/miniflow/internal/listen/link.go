package listen

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/simulated"
	"miniflow/internal/config"
)

// linkFlags say whose long connection is opened: an app's of the configuration or, with keys
// given by hand, one at a simulator. Alipay's own can't be opened by hand, because nothing
// says where it is.
type linkFlags struct {
	AppID      string `name:"app-id" help:"With websocket, the app; every app of the configuration, or the simulator's only one, when left out."`
	PrivateKey string `help:"With websocket and keys given by hand: the application's private key (应用私钥)." type:"path" placeholder:"FILE"`
	simulated.Flag
}

// connect opens the long connections and receives until the context ends. A lost one is made
// again by the client, so that nobody has to watch it.
func (c *Command) connect(ctx context.Context, show *shown, onward *onward) error {
	// Whose connection, and by which keys its frames verify, are said by the same flags.
	configs, apps, err := c.links(ctx, show.env)
	if err != nil {
		return err
	}
	if err := judgeKeys(apps); err != nil {
		return command.AsUsage(err)
	}
	verifier, err := notify.NewVerifier(apps)
	if err != nil {
		return command.AsUsage(err)
	}
	// One that ends for good ends the others: the person sees one reason, and not the rest going on.
	parts, ctx := errgroup.WithContext(ctx)
	for _, settings := range configs {
		l := &link{appID: settings.AppID, url: settings.URL, onward: onward, show: show}
		settings.Verifier, settings.Handle, settings.Observe = verifier, l.handle, l.observe
		// A moment more than the receiver has, so that its being late is what is shown.
		settings.Timeouts.Handle, settings.Now = c.Patience+time.Second, show.env.Now
		// One verifier for all: each connection verifies by the keys of its own app.
		client, err := channel.New(settings)
		if err != nil {
			return command.AsUsage(err)
		}
		l.report(linkConnecting, 0, nil)
		parts.Go(func() error { return client.Run(ctx) })
	}
	return parts.Wait()
}

// links are the long connections to open, and the apps whose messages they bring. Keys given by
// hand are for the simulator alone: with them nobody says where Alipay is.
func (c *Command) links(ctx context.Context, env *command.Env) ([]channel.Config, []notify.App, error) {
	if len(c.PublicKey)+len(c.Cert) > 0 {
		return c.simulatedLink(ctx, env)
	}
	apps, err := c.Apps(env)
	if err != nil {
		return nil, nil, command.AsUsage(err)
	}
	// Read a second time for what flags of keys don't say: where each long connection is.
	cfg, err := config.Load(c.ConfigPath(), env.Getenv)
	if err != nil {
		return nil, nil, command.AsUsage(err)
	}
	all, err := service.LongConnections(cfg)
	if err != nil {
		return nil, nil, command.AsUsage(err)
	}
	var links []channel.Config
	var names []string
	for _, one := range all {
		names = append(names, one.AppID)
		if c.AppID != "" && c.AppID != one.AppID {
			continue
		}
		// A simulator or a proxy has its long connection somewhere that only its owner knows.
		if one.URL == "" {
			return nil, nil, command.Usagef("app %s has an endpoint and no channel_endpoint: say in the configuration where its long connection is", one.AppID)
		}
		// Also an app whose channel is http: the developer has asked for this way, and Alipay sends
		// over it what the app has subscribed to it.
		links = append(links, one)
	}
	if len(links) == 0 {
		return nil, nil, command.Usagef("--app-id %s is none of the configured apps: %v", c.AppID, names)
	}
	return links, apps, nil
}

// simulatedLink is the long connection of one app at a simulator. It is opened with a signed
// request, so the application's own private key is needed, unlike for verifying.
func (c *Command) simulatedLink(ctx context.Context, env *command.Env) ([]channel.Config, []notify.App, error) {
	if c.PrivateKey == "" {
		return nil, nil, command.Usagef("the long connection is opened with the application's own key: give --private-key, or --config instead of keys")
	}
	// In certificate mode registering sends the numbers of the app's certificate and of the root,
	// which no flag names.
	if len(c.Cert) > 0 {
		return nil, nil, command.Usagef("--cert is for http; give --config, which holds every certificate that the long connection needs")
	}
	// Nothing of this program keeps the key: it signs the request to open the connection.
	text, err := command.ReadFile(c.PrivateKey)
	if err != nil {
		return nil, nil, err
	}
	private, err := keys.ParsePrivateKey(string(text))
	if err != nil {
		return nil, nil, command.Usagef("%s: %w", c.PrivateKey, err)
	}
	sim, err := c.Connect()
	if err != nil {
		return nil, nil, err
	}
	id := c.AppID
	if id == "" {
		// A simulator has one app unless told otherwise, so its id need not be typed.
		only, err := simulated.Choose(ctx, sim, "")
		if err != nil {
			return nil, nil, err
		}
		id = only.AppID
	}
	apps, err := c.Apps(env)
	if err != nil {
		return nil, nil, command.AsUsage(err)
	}
	// The private key is at hand, so the application's own key given as Alipay's is noticed.
	apps[0].ID, apps[0].ApplicationKey = id, keys.PublicOf(private)
	return []channel.Config{{AppID: id, URL: sim.Base(), PrivateKey: private, AlipayKey: lookup(apps[0].AlipayKeys)}}, apps, nil
}

// A register answer names a certificate, or nothing in key mode; then every key may be meant.
func lookup(known []keys.AlipayKey) func(string) []keys.PublicKey {
	return func(certSN string) []keys.PublicKey {
		var public []keys.PublicKey
		for _, key := range known {
			if certSN == "" || key.CertSN == certSN {
				public = append(public, key.Public)
			}
		}
		return public
	}
}
