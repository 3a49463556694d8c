package main

import (
	"context"

	"miniflow/cmd/internal/service"
)

type setupCommand struct {
	Config string `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
}

// setupView is what has been made ready.
type setupView struct {
	Namespace     string `json:"namespace"`
	RetentionDays int    `json:"retention_days"`
}

// Run prepares the namespace that Temporal's environment names.
func (c *setupCommand) Run(ctx context.Context, out *surroundings) error {
	cfg, err := load(c.Config, out)
	if err != nil {
		return err
	}
	log, err := newLogger(out.stderr, cfg, out.getenv)
	if err != nil {
		return err
	}
	temporal, namespace, err := dial(ctx, log, nil)
	if err != nil {
		return err
	}
	defer temporal.Close()
	if err := service.Setup(ctx, temporal, namespace, cfg, log); err != nil {
		return err
	}
	ready := setupView{Namespace: namespace, RetentionDays: cfg.Temporal.RetentionDays}
	return out.show(ready, func(p *page) {
		p.line("the namespace %s is ready: histories are kept %d days", ready.Namespace, ready.RetentionDays)
	})
}
