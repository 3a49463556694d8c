package report

import "slices"

// Figure is one number that was measured.
type Figure struct {
	// Name begins with its scenario: orders.cpu.
	Name string `json:"name"`
	// Unit is ms, s, /s, bytes, or empty for a count.
	Unit  string  `json:"unit,omitempty"`
	Value float64 `json:"value"`
	// Against names the ceiling's figure that this one is held against, in the same round.
	Against string `json:"against,omitempty"`
}

// Line is a latency by percentiles, for a chart.
type Line struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"`
}

// Point is one percentile.
type Point struct {
	Percentile   float64 `json:"percentile"`
	Milliseconds float64 `json:"ms"`
}

// Round is one run of the scenarios against one system.
type Round struct {
	// Load is the machine's load average before each scenario.
	Load    map[string]string `json:"load_before"`
	Figures []Figure          `json:"figures"`
	Lines   []Line            `json:"latencies,omitempty"`
}

// Add notes a figure.
func (r *Round) Add(name, unit string, value float64, against ...string) {
	figure := Figure{Name: name, Unit: unit, Value: value}
	if len(against) > 0 {
		figure.Against = against[0]
	}
	r.Figures = append(r.Figures, figure)
}

// value returns the figure of this name, and whether there is one.
func (r *Round) value(name string) (float64, bool) {
	for _, one := range r.Figures {
		if one.Name == name {
			return one.Value, true
		}
	}
	return 0, false
}

// Median returns the middle of some values, and for an even number the mean of both.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// Ratio returns one value by another; nil where there is nothing to divide by.
func Ratio(value, by float64) *float64 {
	if by == 0 {
		return nil
	}
	ratio := value / by
	return &ratio
}
