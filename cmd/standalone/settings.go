package main

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/standalone/internal/embedded"
	"miniflow/cmd/standalone/internal/receiver"
	"miniflow/internal/config"
	"miniflow/order"
)

// fileHost is the simulator in the URL of a demonstration order's file. An order
// outlives the process that started it and port 0 is another one each time, so
// the URL names no port; where it leads is said at each start.
const fileHost = "localhost:80"

// settings is the configuration that serve would read from a file. It is validated as a file is,
// so that the standalone shows nothing that production refuses.
func settings(line flags, h *home, simulator, ui string) (*config.Config, error) {
	// Made again at each start and never written: its addresses hold for this process alone.
	app, err := application(line, h, simulator)
	if err != nil {
		return nil, err
	}
	cfg := config.Defaults()
	cfg.Listen = line.Listen
	cfg.PublicURL = "http://" + line.Listen // merchants' links work on this machine
	cfg.Temporal.UIURL = "http://" + ui
	cfg.Apps = []config.App{app}
	cfg.APIKeys = []config.APIKey{{
		Name: "standalone", Key: config.Secret(h.apiKey), Apps: []string{"*"}, Scopes: config.Scopes(), Backend: true,
	}}
	// Sealed here as well, so that a history that somebody looks at shows what production's would.
	cfg.Sealing.Keys = []config.SealingKey{{ID: "standalone", Key: config.Secret(h.sealingKey)}}
	// The logo is fetched from this machine, which the guard refuses otherwise.
	cfg.Files.Allow = []string{simulator, fileHost}
	cfg.Files.Store.Folder = h.path("files")
	cfg.Audit.Dir = h.path("audit")
	cfg.Console.PeopleFile = h.path("people.yaml")
	cfg.Archive.Folder = h.path("archive")
	if line.WebhookURL != "" {
		address, err := url.Parse(line.WebhookURL)
		if err != nil || address.Host == "" {
			return nil, command.Usagef("--webhook-url %q is no absolute URL", line.WebhookURL)
		}
		cfg.Files.Allow = append(cfg.Files.Allow, address.Host)
	}
	// The disk outlives the process, so a message is accepted while Temporal is busy.
	cfg.Door.Accept, cfg.Door.Journal.Dir = config.AcceptJournal, h.path("journal")
	cfg.Schedules = order.DefaultSchedules().Divide(line.Speed)
	// Alipay's limits protect Alipay; at a high speed an order makes many calls in a second.
	cfg.Limits.AlipayCallsPerSecond = 200
	cfg.Limits.APIRequestsPerSecond = 500
	cfg.Limits.WorkflowCache = embedded.WorkflowCache
	// Fields that depend on others are filled in as they are for a file.
	cfg.Fill()
	if problems := cfg.Validate(); len(problems) > 0 {
		return nil, fmt.Errorf("the standalone's own configuration: %w", problems)
	}
	return cfg, nil
}

const modeCertificate = "certificate"

// application is the one app of the standalone. Both modes' files are there, whichever --mode chooses,
// so that a data directory can be started in the other one.
func application(line flags, h *home, simulator string) (config.App, error) {
	app := config.App{
		ID: appID, Endpoint: "http://" + simulator + "/gateway.do", ChannelEndpoint: "http://" + simulator,
		Channel: config.Channel(line.Channel), RedirectURI: "http://" + line.Listen + "/",
		Webhook: config.Webhook{
			URL:            cmp.Or(line.WebhookURL, "http://"+simulator+receiver.EventsPath),
			Secrets:        []config.WebhookSecret{{Secret: config.Secret(h.webhookSecret)}},
			PostsPerSecond: 100,
		},
		Forward: config.Forward{URL: "http://" + simulator + receiver.EventsPath},
	}
	files := map[string]string{}
	for _, name := range []string{"app_private.pem", "alipay_public.pem", "app_cert.crt", "alipay_cert.crt", "alipay_root.crt"} {
		// As text and not as a path: the configuration's own fields take a key's text too.
		text, err := h.key(name)
		if err != nil {
			return app, err
		}
		files[name] = text
	}
	app.PrivateKey = config.Secret(files["app_private.pem"])
	var err error
	if app.Former, err = formerOf(h.path("keys")); err != nil {
		return app, err
	}
	if line.AES {
		key, err := alipaysim.GenerateAESKey(h.path("keys"), appID)
		if err != nil {
			return app, err
		}
		app.AESKey, app.EncryptType = config.Secret(base64.StdEncoding.EncodeToString(key)), "AES"
	}
	// Only one mode's fields may be set: a configuration with both is refused.
	if line.Mode != modeCertificate {
		app.AlipayPublicKeys = []config.PublicKey{{Key: files["alipay_public.pem"]}}
		return app, nil
	}
	app.Certificates = config.Certificates{
		App: files["app_cert.crt"], Root: files["alipay_root.crt"],
		Alipay: []config.Certificate{{Cert: files["alipay_cert.crt"]}},
	}
	return app, nil
}

// letIn gives the standalone's own key to callers on this machine that bring no key, so that the
// first curl works. A browser's page from elsewhere brings an Origin, and gets nothing.
func letIn(key string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" && r.Header.Get("Origin") == "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		next.ServeHTTP(w, r)
	})
}
