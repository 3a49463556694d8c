// Package serve is `miniflow serve`, which brings service what only a process has: roles, a
// cluster, a port.
package serve

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/cluster"
	"miniflow/cmd/miniflow/internal/settings"
	"miniflow/internal/config"
	"miniflow/internal/telemetry"
)

// Command is `miniflow serve`. One process plays every role unless told otherwise, so that a
// small installation is one program.
type Command struct {
	Config string   `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
	Roles  []string `help:"What this process does: door, channel, api, worker. Every role scales by adding processes; of those with channel one holds an app's long connection." default:"door,channel,api,worker" env:"MINIFLOW_ROLES"`
}

// Run serves until the context ends. Roles are read before the configuration, so that a misspelt
// one is a wrong command line and nothing else.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	roles := make([]service.Role, 0, len(c.Roles))
	for _, text := range c.Roles {
		// Spaces are forgiven: in a variable a list is often written with them.
		role, err := service.ParseRole(strings.TrimSpace(text))
		if err != nil {
			return command.AsUsage(err)
		}
		roles = append(roles, role)
	}
	// Everything that is wrong with it is reported at once, before anything is reached, so
	// that a start that can't succeed leaves no trace.
	cfg, err := settings.Load(c.Config, env)
	if err != nil {
		return err
	}
	log, err := settings.NewLogger(env.Stderr, cfg, env.Getenv)
	if err != nil {
		return err
	}
	return serve(ctx, cfg, roles, log)
}

// serve looks at the namespace before anything is served: one that forgets too soon would let a
// notification act twice, weeks later.
func serve(ctx context.Context, cfg *config.Config, roles []service.Role, log *slog.Logger) error {
	// The SDK's own metrics go where Miniflow's are, for one scrape.
	registry := telemetry.NewRegistry()
	alone := service.BeginsAlone(cfg, roles)
	temporal, namespace, err := reach(ctx, alone, log, registry)
	if err != nil {
		return err
	}
	// The last thing to end, because what the doors have in hand goes to Temporal.
	defer temporal.Close()
	// Checked and not set right: that takes rights which a service should not have; see setup.
	check := func(ctx context.Context) error { return service.CheckNamespace(ctx, temporal, namespace, cfg) }
	if !alone {
		if err := check(ctx); err != nil {
			return err
		}
		check = nil
	}
	miniflow, err := service.New(service.Options{
		Config: cfg, Temporal: temporal, Namespace: namespace, CheckNamespace: check, Roles: roles, Log: log, Registry: registry,
	})
	if err != nil {
		return err
	}
	// The port is opened last: what listens is ready, and a second process on it changes nothing.
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; change listen in the configuration", cfg.Listen, err)
	}
	log.Info("serving", "listen", listener.Addr().String(), "roles", roles, "namespace", namespace, "apps", len(cfg.Apps))
	return miniflow.Run(ctx, listener)
}

// reach dials the cluster, unless this process can begin while it is down.
func reach(ctx context.Context, alone bool, log *slog.Logger, registry *prometheus.Registry) (client.Client, string, error) {
	metrics := telemetry.NewTemporalMetrics(registry)
	if alone {
		return cluster.Lazy(log, metrics)
	}
	return cluster.Dial(ctx, log, metrics)
}
