package main

import (
	"fmt"
	"net/http"

	"miniflow/cmd/standalone/internal/receiver"
	"miniflow/internal/config"
	"miniflow/order"
)

// fileHost is the simulator in the URL of a demonstration order's file. An order
// outlives the process that started it and port 0 is another one each time, so
// the URL names no port; where it leads is said at each start.
const fileHost = "localhost:80"

// settings is the configuration that serve would read from a file.
func settings(line flags, h *home, simulator, ui string) (*config.Config, error) {
	private, err := h.key("app_private.pem")
	if err != nil {
		return nil, err
	}
	public, err := h.key("alipay_public.pem")
	if err != nil {
		return nil, err
	}
	cfg := config.Defaults()
	cfg.Listen = line.Listen
	cfg.Temporal.UIURL = "http://" + ui
	cfg.Apps = []config.App{{
		ID: appID, Endpoint: "http://" + simulator + "/gateway.do", PrivateKey: config.Secret(private),
		AlipayPublicKeys: []config.PublicKey{{Key: public}}, RedirectURI: "http://" + line.Listen + "/",
		Webhook: config.Webhook{Secrets: []config.WebhookSecret{{Secret: config.Secret(h.webhookSecret)}}},
		Forward: config.Forward{URL: "http://" + simulator + receiver.EventsPath},
	}}
	cfg.APIKeys = []config.APIKey{{
		Name: "standalone", Key: config.Secret(h.apiKey), Apps: []string{"*"}, Scopes: config.Scopes(),
	}}
	cfg.Sealing.Keys = []config.SealingKey{{ID: "standalone", Key: config.Secret(h.sealingKey)}}
	cfg.Files.Allow = []string{simulator, fileHost}
	cfg.Schedules = order.DefaultSchedules().Divide(line.Speed)
	// One machine's own calls need no manners; at a high speed an order makes many in a second.
	cfg.Limits.AlipayCallsPerSecond = 200
	cfg.Limits.APIRequestsPerSecond = 500
	cfg.Fill()
	if problems := cfg.Validate(); len(problems) > 0 {
		return nil, fmt.Errorf("the standalone's own configuration: %w", problems)
	}
	return cfg, nil
}

// letIn gives the standalone's own key to callers on this machine that bring
// none, so that the first curl works. A browser's page from elsewhere brings an
// Origin, and gets nothing.
func letIn(key string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" && r.Header.Get("Origin") == "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		next.ServeHTTP(w, r)
	})
}
