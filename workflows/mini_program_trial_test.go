package workflows_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// trial is a mini program that began as a trial and is online.
func trial(t *testing.T, how order.Certification) *entity {
	e := newEntity(t)
	e.platform.token, e.platform.registration = "T1", alipay.FastRegisterCreated
	e.hears(time.Second, granted("T1", e.began))
	e.claims(2*time.Second, outNo)
	e.signal(3*time.Second, order.EndSignal, order.End{OutOrderNo: outNo, AppVersion: "1.0.1", Trial: &order.Trial{OrderNo: orderNo, Certification: how}})
	return e
}

func (e *entity) certifies(when time.Duration, orderNo string) *outcome {
	return e.update(when, order.CertifyUpdate, order.CertifyInstruction{Actor: "wang", Papers: order.Sealed(`{"cert_name":"小店"}`), OrderNo: orderNo})
}

// stages are the certifications that a mini program's events tell of.
func stages(view *order.MiniProgramView) string {
	var all []string
	for _, event := range view.Events {
		if event.Type == order.HappenedCertificationChanged {
			all = append(all, string(event.Certification)+" "+string(event.Cause))
		}
	}
	return strings.Join(all, ", ")
}

// TestATrialBecomesFormalAfterItsOrder: the papers go to Alipay once, and Alipay is asked until it is over.
func TestATrialBecomesFormalAfterItsOrder(t *testing.T) {
	e := trial(t, order.CertificationNone)
	first, second := e.certifies(time.Minute, ""), e.certifies(2*time.Minute, "")
	e.at(3*time.Hour, func() {
		e.platform.change(func(p *platform) { p.registration = alipay.FastRegisterCertified })
	})
	before, after := e.viewAt(2*time.Hour), e.viewAt(5*time.Hour)
	e.runs(6 * time.Hour)
	if first.failed != nil || first.rejected != nil || before.Certification != order.CertificationOperator {
		t.Errorf("answered %+v (%v, %v), then %s", first.view, first.rejected, first.failed, before.Certification)
	}
	wantRefusal(t, second, "stands at operator already")
	if after.Certification != order.CertificationCertified || stages(after) != "operator command, certified others" || e.platform.effects["certify"] != 1 {
		t.Errorf("it is %s after %q, effects %v", after.Certification, stages(after), e.platform.effects)
	}
	if asked := e.platform.calls["query"]; asked > 8 {
		t.Errorf("Alipay was asked %d times", asked)
	}
}

// TestPapersThatAreRefused: the answer says what to correct, nothing is kept, and others may follow.
func TestPapersThatAreRefused(t *testing.T) {
	e := trial(t, order.CertificationFailed)
	e.platform.refuse("certify", refusal(codes.ClassFix, "CERT_NO_NOT_MATCH", "cert_no"))
	refused, again := e.certifies(time.Minute, ""), e.certifies(2*time.Minute, "")
	view := e.viewAt(90 * time.Second)
	e.runs(3 * time.Minute)
	wantFailure(t, refused, "create.cert_no")
	if view.Certification != order.CertificationFailed || again.failed != nil || e.platform.effects["certify"] != 1 {
		t.Errorf("it stood at %s; then %v, effects %v", view.Certification, again.failed, e.platform.effects)
	}
}

// TestAMessageAboutATrialAfterItsOrder is a poke: the merchant has begun the certification elsewhere, and
// what Alipay does not confirm changes nothing.
func TestAMessageAboutATrialAfterItsOrder(t *testing.T) {
	for status, want := range map[alipay.FastRegisterStatus]string{
		alipay.FastRegisterCertifyOperator: "operator others", alipay.FastRegisterCreated: "",
	} {
		e := trial(t, order.CertificationNone)
		e.at(time.Minute, func() { e.platform.change(func(p *platform) { p.registration = status }) })
		e.signal(2*time.Minute, order.CertificationSignal, nil)
		view := e.viewAt(10 * time.Minute)
		e.runs(11 * time.Minute)
		if stages(view) != want {
			t.Errorf("after %s it tells of %q", status, stages(view))
		}
	}
}

// TestCertifyWhereItDoesNotFit is refused with the way that does.
func TestCertifyWhereItDoesNotFit(t *testing.T) {
	e := newEntity(t)
	e.platform.token, e.platform.registration = "T1", alipay.FastRegisterCreated
	e.hears(time.Second, granted("T1", e.began))
	unknown, told := e.certifies(time.Minute, ""), e.certifies(2*time.Minute, orderNo)
	e.claims(3*time.Minute, outNo)
	ordered := e.certifies(4*time.Minute, orderNo)
	e.runs(5 * time.Minute)
	wantRefusal(t, unknown, "not known as a trial")
	wantRefusal(t, ordered, "in charge of this mini program")
	if told.failed != nil || told.rejected != nil || e.platform.effects["certify"] != 1 {
		t.Errorf("answered %v, %v", told.rejected, told.failed)
	}
}
