package workflows_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/temporal"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestEveryStepCanWaitForApproval: with every step manual, nothing happens at Alipay until a person says so.
func TestEveryStepCanWaitForApproval(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	manual := order.StepManual
	w.input.Request.Policy = order.Policy{Create: manual, Upload: manual, Submit: manual, Release: manual, OnBasePass: order.BasePassAsk}
	w.at(90*time.Minute, agree)
	w.send(100*time.Minute, authorized("T1", w.env.Now()))
	for i, effect := range []string{"create", "upload", "apply", "online"} {
		when := time.Duration(i+1) * 2 * time.Hour
		if i == 0 {
			when = time.Hour
		}
		w.at(when-time.Minute, func(p *platform) {
			if p.effects[effect] != 0 {
				t.Errorf("%s happened before it was approved", effect)
			}
		})
		w.command(when, order.CommandApprove, order.Instruction{Actor: "anyone"})
	}
	if view := w.run(); view.Stage != order.StageOnline {
		t.Errorf("ended %s", view.Stage)
	}
	if err := w.platform.once("create", "upload", "apply", "online"); err != nil {
		t.Error(err)
	}
}

// TestExternalSteps: the ISV's own systems do every step; Miniflow follows and calls no write.
func TestExternalSteps(t *testing.T) {
	w := newWorld(t)
	external := order.StepExternal
	w.input.Request.Policy = order.Policy{Create: external, Upload: external, Submit: external, Release: external, OnBasePass: order.BasePassAsk}
	w.input.Request.Version.AppVersion = "1.0.0"
	w.command(time.Minute, order.CommandProvideInput, order.Instruction{OrderNo: orderNo})
	w.at(2*time.Minute, agree)
	w.send(3*time.Minute, authorized("T1", w.env.Now()))
	version := &gateway.VersionDetail{Status: gateway.VersionInit, ScanResult: gateway.ScanPassed}
	w.at(time.Hour, func(p *platform) { p.versions["1.0.0"] = version })
	for i, status := range []gateway.VersionStatus{gateway.VersionAuditing, gateway.VersionWaitRelease, gateway.VersionRelease} {
		w.at(time.Duration(2+i)*time.Hour, func(*platform) { version.Status = status })
	}
	view := w.run()
	if got := trail(view); got != straight {
		t.Errorf("went %s", got)
	}
	if len(w.platform.effects) != 0 {
		t.Errorf("Miniflow wrote: %v", w.platform.effects)
	}
}

func TestARefusedFieldIsCorrected(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	w.platform.refuse("create", refusal(codes.ClassFix, "APP_NAME_DUPLICATED", "app_name"))
	w.platform.refuse("apply", refusal(codes.ClassFix, "LOGO_IS_BLANK", "app_logo"))
	held := w.viewAt(30 * time.Second)
	w.command(time.Minute, order.CommandProvideInput, order.Instruction{Create: `{"app_name":"小店"}`})
	w.at(2*time.Minute, agree)
	w.send(3*time.Minute, authorized("T1", w.env.Now()))
	heldAgain := w.viewAt(time.Hour)
	w.command(2*time.Hour, order.CommandProvideInput, order.Instruction{Submission: &order.Submission{Fields: []order.Sealed{`{}`}}})
	view := w.run()
	if view.Stage != order.StageOnline {
		t.Errorf("ended %s", view.Stage)
	}
	for want, seen := range map[string]*order.View{"create.app_name": held, "submission.files.app_logo": heldAgain} {
		if seen.Hold == nil || seen.Hold.Kind != order.HoldNeedsInput || strings.Join(seen.Hold.Fields, " ") != want {
			t.Errorf("held by %+v, want the field %s", seen.Hold, want)
		}
	}
}

func TestABusyPipelineIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	busy := refusal(codes.ClassWait, "CAN_NOT_SUBMIT_WITH_AUDIT")
	w.platform.refuse("apply", busy, busy, busy)
	w.at(time.Minute, agree)
	w.send(2*time.Minute, authorized("T1", w.env.Now()))
	held := w.viewAt(4 * time.Minute)
	if view := w.run(); view.Stage != order.StageOnline || view.Hold != nil {
		t.Errorf("ended %s with %+v", view.Stage, view.Hold)
	}
	if held.Hold == nil || held.Hold.Kind != order.HoldPipelineBusy || held.Hold.Code != "CAN_NOT_SUBMIT_WITH_AUDIT" {
		t.Errorf("held by %+v", held.Hold)
	}
}

func TestAPermanentRefusalAsksForAPerson(t *testing.T) {
	w := newWorld(t)
	w.platform.refuse("create", refusal(codes.ClassPermanent, "HAS_RISK"), refusal(codes.ClassPermanent, "HAS_RISK"))
	w.command(time.Hour, order.CommandRetry, order.Instruction{})
	w.command(2*time.Hour, order.CommandCancel, order.Instruction{Reason: "given up"})
	view := w.run()
	if view.Stage != order.StageCancelled || view.Reason.String() != "given up" || w.platform.calls["create"] != 2 {
		t.Errorf("ended %s because %q after %d calls", view.Stage, view.Reason, w.platform.calls["create"])
	}
}

func TestAFieldThatMayNotChangeIsLeftOut(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = reviewed
	frozen := refusal(codes.ClassFix, "CAN_NOT_MODIFY_NAME_ONCE_ONLINE", "app_name")
	frozen.AutoFix = codes.AutoFixDropFields
	w.platform.refuse("apply", frozen)
	w.at(time.Minute, agree)
	w.send(2*time.Minute, authorized("T1", w.env.Now()))
	view := w.run()
	if view.Stage != order.StageOnline || w.platform.calls["apply"] != 2 {
		t.Errorf("ended %s after %d submissions", view.Stage, w.platform.calls["apply"])
	}
}

// TestCancel: at every stage, what a cancellation leaves behind at Alipay.
func TestCancel(t *testing.T) {
	tests := []struct {
		name    string
		when    time.Duration
		want    string
		effects map[string]int
	}{
		{"while the merchant can confirm", 90 * time.Second, "awaiting_authorization cancelled", map[string]int{"upload": 0}},
		{"in audit", 30 * time.Minute, "auditing cancelled", map[string]int{"cancel": 1}},
		{"after the result", 3 * time.Hour, "releasing cancelled", map[string]int{"take back": 1, "online": 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.platform.verdicts = reviewed
			w.input.Request.Policy.Release = order.StepManual
			w.at(4*time.Minute, agree)
			w.send(5*time.Minute, authorized("T1", w.env.Now()))
			w.command(test.when, order.CommandCancel, order.Instruction{Reason: "the merchant has changed its mind"})
			view := w.run()
			if got := trail(view); !strings.HasSuffix(got, test.want) {
				t.Errorf("went %s", got)
			}
			for effect, times := range test.effects {
				if w.platform.effects[effect] != times {
					t.Errorf("%s happened %d times, want %d", effect, w.platform.effects[effect], times)
				}
			}
		})
	}
}

func TestWithdrawWaitsForApproval(t *testing.T) {
	w := newWorld(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 50 * time.Hour}, {status: gateway.VersionWaitRelease, after: time.Hour}}
	w.at(time.Minute, agree)
	w.send(2*time.Minute, authorized("T1", w.env.Now()))
	w.command(time.Hour, order.CommandWithdraw, order.Instruction{})
	held := w.viewAt(2 * time.Hour)
	w.command(3*time.Hour, order.CommandApprove, order.Instruction{})
	view := w.run()
	if view.Stage != order.StageOnline || len(view.Audits) != 2 {
		t.Errorf("ended %s after %d audits", view.Stage, len(view.Audits))
	}
	if held.Stage != order.StageSubmitting || held.Hold == nil || held.Hold.Kind != order.HoldNeedsApproval {
		t.Errorf("stood at %s with %+v", held.Stage, held.Hold)
	}
}

func TestCommandsThatDoNotFitAreRefused(t *testing.T) {
	w := newWorld(t)
	w.at(time.Hour, func(p *platform) { p.merchant = alipay.MerchantRejected })
	refused := map[order.Command]*outcome{
		order.CommandApprove:        w.command(time.Minute, order.CommandApprove, order.Instruction{}),
		order.CommandWithdraw:       w.command(time.Minute, order.CommandWithdraw, order.Instruction{}),
		order.CommandDecideBasePass: w.command(time.Minute, order.CommandDecideBasePass, order.Instruction{Decision: "maybe"}),
		order.CommandResubmit:       w.command(time.Minute, order.CommandResubmit, order.Instruction{}),
	}
	before := len(w.run().Timeline)
	for command, result := range refused {
		var application *temporal.ApplicationError
		if !errors.As(result.rejected, &application) || application.Type() != order.RefusedType {
			t.Errorf("%s was answered %v", command, result.rejected)
		}
	}
	for _, item := range w.result.Timeline {
		if item.Event == order.HappenedCommand {
			t.Errorf("a refused command left %+v among %d items", item, before)
		}
	}
}

// viewAt looks at the order at a time of the story.
func (w *world) viewAt(when time.Duration) *order.View {
	return lookAt[order.View](w, when, order.WorkflowID(appID, outNo))
}

// entityAt looks at the order's mini program at a time of the story.
func (w *world) entityAt(when time.Duration) *order.MiniProgramView {
	return lookAt[order.MiniProgramView](w, when, order.MiniProgramWorkflowID(appID, miniAppID))
}

func lookAt[V any](w *world, when time.Duration, workflowID string) *V {
	view := new(V)
	w.env.RegisterDelayedCallback(func() {
		value, err := w.env.QueryWorkflowByID(workflowID, order.ViewQuery)
		w.must(err)
		if err == nil {
			w.must(value.Get(view))
		}
	}, when)
	return view
}
