package keys

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/resealing"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/settings"
)

// reseal moves what lives to the first of sealing.keys. Unlike the other commands about keys it reaches
// Temporal, where most of it lives.
type reseal struct {
	Config   string        `help:"The configuration file." short:"c" default:"miniflow.yaml" env:"MINIFLOW_CONFIG" placeholder:"FILE"`
	Check    bool          `help:"Only say what is under other keys."`
	Patience time.Duration `help:"How long running orders and mini programs may take to go on under the new key." default:"2m"`
}

// Run moves, and says what is left. It fails while something that lives needs another key.
func (c *reseal) Run(ctx context.Context, env *command.Env) error {
	cfg, err := settings.Load(c.Config, env)
	if err != nil {
		return err
	}
	places, err := service.OpenPlaces(cfg)
	if err != nil {
		return err
	}
	temporal, err := settings.Reach(ctx, env, cfg)
	if err != nil {
		return err
	}
	defer temporal.Close()
	r := &resealing.Resealing{
		Temporal: temporal.Client, Namespace: temporal.Namespace, Ring: places.Ring, Files: places.Files, Archive: places.Archive, Now: env.Now, Patience: c.Patience,
		Tell: func(done, of int) {
			_ = env.Note("%d of %d running workflows go on under the new key", done, of) // the result counts
		},
	}
	do := r.Reseal
	if c.Check {
		do = r.Check
	}
	report, err := do(ctx)
	if err != nil {
		return err
	}
	if err := env.Show(report, func(p *command.Page) { show(p, report) }); err != nil {
		return err
	}
	if left := report.Live(); left > 0 {
		return fmt.Errorf("%d things that live need another key than the first: keep the others in sealing.keys, and repeat this", left)
	}
	return nil
}

func show(p *command.Page, report resealing.Report) {
	p.Item("sealing key", command.Clean(report.Writer))
	for _, some := range []struct {
		name   string
		counts map[string]int
	}{{"orders", report.Orders}, {"mini programs", report.MiniPrograms}, {"messages", report.Deliveries}, {"notes", report.Notes}} {
		for _, id := range slices.Sorted(maps.Keys(some.counts)) {
			p.Item(some.name, some.counts[id], command.Clean(id))
		}
	}
	p.Item("files", report.Files)
	p.Item("archived orders", report.Archived)
	p.Item("broken", report.Broken)
	p.Item("could not be asked", report.Unread)
	if !report.UnusedAfter.IsZero() {
		p.Line("every other key is unused after %s: remove it from sealing.keys then", report.UnusedAfter.Format(time.DateOnly))
	}
}
