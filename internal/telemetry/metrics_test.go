package telemetry

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// page returns what a scrape of the registry sees.
func page(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	MetricsHandler(registry).ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if recorder.Code != http.StatusOK {
		t.Fatalf("scrape answered %d: %s", recorder.Code, recorder.Body)
	}
	return recorder.Body.String()
}

func TestTemporalMetricsReachTheScrape(t *testing.T) {
	registry := NewRegistry()
	handler := NewTemporalMetrics(registry).WithTags(map[string]string{"namespace": "default", "task_queue": "old"})
	queue := handler.WithTags(map[string]string{"task_queue": "alipay/2021", "surprise": "unbounded"})

	queue.Counter("temporal_request").Inc(2)
	queue.Counter("temporal_request").Inc(1)
	queue.Counter("temporal_request").Inc(-5)
	handler.Counter("temporal_request").Inc(1)
	queue.Gauge("temporal_worker_task_slots_available").Update(7)
	queue.Timer("temporal_request_latency").Record(30 * time.Millisecond)
	queue.Counter("temporal.odd-name").Inc(1)

	text := page(t, registry)
	for _, line := range []string{
		`temporal_request_total{activity_type="",cause="",client_name="",failure_reason="",namespace="default",nexus_operation="",nexus_service="",operation="",poller_type="",status_code="",task_queue="alipay/2021",worker_type="",workflow_type=""} 3`,
		`namespace="default",nexus_operation="",nexus_service="",operation="",poller_type="",status_code="",task_queue="old",worker_type="",workflow_type=""} 1`,
		`workflow_type=""} 7`,
		`workflow_type="",le="0.025"} 0`,
		`workflow_type="",le="0.05"} 1`,
		`temporal_odd_name_total{`,
		"temporal_request_latency_seconds_sum{",
		"miniflow_build_info{",
		"go_goroutines ",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("missing in the scrape: %s", line)
		}
	}
	if strings.Contains(text, "surprise") || strings.Contains(text, "unbounded") {
		t.Error("an unknown tag became a label")
	}
}

func TestTemporalMetricsAreSafeTogether(t *testing.T) {
	registry := prometheus.NewRegistry()
	handler := NewTemporalMetrics(registry)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 200 {
				tagged := handler.WithTags(map[string]string{"operation": "SignalWorkflowExecution"})
				tagged.Counter("requests").Inc(1)
				tagged.Timer("latency").Record(time.Millisecond)
				tagged.Gauge("slots").Update(1)
			}
		})
	}
	workers.Wait()
	if families, err := registry.Gather(); err != nil || len(families) != 3 {
		t.Errorf("%d metrics instead of 3, %v", len(families), err)
	}
	if text := page(t, registry); !strings.Contains(text, `workflow_type=""} 1600`) {
		t.Errorf("increments were lost:\n%s", text)
	}
}

// The SDK chooses names freely; a clash must cost a metric, not the process.
func TestTakenNamesAreLeftOut(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "taken_total", Help: "ours"}))
	handler := NewTemporalMetrics(registry)
	handler.Counter("taken").Inc(1)
	handler.Gauge("taken_total").Update(1)
	handler.Gauge("x_seconds").Update(2)
	handler.Timer("x").Record(time.Second)
	handler.Counter("").Inc(1)
	handler.Counter("9").Inc(1)
	text := page(t, registry)
	for _, want := range []string{"taken_total 0", "x_seconds{", "__total{", "_9_total{"} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %q in:\n%s", want, text)
		}
	}
}
