package journal

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"miniflow/order"
)

func TestAnEndedProcessDispatchesWhatItCan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t)
		e.temporal.takes = 100 * time.Millisecond
		e.start()
		e.mustAccept("OUT", ids(15)...)
		began := time.Now()
		e.end()
		if took := time.Since(began); took < 900*time.Millisecond || took > 1100*time.Millisecond {
			t.Errorf("it ended after %v of 1s", took)
		}
		dispatched := len(e.temporal.all(""))
		if dispatched == 0 || dispatched == 15 {
			t.Fatalf("%d were dispatched", dispatched)
		}
		if _, err := e.accept(message1("OUT", "late")); !errors.Is(err, ErrClosed) {
			t.Errorf("accepted after the end: %v", err)
		}
		e.start()
		e.drained()
		got := e.temporal.all("")
		if got = slices.Compact(got); len(got) != 15 || !slices.IsSorted(got) {
			t.Errorf("arrived: %v", got)
		}
		e.end()
	})
}

// With nothing left it ends at once, and with Temporal down it doesn't wait for it.
func TestTheEndWaitsForNothing(t *testing.T) {
	for name, refuse := range map[string]func(order.Notification) error{"empty": nil, "down": down} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEnv(t)
				e.config.Patience = time.Minute
				e.temporal.setRefuse(refuse)
				e.start()
				e.mustAccept("OUT", "a")
				<-time.After(time.Second)
				began := time.Now()
				e.end()
				if took := time.Since(began); took > time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
