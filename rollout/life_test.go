package rollout_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"miniflow/order"
	"miniflow/rollout"
)

var begin = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// life is a rollout in a world that answers as it likes.
type life struct {
	t   *rapid.T
	r   *rollout.Rollout
	now time.Time
	// starts are when members began, orders what became of each order, undone how often a member was
	// taken back, live whether it runs the new version.
	starts []time.Time
	orders map[string]rollout.Seen
	undone map[string]int
	live   map[string]bool
	// lost are those of whose last call nobody knows what became.
	lost map[string]bool
	// canaries are those that are members, and mayStart is set while starts are allowed.
	canaries  []string
	undos     []time.Time
	mostError int
	// talks is set while people say something now and then.
	talks bool
}

func newLife(t *rapid.T) *life {
	plan := rollout.Plan{
		FirstWave: rapid.IntRange(1, 20).Draw(t, "first wave"), Growth: rapid.Float64Range(0.5, 4).Draw(t, "growth"),
		Soak: order.Duration(rapid.IntRange(1, 120).Draw(t, "soak")) * order.Duration(time.Minute),
		Rate: rapid.Float64Range(0.1, 20).Draw(t, "rate"), UndoRate: rapid.Float64Range(1, 20).Draw(t, "undo rate"),
		MostRejected: rapid.Float64Range(0, 1).Draw(t, "most rejected"), MostFailed: rapid.Float64Range(0, 1).Draw(t, "most failed"),
		Sample: rapid.IntRange(1, 20).Draw(t, "sample"), Keep: order.Duration(48 * time.Hour),
	}
	l := &life{t: t, now: begin, orders: map[string]rollout.Seen{}, undone: map[string]int{}, lost: map[string]bool{}, live: map[string]bool{}}
	l.mostError = rapid.IntRange(0, 100).Draw(t, "errors of a hundred")
	var ids []string
	for i := range rapid.IntRange(0, 80).Draw(t, "members") {
		ids = append(ids, fmt.Sprint("2021", i))
	}
	plan.Canary = rapid.SliceOfNDistinct(rapid.SampledFrom(append(ids, "unknown")), 0, min(3, len(ids)), rapid.ID[string]).Draw(t, "canary")
	for _, id := range plan.Canary {
		if id != "unknown" {
			l.canaries = append(l.canaries, id)
		}
	}
	l.r = rollout.New(plan, l.now)
	l.r.Found(ids)
	l.r.Found(ids) // listed twice
	if len(l.r.Members) != len(ids) {
		t.Fatalf("%d members of %d", len(l.r.Members), len(ids))
	}
	l.talks = true
	l.r.Begin(l.now)
	return l
}

// turn does what the rollout asks for, once.
func (l *life) turn() (step rollout.Step) {
	l.carry()
	before := l.r.State
	step = l.r.Next(l.now)
	l.check(before, step)
	var starts []rollout.Start
	var undone []rollout.TakenBack
	var told []rollout.ErrandDone
	for _, i := range step.Start {
		starts = append(starts, l.start(i))
	}
	for _, i := range step.Undo {
		became := l.undo(i)
		if l.errs("the answer is lost") {
			l.lost[l.r.Members[i].MiniAppID] = true
			continue
		}
		undone = append(undone, became)
	}
	for _, i := range step.Errands {
		told = append(told, l.tell(i))
	}
	l.say() // while it is done
	switch {
	case starts != nil:
		l.r.Started(l.now, starts)
	case step.Undo != nil:
		l.r.TookBack(l.now, len(step.Undo), undone)
	case told != nil:
		l.r.WasTold(l.now, told)
	}
	return step
}

// carry has the rollout continue as new, at any moment.
func (l *life) carry() {
	if !rapid.Bool().Draw(l.t, "carried") {
		return
	}
	written, err := json.Marshal(l.r)
	if err != nil {
		l.t.Fatal(err)
	}
	var next rollout.Rollout
	if err := json.Unmarshal(written, &next); err != nil {
		l.t.Fatal(err)
	}
	l.r = &next
}

// errs draws whether something goes wrong.
func (l *life) errs(what string) bool { return rapid.IntRange(0, 99).Draw(l.t, what) < l.mostError }

func (l *life) start(i int) rollout.Start {
	m := l.r.Members[i]
	number := m.OutOrderNo("up7")
	if _, begun := l.orders[number]; begun {
		l.t.Fatalf("%s begins twice", number)
	}
	l.starts = append(l.starts, l.now)
	if l.errs("start") {
		return rollout.Start{Index: i, Code: "NO_EXT", Held: rapid.Bool().Draw(l.t, "held")}
	}
	l.orders[number] = rollout.Seen{Stage: order.StageBuilding}
	return rollout.Start{Index: i}
}

func (l *life) undo(i int) rollout.TakenBack {
	m := l.r.Members[i]
	if !l.live[m.MiniAppID] && !l.lost[m.MiniAppID] {
		l.t.Fatalf("%s is taken back and was not online", m.MiniAppID)
	}
	delete(l.lost, m.MiniAppID)
	if !l.live[m.MiniAppID] {
		return rollout.TakenBack{Index: i} // as a look shows
	}
	l.undos = append(l.undos, l.now)
	if l.errs("undo") {
		return rollout.TakenBack{Index: i, Code: "CAN_NOT_ROLLBACK_WITH_GRAY"}
	}
	l.undone[m.MiniAppID]++
	l.live[m.MiniAppID] = false
	return rollout.TakenBack{Index: i}
}

func (l *life) tell(i int) rollout.ErrandDone {
	m := l.r.Members[i]
	number := m.OutOrderNo("up7")
	if _, runs := l.orders[number]; !runs || m.Errand.Command() == "" {
		l.t.Fatalf("%+v is told something", m)
	}
	if l.errs("tell") {
		return rollout.ErrandDone{Index: i, Errand: m.Errand, Code: "refused"}
	}
	if m.Errand == rollout.Cancel {
		l.orders[number] = rollout.Seen{Stage: order.StageCancelled}
	} else {
		l.orders[number] = rollout.Seen{Stage: order.StageAuditing}
	}
	return rollout.ErrandDone{Index: i, Errand: m.Errand}
}

// look moves orders and looks at them.
func (l *life) look() {
	for _, m := range l.r.Members {
		number := m.OutOrderNo("up7")
		seen, runs := l.orders[number]
		if !runs || seen.Gone || seen.Stage.Ended() || rapid.Bool().Draw(l.t, "stays") {
			continue
		}
		seen = rollout.Seen{Stage: order.StageOnline, Version: "0.0.2", Took: time.Hour}
		if l.errs("goes wrong") {
			seen = rapid.SampledFrom([]rollout.Seen{
				{Stage: order.StageAuditRejected}, {Stage: order.StageBasePassed}, {Stage: order.StageCancelled}, {Stage: order.StageBuilding, Gone: true},
				{Stage: order.StageSubmitting, Hold: order.HoldNeedsInput, Code: "LOGO_IS_BLANK"}, {Stage: order.StageSubmitting, Hold: order.HoldPipelineBusy},
			}).Draw(l.t, "wrong")
		}
		l.orders[number] = seen
		l.live[m.MiniAppID] = l.live[m.MiniAppID] || seen.Stage == order.StageOnline
	}
	l.r.Saw(l.now, "up7", l.orders)
}

// check holds a step against what was promised.
func (l *life) check(before rollout.State, step rollout.Step) {
	if len(step.Start) > 0 && (before != rollout.Going || l.now.Before(l.r.Free)) {
		l.t.Fatalf("%v begins while %s, at %s of %s", step.Start, before, l.now, l.r.Free)
	}
	if len(step.Undo) > 0 && before != rollout.RollingBack {
		l.t.Fatalf("%v is taken back while %s", step.Undo, before)
	}
	p := l.r.Progress(l.now)
	total := 0
	for _, count := range p.Counts {
		total += count
	}
	if total != len(l.r.Members) || p.Settled > total || p.Left < 0 || p.Wave > p.Waves {
		l.t.Fatalf("progress %+v of %d", p, len(l.r.Members))
	}
	for i, m := range l.r.Members[:l.r.Canaries] {
		if !slices.Contains(l.canaries, m.MiniAppID) || len(l.canaries) != l.r.Canaries {
			l.t.Fatalf("member %d, %s, is no canary of %v", i, m.MiniAppID, l.canaries)
		}
	}
}

// A rollout never begins faster than its rate, begins nothing twice, begins nothing while it stands, and
// ends; whatever its world answers, whenever it continues as new, and whatever people say.
func TestARolloutLives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		for range rapid.IntRange(0, 120).Draw(t, "turns") {
			step := l.turn()
			l.look()
			l.say()
			l.now = l.now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "seconds")) * time.Second)
			if !step.Until.IsZero() && rapid.Bool().Draw(t, "waits") {
				l.now = step.Until
			}
		}
		l.end()
		pace(t, l.starts, l.r.Plan.Rate)
		pace(t, l.undos, l.r.Plan.UndoRate)
	})
}

// say is what people say now and then.
func (l *life) say() {
	if !l.talks {
		return
	}
	switch rapid.SampledFrom([]string{"", "", "", "", "", "", "pause", "halt", "resume", "resume", "retry", "roll back"}).Draw(l.t, "says") {
	case "pause":
		l.r.Pause(l.now)
	case "halt":
		l.r.Halt("they are slow", l.now)
	case "resume":
		l.r.Resume(l.now)
	case "retry":
		l.r.Retry(l.now)
	case "roll back":
		if rapid.IntRange(0, 3).Draw(l.t, "really") == 0 {
			l.r.RollBack("they are slow", l.now)
		}
	}
}

// end takes everything back in a world without errors: nothing is online then but what could not be
// taken back.
func (l *life) end() {
	l.mostError, l.talks = 0, false
	l.r.RollBack("enough", l.now)
	for range 4000 {
		step := l.turn()
		if step.Over {
			break
		}
		l.look()
		l.now = l.now.Add(time.Second)
		if step.Until.After(l.now) {
			l.now = step.Until
		}
	}
	if l.r.State != rollout.RolledBack || l.r.Open() > 0 {
		l.t.Fatalf("it ends %s with %+v", l.r.State, l.r.Progress(l.now))
	}
	for _, m := range l.r.Members {
		if l.live[m.MiniAppID] != (m.Where == rollout.Kept) || l.undone[m.MiniAppID] > 1 && m.Tries == 0 {
			l.t.Fatalf("%+v: live %v, taken back %d times", m, l.live[m.MiniAppID], l.undone[m.MiniAppID])
		}
	}
}

// pace holds moments against a rate: any stretch has what the rate allows and what begins at once.
func pace(t *rapid.T, moments []time.Time, rate float64) {
	const atOnce = 20
	for i := range moments {
		for j := i; j < len(moments); j++ {
			if most := rate*moments[j].Sub(moments[i]).Seconds() + min(max(5*rate, 1), atOnce); float64(j-i+1) > most+1e-6 {
				t.Fatalf("%d in %s at %v a second", j-i+1, moments[j].Sub(moments[i]), rate)
			}
		}
	}
}
