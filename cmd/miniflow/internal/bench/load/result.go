package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The histogram's range in microseconds, and its precision: three digits up to ten minutes.
const (
	shortest = 1
	longest  = int64(10 * time.Minute / time.Microsecond)
	digits   = 3
)

// Result is what came of a load.
type Result struct {
	Accepted, Refused int
	// Took is from the first intended time to the last answer.
	Took time.Duration
	// Err is the first refusal, as an example.
	Err error

	mu      sync.Mutex
	latency *hdrhistogram.Histogram
}

// NewResult returns an empty result, for loads that time by themselves.
func NewResult() *Result { return &Result{latency: hdrhistogram.New(shortest, longest, digits)} }

// Record notes one answer. Refusals have no latency: a system must not look fast because it
// says no.
func (r *Result) Record(took time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.Refused++
		if r.Err == nil {
			r.Err = err
		}
		return
	}
	r.Accepted++
	// What is longer than the histogram is counted as its longest.
	_ = r.latency.RecordValue(min(longest, max(shortest, took.Microseconds())))
}

// PerSecond returns how many requests were accepted a second.
func (r *Result) PerSecond() float64 {
	if r.Took <= 0 {
		return 0
	}
	return float64(r.Accepted) / r.Took.Seconds()
}

// Percentile returns the latency that p per cent of the accepted requests did not exceed.
func (r *Result) Percentile(p float64) time.Duration {
	return time.Duration(r.latency.ValueAtPercentile(p)) * time.Microsecond
}

// Percentiles are those that charts draw.
func Percentiles() []float64 { return []float64{50, 75, 90, 95, 99, 99.9, 100} }
