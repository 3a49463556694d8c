package telling

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/tell"
)

// outcome is what came of a post, as a label.
type outcome string

const (
	outcomeTaken   outcome = "taken"
	outcomeRefused outcome = "refused"
	outcomeGone    outcome = "gone"
)

// Metrics counts posts and shows how far webhooks are behind. One process tells a webhook at a time,
// so its gauges are of the process that told it last.
type Metrics struct {
	posts  *prometheus.HistogramVec
	lag    *prometheus.HistogramVec
	behind *prometheus.GaugeVec
	dead   *prometheus.GaugeVec
	open   *prometheus.GaugeVec
}

// NewMetrics returns the metrics of these apps and registers them.
func NewMetrics(registry prometheus.Registerer, apps []string) (*Metrics, error) {
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"app_id"})
	}
	m := &Metrics{
		posts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "miniflow_webhook_post_seconds", Help: "Posts to webhooks, by what came of them.", Buckets: prometheus.DefBuckets,
		}, []string{"app_id", "outcome"}),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "miniflow_webhook_lag_seconds", Help: "From an event to the acceptance of the post that told of it.",
			Buckets: []float64{.5, 1, 2, 5, 15, 60, 300, 3600, 6 * 3600, 24 * 3600, 72 * 3600},
		}, []string{"app_id"}),
		behind: gauge("miniflow_webhook_behind_orders", "Orders that have changed and whose webhook was not told yet."),
		dead:   gauge("miniflow_webhook_dead_orders", "Orders whose events were given up."),
		open:   gauge("miniflow_webhook_stopped", "1 while a webhook is disabled or its circuit is open."),
	}
	for _, collector := range []prometheus.Collector{m.posts, m.lag, m.behind, m.dead, m.open} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("register the webhooks' metrics: %w", err)
		}
	}
	for _, app := range apps {
		for _, one := range []outcome{outcomeTaken, outcomeRefused, outcomeGone} {
			m.posts.WithLabelValues(app, string(one))
		}
	}
	return m, nil
}

func (m *Metrics) posted(app string, what outcome, took, lag time.Duration) {
	m.posts.WithLabelValues(app, string(what)).Observe(took.Seconds())
	if what == outcomeTaken {
		m.lag.WithLabelValues(app).Observe(lag.Seconds())
	}
}

func (m *Metrics) show(app string, state tell.State) {
	m.behind.WithLabelValues(app).Set(float64(state.Behind))
	m.dead.WithLabelValues(app).Set(float64(len(state.Dead) + state.Forgotten))
	stopped := 0.0
	if state.Disabled != nil || state.Circuit.Rate > 0 {
		stopped = 1
	}
	m.open.WithLabelValues(app).Set(stopped)
}
