package picture

import (
	"fmt"
	"strconv"
	"strings"

	"miniflow/cmd/miniflow/internal/bench/chart"
	"miniflow/cmd/miniflow/internal/bench/report"
)

// Draw returns the report's pictures in both languages by the names of their files: orders.svg, and
// orders.zh-CN.svg, as documents are named.
func Draw(whole *report.Report) map[string][]byte {
	files := map[string][]byte{}
	for _, scenario := range whole.Scenarios {
		for _, language := range languages() {
			d := drawing{whole, language, scenario}
			title := titles()[scenario].in(language)
			if groups := d.groups(); len(groups) > 0 {
				files[scenario+language.suffix()] = chart.Bars(title, d.note(), groups)
			}
			if curves := d.curves(); len(curves) > 0 {
				files[scenario+"-latency"+language.suffix()] = chart.Curves(title+": "+latencyWord.in(language), d.note(), curves)
			}
		}
	}
	return files
}

type drawing struct {
	*report.Report
	language language
	scenario string
}

// measured is the system that is measured; the one before it is the baseline.
func (d drawing) measured() *report.System { return d.Systems[len(d.Systems)-1] }

func (d drawing) baseline() *report.System {
	if len(d.Systems) < 2 {
		return nil
	}
	return d.Systems[0]
}

func (d drawing) note() string {
	rounds := d.measured().Rounds
	if len(rounds) == 0 {
		return ""
	}
	return fmt.Sprintf(medianOf.in(d.language), len(rounds), d.Machine.CPU, d.Machine.Cores, rounds[0].Load[d.scenario])
}

// groups makes a group of bars of every figure that is shown.
func (d drawing) groups() []chart.Group {
	var groups []chart.Group
	for _, one := range shown() {
		if !strings.HasPrefix(one.figure, d.scenario+".") {
			continue
		}
		for _, figure := range d.measured().Summary {
			star, ok := match(one.figure, figure.Name)
			if !ok {
				continue
			}
			groups = append(groups, chart.Group{Title: strings.ReplaceAll(one.in(d.language), "*", star), Bars: d.bars(figure)})
		}
	}
	return groups
}

func (d drawing) bars(figure report.Summary) []chart.Bar {
	var bars []chart.Bar
	if ceiling, found := d.measured().Figure(figure.Against); found && d.isBare(figure.Against) {
		bars = append(bars, chart.Bar{Label: bareWord.in(d.language), Kind: chart.Bare, Value: ceiling.Value, Text: Number(ceiling.Value, ceiling.Unit)})
	}
	var before *float64
	if d.baseline() != nil {
		if old, found := d.baseline().Figure(figure.Name); found {
			before = report.Ratio(figure.Value, old.Value)
			bars = append(bars, d.bar(baselineWord, chart.Baseline, old, nil))
		}
	}
	return append(bars, d.bar(freshWord, chart.Fresh, figure, before))
}

// isBare reports whether a figure is one of Temporal alone: others are held against each other too,
// such as many waiting orders against few.
func (d drawing) isBare(name string) bool {
	return strings.Contains(name, "bare") || strings.Contains(name, "skeleton")
}

func (d drawing) bar(label word, kind chart.Kind, figure report.Summary, before *float64) chart.Bar {
	text := Number(figure.Value, figure.Unit)
	if figure.Ratio != nil && d.isBare(figure.Against) {
		text += fmt.Sprintf(" · %.2f %s", *figure.Ratio, timesCeiling.in(d.language))
	}
	if before != nil {
		text += fmt.Sprintf(" · %.2f %s", *before, timesBefore.in(d.language))
	}
	return chart.Bar{Label: label.in(d.language), Kind: kind, Value: figure.Value, Text: text}
}

// curves are the scenario's latencies: the ceiling's, the baseline's, and those that are measured.
func (d drawing) curves() []chart.Curve {
	bare, own, beside := lines(d.scenario)
	var curves []chart.Curve
	add := func(system *report.System, line string, label word, kind chart.Kind) {
		if system == nil {
			return
		}
		if points := system.Percentiles(line); len(points) > 0 {
			curve := chart.Curve{Label: label.in(d.language), Kind: kind}
			for _, point := range points {
				curve.Points = append(curve.Points, chart.Point(point))
			}
			curves = append(curves, curve)
		}
	}
	add(d.measured(), bare, bareWord, chart.Bare)
	add(d.baseline(), own, baselineWord, chart.Baseline)
	add(d.measured(), own, freshWord, chart.Fresh)
	add(d.measured(), beside, besideWord, chart.Beside)
	return curves
}

// lines names the latencies of a scenario that are drawn.
func lines(scenario string) (bare, own, beside string) {
	switch scenario {
	case "starts":
		return "starts.bare.steady", "starts.steady", ""
	case "notifications":
		return "signals.bare", "notifications", "notifications.beside_forgery"
	case "burst":
		return "burst.bare", "burst", ""
	}
	return "", scenario, ""
}

// Number writes a figure as people do: bytes in MB, and three digits that count as far as there
// are so many.
func Number(value float64, unit string) string {
	if unit == "bytes" {
		value, unit = value/1e6, "MB"
		if value < 1 {
			value, unit = value*1e3, "kB"
		}
	}
	digits := 0
	switch {
	case value < 10:
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
