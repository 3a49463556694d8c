package telemetry

import (
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// temporalLabels returns the tags of the Temporal Go SDK 1.50. Prometheus requires one set of
// labels for each metric, while the SDK varies its tags, so every metric has all of them and
// an empty label means that the tag was absent (to Prometheus it is the same). A tag that is
// not listed is dropped: labels stay bounded whatever the SDK adds, and the metric itself is
// kept.
func temporalLabels() []string {
	return []string{
		"activity_type", "cause", "client_name", "failure_reason", "namespace", "nexus_operation", "nexus_service",
		"operation", "poller_type", "status_code", "task_queue", "worker_type", "workflow_type",
	}
}

// latencyBuckets returns buckets from a cached workflow task (milliseconds) to a slow call to
// Alipay (a minute).
func latencyBuckets() []float64 {
	return []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}
}

type temporalHandler struct {
	tags  map[string]string
	store *temporalStore
}

// temporalStore makes each metric on first use, because the SDK announces none.
type temporalStore struct {
	registry   prometheus.Registerer
	labels     []string
	mu         sync.Mutex
	counters   map[string]*prometheus.CounterVec
	gauges     map[string]*prometheus.GaugeVec
	histograms map[string]*prometheus.HistogramVec
}

// NewTemporalMetrics returns the handler for client.Options.MetricsHandler. Counters get the
// suffix _total and timers _seconds. A name that is taken by a metric of another kind is
// recorded without being exported. It is safe for concurrent use; a registry can have only
// one.
func NewTemporalMetrics(registry prometheus.Registerer) client.MetricsHandler {
	return &temporalHandler{store: &temporalStore{
		registry:   registry,
		labels:     temporalLabels(),
		counters:   map[string]*prometheus.CounterVec{},
		gauges:     map[string]*prometheus.GaugeVec{},
		histograms: map[string]*prometheus.HistogramVec{},
	}}
}

// WithTags returns a handler whose metrics carry these tags too; newer ones take precedence,
// as the SDK expects.
func (h *temporalHandler) WithTags(tags map[string]string) client.MetricsHandler {
	merged := maps.Clone(h.tags)
	if merged == nil {
		merged = make(map[string]string, len(tags))
	}
	maps.Copy(merged, tags)
	return &temporalHandler{tags: merged, store: h.store}
}

// Counter returns the counter <name>_total, because Prometheus requires the suffix.
func (h *temporalHandler) Counter(name string) client.MetricsCounter {
	return counter{h.store.counter(metricName(name, "_total")).WithLabelValues(h.values()...)}
}

// Gauge returns the gauge <name>, which needs no suffix.
func (h *temporalHandler) Gauge(name string) client.MetricsGauge {
	return gauge{h.store.gauge(metricName(name, "")).WithLabelValues(h.values()...)}
}

// Timer returns the histogram <name>_seconds, because Prometheus names the unit.
func (h *temporalHandler) Timer(name string) client.MetricsTimer {
	return timer{h.store.histogram(metricName(name, "_seconds")).WithLabelValues(h.values()...)}
}

func (h *temporalHandler) values() []string {
	values := make([]string, len(h.store.labels))
	for i, label := range h.store.labels {
		values[i] = strings.ToValidUTF8(h.tags[label], "\uFFFD")
	}
	return values
}

type counter struct{ metric prometheus.Counter }

// Inc adds delta. A negative delta is ignored, because a Prometheus counter panics at one.
func (c counter) Inc(delta int64) {
	if delta > 0 {
		c.metric.Add(float64(delta))
	}
}

type gauge struct{ metric prometheus.Gauge }

func (g gauge) Update(value float64) { g.metric.Set(value) }

type timer struct{ metric prometheus.Observer }

func (t timer) Record(duration time.Duration) { t.metric.Observe(duration.Seconds()) }

func (s *temporalStore) counter(name string) *prometheus.CounterVec {
	return once(s, s.counters, name, func() *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help(name)}, s.labels)
	})
}

func (s *temporalStore) gauge(name string) *prometheus.GaugeVec {
	return once(s, s.gauges, name, func() *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help(name)}, s.labels)
	})
}

func (s *temporalStore) histogram(name string) *prometheus.HistogramVec {
	return once(s, s.histograms, name, func() *prometheus.HistogramVec {
		options := prometheus.HistogramOpts{Name: name, Help: help(name), Buckets: latencyBuckets()}
		return prometheus.NewHistogramVec(options, s.labels)
	})
}

// once returns the vector of this name and registers it on first use. A vector that the
// registry refuses still counts without being exported, because a metric must not break a
// worker.
func once[V prometheus.Collector](s *temporalStore, known map[string]V, name string, build func() V) V {
	s.mu.Lock()
	defer s.mu.Unlock()
	vector, found := known[name]
	if found {
		return vector
	}
	vector = build()
	_ = s.registry.Register(vector)
	known[name] = vector
	return vector
}

func help(name string) string { return name + " of the Temporal Go SDK." }

// metricName returns a valid Prometheus name: letters, digits and '_'; the suffix is added
// unless it is there.
func metricName(name, suffix string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, name)
	if clean == "" || clean[0] >= '0' && clean[0] <= '9' {
		clean = "_" + clean
	}
	return strings.TrimSuffix(clean, suffix) + suffix
}
