package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"

	"miniflow/cmd/internal/service"
	"miniflow/ingress/door"
	"miniflow/internal/config"
	"miniflow/internal/telemetry"
)

type serveCommand struct {
	Config string   `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
	Roles  []string `help:"What this process does: door, channel, api, worker. Every role scales by adding processes; of those with channel one holds an app's long connection." default:"door,channel,api,worker" env:"MINIFLOW_ROLES"`
}

// Run serves until the context ends.
func (c *serveCommand) Run(ctx context.Context, out *surroundings) error {
	roles := make([]service.Role, 0, len(c.Roles))
	for _, text := range c.Roles {
		role, err := service.ParseRole(strings.TrimSpace(text))
		if err != nil {
			return usageError{err}
		}
		roles = append(roles, role)
	}
	cfg, err := load(c.Config, out)
	if err != nil {
		return err
	}
	log, err := newLogger(out.stderr, cfg, out.getenv)
	if err != nil {
		return err
	}
	return serve(ctx, cfg, roles, log)
}

func serve(ctx context.Context, cfg *config.Config, roles []service.Role, log *slog.Logger) error {
	registry := telemetry.NewRegistry()
	temporal, namespace, err := dial(ctx, log, telemetry.NewTemporalMetrics(registry))
	if err != nil {
		return err
	}
	defer temporal.Close()
	if err := service.CheckNamespace(ctx, temporal, namespace, cfg); err != nil {
		return err
	}
	miniflow, err := service.New(service.Options{
		Config: cfg, Temporal: temporal, Namespace: namespace, Roles: roles, Log: log, Registry: registry,
	})
	if err != nil {
		return err
	}
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; change listen in the configuration", cfg.Listen, err)
	}
	log.Info("serving", "listen", listener.Addr().String(), "roles", roles, "namespace", namespace, "apps", len(cfg.Apps))
	return miniflow.Run(ctx, listener)
}

// dial reaches the cluster that Temporal's own environment names, and returns the
// namespace that it names too. That need not exist yet.
func dial(ctx context.Context, log *slog.Logger, metrics client.MetricsHandler) (client.Client, string, error) {
	options, err := temporalOptions(log)
	if err != nil {
		return nil, "", err
	}
	options.MetricsHandler = metrics
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, "", fmt.Errorf("reach Temporal at %s: %w; set TEMPORAL_ADDRESS, or a profile of Temporal's own configuration", options.HostPort, err)
	}
	return temporal, options.Namespace, nil
}

// temporalOptions are what Temporal's own environment variables and profiles say.
func temporalOptions(log *slog.Logger) (client.Options, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return options, fmt.Errorf("read Temporal's connection from its environment: %w; look at the TEMPORAL_… variables and the file of TEMPORAL_CONFIG_FILE", err)
	}
	options.Namespace = cmp.Or(options.Namespace, client.DefaultNamespace)
	options.HostPort = cmp.Or(options.HostPort, client.DefaultHostPort)
	options.Logger = sdklog.NewStructuredLogger(log)
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions,
		grpc.WithChainUnaryInterceptor(door.RequestIDs()))
	return options, nil
}

func newLogger(w io.Writer, cfg *config.Config, getenv func(string) string) (*slog.Logger, error) {
	file, isFile := w.(*os.File)
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %w", err)
	}
	return telemetry.NewLogger(w, telemetry.LogOptions{
		Format: telemetry.Format(cfg.Log.Format), Level: level,
		Terminal: isFile && telemetry.IsTerminal(file, getenv),
	})
}
