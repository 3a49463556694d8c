package door

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"miniflow/alipay/notify"
	"miniflow/order"
)

// An alarm on an increase sees the first refusal only if there was a zero before it.
func TestSeriesExistBeforeAnythingHappens(t *testing.T) {
	s := openDoor(t, newDoorTemporal())
	families, err := s.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]int{}
	for _, family := range families {
		series[family.GetName()] = len(family.GetMetric())
	}
	for name, want := range map[string]int{
		"miniflow_door_refusals_total":      len(Channels()) * (len(notify.Reasons()) + len(doorReasons())),
		"miniflow_door_notifications_total": len(Channels()) * len(order.Dispositions()),
		"miniflow_door_unaccepted_total":    len(Channels()) * len(causes()),
	} {
		if series[name] != want {
			t.Errorf("%s has %d series, want %d", name, series[name], want)
		}
	}
}

func TestMetricsAreRegisteredOnce(t *testing.T) {
	registry := prometheus.NewRegistry()
	if _, err := NewMetrics(registry); err != nil {
		t.Fatal(err)
	}
	if _, err := NewMetrics(registry); err == nil {
		t.Error("two sets count into one registry")
	}
}
