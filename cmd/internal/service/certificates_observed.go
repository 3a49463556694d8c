package service

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

var certificateDays = prometheus.NewDesc("miniflow_certificate_days_left",
	"Days until a certificate runs out, below 0 once it has; owner is app for the application's own, else alipay.",
	[]string{"app_id", "owner", "serial"}, nil)

// certificateCollector reads at each scrape, because certificates come while the process runs.
type certificateCollector struct{ service *Service }

// Describe implements prometheus.Collector.
func (c certificateCollector) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- certificateDays
}

// Collect implements prometheus.Collector.
func (c certificateCollector) Collect(metrics chan<- prometheus.Metric) {
	for _, app := range c.service.apps {
		seen := map[string]bool{} // one that is configured twice would spoil the whole scrape
		for _, one := range c.service.certificatesOf(app.config.ID) {
			if one.Until.IsZero() || seen[one.Serial] {
				continue
			}
			seen[one.Serial] = true
			owner := "alipay"
			if one.Own {
				owner = "app"
			}
			metrics <- prometheus.MustNewConstMetric(certificateDays, prometheus.GaugeValue, one.Until.Sub(now()).Hours()/24, app.config.ID, owner, one.Serial)
		}
	}
}

// observeCertificates shows what is left of each certificate, so that whoever has alerts needs no list.
func (s *Service) observeCertificates() error {
	if err := s.options.Registry.Register(certificateCollector{s}); err != nil {
		return fmt.Errorf("register the metric of certificates: %w", err)
	}
	return nil
}
