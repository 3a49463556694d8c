package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// releasing makes the world's order one for a new version of a mini program that exists.
func (w *world) releasing() {
	w.input.Request.Kind, w.input.Request.MiniAppID, w.input.Request.Create = order.KindRelease, miniAppID, nil
	online := &gateway.VersionDetail{Status: gateway.VersionRelease}
	w.platform.numbers, w.platform.versions["1.0.3"], w.platform.token = []string{"1.0.3"}, online, "T1"
}

// TestAReleaseGoesOnline: nothing is created, nobody is asked to confirm, and the number is the next one.
func TestAReleaseGoesOnline(t *testing.T) {
	w := newWorld(t)
	w.releasing()
	w.platform.verdicts = reviewed
	w.send(time.Minute, authorized("T1", w.env.Now()))
	w.send(80*time.Minute, audited(order.VerdictPassed))
	view := w.run()
	if got := trail(view); got != strings.Replace(straight, "awaiting_merchant ", "", 1) {
		t.Errorf("went %s", got)
	}
	if view.Version.AppVersion != "1.0.4" || view.MiniAppID != miniAppID || view.OrderNo != "" || view.Promotable == nil || !*view.Promotable {
		t.Errorf("ended %+v", view)
	}
	if err := w.platform.once("upload", "apply", "online"); err != nil || w.platform.calls["create"]+w.platform.calls["query"] != 0 {
		t.Errorf("%v; calls %v", err, w.platform.calls)
	}
}

// TestAReleaseWaitsForItsAuthorization, and a cancellation says nothing of a merchant's answer.
func TestAReleaseWaitsForItsAuthorization(t *testing.T) {
	w := newWorld(t)
	w.releasing()
	waiting := w.viewAt(30 * time.Minute)
	watched := w.viewAt(2 * time.Hour)
	w.command(3*time.Hour, order.CommandCancel, order.Instruction{})
	view := w.run()
	if waiting.Stage != order.StageAwaitingAuthorization || waiting.Hold != nil || watched.Hold == nil {
		t.Errorf("stood at %s with %+v, later %+v", waiting.Stage, waiting.Hold, watched.Hold)
	}
	if view.Stage != order.StageCancelled || strings.Contains(view.Reason.String(), "confirmed") {
		t.Errorf("ended %s: %s", view.Stage, view.Reason)
	}
}

// TestAVersionBelowTheOneOnline is built anew under a higher number, when the number is ours.
func TestAVersionBelowTheOneOnline(t *testing.T) {
	lower := refusal(codes.ClassFix, "EXIST_LARGER_ONLINED_VERSION", "app_version")
	lower.AutoFix = codes.AutoFixNewVersion
	w := newWorld(t)
	w.releasing()
	w.platform.verdicts = reviewed
	w.platform.refuse("apply", lower)
	w.send(time.Minute, authorized("T1", w.env.Now()))
	view := w.run()
	if view.Stage != order.StageOnline || view.Version.AppVersion != "1.0.5" || w.platform.effects["upload"] != 2 {
		t.Errorf("ended %s with %s after %v", view.Stage, view.Version.AppVersion, w.platform.effects)
	}
	w = newWorld(t)
	w.releasing()
	w.input.Request.Version.AppVersion = "1.0.0"
	w.platform.refuse("apply", lower)
	w.send(time.Minute, authorized("T1", w.env.Now()))
	held := w.viewAt(time.Hour)
	w.command(2*time.Hour, order.CommandCancel, order.Instruction{})
	w.run()
	if held.Hold == nil || held.Hold.Kind != order.HoldNeedsInput || held.Hold.Code != "EXIST_LARGER_ONLINED_VERSION" {
		t.Errorf("a number of the ISV's: held by %+v", held.Hold)
	}
}

// TestCancelledDuringAGrayRelease: Alipay does not take a version back that some
// users see already. The order says so, and ends once the gray release has.
func TestCancelledDuringAGrayRelease(t *testing.T) {
	w := newWorld(t)
	w.releasing()
	w.platform.verdicts = reviewed
	w.input.Request.Policy.Release = order.StepManual
	w.send(time.Minute, authorized("T1", w.env.Now()))
	w.at(3*time.Hour, func(p *platform) { p.versions["1.0.4"].Status = gateway.VersionGray })
	w.command(4*time.Hour, order.CommandCancel, order.Instruction{Reason: "not now"})
	held := w.viewAt(5 * time.Hour)
	w.at(6*time.Hour, func(p *platform) { p.versions["1.0.4"].Status = gateway.VersionWaitRelease })
	view := w.run()
	if held.Stage != order.StageReleasing || held.Hold == nil || held.Hold.Code != "GRAY" || !held.CancelRequested {
		t.Errorf("stood at %s with %+v", held.Stage, held.Hold)
	}
	if view.Stage != order.StageCancelled || w.platform.effects["take back"] != 1 || view.Reason.String() != "not now" {
		t.Errorf("ended %s because %q, %v", view.Stage, view.Reason, w.platform.effects)
	}
}

// registered is the message of a trial's progress.
func registered(status alipay.FastRegisterStatus) order.Notification {
	return order.Notification{Name: alipay.MessageFastRegisterChanged, OutOrderNo: outNo, OrderNo: orderNo,
		Evidence: order.Evidence{RegisterStatus: string(status)}}
}

// trying makes the world's order a trial that is created after a minute and authorised after two.
func (w *world) trying() {
	w.input.Request.Kind = order.KindTrial
	w.registers(time.Minute, alipay.FastRegisterCreated)
	w.at(time.Minute, func(p *platform) { p.token = "T1" })
	w.send(2*time.Minute, authorized("T1", w.env.Now()))
}

func (w *world) registers(when time.Duration, status alipay.FastRegisterStatus) {
	w.at(when, func(p *platform) { p.registration = status })
}

func needsCertification() *gateway.Error {
	return refusal(codes.ClassFix, "NOT_ALLOW_BETA_CATEGORY", "mini_category_ids")
}

// TestATrialThatHasToBeCertified waits for it, learns of it by a message or by
// asking, and goes on by itself. A certification that fails changes nothing.
func TestATrialThatHasToBeCertified(t *testing.T) {
	tests := map[string]struct {
		told bool
		by   time.Duration
	}{
		"by message": {true, 6*time.Hour + 10*time.Minute},
		"by asking":  {false, 6*time.Hour + 50*time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.trying()
			w.platform.verdicts = reviewed
			w.platform.refuse("apply", needsCertification())
			held := w.viewAt(2 * time.Hour)
			for i, status := range []alipay.FastRegisterStatus{alipay.FastRegisterCertifyOperator, alipay.FastRegisterCertifyFailed,
				alipay.FastRegisterCertifyMerchant, alipay.FastRegisterCertified} {
				when := time.Duration(i+3) * time.Hour
				w.registers(when, status)
				if test.told {
					w.send(when, registered(status))
				}
			}
			failed := w.viewAt(4*time.Hour + 59*time.Minute)
			submitted := w.viewAt(test.by)
			view := w.run()
			if held.Stage != order.StageSubmitting || held.Hold == nil || held.Hold.Kind != order.HoldAwaitingCertification || held.Certification != order.CertificationNone {
				t.Errorf("held at %s by %+v", held.Stage, held.Hold)
			}
			if failed.Hold == nil || failed.Hold.Kind != order.HoldAwaitingCertification || failed.Stage != order.StageSubmitting {
				t.Errorf("after a certification failed: %s, held by %+v", failed.Stage, failed.Hold)
			}
			if submitted.Stage != order.StageAuditing || submitted.Certification != order.CertificationCertified {
				t.Errorf("by %s: %s, %s", test.by, submitted.Stage, submitted.Certification)
			}
			if view.Stage != order.StageOnline || w.platform.calls["apply"] != 2 || w.platform.effects["apply"] != 1 {
				t.Errorf("ended %s after %d submissions", view.Stage, w.platform.calls["apply"])
			}
			for id, disposition := range dispositions(view) {
				if disposition != order.DispositionApplied {
					t.Errorf("%s became %s", id, disposition)
				}
			}
		})
	}
}

// TestATrialCanChooseAnotherCategory instead of being certified.
func TestATrialCanChooseAnotherCategory(t *testing.T) {
	w := newWorld(t)
	w.trying()
	w.platform.verdicts = reviewed
	w.platform.refuse("apply", needsCertification())
	correction := &order.Submission{Fields: []order.Sealed{`{"fields":{"mini_category_ids":"x"}}`}}
	in := w.command(2*time.Hour, order.CommandProvideInput, order.Instruction{Submission: correction})
	view := w.run()
	if in.rejected != nil || view.Stage != order.StageOnline || view.Certification != order.CertificationNone {
		t.Errorf("the correction: %v; ended %s, %s", in.rejected, view.Stage, view.Certification)
	}
}

// TestATrialThatIsDeregistered ends at whatever stage it is, told of it or not.
func TestATrialThatIsDeregistered(t *testing.T) {
	tests := map[order.Stage]func(*world){
		order.StageAwaitingMerchant: func(w *world) {
			w.input.Request.Kind = order.KindTrial
		},
		order.StageAwaitingAuthorization: func(w *world) {
			w.input.Request.Kind = order.KindTrial
			w.registers(time.Minute, alipay.FastRegisterCreated)
		},
		order.StageBuilding: func(w *world) {
			w.trying()
			w.platform.refuse("upload", refusal(codes.ClassPermanent, "CODE_TEMPLATE_DELETED"))
		},
		order.StageSubmitting: func(w *world) { w.trying(); w.platform.refuse("apply", needsCertification()) },
		order.StageAuditing:   func(w *world) { w.trying() },
		order.StageAuditRejected: func(w *world) {
			w.trying()
			w.platform.verdicts = []verdict{{status: gateway.VersionAuditReject, after: time.Hour}}
		},
		order.StageBasePassed: func(w *world) {
			w.trying()
			w.platform.verdicts = []verdict{{status: gateway.VersionBaseAuditPass, after: time.Hour}}
		},
		order.StageReleasing: func(w *world) {
			w.trying()
			w.platform.verdicts, w.input.Request.Policy.Release = reviewed, order.StepManual
		},
	}
	for stage, reach := range tests {
		for _, told := range []bool{true, false} {
			w := newWorld(t)
			reach(w)
			before := w.viewAt(4*time.Hour - time.Minute)
			w.registers(4*time.Hour, alipay.FastRegisterCancelled)
			if told {
				w.send(4*time.Hour, registered(alipay.FastRegisterCancelled))
			}
			view := w.run()
			if before.Stage != stage || view.Stage != order.StageCreationFailed || view.Reason.String() == "" {
				t.Errorf("%s, informed of %v: stood at %s, ended %s", stage, told, before.Stage, view.Stage)
			}
			if took := view.FinishedAt.Sub(before.CreatedAt); told && took > 4*time.Hour+time.Minute || took > 6*time.Hour {
				t.Errorf("%s, informed of %v: ended after %s", stage, told, took)
			}
			for _, disposition := range dispositions(view) {
				if diff := cmp.Diff(order.DispositionApplied, disposition); told && diff != "" {
					t.Errorf("%s: its message became %s", stage, disposition)
				}
			}
		}
	}
}
