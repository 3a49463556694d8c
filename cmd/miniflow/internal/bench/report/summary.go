package report

import (
	"time"

	"miniflow/cmd/miniflow/internal/bench/measure"
)

// Report is all that a run has found out.
type Report struct {
	Machine   measure.Machine `json:"machine"`
	StartedAt time.Time       `json:"started_at"`
	Scenarios []string        `json:"scenarios"`
	Systems   []*System       `json:"systems"`
	Compared  []Comparison    `json:"compared,omitempty"`
}

// System is one program that was measured.
type System struct {
	// Name is baseline, fresh, or the address of a running one.
	Name    string `json:"name"`
	Program string `json:"program,omitempty"`
	Version string `json:"version,omitempty"`
	// Temporal is the version of its Temporal server.
	Temporal string   `json:"temporal,omitempty"`
	Rounds   []*Round `json:"rounds"`
	// Summary has the medians of the rounds.
	Summary []Summary `json:"summary"`
}

// Summary is a figure over all rounds.
type Summary struct {
	Figure
	// Ratio is the median of each round's ratio to its own ceiling.
	Ratio *float64 `json:"ratio,omitempty"`
}

// Comparison is a figure of the baseline beside the one of the program that is measured.
type Comparison struct {
	Name     string   `json:"name"`
	Unit     string   `json:"unit,omitempty"`
	Baseline float64  `json:"baseline"`
	Fresh    float64  `json:"fresh"`
	Ratio    *float64 `json:"ratio,omitempty"`
}

// Summarize makes the medians. Figures stand in the order of the first round that has them; one
// that a round lacks is the median of the others.
func (s *System) Summarize() {
	s.Summary = nil
	seen := map[string]bool{}
	for _, round := range s.Rounds {
		for _, figure := range round.Figures {
			if seen[figure.Name] {
				continue
			}
			seen[figure.Name] = true
			s.Summary = append(s.Summary, s.summary(figure))
		}
	}
}

func (s *System) summary(figure Figure) Summary {
	var values, ratios []float64
	for _, round := range s.Rounds {
		value, found := round.value(figure.Name)
		if !found {
			continue
		}
		values = append(values, value)
		// A ratio of one round compares what ran under the same load of the machine.
		if by, found := round.value(figure.Against); found && by != 0 {
			ratios = append(ratios, value/by)
		}
	}
	figure.Value = Median(values)
	summary := Summary{Figure: figure}
	if len(ratios) > 0 {
		middle := Median(ratios)
		summary.Ratio = &middle
	}
	return summary
}

// Figure returns a figure's median.
func (s *System) Figure(name string) (Summary, bool) {
	for _, one := range s.Summary {
		if one.Name == name {
			return one, true
		}
	}
	return Summary{}, false
}

// Percentiles returns the median of the rounds at each percentile of a latency.
func (s *System) Percentiles(name string) []Point {
	values := map[float64][]float64{}
	var points []Point
	for _, round := range s.Rounds {
		for _, line := range round.Lines {
			if line.Name != name {
				continue
			}
			for _, point := range line.Points {
				if _, seen := values[point.Percentile]; !seen {
					points = append(points, Point{Percentile: point.Percentile})
				}
				values[point.Percentile] = append(values[point.Percentile], point.Milliseconds)
			}
		}
	}
	for i := range points {
		points[i].Milliseconds = Median(values[points[i].Percentile])
	}
	return points
}

// Compare holds two systems' medians against each other, as far as both have them.
func Compare(baseline, fresh *System) []Comparison {
	var compared []Comparison
	for _, one := range fresh.Summary {
		if other, found := baseline.Figure(one.Name); found {
			compared = append(compared, Comparison{
				Name: one.Name, Unit: one.Unit, Baseline: other.Value, Fresh: one.Value, Ratio: Ratio(one.Value, other.Value),
			})
		}
	}
	return compared
}
