package workflows_test

import (
	"testing"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/order"
)

// TestAMassUpgradeThatWasTakenBack: its mini programs look what is online, and say who took it back. What
// they did not have online is no news, and a command that is at work looks by itself.
func TestAMassUpgradeThatWasTakenBack(t *testing.T) {
	e := shop(t)
	e.at(time.Minute, func() {
		e.platform.change(func(p *platform) {
			p.versions["1.0.0"].Status, p.versions["1.0.1"].Status = gateway.VersionRelease, gateway.VersionOffline
		})
	})
	e.signal(2*time.Minute, order.RolledBackSignal, order.MiniProgramInstruction{AppVersion: "0.9.0", Actor: "ann"})
	before := e.viewAt(3 * time.Minute)
	e.signal(4*time.Minute, order.RolledBackSignal, order.MiniProgramInstruction{AppVersion: "1.0.1", Actor: "ann", Reason: "slow"})
	e.signal(4*time.Minute, order.RolledBackSignal, order.MiniProgramInstruction{AppVersion: "1.0.1", Actor: "bob"})
	after := e.viewAt(6 * time.Minute)
	e.runs(7 * time.Minute)
	if before.Online == nil || before.Online.AppVersion != "1.0.1" || len(before.Events) > 0 {
		t.Errorf("of another version it takes in %+v", before)
	}
	if after.Online == nil || after.Online.AppVersion != "1.0.0" || len(after.Events) != 1 {
		t.Fatalf("it shows %+v", after)
	}
	if event := after.Events[0]; event.Cause != order.DownByCommand || event.Actor != "ann" || event.Reason != "slow" || event.Previous != "1.0.1" {
		t.Errorf("its event is %+v", event)
	}
}
