package workflows_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// inAuditAgain is an order that was terminated while its version stood in Alipay's
// pipeline, and that somebody has begun again.
func inAuditAgain(t *testing.T, status gateway.VersionStatus, last order.View) *world {
	t.Helper()
	w := newWorld(t)
	w.platform.token, w.platform.ordered = "T1", true
	w.send(30*time.Second, authorized("T1", w.env.Now())) // which the mini program had kept
	w.at(time.Minute, agree)
	applied := w.env.Now().Add(-24 * time.Hour).Truncate(time.Second)
	w.platform.numbers = []string{"0.0.1"}
	w.platform.versions["0.0.1"] = &gateway.VersionDetail{Status: status, ScanResult: gateway.ScanPassed, SubmittedAt: applied}
	w.numbers.records = []order.VersionReservation{{
		OutOrderNo: outNo, AppVersion: "0.0.1", BundleID: order.DefaultBundleID, TemplateID: "T1", SeenFreeAt: applied.Add(-time.Hour),
	}}
	last.OrderNo, last.MiniAppID = orderNo, miniAppID
	last.Version = order.VersionView{AppVersion: "0.0.1", TemplateID: "T1"}
	last.Audits = []order.Audit{{Attempt: 1, SubmittedAt: applied}}
	w.input.BegunAgain = &order.BegunAgain{Actor: "ops", Reason: "terminated by mistake", At: w.env.Now(), Last: last}
	return w
}

// TestAnOrderThatIsBegunAgainAndCancelled: its version is in Alipay's pipeline, whoever
// cancelled it and when. It ended cancelled, and the version went online.
func TestAnOrderThatIsBegunAgainAndCancelled(t *testing.T) {
	cancel := func(w *world) { w.commandNow(order.CommandCancel, order.Instruction{}) }
	for _, status := range []gateway.VersionStatus{gateway.VersionAuditing, gateway.VersionWaitRelease} {
		for when, cancels := range map[string]func(*world){
			"before it was terminated": func(w *world) { w.input.BegunAgain.Last.CancelRequested = true },
			"before its mini program":  func(w *world) { w.env.RegisterDelayedCallback(func() { cancel(w) }, 2*time.Second) },
			"while its number is found": func(w *world) {
				w.wire.answersLate(activities.BuildVersion.Name, 2*time.Second, func() { cancel(w) })
			},
			"when its number can't be found": func(w *world) {
				w.platform.refuse("list", forOurOwnReasons(), forOurOwnReasons())
				w.env.RegisterDelayedCallback(func() { cancel(w) }, time.Hour)
			},
		} {
			t.Run(string(status)+", "+when, func(t *testing.T) {
				w := inAuditAgain(t, status, order.View{Stage: order.StageAuditing})
				cancels(w)
				w.horizon = 24 * time.Hour
				view := w.run()
				if view.Stage != order.StageCancelled {
					t.Errorf("ended %q", view.Stage)
				}
				w.endsTrue(view)
			})
		}
	}
}

// TestAResetOrderThatIsCancelled before it has come to the version that it had made before the reset.
func TestAResetOrderThatIsCancelled(t *testing.T) {
	for _, when := range []time.Duration{2 * time.Second, 59 * time.Second} {
		w := inAuditAgain(t, gateway.VersionAuditing, order.View{})
		w.input.BegunAgain = nil
		w.wire.resets()
		w.env.RegisterDelayedCallback(func() { w.commandNow(order.CommandCancel, order.Instruction{}) }, when)
		w.horizon = 24 * time.Hour
		view := w.run()
		if view.Stage != order.StageCancelled {
			t.Errorf("cancelled after %s: ended %q", when, view.Stage)
		}
		w.endsTrue(view)
	}
}

// TestAnApprovalThatABegunAgainOrderWaitedFor is still waited for: the person who
// withdrew the version did not want it to go on by itself.
func TestAnApprovalThatABegunAgainOrderWaitedFor(t *testing.T) {
	for stage, c := range map[order.Stage]struct {
		status gateway.VersionStatus
		code   string
		call   string
	}{
		order.StageReleasing:  {gateway.VersionWaitRelease, "RELEASE", "online"},
		order.StageSubmitting: {gateway.VersionInit, "SUBMIT", "apply"},
	} {
		w := inAuditAgain(t, c.status, order.View{Stage: stage, Hold: &order.Hold{Kind: order.HoldNeedsApproval, Code: c.code}})
		waiting := w.viewAt(23 * time.Hour)
		w.horizon = 24 * time.Hour
		w.run()
		if waiting.Stage != stage || waiting.Hold == nil || waiting.Hold.Kind != order.HoldNeedsApproval || w.platform.effects[c.call] != 0 {
			t.Errorf("%s: stood at %q with %+v after %v", stage, waiting.Stage, waiting.Hold, w.platform.effects)
		}
	}
}

// TestWhatAPersonCorrectedIsKeptWhenTheOrderIsBegunAgain: the corrected submission is what is
// submitted, a version's corrected configuration is what is built, and a command that was
// carried out in the closed run is not carried out once more.
func TestWhatAPersonCorrectedIsKeptWhenTheOrderIsBegunAgain(t *testing.T) {
	w := ready(t)
	w.platform.refuse("apply", refusal(codes.ClassFix, "LOGO_IS_BLANK", "app_logo"))
	given := order.Instruction{Key: "k1", Digest: "d1", Submission: &order.Submission{Fields: []order.Sealed{`{"fields":{"version_desc":"corrected"}}`}}}
	w.command(10*time.Minute, order.CommandProvideInput, given)
	replaced := order.Version{TemplateID: "T2", Ext: `{"ext":1}`}
	w.platform.scans = []gateway.ScanResult{gateway.ScanFailed}
	w.command(5*time.Minute, order.CommandResubmit, order.Instruction{Version: &replaced})
	last := w.viewAt(11 * time.Minute)
	var carried json.RawMessage
	w.env.RegisterDelayedCallback(func() {
		value, err := w.env.QueryWorkflowByID(order.WorkflowID(appID, outNo), order.CarriedQuery)
		if err == nil {
			err = value.Get(&carried)
		}
		w.must(err)
	}, 11*time.Minute)
	w.run()

	again := inAuditAgain(t, gateway.VersionInit, order.View{})
	again.input.BegunAgain.Last, again.input.BegunAgain.Carried = *last, carried
	again.platform.numbers, again.numbers.records = nil, nil
	var submitted map[string]string
	again.platform.applied = func(fields map[string]string) { submitted = fields }
	repeated := again.command(30*time.Second, order.CommandCancel, order.Instruction{Key: "k1", Digest: "d1"})
	reused := again.command(30*time.Second, order.CommandCancel, order.Instruction{Key: "k1", Digest: "another"})
	again.platform.verdicts = reviewed
	view := again.run()
	if view.Stage != order.StageOnline || submitted["version_desc"] != "corrected" {
		t.Errorf("ended %s, submitted %v", view.Stage, submitted)
	}
	if view.Version.TemplateID != "T2" || again.platform.ext[view.Version.AppVersion] != `{"ext":1}` {
		t.Errorf("built %+v with the configuration %q", view.Version, again.platform.ext[view.Version.AppVersion])
	}
	if repeated.rejected != nil || repeated.failed != nil || reused.rejected == nil {
		t.Errorf("a repetition was answered %v %v, a key used again %v", repeated.rejected, repeated.failed, reused.rejected)
	}
}

// TestAWithdrawalThatABegunAgainOrderOwes: the person did not want it online. The order
// waits for an approval before it puts it there.
func TestAWithdrawalThatABegunAgainOrderOwes(t *testing.T) {
	w := inAuditAgain(t, gateway.VersionAuditing, order.View{Stage: order.StageAuditing})
	w.input.BegunAgain.Carried = json.RawMessage(`{"withdraw":true,"own_number":true,"version":{"template_id":"T1","app_version":"0.0.1"}}`)
	w.at(2*time.Hour, func(p *platform) { p.versions["0.0.1"].Status = gateway.VersionWaitRelease })
	waiting := w.viewAt(23 * time.Hour)
	w.horizon = 24 * time.Hour
	w.run()
	if waiting.Stage != order.StageReleasing || waiting.Hold == nil || waiting.Hold.Kind != order.HoldNeedsApproval {
		t.Errorf("stood at %q with %+v after %v", waiting.Stage, waiting.Hold, w.platform.effects)
	}
}

// TestACancelAfterARefusalThatSaysNothingOfTheFirstCreate: create arrived, its answer was
// lost, and the next one was refused by the gateway itself, or was never sent. The order
// ended cancelled, and the merchant was asked all the same.
func TestACancelAfterARefusalThatSaysNothingOfTheFirstCreate(t *testing.T) {
	for name, again := range map[string]*gateway.Error{
		"by the gateway": forOurOwnReasons(),
	} {
		for at, when := range map[string]time.Duration{"before the refusal": 100 * time.Millisecond, "after the refusal": 10 * time.Minute} {
			w := newWorld(t)
			w.platform.lose("create", 0)
			w.platform.refuse("create", nil, again)
			w.command(when, order.CommandCancel, order.Instruction{})
			w.at(time.Hour, func(p *platform) { p.merchant = alipay.MerchantTimeout })
			w.horizon = 24 * time.Hour
			view := w.run()
			if view.Stage != order.StageCancelled || view.OrderNo != orderNo {
				t.Errorf("%s, cancelled %s: ended %q because %q, order_no %q", name, at, view.Stage, view.Reason, view.OrderNo)
			}
		}
	}
}

// TestATrialsLinkSurvivesARefusal: create's answer is lost, a message brings the order_no,
// and the same call is refused for our own reasons once.
func TestATrialsLinkSurvivesARefusal(t *testing.T) {
	w := newWorld(t)
	w.input.Request.Kind = order.KindTrial
	w.platform.lose("create", 0)
	w.platform.refuse("create", nil, forOurOwnReasons())
	w.wire.answersLate(activities.CreateMiniProgram.Name, 2*time.Second, func() { w.send(0, registered(alipay.FastRegisterWaitConfirm)) })
	w.command(20*time.Minute, order.CommandRetry, order.Instruction{})
	asked := w.viewAt(40 * time.Minute)
	w.at(time.Hour, func(p *platform) { p.registration = alipay.FastRegisterConfirmTimeout })
	w.run()
	if asked.Stage != order.StageAwaitingMerchant || asked.Links.MerchantAuthorize == "" {
		t.Errorf("stood at %s with the link %q and order_no %q", asked.Stage, asked.Links.MerchantAuthorize, asked.OrderNo)
	}
}

// TestALimitedReleaseWhoseRepetitionIsRefused: the limited release took place, its answer
// was lost, and the next call was refused for our own reasons. It is limited all the same.
func TestALimitedReleaseWhoseRepetitionIsRefused(t *testing.T) {
	w := ready(t)
	permit := true
	w.input.Request.Submission.PermitLimitedRelease = &permit
	w.platform.unfiled = true
	w.platform.refuse("online", refusal(codes.ClassWait, "CAN_NOT_ONLINE_WITHOUT_REGISTRATION"))
	w.platform.lose("online", 0)
	w.wire.answersLate(activities.PutOnline.Name, time.Second, nil)
	w.wire.answersLate(activities.PutOnline.Name, time.Second, func() { w.platform.refuse("detail", forOurOwnReasons()) })
	view := w.run()
	if limited := strings.Contains(notes(view), "limited until its ICP filing"); view.Stage != order.StageOnline || !limited {
		t.Errorf("ended %s, limited %v: %s", view.Stage, limited, notes(view))
	}
}

// TestACancelOfAnOrderWhoseMiniProgramBeganAnew: somebody has terminated the mini program,
// and it runs again with a living token. The order that claims it waits for its word
// before it believes that nothing can be undone.
func TestACancelOfAnOrderWhoseMiniProgramBeganAnew(t *testing.T) {
	r := newRelay(t)
	r.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 100 * time.Hour}}
	r.at(90*time.Second, agree)
	r.add(r.began.Add(time.Hour), func(env *testsuite.TestWorkflowEnvironment) {
		r.gone = true
		r.platform.refuse("cancel", refusal(codes.ClassAuthorization, "aop.invalid-app-auth-token"))
		env.UpdateWorkflow(string(order.CommandCancel), "u", &outcome{}, order.Instruction{})
	})
	view := r.run()
	if view.Stage != order.StageCancelled || r.claims != 2 || r.platform.effects["cancel"] != 1 {
		t.Errorf("ended %s because %q after %d claims and %v", view.Stage, view.Reason, r.claims, r.platform.effects)
	}
}

// forOurOwnReasons is a refusal of the gateway's, which says nothing of the call's object.
func forOurOwnReasons() *gateway.Error {
	return &gateway.Error{
		Method: "test", Code: "40006", SubCode: "isv.insufficient-isv-permissions", Meaning: codes.Meaning{Class: codes.ClassPermanent},
	}
}

// TestAMiniProgramThatIsCrowdedWhileItCloses: an order comes while it hands on what it
// holds, and its history is long by then. It goes on, in a new run.
func TestAMiniProgramThatIsCrowdedWhileItCloses(t *testing.T) {
	e := newEntity(t)
	e.hears(time.Minute, audited(order.VerdictPassed))
	e.delivering = func() {
		e.env.SetContinueAsNewSuggested(true)
		e.env.SignalWorkflow(order.ClaimSignal, order.Claim{OutOrderNo: "OUT2"})
	}
	crossed := e.closes(5 * time.Minute)
	e.runs(time.Hour)
	if crossed.failed == nil || !strings.Contains(crossed.failed.Error(), "has taken charge") {
		t.Errorf("answered %+v (%v, %v)", crossed.view, crossed.rejected, crossed.failed)
	}
	var continued *workflow.ContinueAsNewError
	if !errors.As(e.err, &continued) {
		t.Errorf("ended with %v", e.err)
	}
}

// TestAFullQueueOfOrdersThatAreGone: somebody has terminated them all. The order that finds
// that out takes charge, or its place, and does not act while nobody is in charge.
func TestAFullQueueOfOrdersThatAreGone(t *testing.T) {
	for name, living := range map[string]string{"all": "", "all but the last": "O200"} {
		t.Run(name, func(t *testing.T) {
			e := newEntity(t)
			for i := range 201 {
				no := fmt.Sprintf("O%d", i)
				e.claims(time.Minute+time.Duration(i)*time.Second, no)
				e.at(time.Hour, func() { e.gone[no] = no != living })
			}
			e.claims(2*time.Hour, "LATE")
			view := e.viewAt(3 * time.Hour)
			e.runs(4 * time.Hour)
			if living == "" && view.OutOrderNo != "LATE" || living != "" && (view.OutOrderNo != living || len(view.Queue) != 1) {
				t.Errorf("in charge is %q, queued are %v", view.OutOrderNo, view.Queue)
			}
		})
	}
}

// resetBefore lets Temporal show the order as a run that was reset before anything else
// happens: it is not the run in which the order began.
func (w *world) resetBefore() {
	w.wire.resets()
	w.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&otherRun{}}})
}

// otherRun says of an order that it began in another run.
type otherRun struct {
	interceptor.WorkerInterceptorBase
	interceptor.WorkflowInboundInterceptorBase
	interceptor.WorkflowOutboundInterceptorBase
}

func (r *otherRun) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &otherRun{}
	inbound.WorkflowInboundInterceptorBase.Next = next
	return inbound
}

func (r *otherRun) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	own := &otherRun{}
	own.WorkflowOutboundInterceptorBase.Next = outbound
	return r.WorkflowInboundInterceptorBase.Next.Init(own)
}

func (r *otherRun) GetInfo(ctx workflow.Context) *workflow.Info {
	info := *r.WorkflowOutboundInterceptorBase.Next.GetInfo(ctx)
	info.OriginalRunID = "before the reset"
	return &info
}

// TestAResetOrderThatIsCancelledBeforeItActs: no act has found out that it was reset. What
// the run before had in audit is taken out all the same.
func TestAResetOrderThatIsCancelledBeforeItActs(t *testing.T) {
	for name, prepare := range map[string]func(*world){
		"while the merchant is asked": func(*world) {},
		"before its upload is approved": func(w *world) {
			w.input.Request.Policy.Upload = order.StepManual
			w.input.Request.Kind, w.input.Request.MiniAppID = order.KindRelease, miniAppID
			w.platform.change(func(p *platform) { p.token = "T1" })
			w.send(5*time.Second, authorized("T1", w.env.Now()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := inAuditAgain(t, gateway.VersionAuditing, order.View{})
			w.input.BegunAgain = nil
			w.input.Request.OrderNo = orderNo
			prepare(w)
			w.resetBefore()
			w.command(20*time.Second, order.CommandCancel, order.Instruction{})
			w.horizon = 24 * time.Hour
			view := w.run()
			if view.Stage != order.StageCancelled {
				t.Errorf("ended %q: %s", view.Stage, notes(view))
			}
			w.endsTrue(view)
		})
	}
}

// TestAnOrderThatHadEndedIsReset: another order is in charge by now. It waits for its turn.
func TestAnOrderThatHadEndedIsReset(t *testing.T) {
	w := ready(t)
	w.platform.verdicts = []verdict{{status: gateway.VersionWaitRelease, after: 2 * time.Hour}}
	send := func(when time.Duration, name string, arg any) {
		w.env.RegisterDelayedCallback(func() { w.must(w.env.SignalWorkflowByID(order.MiniProgramWorkflowID(appID, miniAppID), name, arg)) }, when)
	}
	send(time.Hour, order.ClaimSignal, order.Claim{OutOrderNo: "OUT0"})
	w.env.RegisterDelayedCallback(w.wire.resets, time.Hour)
	send(time.Hour+time.Second, order.EndSignal, order.End{OutOrderNo: outNo})
	queued := w.viewAt(9 * time.Hour)
	before := 0
	w.at(9*time.Hour, func(p *platform) { before = p.effects["online"] })
	send(10*time.Hour, order.EndSignal, order.End{OutOrderNo: "OUT0"})
	view := w.run()
	if queued.Queue == nil || queued.Queue.Behind != "OUT0" || before != 0 {
		t.Errorf("beside the order in charge it stood at %s, queued %+v, after %d releases", queued.Stage, queued.Queue, before)
	}
	if view.Stage != order.StageOnline || w.platform.effects["online"] != 1 {
		t.Errorf("ended %s", view.Stage)
	}
}

// TestALimitedReleaseThatABegunAgainOrderFinds: the closed run had asked for the limited form.
func TestALimitedReleaseThatABegunAgainOrderFinds(t *testing.T) {
	for _, found := range []gateway.VersionStatus{gateway.VersionRelease, gateway.VersionWaitRelease} {
		w := inAuditAgain(t, found, order.View{Stage: order.StageReleasing})
		w.input.BegunAgain.Carried = json.RawMessage(`{"version":{"template_id":"T1"},"own_number":true,"submission":{},"visit":{"unfiled":true}}`)
		view := w.run()
		want := found == gateway.VersionRelease // what it puts online itself now, it puts online in full
		if limited := strings.Contains(notes(view), "limited until its ICP filing"); view.Stage != order.StageOnline || limited != want {
			t.Errorf("found %s: ended %s, limited %v", found, view.Stage, limited)
		}
	}
}
