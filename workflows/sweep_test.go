package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/alipay"
	"miniflow/look"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows"
	"miniflow/workflows/sweep"
)

// sweepWorld is a Sweep whose activities the test plays, on a clock that skips.
type sweepWorld struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment
	// mutex guards what follows: the parts of a pass are asked for at once.
	mutex sync.Mutex
	// plans and parts are what the Sweep asked for, with the time.
	plans []activities.SweepCall
	parts []activities.PartCall
	// plan and part answer; nil plans nothing to do.
	plan func(activities.SweepCall) (activities.Planned, error)
	part func(activities.PartCall) (look.Report, error)
	// passes ends the story after so many plans.
	passes int
	info   activity.Info
	// language is the app's.
	language words.Language
}

func newSweepWorld(t *testing.T) *sweepWorld {
	t.Helper()
	suite := testsuite.WorkflowTestSuite{}
	w := &sweepWorld{t: t, env: suite.NewTestWorkflowEnvironment(), passes: 3}
	workflows.Register(w.env)
	w.env.SetTestTimeout(time.Minute)
	settings := look.Settings{Schedules: order.DefaultSchedules(), CallsPerSecond: 10}
	w.env.RegisterActivityWithOptions(func(ctx context.Context, call activities.SweepCall) (activities.Planned, error) {
		w.mutex.Lock()
		w.info = activity.GetInfo(ctx)
		w.plans = append(w.plans, call)
		enough := len(w.plans) > w.passes
		w.mutex.Unlock()
		if enough {
			w.env.CancelWorkflow()
		}
		if w.plan != nil {
			return w.plan(call)
		}
		state, plan := call.State.Begin(look.Seen{At: call.At, Now: call.At}, settings)
		state, plan = state.Enlist(plan, look.Counted{}, 1, settings)
		return activities.Planned{State: state, Plan: plan}, nil
	}, activity.RegisterOptions{Name: activities.PlanSweep.Name})
	w.env.RegisterActivityWithOptions(func(ctx context.Context, call activities.PartCall) (look.Report, error) {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		w.info = activity.GetInfo(ctx)
		w.parts = append(w.parts, call)
		return w.part(call)
	}, activity.RegisterOptions{Name: activities.Sweep.Name})
	return w
}

func (w *sweepWorld) run(state look.State) error {
	w.env.ExecuteWorkflow(order.SweepWorkflowType, sweep.Input{AppID: appID, State: state, Language: w.language})
	// A part that was given up may still be at work.
	w.mutex.Lock()
	w.t.Cleanup(w.mutex.Unlock)
	return w.env.GetWorkflowError()
}

// page is what the Temporal UI shows.
func (w *sweepWorld) page() string {
	w.t.Helper()
	return strings.ReplaceAll(shown(w.t, w.env), "&#58;", ":")
}

// TestASweepMakesPasses, ten minutes apart, each on the queue of its own that no call waits behind.
func TestASweepMakesPasses(t *testing.T) {
	w := newSweepWorld(t)
	if err := w.run(look.State{}); !temporal.IsCanceledError(err) {
		t.Fatalf("it ended with %v", err)
	}
	for i := range w.passes {
		if apart := w.plans[i+1].At.Sub(w.plans[i].At); apart != 10*time.Minute || !w.plans[i+1].State.Swept.Equal(w.plans[i].At) {
			t.Errorf("pass %d comes after %v, and knows of %s", i+1, apart, w.plans[i+1].State.Swept)
		}
	}
	if w.info.TaskQueue != order.SweepTaskQueue(appID) || w.info.HeartbeatTimeout != 30*time.Second || len(w.parts) > 0 {
		t.Errorf("planned on %s with a heartbeat each %v, and asked in %d parts", w.info.TaskQueue, w.info.HeartbeatTimeout, len(w.parts))
	}
}

// TestARoundIsShownBeforeItBegins: how many, at which rate, until when. Every part of the pass gets
// the same plan.
func TestARoundIsShownBeforeItBegins(t *testing.T) {
	w := newSweepWorld(t)
	began := w.env.Now().UTC()
	w.plan = func(call activities.SweepCall) (activities.Planned, error) {
		state := call.State
		state.Waiting, state.Counted = 1234, call.At
		plan := look.Plan{At: call.At, Every: order.Duration(10 * time.Minute), Parts: 2, Due: 7}
		if state.Last == nil {
			plan.Round = &look.Round{Why: words.Plain("audit is <b>unhealthy</b>"), Looks: 1000, PerSecond: 5, Began: call.At, Until: call.At.Add(time.Hour), Parts: make([]look.Part, 2)}
		}
		state.Round = plan.Round
		return activities.Planned{State: state, Plan: plan}, nil
	}
	var before, after string
	w.part = func(call activities.PartCall) (look.Report, error) {
		if before == "" {
			before = w.page()
		}
		if call.Plan.Round == nil {
			after = w.page()
			w.env.CancelWorkflow()
		}
		return look.Report{Listed: 5, Asked: 4, News: 1, Around: 3, Lost: map[string]int{alipay.MessageVersionAuditPassed: 1}, Part: look.Part{Done: true}}, nil
	}
	if err := w.run(look.State{}); !temporal.IsCanceledError(err) {
		t.Fatalf("it ended with %v", err)
	}
	clock := func(at time.Time) string { return at.Format(time.RFC3339) }
	for _, line := range []string{
		"## Orders of app " + appID + " that wait",
		"| waiting | 1234 orders, counted at " + clock(began) + " |",
		"audit is &#60;b&#62;unhealthy", ": at most 1000 questions, 5 a second, from " + clock(began) + " until " + clock(began.Add(time.Hour)) + "; 0 asked so far |",
		"| this pass | since " + clock(began) + ", for about 7 orders that are due, shared by 2 workers |",
		"| alipay.open.mini.version.audit.passed | learning | 0 | 0 |  |",
	} {
		if !strings.Contains(before, line) {
			t.Errorf("before the first question the page lacks %q:\n%s", line, before)
		}
	}
	for _, line := range []string{
		"took 0s: listed 10, asked 8, 2 with news, 0 refused, 0 without an answer |",
		"| alipay.open.mini.version.audit.passed | unhealthy | 1 | 0 | 2",
	} {
		if !strings.Contains(after, line) {
			t.Errorf("in the next pass the page lacks %q:\n%s", line, after)
		}
	}
	if len(w.parts) < 2 || w.parts[0].Part == w.parts[1].Part || fmt.Sprint(w.parts[0].Plan.At) != fmt.Sprint(w.parts[1].Plan.At) {
		t.Errorf("the parts: %+v", w.parts)
	}
}

// TestThePageShowsLengths and what broke a pass off.
func TestThePageShowsLengths(t *testing.T) {
	w := newSweepWorld(t)
	hours := make(look.Lengths, 10)
	for i := range hours {
		hours[i] = order.Duration(time.Duration(i+1) * time.Hour)
	}
	state := look.State{
		Lengths: map[order.Wait]look.Lengths{order.WaitAudit: hours, order.WaitMerchant: hours[:2]},
		Last:    &look.Pass{At: w.env.Now(), Took: order.Duration(time.Minute), Total: look.Report{BrokenOff: true}},
		Next:    w.env.Now(),
	}
	var page string
	w.plan = func(call activities.SweepCall) (activities.Planned, error) {
		page = w.page()
		w.env.CancelWorkflow()
		return activities.Planned{State: call.State}, nil
	}
	_ = w.run(state)
	for _, line := range []string{"| audit | 5h0m0s | 9h0m0s | 10 |", "| merchant | too few to say | too few to say | 2 |", "broken off because Alipay stopped answering"} {
		if !strings.Contains(page, line) {
			t.Errorf("the page lacks %q:\n%s", line, page)
		}
	}
}

// TestASignalBeginsAPass at once, or once the pass under way is over; one is enough for all who
// asked.
func TestASignalBeginsAPass(t *testing.T) {
	w := newSweepWorld(t)
	began := w.env.Now()
	w.env.RegisterDelayedCallback(func() {
		for range 3 {
			w.env.SignalWorkflow(order.PassSignal, nil)
		}
	}, 4*time.Minute)
	if err := w.run(look.State{}); !temporal.IsCanceledError(err) {
		t.Fatalf("it ended with %v", err)
	}
	for i, want := range []time.Duration{0, 4 * time.Minute, 4 * time.Minute, 14 * time.Minute} {
		if got := w.plans[i].At.Sub(began); got != want {
			t.Errorf("pass %d came after %v, want %v", i, got, want)
		}
	}
}

// TestAPassThatFailsIsNotTheLast: what no repetition mends is shown, and tried again later.
func TestAPassThatFailsIsNotTheLast(t *testing.T) {
	for _, parts := range []int{0, 1} {
		w := newSweepWorld(t)
		failed, page := false, ""
		broken := temporal.NewNonRetryableApplicationError("out of <order>", "broken", errors.New("x"))
		w.plan = func(call activities.SweepCall) (activities.Planned, error) {
			switch {
			case failed:
				page = w.page()
				w.env.CancelWorkflow()
			case parts == 0:
				failed = true
				return activities.Planned{}, broken
			}
			return activities.Planned{State: call.State, Plan: look.Plan{At: call.At, Parts: parts}}, nil
		}
		w.part = func(activities.PartCall) (look.Report, error) {
			failed = true
			return look.Report{}, broken
		}
		if err := w.run(look.State{}); !temporal.IsCanceledError(err) || len(w.plans) != 2 {
			t.Fatalf("it ended with %v after %d plans", err, len(w.plans))
		}
		if apart := w.plans[1].At.Sub(w.plans[0].At); apart != 10*time.Minute || !strings.Contains(page, "| trouble | ") || strings.Contains(page, "<order>") {
			t.Errorf("tried again after %v:\n%s", apart, page)
		}
	}
}

// TestASweepContinuesAsNew with all that it has learned, and begins with a pass.
func TestASweepContinuesAsNew(t *testing.T) {
	w := newSweepWorld(t)
	w.passes = 5
	w.env.RegisterDelayedCallback(func() { w.env.SetCurrentHistoryLength(100) }, 25*time.Minute)
	w.env.ExecuteWorkflow(order.SweepWorkflowType, sweep.Input{AppID: appID, CrowdedAt: 100, State: look.State{Waiting: 77}, Language: words.Chinese})
	var next *workflow.ContinueAsNewError
	if err := w.env.GetWorkflowError(); !errors.As(err, &next) || next.WorkflowType.Name != order.SweepWorkflowType {
		t.Fatalf("it ended with %v", err)
	}
	var carried []byte
	for _, payload := range next.Input.GetPayloads() {
		carried = payload.GetData()
	}
	var input sweep.Input
	if err := json.Unmarshal(carried, &input); err != nil || input.AppID != appID || input.Language != words.Chinese || input.CrowdedAt != 100 || input.State.Swept.IsZero() || input.State.Next.IsZero() || len(w.plans) != 3 {
		t.Errorf("it carries %s: %v", carried, err)
	}
}
