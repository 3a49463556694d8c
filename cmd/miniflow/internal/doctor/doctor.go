// Package doctor is `miniflow doctor`. It asks what `config check` can't know: whether the
// world around serve is as the configuration says.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/cluster"
	"miniflow/internal/config"
	"miniflow/internal/telemetry"
	"miniflow/words"
)

// Command is `miniflow doctor`. It looks at everything around serve, and says of each thing
// that is wrong what to do. It changes nothing, so that it can be run beside a Miniflow that
// serves. Within is short, because a person waits for the whole list.
type Command struct {
	Config  string        `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
	Door    string        `help:"The application gateway URL as Alipay sees it. Default: public_url and notify_path of the configuration." placeholder:"URL"`
	Offline bool          `help:"Leave Alipay's gateway and the door out."`
	Within  time.Duration `help:"How long one check may take." default:"5s"`
}

// A symptom is one line of the list; in JSON the list is an array of them.
type symptom struct {
	Check  string  `json:"check"`
	AppID  string  `json:"app_id,omitempty"`
	Result finding `json:"result"`
	Says   string  `json:"says"`
}

type finding string

const (
	foundWell    finding = "well"
	foundIll     finding = "ill"
	foundWarning finding = "warning"       // it will be wrong, or is wrong for some
	foundNothing finding = "not_looked_at" // nothing is known of it
)

// mark is the sign in front of a line. What was not looked at is never a tick: a person who
// skims the list would take it for well.
func (f finding) mark(p *command.Page) string {
	switch f {
	case foundWell:
		return p.Good("✓")
	case foundIll:
		return p.Bad("✗")
	case foundWarning:
		return p.Warn("!")
	default:
		return p.Faint("–")
	}
}

// Run makes every check. One that fails does not stop the others, because a new installation
// has several things wrong at once.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	found := c.examine(ctx, env)
	err := env.Show(found, func(p *command.Page) {
		for _, s := range found {
			p.Line("%s %s %s", s.Result.mark(p), command.Pad(p.Say(words.Label(s.Check)), 22), command.Clean(strings.TrimPrefix(s.AppID+": ", ": "))+p.Translate(s.Says))
		}
	})
	// A warning ends with 0: what it is about is served today.
	if slices.ContainsFunc(found, func(s symptom) bool { return s.Result == foundIll }) {
		return errors.Join(err, command.ErrNo)
	}
	return err
}

// examine makes the checks that the configuration allows: without a readable one only Temporal,
// whose address comes from its own environment, can be looked at.
func (c *Command) examine(ctx context.Context, env *command.Env) []symptom {
	cfg, err := config.Load(c.Config, env.Getenv)
	var warnings config.Problems
	if err == nil {
		// Fields first: keys can't be looked for in files that the configuration doesn't name rightly.
		warnings, err = service.Check(cfg)
	}
	if err != nil {
		// Retention and attributes are judged by the defaults, which most configurations keep.
		found, connection := c.temporal(ctx, config.Defaults())
		connection.close()
		return append([]symptom{ill("configuration", err), unseen("alipay", "not asked: the configuration has to be right first")}, found...)
	}
	found := []symptom{
		well("configuration", "%s: %d apps, %d API keys", c.Config, len(cfg.Apps), len(cfg.APIKeys)),
		well("keys", "readable, of every app, and none is another's or the application's own"),
	}
	for _, warning := range warnings {
		found = append(found, symptom{Check: "certificate", Result: foundWarning, Says: warning.String()})
	}
	found = append(found, robots(cfg)...)
	// Temporal comes before Alipay, because the merchant's check reads a token there.
	seen, connection := c.temporal(ctx, cfg)
	defer connection.close()
	found = append(found, seen...)
	if c.Offline {
		// Both are outside of this network; a machine that is being prepared reaches neither.
		return append(found, unseen("alipay", "not asked: --offline"), unseen("door", "not looked at: --offline"))
	}
	gateways := map[string]bool{}
	for _, app := range cfg.Apps {
		if gateway := app.GatewayURL(); !gateways[gateway] { // one clock for all apps there
			gateways[gateway] = true
			found = append(found, c.clock(ctx, gateway, env.Now))
		}
	}
	found = append(found, c.alipay(ctx, cfg, connection)...)
	return append(found, c.door(ctx, cfg))
}

// robots names the robots of each app. It posts nothing and prints no address.
func robots(cfg *config.Config) (found []symptom) {
	for _, app := range cfg.Apps {
		var names []string
		for _, robot := range app.Robots {
			names = append(names, robot.Name+" ("+robot.Kind+")")
		}
		if len(names) > 0 {
			one := unseen("robots", "%s: not tried; `miniflow robots test %s` posts to them", strings.Join(names, ", "), app.ID)
			one.AppID = app.ID
			found = append(found, one)
		}
	}
	return found
}

func well(check, format string, args ...any) symptom {
	return symptom{Check: check, Result: foundWell, Says: fmt.Sprintf(format, args...)}
}

// The text of an error says what to do already, so a check adds nothing to it.
func ill(check string, err error) symptom {
	return symptom{Check: check, Result: foundIll, Says: err.Error()}
}

// What was not looked at is said with its reason, so that nobody takes it for well.
func unseen(check, format string, args ...any) symptom {
	return symptom{Check: check, Result: foundNothing, Says: fmt.Sprintf(format, args...)}
}

type temporalConnection struct {
	client    client.Client // nil when it could not
	namespace string
}

// close does nothing where no cluster was reached, so that callers need not ask.
func (t temporalConnection) close() {
	if t.client != nil {
		t.client.Close()
	}
}

// temporal looks at the cluster and the namespace. The connection is handed on, because a
// merchant's token is kept there.
func (c *Command) temporal(ctx context.Context, cfg *config.Config) ([]symptom, temporalConnection) {
	var connection temporalConnection
	// The SDK wants a logger in any case, and its default one writes to the screen.
	log, err := telemetry.NewLogger(discard{}, telemetry.LogOptions{Format: telemetry.FormatJSON})
	if err != nil {
		return []symptom{ill("temporal", err)}, connection
	}
	options, err := cluster.Options(log)
	if err != nil {
		return []symptom{ill("temporal", err)}, connection
	}
	// One limit for the connection and the look at the namespace: together they are one check.
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	address := options.HostPort
	if address == "" {
		address = client.DefaultHostPort
	}
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		return []symptom{ill("temporal", fmt.Errorf("reach %s: %w; set TEMPORAL_ADDRESS, or a profile of Temporal's own configuration", address, err))}, connection
	}
	// A namespace that is not right yet is still a Temporal that can be asked.
	connection = temporalConnection{client: temporal, namespace: options.Namespace}
	found := []symptom{well("temporal", "%s", address)}
	if err := service.CheckNamespace(ctx, temporal, options.Namespace, cfg); err != nil {
		return append(found, ill("namespace", err)), connection
	}
	return append(found, well("namespace", "%s: retention and search attributes", options.Namespace)), connection
}

// discard is where the Temporal client's own log goes: the check says the same, with what to do.
type discard struct{}

// Write takes everything and keeps nothing: a log line on the screen would look like a
// finding.
func (discard) Write(p []byte) (int, error) { return len(p), nil }

// newProbe is a client that takes each answer as it is. A redirect is one: Alipay does not
// follow it, so neither does the check.
func (c *Command) newProbe() *http.Client {
	return &http.Client{Timeout: c.Within, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
