package workflows_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
	"miniflow/workflows"
)

// DeleteVersion deletes a version of an order that was cancelled: no order of these stories has twenty.
func (p *platform) DeleteVersion(_ context.Context, token alipay.Secret, number, _ string) error {
	return p.with("delete", token, func() error {
		if _, tried := p.tried[number]; tried {
			return refusal(codes.ClassWait, "CAN_NOT_DELETE_WITH_EXPERIENCE")
		}
		delete(p.versions, number)
		p.effects["delete"]++
		return nil
	})
}

// relay is one order told over several runs: each begins where the one before
// continued as new, with the story's later events.
type relay struct {
	t        *testing.T
	platform *platform
	input    order.Input
	began    time.Time
	mu       sync.Mutex
	events   []*event
	runs     int
	numbers  *numbers
	// claims, doubts and delivered count what the order has asked of others.
	claims, doubts, delivered int
	// silent is how many claims nobody hears; gone lets doubts find no mini program.
	silent int
	gone   bool
	// answersDoubts is when the mini program has found out about a doubt.
	answersDoubts time.Duration
	sweep         *sweeper
	// delivering is called while a message is made a Delivery.
	delivering func(*testsuite.TestWorkflowEnvironment)
	// views are the order as it looked at the end of each run and at the beginning of the next.
	before, after []order.View
}

// event is something that happens in the story.
type event struct {
	at   time.Time
	do   func(*testsuite.TestWorkflowEnvironment)
	done bool
}

func newRelay(t *testing.T) *relay {
	w := newWorld(t)
	r := &relay{t: t, platform: newPlatform(), numbers: &numbers{}, input: w.input, began: w.input.CreatedAt}
	r.sweep = &sweeper{platform: r.platform}
	return r
}

func (r *relay) add(at time.Time, do func(*testsuite.TestWorkflowEnvironment)) *event {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := &event{at: at, do: do}
	r.events = append(r.events, e)
	return e
}

func (r *relay) at(when time.Duration, f func(*platform)) {
	r.add(r.began.Add(when), func(*testsuite.TestWorkflowEnvironment) { r.platform.change(f) })
}

// hears sends a message to the order.
func (r *relay) hears(when time.Duration, id string, n order.Notification) {
	n.AppID, n.NotifyID = appID, id
	if n.Digest == "" {
		n.Digest = id
	}
	r.add(r.began.Add(when), func(env *testsuite.TestWorkflowEnvironment) { env.SignalWorkflow(order.NotificationSignal, n) })
}

// cut lets the order continue as new at a time; the message that wakes it for that is noted and no more.
func (r *relay) cut(when time.Duration) {
	r.add(r.began.Add(when), func(env *testsuite.TestWorkflowEnvironment) { env.SetContinueAsNewSuggested(true) })
	r.hears(when, "cut "+when.String(), confirmed("PROCESS"))
}

// Token and Fresh give the token that Alipay takes.
func (r *relay) Token(context.Context, string, string) (token activities.LiveToken, _ error) {
	r.platform.change(func(p *platform) { token = activities.LiveToken{Secret: alipay.Secret(p.token), Fingerprint: "f"} })
	return token, nil
}

func (r *relay) Fresh(ctx context.Context, appID, miniAppID string) (activities.LiveToken, error) {
	return r.Token(ctx, appID, miniAppID)
}

// stage makes the place for one run, on the story's clock.
func (r *relay) stage(start time.Time) *testsuite.TestWorkflowEnvironment {
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(logTo, nil))))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	env.SetTestTimeout(time.Minute)
	env.SetWorkflowRunTimeout(forEver)
	workflows.Register(env)
	calls := &activities.Alipay{
		Gateways: map[string]activities.Gateway{appID: r.platform}, Tokens: r, Numbers: r.numbers, Ring: openRing{}, Files: noFiles{}, Now: env.Now,
	}
	calls.Register(env)
	for name, function := range map[string]any{
		activities.ClaimMiniProgram.Name: func(context.Context, activities.ClaimCall) error {
			if r.claims++; r.claims > r.silent {
				env.RegisterDelayedCallback(func() { isAuthorized(env) }, 0)
			}
			return nil
		},
		activities.TakeCharge.Name: func(context.Context, activities.ClaimCall) (order.AuthorizationChange, error) {
			if r.claims+1 <= r.silent {
				return order.AuthorizationChange{}, errors.New("nobody answers")
			}
			r.claims++
			return order.AuthorizationChange{Authorization: order.AuthorizationAuthorized}, nil
		},
		activities.Signal.Name:         func(_ context.Context, call activities.SignalCall) error { return r.signalled(env, call.Signal) },
		activities.WakeDeliveries.Name: func(context.Context, activities.OrderAddress) error { return nil },
		activities.StartDelivery.Name: func(context.Context, order.DeliveryInput) error {
			if r.delivered++; r.delivering != nil {
				r.delivering(env)
			}
			return nil
		},
	} {
		env.RegisterActivityWithOptions(function, activityName(name))
	}
	env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	env.OnUpsertMemo(mock.MatchedBy(func(memo map[string]any) bool {
		r.sweep.listed(memo)
		return true
	})).Return(nil).Maybe()
	env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(
		func(_, _, _, name string, _ any) error { return r.signalled(env, name) }).Maybe()
	return env
}

// run runs the story to its end, over as many runs as it takes.
func (r *relay) run() order.View {
	r.t.Helper()
	start := r.began
	for {
		r.runs++
		env := r.stage(start)
		r.platform.change(func(p *platform) {
			p.later = func(after time.Duration, f func()) {
				r.arm(env, r.add(env.Now().Add(after), func(*testsuite.TestWorkflowEnvironment) { f() }), env.Now())
			}
		})
		for _, e := range r.events {
			r.arm(env, e, start)
		}
		r.lookFirst(env)
		r.sweep.every(env, r.began, env.IsWorkflowCompleted, func(poke order.Poke) { env.SignalWorkflow(order.PokeSignal, poke) })
		env.ExecuteWorkflow(order.WorkflowType, r.input)
		var continued *workflow.ContinueAsNewError
		switch err := env.GetWorkflowError(); {
		case err == nil:
			return r.view(env)
		case !errors.As(err, &continued):
			r.t.Fatal(err)
		}
		r.before = append(r.before, r.view(env))
		if err := converter.GetDefaultDataConverter().FromPayloads(continued.Input, &r.input); err != nil {
			r.t.Fatal(err)
		}
		start = env.Now()
	}
}

// arm lets an event happen in a run, unless it happens in an earlier one.
func (r *relay) arm(env *testsuite.TestWorkflowEnvironment, e *event, now time.Time) {
	env.RegisterDelayedCallback(func() {
		r.mu.Lock()
		due := !e.done && !env.IsWorkflowCompleted()
		e.done = e.done || due
		r.mu.Unlock()
		if due {
			e.do(env)
		}
	}, max(1, e.at.Sub(now)))
}

// lookFirst looks at a run that continues another before anything happens to it.
func (r *relay) lookFirst(env *testsuite.TestWorkflowEnvironment) {
	look := func() {
		if len(r.after) < len(r.before) {
			r.after = append(r.after, r.view(env))
		}
	}
	env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { look() })
	env.SetOnTimerScheduledListener(func(string, time.Duration) { look() })
}

func (r *relay) view(env *testsuite.TestWorkflowEnvironment) order.View {
	var view order.View
	value, err := env.QueryWorkflow(order.ViewQuery)
	if err == nil {
		err = value.Get(&view)
	}
	if err != nil {
		r.t.Error(err)
	}
	return view
}

// tale is a whole order: noise, a rejection, a resubmission, a late message.
func tale(t *testing.T) *relay {
	r := newRelay(t)
	r.platform.verdicts = []verdict{
		{status: gateway.VersionAuditReject, after: time.Hour, reasons: []string{"缺少门头照"}}, {status: gateway.VersionWaitRelease, after: time.Hour},
	}
	r.at(90*time.Second, agree)
	r.hears(2*time.Minute, "agreed", confirmed("AGREED"))
	r.hears(3*time.Minute, "agreed", confirmed("AGREED"))
	r.hears(40*time.Minute, "early", audited(order.VerdictRejected)) // a claim that Alipay does not share yet
	r.hears(70*time.Minute, "rejected", audited(order.VerdictRejected))
	r.add(r.began.Add(2*time.Hour), func(env *testsuite.TestWorkflowEnvironment) {
		in := order.Instruction{Actor: "anyone", Submission: &order.Submission{Fields: []order.Sealed{`{}`}}}
		env.UpdateWorkflow(string(order.CommandResubmit), "u1", &outcome{}, in)
	})
	r.hears(150*time.Minute, "rejected", audited(order.VerdictRejected))
	r.hears(160*time.Minute, "rejected again", audited(order.VerdictRejected))
	r.hears(170*time.Minute, "agreed", confirmed("AGREED"))
	return r
}

// TestContinuedAnywhere: wherever in its story an order continues as new, it
// looks the same before and after, and ends as if it had not.
func TestContinuedAnywhere(t *testing.T) {
	cuts := []time.Duration{
		30 * time.Second, 100 * time.Second, 4 * time.Minute, 40*time.Minute + 5*time.Second, 50 * time.Minute,
		65 * time.Minute, 71 * time.Minute, 121 * time.Minute, 151 * time.Minute, 160*time.Minute + 5*time.Second, 175 * time.Minute,
	}
	for i := range len(cuts) + 1 {
		chosen := cuts
		if i < len(cuts) {
			chosen = cuts[i : i+1]
		}
		r := tale(t)
		for _, when := range chosen {
			r.cut(when)
		}
		view := r.run()
		if r.runs != len(chosen)+1 || len(r.after) != len(chosen) {
			t.Errorf("%v: %d runs, %d begun anew", chosen, r.runs, len(r.after))
		}
		for j := range r.after {
			if diff := cmp.Diff(r.before[j], r.after[j]); diff != "" {
				t.Errorf("%v: run %d ended and the next began differently:\n%s", chosen, j+1, diff)
			}
		}
		r.endsWell(view, chosen)
	}
}

func (r *relay) endsWell(view order.View, chosen []time.Duration) {
	r.t.Helper()
	if view.Stage != order.StageOnline || len(view.Audits) != 2 || view.Audits[0].Reasons[0].Memo != "缺少门头照" {
		r.t.Errorf("%v: ended %s with %+v", chosen, view.Stage, view.Audits)
	}
	if err := r.platform.once("create", "upload", "take back", "online"); err != nil || r.platform.effects["apply"] != 2 {
		r.t.Errorf("%v: %v; effects %v", chosen, err, r.platform.effects)
	}
	want := map[string]order.Disposition{
		"agreed": order.DispositionApplied, "early": order.DispositionStale,
		"rejected": order.DispositionApplied, "rejected again": order.DispositionStale,
	}
	for _, when := range chosen {
		want["cut "+when.String()] = order.DispositionApplied
	}
	if diff := cmp.Diff(want, dispositions(view)); diff != "" {
		r.t.Errorf("%v: dispositions (-want +got):\n%s", chosen, diff)
	}
	received := map[string]int{}
	for i, item := range view.Timeline {
		if item.Sequence != i+1 {
			r.t.Errorf("%v: item %d has number %d", chosen, i+1, item.Sequence)
		}
		if received[item.NotifyID]++; item.NotifyID != "" && received[item.NotifyID] > 1 {
			r.t.Errorf("%v: %s shows twice", chosen, item.NotifyID)
		}
	}
}

// TestAnEntityContinues with its orders, its token, what it holds and what it has seen.
func TestAnEntityContinues(t *testing.T) {
	first := newEntity(t)
	first.platform.token = "T2"
	first.hears(time.Minute, revoked("T0"))
	first.hears(2*time.Minute, granted("T2", first.began.Add(time.Hour)))
	first.hears(3*time.Minute, audited(order.VerdictRejected))
	impostor := audited(order.VerdictRejected)
	impostor.NotifyID, impostor.Digest = "m3", "other"
	first.delivering = func() { // while it is busy with the impostor, more comes than it hears before it continues
		first.env.SetContinueAsNewSuggested(true)
		last := audited(order.VerdictPassed)
		last.NotificationKey = order.NotificationKey{AppID: appID, NotifyID: "m4", Digest: "m4"}
		first.env.SignalWorkflow(order.NotificationSignal, last)
		first.env.SignalWorkflow(order.EndSignal, order.End{OutOrderNo: "nobody"})
	}
	first.hears(4*time.Minute, impostor)
	first.runs(time.Hour)
	second := resume(t, first)
	var before, after order.MiniProgramView
	first.ask(order.ViewQuery, &before)
	second.at(time.Second, func() { second.ask(order.ViewQuery, &after) })
	repeated := audited(order.VerdictRejected)
	repeated.NotifyID = "m3"
	dead := granted("T0", first.began.Add(9*time.Hour))
	dead.NotifyID = "dead"
	second.hears(time.Minute, repeated)
	second.hears(2*time.Minute, dead)
	live := second.liveAt(3 * time.Minute)
	second.claims(4*time.Minute, outNo)
	second.claims(5*time.Minute, "OUT2")
	second.at(6*time.Minute, func() { second.env.SetContinueAsNewSuggested(true) })
	second.signal(6*time.Minute, order.EndSignal, order.End{OutOrderNo: "nobody"})
	second.runs(time.Hour)
	if diff := cmp.Diff(before, after); diff != "" || after.Held != 3 { // the revocation of a token that was none of its own, and two verdicts
		t.Errorf("ended and began differently (held %d):\n%s", after.Held, diff)
	}
	if *live != "f-T2" || second.becomes("dead") != order.DispositionStale {
		t.Errorf("lives by %q; the dead token became %s", *live, second.becomes("dead"))
	}
	same(t, "passed on", second.passed, outNo+" m3", outNo+" m4")
	third := resume(t, second)
	third.signal(time.Minute, order.EndSignal, order.End{OutOrderNo: outNo, Stage: order.StageCancelled})
	next := third.viewAt(2 * time.Minute)
	third.runs(time.Hour)
	if next.OutOrderNo != "OUT2" || next.Held != 0 {
		t.Errorf("after the first order: %+v", next)
	}
}

// resume makes the run that follows one that continued as new.
func resume(t *testing.T, last *entity) *entity {
	t.Helper()
	var continued *workflow.ContinueAsNewError
	if !errors.As(last.err, &continued) {
		t.Fatalf("it did not continue: %v", last.err)
	}
	next := newEntity(t)
	next.platform.token = last.platform.token
	next.env.SetStartTime(last.env.Now())
	if err := converter.GetDefaultDataConverter().FromPayloads(continued.Input, &next.input); err != nil {
		t.Fatal(err)
	}
	return next
}
