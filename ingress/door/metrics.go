package door

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/notify"
	"miniflow/order"
)

// Metrics counts notifications and refusals. Labels contain reasons, channels and
// dispositions of ours, never anything that a sender chose, who could otherwise create series
// without end.
type Metrics struct {
	refusals      *prometheus.CounterVec
	verifications prometheus.Counter
	accepted      *prometheus.CounterVec
	unaccepted    *prometheus.CounterVec
	dispatched    *prometheus.CounterVec
	duration      *prometheus.HistogramVec
	lag           *prometheus.GaugeVec
}

// NewMetrics returns the metrics and registers them. Both channels share one set, so a second
// one in the same registry is an error.
func NewMetrics(registry prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "miniflow_door_refusals_total",
			Help: "Requests that were not taken for a notification of Alipay's, by reason.",
		}, []string{"channel", "reason"}),
		verifications: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "miniflow_door_signature_checks_total",
			Help: "RSA signature checks made.",
		}),
		accepted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "miniflow_door_notifications_total",
			Help: "Verified notifications that Temporal, or the door's journal, has accepted, by channel and by what was known of them at once.",
		}, []string{"channel", "disposition"}),
		unaccepted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "miniflow_door_unaccepted_total",
			Help: "Verified notifications that were not accepted; Alipay sends them again.",
		}, []string{"channel", "cause"}),
		dispatched: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "miniflow_door_dispatched_total",
			Help: "Notifications of the door's journal that Temporal has accepted, by channel and by what was known of them at once.",
		}, []string{"channel", "disposition"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "miniflow_door_duration_seconds",
			Help:    "Time from a notification that is read whole to its answer, by outcome.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 3, 5},
		}, []string{"outcome"}),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "miniflow_door_lag_seconds",
			Help: "Our clock minus Alipay's at the last message: negative means that our clock is behind.",
		}, []string{"channel"}),
	}
	for _, collector := range []prometheus.Collector{m.refusals, m.verifications, m.accepted, m.unaccepted, m.dispatched, m.duration, m.lag} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("register the door's metrics: %w", err)
		}
	}
	m.begin()
	return m, nil
}

// begin creates every series at the start, because an alarm on an increase needs the zero
// before it.
func (m *Metrics) begin() {
	for _, channel := range Channels() {
		for _, reason := range append(notify.Reasons(), doorReasons()...) {
			m.refusals.WithLabelValues(string(channel), string(reason))
		}
		for _, disposition := range order.Dispositions() {
			m.accepted.WithLabelValues(string(channel), string(disposition))
			m.dispatched.WithLabelValues(string(channel), string(disposition))
		}
		for _, cause := range causes() {
			m.unaccepted.WithLabelValues(string(channel), string(cause))
		}
	}
}

// outcome is the label of the latency histogram, because the outcomes cost very different
// times.
type outcome string

const (
	outcomeAccepted   outcome = "accepted"
	outcomeRepeated   outcome = "repeated"
	outcomeRefused    outcome = "refused"
	outcomeUnaccepted outcome = "unaccepted"
)

func (m *Metrics) took(o outcome, d time.Duration) {
	m.duration.WithLabelValues(string(o)).Observe(d.Seconds())
}
