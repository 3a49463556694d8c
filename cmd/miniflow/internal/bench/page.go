package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/bench/picture"
	"miniflow/cmd/miniflow/internal/bench/report"
)

// show prints the figures, and draws them where that is asked for.
func (c *Command) show(env *command.Env, whole *report.Report) error {
	if c.SVG != "" {
		if err := c.draw(whole); err != nil {
			return err
		}
	}
	return env.Show(whole, func(p *command.Page) {
		m := whole.Machine
		p.Line("")
		p.Line("%s", p.Faint(fmt.Sprintf("%s, %d cores, Linux %s, %s", m.CPU, m.Cores, m.Kernel, m.Go)))
		if len(whole.Compared) > 0 {
			printCompared(p, whole)
			return
		}
		for _, one := range whole.Systems {
			printSystem(p, one)
		}
	})
}

// draw writes the pictures. Those of an earlier run are replaced: a document that shows them shows
// the newest.
func (c *Command) draw(whole *report.Report) error {
	if err := os.MkdirAll(c.SVG, 0o750); err != nil {
		return fmt.Errorf("make the directory of the charts: %w", err)
	}
	for name, text := range picture.Draw(whole) {
		if err := command.WriteWhole(filepath.Join(c.SVG, name), text); err != nil {
			return err
		}
	}
	return nil
}

func printSystem(p *command.Page, one *report.System) {
	p.Line("%-50s %12s %12s %9s", one.Name, "median", "ceiling", "÷ceiling")
	for _, s := range one.Summary {
		ceiling := ""
		if other, found := one.Figure(s.Against); found {
			ceiling = picture.Number(other.Value, other.Unit)
		}
		p.Line("%-50s %12s %12s %9s", s.Name, picture.Number(s.Value, s.Unit), ceiling, ratio(s.Ratio))
	}
}

func printCompared(p *command.Page, whole *report.Report) {
	baseline, fresh := whole.Systems[0], whole.Systems[1]
	p.Line("%-50s %12s %12s %16s %18s %15s", "median of "+strconv.Itoa(len(fresh.Rounds)), "baseline", "fresh", "fresh÷baseline", "baseline÷ceiling", "fresh÷ceiling")
	for _, s := range fresh.Summary {
		// A figure that only the newer one has is shown too, such as the backlog of a journal.
		before, times := "", ""
		old, found := baseline.Figure(s.Name)
		if found {
			before, times = picture.Number(old.Value, old.Unit), ratio(report.Ratio(s.Value, old.Value))
		}
		p.Line("%-50s %12s %12s %16s %18s %15s", s.Name, before, picture.Number(s.Value, s.Unit), times, ratio(old.Ratio), ratio(s.Ratio))
	}
}

func ratio(of *float64) string {
	if of == nil {
		return ""
	}
	return strconv.FormatFloat(*of, 'f', 2, 64)
}
