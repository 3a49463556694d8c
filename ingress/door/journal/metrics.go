package journal

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what a journal does.
type Metrics struct {
	registry   prometheus.Registerer
	appended   prometheus.Counter
	dispatched prometheus.Counter
	failures   prometheus.Counter
	refused    prometheus.Counter
	full       prometheus.Counter
	unwritten  prometheus.Counter
	torn       prometheus.Counter
}

// NewMetrics returns the metrics and registers them. A second set in the same registry is an
// error.
func NewMetrics(registry prometheus.Registerer) (*Metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &Metrics{
		registry:   registry,
		appended:   counter("miniflow_journal_appended_total", "Messages that the door's journal has made durable."),
		dispatched: counter("miniflow_journal_dispatched_total", "Messages of the door's journal that Temporal has accepted."),
		failures:   counter("miniflow_journal_dispatch_failures_total", "Attempts to dispatch that failed and are repeated."),
		refused:    counter("miniflow_journal_refused_total", "Messages that Temporal refused for good and that stay in the door's journal."),
		full:       counter("miniflow_journal_full_total", "Messages that were not accepted because the door's journal is at a bound; Alipay sends them again."),
		unwritten:  counter("miniflow_journal_unwritten_total", "Messages that could not be written to the disk; Alipay sends them again."),
		torn:       counter("miniflow_journal_torn_total", "Records that were cut off by a crash, never acknowledged, and dropped."),
	}
	for _, collector := range []prometheus.Collector{
		m.appended, m.dispatched, m.failures, m.refused, m.full, m.unwritten, m.torn,
	} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("register the metrics of the door's journal: %w", err)
		}
	}
	return m, nil
}

// observe adds the gauges, which are read from the journal itself.
func (m *Metrics) observe(j *Journal) {
	gauge := func(name, help string, read func(Status) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return read(j.Status()) }))
	}
	gauge("miniflow_journal_messages", "Messages that wait in the door's journal for Temporal.", func(s Status) float64 { return float64(s.Messages) })
	gauge("miniflow_journal_bytes", "Bytes that the segments of the door's journal take.", func(s Status) float64 { return float64(s.Bytes) })
	gauge("miniflow_journal_oldest_age_seconds", "How long the oldest message of the door's journal waits.", func(s Status) float64 { return s.OldestSeconds })
	gauge("miniflow_journal_refused", "Messages in the door's journal that Temporal refuses for good.", func(s Status) float64 { return float64(s.Refused) })
	gauge("miniflow_journal_damaged", "Damaged records of the door's journal that were set aside for a person.", func(s Status) float64 { return float64(s.Damaged) })
}
