package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Curve is a latency by percentiles.
type Curve struct {
	Label  string
	Kind   Kind
	Points []Point
}

// Point is the latency at one percentile.
type Point struct{ Percentile, Milliseconds float64 }

// The layout of curves, in pixels.
const (
	plotTop, plotHeight  = 94.0, 260.0
	plotLeft, plotRight  = 84.0, width - 24.0
	axisHeight           = 44.0
	legendStep, legendAt = 24.0, 74.0
)

// Curves draws latencies by percentiles, with a logarithmic scale: what a few wait is many times
// what most wait. Percentiles stand side by side, each as far from the next, so that the last ones
// can be read.
func Curves(title, note string, curves []Curve) []byte {
	p := &picture{}
	p.text(margin, 30, "title", "start", title)
	p.text(margin, 50, "faint", "start", note)
	low, high := decades(curves)
	at := func(ms float64) float64 {
		return plotTop + plotHeight*(high-math.Log10(max(ms, math.Pow(10, low))))/max(1, high-low)
	}
	for decade := low; decade <= high; decade++ {
		ms := math.Pow(10, decade)
		p.line(plotLeft, at(ms), plotRight, at(ms))
		p.text(plotLeft-8, at(ms)+4, "faint", "end", strconv.FormatFloat(ms, 'g', -1, 64)+" ms")
	}
	x := margin
	for _, curve := range curves {
		p.rect(x, legendAt-9, 10, 10, string(curve.Kind))
		p.text(x+16, legendAt, "faint", "start", curve.Label)
		x += 16 + textWidth(curve.Label) + legendStep
	}
	for i, curve := range curves {
		p.curve(curve, at, i == 0)
	}
	return p.frame(title, plotTop+plotHeight+axisHeight)
}

// curve draws one, and with the first the percentiles below all.
func (p *picture) curve(curve Curve, at func(ms float64) float64, axis bool) {
	var path []string
	for i, point := range curve.Points {
		x := plotLeft + (plotRight-plotLeft)*(float64(i)+0.5)/float64(len(curve.Points))
		path = append(path, fmt.Sprintf("%.1f,%.1f", x, at(point.Milliseconds)))
		p.add(`<circle cx="%.1f" cy="%.1f" r="3" class="%s"/>`, x, at(point.Milliseconds), curve.Kind)
		if axis {
			p.text(x, plotTop+plotHeight+22, "faint", "middle", percentile(point.Percentile))
		}
	}
	p.add(`<polyline points="%s" class="%s curve"/>`, strings.Join(path, " "), curve.Kind)
}

// percentile names one as people do.
func percentile(p float64) string {
	if p >= 100 {
		return "max"
	}
	return "p" + strconv.FormatFloat(p, 'f', -1, 64)
}

// decades returns the powers of ten that all curves lie between.
func decades(curves []Curve) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, curve := range curves {
		for _, point := range curve.Points {
			ms := max(point.Milliseconds, 0.001)
			low, high = min(low, math.Floor(math.Log10(ms))), max(high, math.Ceil(math.Log10(ms)))
		}
	}
	if low > high {
		return 0, 1 // nothing is drawn
	}
	return low, max(high, low+1)
}

// textWidth guesses: a Chinese character is twice as wide as a letter.
func textWidth(text string) (pixels float64) {
	for _, r := range text {
		if r > 0x2e80 {
			pixels += 12
		} else {
			pixels += 6.5
		}
	}
	return pixels
}
