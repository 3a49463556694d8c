package rollout_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/order"
	"miniflow/rollout"
)

func plan() rollout.Plan {
	p := rollout.DefaultPlan()
	p.Canary, p.FirstWave, p.Growth, p.Rate, p.Sample = []string{"m7", "m3", "gone"}, 10, 2, 100, 5
	return p
}

// of is a rollout over so many members, m0 and on.
func of(members int, p rollout.Plan) *rollout.Rollout {
	r := rollout.New(p, begin)
	for i := range members {
		r.Found([]string{fmt.Sprint("m", i)})
	}
	r.Begin(begin)
	return r
}

// goes starts all that is due and has everything online but those that are named.
func goes(t *testing.T, r *rollout.Rollout, now time.Time, wrong map[string]rollout.Seen) (started []string) {
	t.Helper()
	for range 1000 {
		step := r.Next(now)
		if step.Until.Equal(r.Free) && len(step.Start) == 0 && !step.Until.IsZero() {
			now = step.Until
			continue
		}
		if len(step.Start) == 0 {
			break
		}
		var starts []rollout.Start
		for _, i := range step.Start {
			started = append(started, r.Members[i].MiniAppID)
			starts = append(starts, rollout.Start{Index: i})
		}
		r.Started(now, starts)
	}
	seen := map[string]rollout.Seen{}
	for _, m := range r.Members {
		s, is := wrong[m.MiniAppID]
		if !is {
			s = rollout.Seen{Stage: order.StageOnline, Version: "0.0.2", Took: time.Hour}
		}
		seen[m.OutOrderNo("up7")] = s
	}
	r.Saw(now, "up7", seen)
	return started
}

// Canaries go first, in their own order; each wave waits until the one before has settled and soaked, and
// is larger by the growth.
func TestWavesFollowEachOther(t *testing.T) {
	r, now := of(40, plan()), begin
	if first := goes(t, r, now, nil); !slices.Equal(first, []string{"m7", "m3"}) {
		t.Fatalf("the canaries are %v", first)
	}
	for _, size := range []int{10, 20, 8} {
		soaked := r.Next(now).Until
		if !soaked.Equal(r.SettledAt.Add(time.Hour)) {
			t.Fatalf("the next wave comes at %s, it settled at %s", soaked, r.SettledAt)
		}
		if early := goes(t, r, soaked.Add(-time.Second), nil); len(early) > 0 {
			t.Fatalf("%v begin while the wave before soaks", early)
		}
		now = soaked
		if wave := goes(t, r, now, nil); len(wave) != size {
			t.Fatalf("a wave of %d: %v", len(wave), wave)
		}
	}
	if step := r.Next(now); r.State != rollout.Done || step.Over || r.Wave != 3 {
		t.Errorf("it ends %s in wave %d, %+v", r.State, r.Wave, step)
	}
	if step := r.Next(now.Add(r.Plan.Keep.Std() + time.Minute)); !step.Over {
		t.Errorf("it is kept for longer than it was to be: %+v", step)
	}
}

func wrong(seen rollout.Seen, ids ...string) map[string]rollout.Seen {
	all := map[string]rollout.Seen{}
	for _, id := range ids {
		all[id] = seen
	}
	return all
}

var rejected = rollout.Seen{Stage: order.StageAuditRejected}

// It halts above its share and not at it, over a sample, or over a whole wave where that is smaller.
func TestAShareHalts(t *testing.T) {
	stuck := rollout.Seen{Stage: order.StageSubmitting, Hold: order.HoldNeedsOperator, Code: "HAS_RISK"}
	busy := rollout.Seen{Stage: order.StageSubmitting, Hold: order.HoldPipelineBusy}
	tests := map[string]struct {
		canary []string
		wrong  map[string]rollout.Seen
		why    string
	}{
		"none":                        {nil, nil, ""},
		"one of ten, at the bound":    {nil, wrong(rejected, "m0"), ""},
		"two of ten":                  {nil, wrong(rejected, "m0", "m1"), rollout.TooManyRejected},
		"two of ten that failed":      {nil, wrong(rollout.Seen{Stage: order.StageCancelled}, "m0", "m1"), ""},
		"three of ten that failed":    {nil, wrong(rollout.Seen{Stage: order.StageCancelled}, "m0", "m1", "m2"), rollout.TooManyFailed},
		"three that are stuck":        {nil, wrong(stuck, "m0", "m1", "m2"), rollout.TooManyFailed},
		"three behind other versions": {nil, wrong(busy, "m0", "m1", "m2"), ""},
		"the only canary":             {[]string{"m5"}, wrong(rejected, "m5"), rollout.TooManyRejected},
	}
	for name, test := range tests {
		p := plan()
		p.Canary, p.Sample = test.canary, 10
		r := of(40, p)
		goes(t, r, begin, test.wrong)
		if r.Why != test.why || (r.State == rollout.Halted) != (test.why != "") {
			t.Errorf("%s: %s, %q", name, r.State, r.Why)
		}
	}
}

// While much of a large wave is still out, two rejections of three are no share yet.
func TestAFirstRejectionIsNoShare(t *testing.T) {
	p := plan()
	p.Canary, p.Sample = nil, 20
	r := of(40, p)
	late := map[string]rollout.Seen{}
	for i := range 10 {
		late[fmt.Sprint("m", i)] = rollout.Seen{Stage: order.StageAuditing}
	}
	late["m0"], late["m1"] = rejected, rejected
	if goes(t, r, begin, late); r.State != rollout.Going {
		t.Errorf("%s, %s: two of twenty", r.State, r.Why)
	}
	late["m2"] = rejected
	if goes(t, r, begin, late); r.State != rollout.Halted {
		t.Errorf("%s: three of twenty", r.State)
	}
}

// What has halted it does not halt it again once somebody has resumed it; what follows does.
func TestAResumeForgives(t *testing.T) {
	r := of(60, plan())
	goes(t, r, begin, wrong(rejected, "m7"))
	if r.State != rollout.Halted || !r.Resume(begin) {
		t.Fatalf("it stands %s", r.State)
	}
	bad := wrong(rejected, "m7")
	if goes(t, r, begin.Add(time.Hour), bad); r.State != rollout.Going {
		t.Fatalf("it stands %s after the resume", r.State)
	}
	bad = wrong(rejected, "m7", "m0", "m1")
	if goes(t, r, begin.Add(2*time.Hour), bad); r.State != rollout.Halted {
		t.Errorf("it stands %s after two more of ten", r.State)
	}
}

// A retry gives an order that has ended a successor, and one that waits its command.
func TestTheFailedTryAgain(t *testing.T) {
	r := of(10, plan())
	r.Plan.MostFailed, r.Plan.MostRejected = 1, 1
	bad := wrong(rejected, "m7")
	bad["m3"] = rollout.Seen{Stage: order.StageCancelled}
	goes(t, r, begin, bad)
	if again := r.Retry(begin); again != 2 {
		t.Fatalf("%d try again", again)
	}
	if step := r.Next(begin.Add(time.Minute)); len(step.Errands) != 1 || r.Members[step.Errands[0]].Errand.Command() != order.CommandResubmit {
		t.Fatalf("it asks for %+v", step)
	}
	r.WasTold(begin.Add(time.Minute), []rollout.ErrandDone{{Index: 0, Errand: rollout.Resubmit}})
	if got := goes(t, r, begin.Add(time.Hour), nil); !slices.Equal(got, []string{"m3"}) {
		t.Errorf("%v begin again", got)
	}
	if no := r.Members[1].OutOrderNo("up7"); no != "up7-m3-2" || r.Members[1].Where != rollout.Online {
		t.Errorf("its second order is %s, %+v", no, r.Members[1])
	}
}

// The estimate is the starts at the rate and, for each wave, what a member takes and its soak.
func TestTheEstimate(t *testing.T) {
	r := of(32, plan())
	if p := r.Progress(begin); p.Left != 0 || p.Waves != 2 || p.Settled != 0 {
		t.Errorf("before anything is known: %+v", p)
	}
	goes(t, r, begin, nil)
	r.Next(begin)
	// thirty members at a hundred a second, two waves of an hour, two soaks of an hour
	if p := r.Progress(begin); p.Left != 300*time.Millisecond+4*time.Hour || p.Settled != 2 {
		t.Errorf("after the canaries: %+v", p)
	}
	if p := r.Progress(begin.Add(30 * time.Minute)); p.Left != 300*time.Millisecond+3*time.Hour+30*time.Minute {
		t.Errorf("half an hour into the soak: %+v", p)
	}
}

// A number of an order has no sign that a number may not have, and is the same each time.
func TestNumbers(t *testing.T) {
	for id, want := range map[string]string{"2021000000000001": "up7-2021000000000001", "a/b": "up7-c14cddc033f64b9d"} {
		if got := (rollout.Member{MiniAppID: id}).OutOrderNo("up7"); got != want {
			t.Errorf("%s: %s", id, got)
		}
	}
	if got := (rollout.Member{MiniAppID: "2021000000000001", Tries: 8}).OutOrderNo("twelve_chars"); len(got) > 32 {
		t.Errorf("%s is longer than a number of an order may be", got)
	}
}

// The state stays below what Temporal takes, with as many members as there may be, each at its longest.
func TestTheStateIsBounded(t *testing.T) {
	r := of(0, plan())
	r.State = rollout.Listing
	ids := make([]string, 0, rollout.MaxMembers+10)
	for i := range rollout.MaxMembers + 10 {
		ids = append(ids, fmt.Sprintf("20210000%08d", i))
	}
	r.Found(append(ids, strings.Repeat("9", rollout.MaxID+1)))
	if len(r.Members) != rollout.MaxMembers || r.LeftOut != 11 {
		t.Fatalf("%d members, %d left out", len(r.Members), r.LeftOut)
	}
	for i := range r.Members {
		m := &r.Members[i]
		m.Tries, m.Version, m.Errand = 3, "12.34.56", rollout.Cancel
		m.Where, m.Code = rollout.Kept, "CAN_NOT_ROLLBACK_WITHOUT_OFFLINE"
	}
	written, err := json.Marshal(r)
	if err != nil || len(written) > 512<<10 {
		t.Errorf("%d bytes, %v", len(written), err)
	}
	t.Logf("%d bytes", len(written))
}

// Every place has a name, and no two share one.
func TestPlacesHaveNames(t *testing.T) {
	var named []string
	for _, where := range rollout.Wheres() {
		if named = append(named, where.Name()); where.Name() == "" || slices.Index(named, where.Name()) != len(named)-1 {
			t.Errorf("%q is named %q", where, where.Name())
		}
	}
}

// A rollback takes back what is online and cancels what is on its way, each once, and begins nothing;
// what could not be taken back is tried again when somebody says so.
func TestARollbackTakesBack(t *testing.T) {
	p := plan()
	p.Canary, p.FirstWave, p.MostRejected, p.MostFailed = nil, 4, 1, 1
	r := of(8, p)
	bad := wrong(rejected, "m0")
	bad["m1"] = rollout.Seen{Stage: order.StageAuditing}
	goes(t, r, begin, bad)
	now := begin.Add(time.Minute)
	if !r.RollBack("slow", now) || r.RollBack("slow", now) || r.Resume(now) || r.Pause(now) || r.Halt("", now) || r.Retry(now) != 0 {
		t.Fatalf("a rollback takes other words: %s", r.State)
	}
	step := r.Next(now)
	if !slices.Equal(step.Errands, []int{0, 1}) || r.Members[1].Errand.Command() != order.CommandCancel {
		t.Fatalf("first it does %+v", step)
	}
	r.WasTold(now, []rollout.ErrandDone{{Index: 0, Errand: rollout.Cancel}, {Index: 1, Errand: rollout.Cancel, Code: "too late"}})
	r.Saw(now, "up7", map[string]rollout.Seen{"up7-m1": {Stage: order.StageAuditing}})
	now = r.Free
	if step = r.Next(now); !slices.Equal(step.Undo, []int{2, 3}) || len(step.Errands) > 0 {
		t.Fatalf("then it does %+v", step)
	}
	r.TookBack(now, 2, []rollout.TakenBack{{Index: 2}, {Index: 3, Code: "CAN_NOT_ROLLBACK_WITH_GRAY"}})
	now = r.Free
	if step = r.Next(now); step.Over || len(step.Undo)+len(step.Errands)+len(step.Start) > 0 {
		t.Fatalf("it does %+v while orders run", step)
	}
	r.Saw(now, "up7", map[string]rollout.Seen{
		"up7-m0": {Stage: order.StageCancelled}, "up7-m1": {Stage: order.StageOnline, Version: "0.0.2"},
	})
	if step = r.Next(now); !slices.Equal(step.Undo, []int{1}) {
		t.Fatalf("one that came online as it was cancelled: %+v", step)
	}
	r.TookBack(now, 1, []rollout.TakenBack{{Index: 1}})
	var places []rollout.Where
	for _, m := range r.Members {
		places = append(places, m.Where)
	}
	if step = r.Next(now); step.Over || r.State != rollout.RolledBack || !slices.Equal(places, []rollout.Where{"c", "u", "u", "k", "c", "c", "c", "c"}) {
		t.Fatalf("it stands %s, %v, %+v", r.State, places, step)
	}
	if r.Retry(now) != 1 || !slices.Equal(r.Next(r.Free).Undo, []int{3}) {
		t.Errorf("what was kept is not tried again: %s", r.State)
	}
	r.TookBack(now, 1, []rollout.TakenBack{{Index: 3}})
	if !r.Next(r.Free).Over {
		t.Error("a rollback of all is not over")
	}
}

// What begins, or is told something, as the rollback is asked for is cancelled all the same.
func TestWhatCrossesARollbackIsCancelled(t *testing.T) {
	p := plan()
	p.MostRejected, p.Canary = 1, []string{"m0"}
	r := of(3, p)
	goes(t, r, begin, wrong(rejected, "m0"))
	r.Retry(begin)
	r.Next(begin.Add(time.Hour))
	r.RollBack("", begin)
	r.WasTold(begin, []rollout.ErrandDone{{Index: 0, Errand: rollout.Resubmit}})
	r.Started(begin, []rollout.Start{{Index: 1}, {Index: 2, Code: "NO_EXT", Held: true}})
	if r.Members[0].Errand != rollout.Cancel || r.Members[1].Errand != rollout.Cancel || r.Members[1].Where != rollout.Running || r.Members[2].Where != rollout.Withdrawn {
		t.Errorf("%+v", r.Members)
	}
}

// What was forgiven and mended since forgives nothing else, and a soak is counted anew after a pause and
// after a wave has gone on.
func TestForgivenessAndSoaksEnd(t *testing.T) {
	r := of(60, plan())
	goes(t, r, begin, wrong(rejected, "m7"))
	r.Resume(begin)
	goes(t, r, begin.Add(2*time.Hour), nil)
	if r.Forgiven.Rejected != 0 {
		t.Errorf("%+v are still forgiven", r.Forgiven)
	}
	now := begin.Add(150 * time.Minute)
	r.Next(now)
	if r.Pause(now); !r.Resume(now.Add(30*time.Minute)) || !r.Next(now.Add(30*time.Minute)).Until.Equal(now.Add(90*time.Minute)) {
		t.Errorf("a pause is a soak: %s", r.SettledAt)
	}
	r.Members[0].Where = rollout.Running
	if r.Next(now.Add(40 * time.Minute)); !r.SettledAt.IsZero() {
		t.Error("a wave that goes on has soaked")
	}
}

// One that was halted before it knew its members lists them when it goes on.
func TestAListIsResumed(t *testing.T) {
	r := rollout.New(plan(), begin)
	r.Found([]string{"m0"})
	if r.Halt("wait", begin); !r.Resume(begin) || r.State != rollout.Listing {
		t.Errorf("it stands %s", r.State)
	}
}
