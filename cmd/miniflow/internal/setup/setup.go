// Package setup is `miniflow setup`, which prepares the Temporal namespace. It is apart from
// serve, because it needs rights that a service should not have.
package setup

import (
	"context"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/settings"
)

// Command is `miniflow setup`. The retention comes from the configuration and no flag, so that
// a repeated setup can't change it back.
type Command struct {
	Config string `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
}

type view struct {
	Namespace     string `json:"namespace"`
	RetentionDays int    `json:"retention_days"`
}

// Run prepares the namespace that Temporal's environment names. It is not a part of serve,
// because it needs rights on the cluster that a service should not have.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	cfg, err := settings.Load(c.Config, env)
	if err != nil {
		return err
	}
	temporal, err := settings.Reach(ctx, env, cfg)
	if err != nil {
		return err
	}
	defer temporal.Close()
	// Safe to repeat: a deployment runs it each time.
	if err := service.Setup(ctx, temporal.Client, temporal.Namespace, cfg, temporal.Log); err != nil {
		return err
	}
	ready := view{Namespace: temporal.Namespace, RetentionDays: cfg.Temporal.RetentionDays}
	return env.Show(ready, func(p *command.Page) {
		p.Line("the namespace %s is ready: histories are kept %d days", ready.Namespace, ready.RetentionDays)
	})
}
