// Package archives is `miniflow archive`: ended orders that are kept for longer than Temporal keeps them.
package archives

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/settings"
	"miniflow/ingress/api"
)

// Command is `miniflow archive`.
type Command struct {
	Run    run    `cmd:"" help:"Archive now what has ended, instead of within ten minutes. Safe to repeat."`
	Verify verify `cmd:"" help:"Open every archived order, and say which do not open."`
}

// Where is the configuration that names the archive.
type Where struct {
	Config string `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
}

type run struct{ Where }

// passed is what a pass has come to.
type passed struct {
	Seen   int `json:"seen"`
	Added  int `json:"added"`
	Failed int `json:"failed"`
}

// Run makes one pass over every ended order that Temporal has.
func (c *run) Run(ctx context.Context, env *command.Env) error {
	cfg, err := settings.Load(c.Config, env)
	if err != nil {
		return err
	}
	temporal, err := settings.Reach(ctx, env, cfg)
	if err != nil {
		return err
	}
	defer temporal.Close()
	s, err := service.New(service.Options{
		Config: cfg, Temporal: temporal.Client, Namespace: temporal.Namespace, Roles: []service.Role{service.RoleAPI}, Log: temporal.Log, Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		return err
	}
	done, err := s.Archive(ctx, time.Time{}, func(so api.Archived) {
		_ = env.Note("%d ended orders looked at, %d of them archived", so.Seen, so.Added) // progress; the result counts
	})
	if err != nil {
		return err
	}
	if err := env.Show(passed{done.Seen, done.Added, done.Failed}, func(p *command.Page) {
		p.Item("ended orders", done.Seen)
		p.Item("archived now", done.Added)
		p.Item("failed", done.Failed)
	}); err != nil {
		return err
	}
	if done.Failed > 0 {
		return fmt.Errorf("%d orders could not be archived, one of them because of: %w", done.Failed, done.Last)
	}
	return nil
}

type verify struct{ Where }

// verified is what is in the archive.
type verified struct {
	Orders int      `json:"orders"`
	Purged int      `json:"purged"`
	Broken []string `json:"broken"`
}

// Run opens every archived order.
func (c *verify) Run(ctx context.Context, env *command.Env) error {
	cfg, err := settings.Load(c.Config, env)
	if err != nil {
		return err
	}
	places, err := service.OpenPlaces(cfg)
	if err != nil {
		return err
	}
	if places.Archive == nil {
		return command.Usagef("no archive is configured; set archive.folder or archive.s3")
	}
	found := verified{Broken: []string{}}
	for kept, err := range places.Archive.All(ctx) {
		if err != nil {
			return err
		}
		if kept.Purged {
			found.Purged++
			continue
		}
		found.Orders++
		if _, err := places.Archive.Read(ctx, kept); err != nil {
			found.Broken = append(found.Broken, kept.String())
			if err := env.Note("%s: %w", kept.String(), err); err != nil {
				return err
			}
		}
	}
	if err := env.Show(found, func(p *command.Page) {
		p.Item("archived orders", found.Orders)
		p.Item("purged numbers", found.Purged)
		p.Item("broken", len(found.Broken))
	}); err != nil {
		return err
	}
	if len(found.Broken) > 0 {
		return fmt.Errorf("%d archived orders do not open; put the sealing key back that they were sealed with, or the files from a backup", len(found.Broken))
	}
	return nil
}
