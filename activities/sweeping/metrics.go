package sweeping

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/activities"
	"miniflow/look"
)

// outcome is what came of a look, as a label.
type outcome string

const (
	outcomeQuiet      outcome = "quiet"
	outcomeNews       outcome = "news"
	outcomeRefused    outcome = "refused"
	outcomeUnanswered outcome = "unanswered"
)

func outcomes() []outcome {
	return []outcome{outcomeQuiet, outcomeNews, outcomeRefused, outcomeUnanswered}
}

func outcomeOf(got answer) outcome {
	switch {
	case got.failed(activities.FailureUnknown):
		return outcomeUnanswered
	case got.err != nil:
		return outcomeRefused
	case got.news != "":
		return outcomeNews
	}
	return outcomeQuiet
}

// Metrics counts looks and shows how messages arrive. A pass runs in one process at a time, so a
// gauge is of the process that planned last: its time says which that is.
type Metrics struct {
	looks   *prometheus.CounterVec
	part    *prometheus.HistogramVec
	health  *prometheus.GaugeVec
	waiting *prometheus.GaugeVec
	round   *prometheus.GaugeVec
	planned *prometheus.GaugeVec
}

// NewMetrics returns the metrics of these apps and registers them.
func NewMetrics(registry prometheus.Registerer, apps []string) (*Metrics, error) {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, append([]string{"app_id"}, labels...))
	}
	m := &Metrics{
		looks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "miniflow_sweep_looks_total",
			Help: "Questions about orders that wait, by what came of them.",
		}, []string{"app_id", "outcome"}),
		part: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "miniflow_sweep_part_seconds",
			Help:    "Time that one worker's part of a pass took.",
			Buckets: []float64{.1, .5, 1, 5, 15, 60, 300, 900, 3600},
		}, []string{"app_id"}),
		health:  gauge("miniflow_sweep_message_health", "1 while the message arrives as it should, 0 while too little is known, -1 while it is missing or late.", "message"),
		waiting: gauge("miniflow_sweep_waiting_orders", "Orders that waited when they were last counted."),
		round:   gauge("miniflow_sweep_round_left", "Questions that the round under way has yet to ask, 0 without a round."),
		planned: gauge("miniflow_sweep_planned_timestamp_seconds", "When this process last planned a pass."),
	}
	for _, collector := range []prometheus.Collector{m.looks, m.part, m.health, m.waiting, m.round, m.planned} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("register the metrics of sweeps: %w", err)
		}
	}
	// Every series at the start: an alarm on an increase needs the zero before it.
	for _, app := range apps {
		for _, what := range outcomes() {
			m.looks.WithLabelValues(app, string(what))
		}
	}
	return m, nil
}

func (m *Metrics) looked(appID string, what outcome) {
	m.looks.WithLabelValues(appID, string(what)).Inc()
}

func (m *Metrics) swept(appID string, took time.Duration) {
	m.part.WithLabelValues(appID).Observe(took.Seconds())
}

// planning shows what a plan has seen.
func (m *Metrics) planning(appID string, state look.State, now time.Time) {
	for _, topic := range look.Topics() {
		for _, message := range topic.Messages() {
			m.health.WithLabelValues(appID, message).Set(grade(state.Messages[message].Health()))
		}
	}
	left := 0
	if state.Round != nil {
		left = max(0, state.Round.Looks-state.Round.Asked)
	}
	m.round.WithLabelValues(appID).Set(float64(left))
	m.waiting.WithLabelValues(appID).Set(float64(state.Waiting))
	m.planned.WithLabelValues(appID).Set(float64(now.Unix()))
}

func grade(health look.Health) float64 {
	switch health {
	case look.HealthHealthy:
		return 1
	case look.HealthUnhealthy:
		return -1
	case look.HealthLearning:
	}
	return 0
}
