package durable

import (
	"testing"

	"miniflow/activities"
	"miniflow/order"
)

// What takes back goes before all else in the queue of the app's calls: Temporal takes the lowest number
// first, and its middle one where there is none.
func TestWhatTakesBackGoesFirst(t *testing.T) {
	for _, kind := range []activities.Kind{activities.KindAct, activities.KindQuestion, activities.KindUndo} {
		chosen := options(kind, "2021", "")
		if first := chosen.Priority.PriorityKey == firstPriority; first != (kind == activities.KindUndo) || chosen.TaskQueue != order.AlipayTaskQueue("2021") {
			t.Errorf("kind %v: priority %d in %s", kind, chosen.Priority.PriorityKey, chosen.TaskQueue)
		}
	}
}
