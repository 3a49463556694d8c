package workflows_test

import (
	"testing"
	"time"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestAVersionFromTheConsoleIsReported: the merchant puts another version into audit in Alipay's console.
// The order leaves it alone, says which it is and where it stands, again when that changes, and goes on by
// itself once the pipeline is free.
func TestAVersionFromTheConsoleIsReported(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.input.Request.Policy.Submit = order.StepManual
	w.at(time.Minute, agree)
	w.send(2*time.Minute, authorized("T1", w.env.Now()))
	w.at(time.Hour, func(p *platform) {
		p.numbers = append(p.numbers, "7.0.0")
		p.versions["7.0.0"] = &gateway.VersionDetail{Status: gateway.VersionAuditing}
		p.forEver["apply"] = refusal(codes.ClassWait, "CAN_NOT_SUBMIT_WITH_AUDIT")
	})
	w.command(90*time.Minute, order.CommandApprove, order.Instruction{})
	w.at(3*time.Hour, func(p *platform) { p.versions["7.0.0"].Status = gateway.VersionAuditReject })
	w.at(5*time.Hour, func(p *platform) {
		p.versions["7.0.0"].Status = gateway.VersionInit
		delete(p.forEver, "apply")
	})
	first, then := w.viewAt(2*time.Hour), w.viewAt(4*time.Hour)
	view := w.run()
	for status, seen := range map[string]*order.View{"pipeline.AUDITING": first, "pipeline.AUDIT_REJECT": then} {
		hold := seen.Hold
		if hold == nil || hold.Kind != order.HoldPipelineBusy || !hold.NamesVersion() || hold.Message.Args[0].String() != "7.0.0" || hold.Message.Args[1].Code != status {
			t.Errorf("want %s, held by %+v", status, hold)
		}
	}
	if view.Stage != order.StageOnline || w.platform.versions["7.0.0"].Status != gateway.VersionInit || w.platform.effects["take back"] != 0 {
		t.Errorf("ended %s; the merchant's version is %s", view.Stage, w.platform.versions["7.0.0"].Status)
	}
	held := 0
	for _, item := range view.Timeline {
		if item.Event == order.HappenedAttentionNeeded && item.Hold == order.HoldPipelineBusy {
			held++
		}
	}
	if held != 2 {
		t.Errorf("it was said %d times", held)
	}
}
