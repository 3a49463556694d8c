package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/workflows"
)

// upgrade is the world of a Rollout: mini programs, and orders that are online at the second look.
type upgrade struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment
	// members are how many there are, and rejected which of them reviewers refuse.
	members  int
	rejected func(i int) bool
	orders   map[string]*rollout.Seen
	index    map[string]int
	looks    map[string]int
	began    []time.Time
	told     []activities.Telling
	undone   map[string]int
	undos    []time.Time
	queue    string
	fails    map[string]error
	// say is what people say, by the time since the run began.
	say map[time.Duration]func()
	// troubles are what lists show of why it needs a person, in turn.
	troubles []string
	// back are the mini programs that were told that they are at the version before.
	back    map[string]int
	telling sync.Mutex
}

func newUpgrade(t *testing.T, members int) *upgrade {
	return &upgrade{
		t: t, members: members, rejected: func(int) bool { return false }, orders: map[string]*rollout.Seen{}, index: map[string]int{},
		looks: map[string]int{}, undone: map[string]int{}, fails: map[string]error{}, say: map[time.Duration]func(){}, back: map[string]int{},
	}
}

// run runs a rollout once, from a moment on.
func (u *upgrade) run(input rollout.Input, from time.Time, crowd func(*testsuite.TestWorkflowEnvironment)) error {
	suite := testsuite.WorkflowTestSuite{}
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	u.env = suite.NewTestWorkflowEnvironment()
	u.env.SetStartTime(from)
	u.env.SetTestTimeout(time.Minute)
	workflows.Register(u.env)
	for call, function := range map[string]any{
		activities.FindMembers.Name: u.find, activities.StartReleases.Name: u.start, activities.LookAtReleases.Name: u.look,
		activities.TellReleases.Name: u.tell, activities.RollBackVersions.Name: u.rollBack,
	} {
		u.env.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: call})
	}
	u.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, "", order.RolledBackSignal, mock.Anything).
		Return(func(_, id, _, _ string, in any) error {
			u.telling.Lock() // each is told by itself
			u.back[id]++
			u.telling.Unlock()
			if in, _ := in.(order.MiniProgramInstruction); in.AppVersion != "0.0.2" || in.Actor != "ann" {
				u.t.Errorf("%s is told %+v", id, in)
			}
			return nil
		}).Maybe()
	u.env.OnUpsertTypedSearchAttributes(mock.Anything).Return(nil).Maybe()
	u.env.OnUpsertMemo(mock.MatchedBy(func(memo map[string]any) bool {
		trouble, is := memo[order.TroubleMemo].(order.Trouble)
		u.troubles = append(u.troubles, trouble.Code)
		return is
	})).Return(nil).Maybe()
	for after, say := range u.say {
		u.env.RegisterDelayedCallback(say, after)
	}
	if crowd != nil {
		crowd(u.env)
	}
	u.env.ExecuteWorkflow(rollout.WorkflowType, input)
	return u.env.GetWorkflowError()
}

func (u *upgrade) failing(name string) error {
	err := u.fails[name]
	delete(u.fails, name)
	return err
}

func (u *upgrade) find(_ context.Context, call activities.FindMembersCall) (found activities.MembersFound, _ error) {
	if err := u.failing("find"); err != nil {
		return found, err
	}
	const page = 500
	for i := (call.Cursor.Page - 1) * page; i < min(u.members, call.Cursor.Page*page); i++ {
		id := fmt.Sprintf("2021%012d", i)
		u.index[id] = i
		found.IDs = append(found.IDs, id)
	}
	if call.Cursor.Page*page < u.members {
		found.Next = &rollout.Cursor{Page: call.Cursor.Page + 1}
	}
	return found, nil
}

func (u *upgrade) start(_ context.Context, call activities.StartReleasesCall) (answer activities.ReleasesStarted, _ error) {
	if err := u.failing("start"); err != nil {
		return answer, err
	}
	for _, one := range call.Releases {
		if _, again := u.orders[one.OutOrderNo]; again {
			u.t.Errorf("%s begins twice", one.OutOrderNo)
		}
		u.orders[one.OutOrderNo] = &rollout.Seen{Stage: order.StageBuilding}
		u.index[one.OutOrderNo] = u.index[one.MiniAppID]
		u.began = append(u.began, u.env.Now())
		answer.Starts = append(answer.Starts, rollout.Start{Index: one.Index})
	}
	return answer, nil
}

// look shows an order online, or rejected, from its second look on; pages are of 300.
func (u *upgrade) look(_ context.Context, call activities.LookAtReleasesCall) (activities.ReleasesSeen, error) {
	answer := activities.ReleasesSeen{Seen: map[string]rollout.Seen{}}
	for number, seen := range u.orders {
		if u.looks[number]++; u.looks[number] == 2 && seen.Stage == order.StageBuilding {
			*seen = rollout.Seen{Stage: order.StageOnline, Version: "0.0.2", Took: time.Hour}
			if u.rejected(u.index[number]) {
				*seen = rollout.Seen{Stage: order.StageAuditRejected}
			}
		}
		answer.Seen[number] = *seen
	}
	if len(call.Page) == 0 {
		answer.Next = []byte("more")
	}
	return answer, nil
}

func (u *upgrade) tell(_ context.Context, call activities.TellReleasesCall) (answer activities.ReleasesTold, _ error) {
	for _, one := range call.Errands {
		u.told = append(u.told, one)
		stage := order.StageOnline
		if one.Errand == rollout.Cancel {
			stage = order.StageCancelled
		}
		*u.orders[one.OutOrderNo] = rollout.Seen{Stage: stage, Version: "0.0.2"}
		answer.Told = append(answer.Told, rollout.ErrandDone{Index: one.Index, Errand: one.Errand})
	}
	return answer, nil
}

func (u *upgrade) rollBack(ctx context.Context, call activities.RollBackCall) (answer activities.RolledBack, _ error) {
	u.queue = activity.GetInfo(ctx).TaskQueue
	for _, one := range call.Versions {
		u.undone[one.MiniAppID]++
		u.undos = append(u.undos, u.env.Now())
		back := rollout.TakenBack{Index: one.Index}
		if u.index[one.MiniAppID] == 1 {
			back.Code = "CAN_NOT_ROLLBACK_WITHOUT_OFFLINE"
		}
		answer.Undone = append(answer.Undone, back)
	}
	return answer, nil
}

// update gives the rollout an instruction, and reports how it was taken.
func (u *upgrade) update(name string, answered *error) {
	u.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
		OnAccept: func() {}, OnReject: func(err error) { *answered = err },
		OnComplete: func(_ any, err error) { *answered = err },
	}, rollout.Instruction{Actor: "ann", Reason: "they are slow"})
}

func (u *upgrade) view() (v rollout.View) {
	u.t.Helper()
	value, err := u.env.QueryWorkflow(order.ViewQuery)
	if err == nil {
		err = value.Get(&v)
	}
	if err != nil {
		u.t.Fatal(err)
	}
	return v
}

var rolloutAt = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

func rolloutOf() rollout.Input {
	plan := rollout.DefaultPlan()
	plan.Canary, plan.FirstWave, plan.Rate = []string{"2021000000000007"}, 100, 5
	return rollout.Input{
		ID: "up7", AppID: "1", Plan: plan, From: []string{"1.0"}, At: rolloutAt, LookEvery: order.Duration(time.Minute), Schedules: order.DefaultSchedules(),
		Request: order.Request{AppID: "1", Kind: order.KindRelease, Version: order.Version{TemplateID: "T", TemplateVersion: "1.1"}},
	}
}

// A rollout of two thousand goes through its waves over many runs, with a small state, and then back.
func TestARolloutOfThousands(t *testing.T) {
	u := newUpgrade(t, 2000)
	u.rejected = func(i int) bool { return i%20 == 3 }
	input, now, runs := rolloutOf(), rolloutAt, 0
	for {
		runs++
		began := now
		err := u.run(input, now, func(env *testsuite.TestWorkflowEnvironment) {
			env.RegisterDelayedCallback(func() { env.SetCurrentHistoryLength(5000) }, 30*time.Minute)
			if now.After(rolloutAt.Add(24 * time.Hour)) {
				env.RegisterDelayedCallback(func() { u.update(rollout.RollBackUpdate, new(error)) }, time.Second)
			}
		})
		now = u.env.Now()
		var next *workflow.ContinueAsNewError
		if !errors.As(err, &next) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		input = rollout.Input{}
		if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &input); err != nil {
			t.Fatal(err)
		}
		if written, _ := json.Marshal(input); len(written) > 512<<10 || now.Sub(began) == 0 {
			t.Fatalf("it carries %d bytes", len(written))
		}
		if runs > 100 {
			t.Fatalf("it stands %+v", u.view())
		}
	}
	v := u.view()
	if v.State != rollout.RolledBack || v.Counts["rolled_back"] != 1899 || v.Counts["kept"] != 1 || v.Counts["withdrawn"] != 100 || len(u.began) != 2000 || runs < 5 {
		t.Errorf("after %d runs, with %d begun: %+v", runs, len(u.began), v)
	}
	if took := u.undos[len(u.undos)-1].Sub(u.undos[0]); took > 5*time.Minute || len(u.undos) != 1900 || u.queue != order.AlipayTaskQueue("1") {
		t.Errorf("%d are taken back in %s, on %s", len(u.undos), took, u.queue)
	}
	if !slices.Equal(u.troubles, []string{rollout.MembersKept}) {
		t.Errorf("lists show %q", u.troubles)
	}
	if len(u.back) != 1899 || u.back[order.MiniProgramWorkflowID("1", "2021000000000001")] > 0 {
		t.Errorf("%d mini programs are told, the one that is kept %d times", len(u.back), u.back["2021000000000001"])
	}
	if len(v.Exceptions) != 1 || v.Exceptions[0].Code != "CAN_NOT_ROLLBACK_WITHOUT_OFFLINE" {
		t.Errorf("the exceptions are %+v", v.Exceptions)
	}
}

// Where a fifth is rejected it halts by itself, and begins nothing more.
func TestARolloutHaltsByItself(t *testing.T) {
	u := newUpgrade(t, 400)
	u.rejected = func(i int) bool { return i%5 == 0 }
	var begun int
	u.say[2*time.Hour] = func() { begun = len(u.began) }
	u.say[200*time.Hour] = func() { u.env.CancelWorkflow() }
	_ = u.run(rolloutOf(), rolloutAt, nil)
	v := u.view()
	if v.State != rollout.Halted || v.Why != rollout.TooManyRejected || begun != len(u.began) || begun > 120 {
		t.Errorf("%d begun, then %d: %+v", begun, len(u.began), v)
	}
}

// People pause it, resume it, halt it, and are refused what makes no sense; what they say takes effect at
// once.
func TestPeopleSteerARollout(t *testing.T) {
	u := newUpgrade(t, 300)
	u.rejected = func(i int) bool { return i == 7 }
	input := rolloutOf()
	input.Plan.MostRejected = 1
	answers := map[string]*error{}
	var begun []int
	says := func(after time.Duration, name string) {
		answers[after.String()+" "+name] = new(error)
		u.say[after] = func() {
			u.update(name, answers[after.String()+" "+name])
			begun = append(begun, len(u.began))
		}
	}
	says(2*time.Second, rollout.PauseUpdate)   // while the canary is begun
	says(3*time.Second, rollout.PauseUpdate)   // refused
	says(40*time.Hour, rollout.ResumeUpdate)   // nothing has begun meanwhile
	says(60*time.Hour, rollout.RetryUpdate)    // the canary is submitted again
	says(61*time.Hour, rollout.RetryUpdate)    // refused
	says(62*time.Hour, rollout.HaltUpdate)     // refused: it is done
	says(63*time.Hour, rollout.RollBackUpdate) // all of it
	if err := u.run(input, rolloutAt, nil); err != nil {
		t.Fatal(err)
	}
	for said, refused := range map[string]bool{
		"2s pause": false, "3s pause": true, "40h0m0s resume": false, "60h0m0s retry": false, "61h0m0s retry": true, "62h0m0s halt": true, "63h0m0s rollback": false,
	} {
		var refusal *temporal.ApplicationError
		err := *answers[said]
		if (err != nil) != refused || refused && (!errors.As(err, &refusal) || refusal.Type() != order.RefusedType) {
			t.Errorf("%s is answered %v", said, err)
		}
	}
	if begun[0] != 1 || begun[2] != 1 || len(u.began) != 300 {
		t.Errorf("begun when they spoke: %v, and %d in the end", begun, len(u.began))
	}
	if len(u.told) != 1 || u.told[0].Errand != rollout.Resubmit {
		t.Errorf("orders were told %+v", u.told)
	}
	if v := u.view(); v.State != rollout.RolledBack || v.Counts["rolled_back"] != 299 || v.Why != "ann: they are slow" {
		t.Errorf("it ends %+v", v)
	}
}

// What can't be listed, or a file that can't be used, stops it until a person has seen to it.
func TestWhatIsRefusedForGoodHaltsARollout(t *testing.T) {
	refusal := func(code string) error {
		return temporal.NewNonRetryableApplicationError(code, "fix", nil, &activities.Failure{Class: activities.FailureFix, Code: code})
	}
	for name, code := range map[string]string{"find": "CODE_TEMPLATE_NOT_EXIST", "start": activities.CodeExtFile} {
		u := newUpgrade(t, 3)
		u.fails[name] = refusal(code)
		var halted rollout.View
		u.say[time.Hour] = func() { halted = u.view(); u.update(rollout.ResumeUpdate, new(error)) }
		if err := u.run(rolloutOf(), rolloutAt, nil); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(u.troubles, []string{code, ""}) {
			t.Errorf("%s: lists show %q", name, u.troubles)
		}
		if v := u.view(); halted.State != rollout.Halted || halted.Why != code || v.State != rollout.Done || v.Counts["online"] != 3 {
			t.Errorf("%s: halted %+v, in the end %+v", name, halted, v)
		}
	}
}

// A rollout that finds nobody is done at once.
func TestARolloutOfNobody(t *testing.T) {
	u := newUpgrade(t, 0)
	if err := u.run(rolloutOf(), rolloutAt, nil); err != nil || u.view().State != rollout.Done || u.env.Now().Sub(rolloutAt) > time.Hour {
		t.Errorf("%+v, %v, after %s", u.view(), err, u.env.Now().Sub(rolloutAt))
	}
}

// A page of members is asked for by where they stand.
func TestMembersOfARollout(t *testing.T) {
	u := newUpgrade(t, 30)
	if err := u.run(rolloutOf(), rolloutAt, nil); err != nil {
		t.Fatal(err)
	}
	var page rollout.MembersPage
	for after, want := range map[int]int{0: 20, 20: 10} {
		value, err := u.env.QueryWorkflow(rollout.MembersQuery, rollout.MembersAsked{Where: "online", After: after, Most: 20})
		if err != nil || value.Get(&page) != nil || len(page.Members) != want || (page.Next == 20) != (after == 0) {
			t.Errorf("after %d: %d, next %d, %v", after, len(page.Members), page.Next, err)
		}
	}
}

// A rollout whose history has grown while it lists goes on where it was.
func TestARolloutContinuesAsItLists(t *testing.T) {
	u := newUpgrade(t, 1200)
	err := u.run(rolloutOf(), rolloutAt, func(env *testsuite.TestWorkflowEnvironment) {
		env.SetOnActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) { env.SetCurrentHistoryLength(5000) })
	})
	var next *workflow.ContinueAsNewError
	if !errors.As(err, &next) {
		t.Fatalf("the first run ends with %v", err)
	}
	var input rollout.Input
	if err := converter.GetDefaultDataConverter().FromPayloads(next.Input, &input); err != nil {
		t.Fatal(err)
	}
	if c := input.Carried; c.Cursor == nil || c.Cursor.Page != 2 || len(c.Rollout.Members) != 500 {
		t.Fatalf("it carries %+v", c.Cursor)
	}
	var listed rollout.View
	u.say[time.Second] = func() { listed = u.view(); u.env.CancelWorkflow() }
	if err := u.run(input, rolloutAt, nil); !temporal.IsCanceledError(err) || listed.Members != 1200 {
		t.Errorf("then it has %d members, %v", listed.Members, err)
	}
}
