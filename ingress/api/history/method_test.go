package history

import (
	"cmp"
	"testing"

	"miniflow/activities"
	"miniflow/order"
)

// TestAnOrderCallsItsCallsAsThisListDoes: what was tried last is in one of them, and in the other.
func TestAnOrderCallsItsCallsAsThisListDoes(t *testing.T) {
	for name, called := range methods {
		for kind, want := range map[order.Kind]string{order.KindFormal: cmp.Or(called.name, name), order.KindTrial: cmp.Or(called.trial, called.name, name)} {
			if got := activities.CalledBy(name, kind); got != want {
				t.Errorf("an order of kind %s calls %s %q, and the list %q", kind, name, got, want)
			}
		}
	}
}
