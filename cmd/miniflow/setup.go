package main

import (
	"context"
	"fmt"

	"miniflow/cmd/internal/service"
)

type setupCommand struct {
	Config string `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
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
	_, err = fmt.Fprintf(out.stdout, "the namespace %s is ready: histories are kept %d days\n", namespace, cfg.Temporal.RetentionDays)
	return err
}
