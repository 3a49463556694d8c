package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

const papers = order.Sealed(`{"cert_name":"巷口小面"}`)

// certifies is a trial that has to be certified before its audit.
func certifies(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.trying()
	w.platform.verdicts = reviewed
	w.platform.refuse("apply", needsCertification())
	return w
}

// TestATrialIsCertifiedByCommand: the papers go to Alipay once, the order sees how far they are, and is
// submitted once they are through. The papers are in no view.
func TestATrialIsCertifiedByCommand(t *testing.T) {
	w := certifies(t)
	early := w.command(30*time.Second, order.CommandCertify, order.Instruction{Create: papers})
	done := w.command(2*time.Hour, order.CommandCertify, order.Instruction{Create: papers, Actor: "operator-1"})
	after := w.viewAt(2*time.Hour + time.Minute)
	again := w.command(3*time.Hour, order.CommandCertify, order.Instruction{Create: papers})
	w.registers(5*time.Hour, alipay.FastRegisterCertified)
	w.send(5*time.Hour, registered(alipay.FastRegisterCertified))
	view := w.run()
	if early.rejected == nil || done.rejected != nil || again.rejected == nil {
		t.Errorf("before it exists %v, then %v, once more %v", early.rejected, done.rejected, again.rejected)
	}
	if after.Certification != order.CertificationOperator || after.Hold == nil || after.Hold.Kind != order.HoldAwaitingCertification {
		t.Errorf("a minute later it is %s, on hold %+v", after.Certification, after.Hold)
	}
	if view.Stage != order.StageOnline || w.platform.effects["certify"] != 1 || !strings.Contains(w.platform.papers, "巷口小面") {
		t.Errorf("ended %s, certified %d times with %s", view.Stage, w.platform.effects["certify"], w.platform.papers)
	}
}

// TestPapersAreCorrected: a refused field is asked for, and the correction is laid over the papers; what
// Alipay never takes is dropped, and the trial goes on without.
func TestPapersAreCorrected(t *testing.T) {
	w := certifies(t)
	w.platform.refuse("certify", refusal(codes.ClassFix, "CERT_NO_NOT_MATCH", "cert_no"))
	w.command(2*time.Hour, order.CommandCertify, order.Instruction{Create: papers})
	held := w.viewAt(2*time.Hour + time.Minute)
	w.command(3*time.Hour, order.CommandProvideInput, order.Instruction{Create: `{"cert_no":"9133"}`})
	w.registers(5*time.Hour, alipay.FastRegisterCertified)
	view := w.run()
	if held.Hold == nil || held.Hold.Kind != order.HoldNeedsInput || len(held.Hold.Fields) != 1 || held.Hold.Fields[0] != "create.cert_no" {
		t.Errorf("held by %+v", held.Hold)
	}
	if view.Stage != order.StageOnline || w.platform.calls["certify"] != 2 || w.platform.effects["certify"] != 1 || !strings.Contains(w.platform.papers, "巷口小面") || !strings.Contains(w.platform.papers, "9133") {
		t.Errorf("ended %s after %d calls with %s", view.Stage, w.platform.calls["certify"], w.platform.papers)
	}

	w = certifies(t)
	w.platform.refuse("certify", refusal(codes.ClassPermanent, "HAS_RISK"))
	w.command(2*time.Hour, order.CommandCertify, order.Instruction{Create: papers})
	held = w.viewAt(2*time.Hour + time.Minute)
	w.command(3*time.Hour, order.CommandRetry, order.Instruction{})
	view = w.run()
	if held.Hold == nil || held.Hold.Kind != order.HoldNeedsOperator || view.Stage != order.StageOnline || w.platform.calls["certify"] != 1 {
		t.Errorf("held by %+v, ended %s after %d calls", held.Hold, view.Stage, w.platform.calls["certify"])
	}
}

// TestALostAnswerToPapersIsAskedAbout: Alipay has taken them, and they are not handed in again. A crowded
// or a running audit goes on beside them.
func TestALostAnswerToPapersIsAskedAbout(t *testing.T) {
	w := newWorld(t)
	w.trying()
	w.platform.verdicts = reviewed
	w.platform.lose("certify", 0)
	w.command(10*time.Minute, order.CommandCertify, order.Instruction{Create: papers})
	view := w.run()
	if view.Stage != order.StageOnline || w.platform.effects["certify"] != 1 || view.Certification != order.CertificationOperator {
		t.Errorf("ended %s, certified %d times, %s", view.Stage, w.platform.effects["certify"], view.Certification)
	}
}
