package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.temporal.io/sdk/client"

	"miniflow/alipay"
	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
	"miniflow/internal/telemetry"
)

// doctorCommand looks at everything around serve, and says of each thing that is
// wrong what to do. It changes nothing.
type doctorCommand struct {
	Config  string        `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
	Door    string        `help:"The application gateway URL as Alipay sees it. Default: public_url and notify_path of the configuration." placeholder:"URL"`
	Offline bool          `help:"Leave Alipay's gateway and the door out."`
	Within  time.Duration `help:"How long one check may take." default:"5s"`
}

// symptom is what one check found.
type symptom struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"`
}

// Run makes every check; one that fails does not stop the others.
func (c *doctorCommand) Run(ctx context.Context, out *surroundings) error {
	found := c.examine(ctx, out)
	well := true
	for _, s := range found {
		well = well && s.OK
	}
	err := out.show(found, func(p *page) {
		for _, s := range found {
			mark := p.good("✓")
			if !s.OK {
				mark = p.bad("✗")
			}
			p.line("%s %-22s %s", mark, s.Check, clean(s.Says))
		}
	})
	if !well {
		return errors.Join(err, errNo)
	}
	return err
}

func (c *doctorCommand) examine(ctx context.Context, out *surroundings) []symptom {
	cfg, err := config.Load(c.Config, out.getenv)
	if err == nil {
		err = service.Check(cfg)
	}
	if err != nil {
		return append([]symptom{ill("configuration", err)}, c.temporal(ctx, config.Defaults())...)
	}
	found := []symptom{well("configuration", "%s: %d apps, %d API keys", c.Config, len(cfg.Apps), len(cfg.APIKeys))}
	found = append(found, keySymptoms(cfg, out.now())...)
	found = append(found, c.temporal(ctx, cfg)...)
	if c.Offline {
		return found
	}
	seen := map[string]bool{}
	for _, app := range cfg.Apps {
		if gateway := app.GatewayURL(); !seen[gateway] {
			seen[gateway] = true
			found = append(found, c.clock(ctx, gateway, out.now))
		}
	}
	return append(found, c.door(ctx, cfg))
}

func well(check, format string, args ...any) symptom {
	return symptom{Check: check, OK: true, Says: fmt.Sprintf(format, args...)}
}

func ill(check string, err error) symptom { return symptom{Check: check, Says: err.Error()} }

// keySymptoms look at keys that can be read and may be wrong all the same.
func keySymptoms(cfg *config.Config, now time.Time) []symptom {
	apps, err := service.VerifiedApps(cfg)
	if err == nil {
		_, err = alipay.NewVerifier(apps)
	}
	if err != nil {
		return []symptom{ill("keys", err)}
	}
	var found []symptom
	for _, app := range apps {
		for _, key := range app.AlipayKeys {
			if key.NotAfter.IsZero() {
				continue
			}
			switch left := key.NotAfter.Sub(now); {
			case left < 0:
				found = append(found, symptom{Check: "certificate", Says: fmt.Sprintf("app %s: %s ran out on %s; take the current one from the console", app.ID, key.CertSN, key.NotAfter.Format(time.DateOnly))})
			case left < renewWithin:
				found = append(found, symptom{Check: "certificate", Says: fmt.Sprintf("app %s: %s runs out on %s; renew it in the console and configure both", app.ID, key.CertSN, key.NotAfter.Format(time.DateOnly))})
			}
		}
	}
	if len(found) == 0 {
		return []symptom{well("keys", "of every app, and none is another's or the application's own")}
	}
	return found
}

// temporal looks at the cluster and the namespace.
func (c *doctorCommand) temporal(ctx context.Context, cfg *config.Config) []symptom {
	log, err := telemetry.NewLogger(discard{}, telemetry.LogOptions{Format: telemetry.FormatJSON})
	if err != nil {
		return []symptom{ill("temporal", err)}
	}
	options, err := temporalOptions(log)
	if err != nil {
		return []symptom{ill("temporal", err)}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	address := options.HostPort
	if address == "" {
		address = client.DefaultHostPort
	}
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		return []symptom{ill("temporal", fmt.Errorf("reach %s: %w; set TEMPORAL_ADDRESS, or a profile of Temporal's own configuration", address, err))}
	}
	defer temporal.Close()
	found := []symptom{well("temporal", "%s", address)}
	if err := service.CheckNamespace(ctx, temporal, options.Namespace, cfg); err != nil {
		return append(found, ill("namespace", err))
	}
	return append(found, well("namespace", "%s: retention and search attributes", options.Namespace))
}

// discard is where the Temporal client's own log goes: the check says it better.
type discard struct{}

// Write takes everything and keeps nothing.
func (discard) Write(p []byte) (int, error) { return len(p), nil }

// newProbe is a client that takes each answer as it is.
func (c *doctorCommand) newProbe() *http.Client {
	return &http.Client{Timeout: c.Within, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
