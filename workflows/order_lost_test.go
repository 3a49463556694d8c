package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/order"
)

// TestALostAuthorisationEndsTheOrder after the schedule's time and not before, saying what stays at
// Alipay. One that came back ends nothing, and is counted anew when it is lost again; an order that
// began before there was such an end waits on.
func TestALostAuthorisationEndsTheOrder(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		lostFor time.Duration
		back    time.Duration // when the authorisation comes back; zero: never
		want    order.Stage   // after 31 days
	}{
		"for good":              {lostFor: 30 * day, want: order.StageCancelled},
		"back, and lost again":  {lostFor: 30 * day, back: 20 * day, want: order.StageAuditing},
		"no end in the history": {want: order.StageAuditing},
	} {
		t.Run(name, func(t *testing.T) {
			w := ready(t)
			w.platform.verdicts = nil
			w.input.Schedules.LostFor = order.Duration(c.lostFor)
			w.send(3*time.Hour, revoked("T1"))
			w.at(3*time.Hour, func(p *platform) { p.token = "" })
			if c.back > 0 {
				w.at(c.back, func(p *platform) { p.token = "T2" })
				w.send(c.back, authorized("T2", w.env.Now().Add(c.back)))
				w.send(c.back+day, revoked("T2"))
				w.at(c.back+day, func(p *platform) { p.token = "" })
			}
			before, after := w.viewAt(29*day), w.viewAt(31*day)
			w.horizon = 32 * day
			w.run()
			if before.Stage != order.StageAuditing || after.Stage != c.want {
				t.Errorf("%s on day 29, %s on day 31, want auditing and %s", before.Stage, after.Stage, c.want)
			}
			said := after.Reason.String()
			if c.want == order.StageCancelled && (!strings.Contains(said, "gone since") || !strings.Contains(said, "in audit")) {
				t.Errorf("ended for the reason %q", said)
			}
		})
	}
}
