package door

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/channel"
)

// ChannelMetrics counts events of the long connections. Labels contain configured app ids and
// words of ours, never anything that a sender chose, who could otherwise create series
// without end.
type ChannelMetrics struct {
	registry    prometheus.Registerer
	connections *prometheus.CounterVec
	ended       *prometheus.CounterVec
	frames      *prometheus.CounterVec
	acksLost    *prometheus.CounterVec
}

// NewChannelMetrics returns the metrics and registers them. One set serves the connections of
// all apps; a second one in the same registry is an error.
func NewChannelMetrics(registry prometheus.Registerer) (*ChannelMetrics, error) {
	m := &ChannelMetrics{
		registry: registry,
		connections: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "miniflow_channel_connections_total",
			Help: "Long connections made.",
		}, []string{"app_id"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "miniflow_channel_ended_total",
			Help: "Long connections and attempts to make one that ended, by step and cause.",
		}, []string{"app_id", "step", "cause"}),
		frames: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "miniflow_channel_frames_total",
			Help: "Frames of the long connection by what became of them; the reason of those that are against the protocol.",
		}, []string{"app_id", "outcome", "reason"}),
		acksLost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "miniflow_channel_acks_lost_total",
			Help: "Answers that found their connection gone; Alipay sends the message again.",
		}, []string{"app_id"}),
	}
	for _, collector := range []prometheus.Collector{m.connections, m.ended, m.frames, m.acksLost} {
		if err := registry.Register(collector); err != nil {
			return nil, fmt.Errorf("register the metrics of the long connection: %w", err)
		}
	}
	return m, nil
}

// watch adds the gauges of one app and creates its series at once, because an alarm on an
// increase needs the zero before it.
func (m *ChannelMetrics) watch(appID string, client *channel.Client) {
	m.connections.WithLabelValues(appID)
	m.acksLost.WithLabelValues(appID)
	for _, outcome := range []channel.Outcome{channel.OutcomeAccepted, channel.OutcomeFailed, channel.OutcomeRefused} {
		m.frames.WithLabelValues(appID, string(outcome), "")
	}
	labels := prometheus.Labels{"app_id": appID}
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "miniflow_channel_connected", ConstLabels: labels,
			Help: "1 while this process holds an open long connection of the app: over all processes there should be one.",
		}, func() float64 {
			if client.State().Phase == channel.PhaseConnected {
				return 1
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "miniflow_channel_in_hand", ConstLabels: labels,
			Help: "Messages of the long connection that are being worked on; at the limit nothing more is read.",
		}, func() float64 { return float64(client.State().InHand) }),
	)
}

func (m *ChannelMetrics) observe(appID string, e channel.Event) {
	switch e.Outcome {
	case channel.OutcomeConnected:
		m.connections.WithLabelValues(appID).Inc()
	case channel.OutcomeEnded:
		var why *channel.Error
		if errors.As(e.Err, &why) {
			m.ended.WithLabelValues(appID, string(why.Step), string(why.Cause)).Inc()
		}
	case channel.OutcomeAccepted, channel.OutcomeFailed, channel.OutcomeRefused, channel.OutcomeDropped:
		var frame *channel.FrameError
		reason := ""
		if errors.As(e.Err, &frame) {
			reason = string(frame.Reason)
		}
		m.frames.WithLabelValues(appID, string(e.Outcome), reason).Inc()
	}
	if e.AckLost {
		m.acksLost.WithLabelValues(appID).Inc()
	}
}
