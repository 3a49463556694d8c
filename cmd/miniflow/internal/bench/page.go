package bench

import (
	"fmt"
	"strconv"
	"strings"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/bench/report"
)

// show prints the figures, and draws them where that is asked for.
func (c *Command) show(env *command.Env, whole *report.Report) error {
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

func printSystem(p *command.Page, one *report.System) {
	p.Line("%-50s %14s %14s %7s", one.Name, "", "ceiling", "ratio")
	for _, s := range one.Summary {
		ceiling := ""
		for _, other := range one.Summary {
			if other.Name == s.Against && s.Ratio != nil {
				ceiling = number(other.Value, other.Unit)
			}
		}
		p.Line("%-50s %14s %14s %7s", s.Name, number(s.Value, s.Unit), ceiling, ratio(s.Ratio))
	}
}

func printCompared(p *command.Page, whole *report.Report) {
	baseline, fresh := whole.Systems[0], whole.Systems[1]
	p.Line("%-50s %14s %14s %7s %9s %9s", "median of "+strconv.Itoa(len(fresh.Rounds)), "baseline", "fresh", "ratio", "÷ ceiling", "÷ ceiling")
	ratios := func(of *report.System, name string) string {
		for _, s := range of.Summary {
			if s.Name == name {
				return ratio(s.Ratio)
			}
		}
		return ""
	}
	for _, c := range whole.Compared {
		p.Line("%-50s %14s %14s %7s %9s %9s", c.Name, number(c.Baseline, c.Unit), number(c.Fresh, c.Unit), ratio(c.Ratio), ratios(baseline, c.Name), ratios(fresh, c.Name))
	}
}

// number writes a figure with three digits that count, as far as it has them.
func number(value float64, unit string) string {
	digits := 0
	switch {
	case value != 0 && value < 10 && value > -10:
		digits = 2
	case value < 100:
		digits = 1
	}
	text := strconv.FormatFloat(value, 'f', digits, 64)
	if digits > 0 {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return strings.TrimSpace(text + " " + unit)
}

func ratio(of *float64) string {
	if of == nil {
		return ""
	}
	return strconv.FormatFloat(*of, 'f', 2, 64)
}
