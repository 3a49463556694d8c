package look

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"miniflow/order"
	"miniflow/words"
)

// Settings are what the configuration says of a Sweep.
type Settings struct {
	Schedules order.Schedules
	// CallsPerSecond is the app's budget over all workers.
	CallsPerSecond float64
}

// Seen is what a pass has seen before it is planned.
type Seen struct {
	// At is the time of the pass, and Now when its planning began: later where no worker was there.
	At, Now time.Time
	// Facts are what orders have learned after State.Judged and not after Judged.
	Facts  []order.Fact
	Judged time.Time
	// Workers is how many processes call Alipay for the app.
	Workers int
}

// Judge is the time up to which a pass judges what orders have learned: lists lag behind, and a
// message that comes moments after a look has found its fact is still to be entered.
func (s Settings) Judge(at time.Time) time.Time { return at.Add(-s.Schedules.LateAfter.Std() / 5) }

// Begin takes in what a pass has seen and plans it, except for how many orders it lists and where
// a round begins, which [State.Enlist] adds. It changes nothing in what it was given, so it can be
// repeated.
func (s State) Begin(seen Seen, settings Settings) (State, Plan) {
	s.learn(seen)
	every := settings.Schedules.Sweep
	plan := Plan{
		At: seen.At, Since: s.Swept, Relisted: s.Relisted, Every: every, Late: settings.Schedules.LateAfter,
		Strides: s.strides(settings.Schedules),
	}
	plan.Overdue = seen.At.Sub(s.Relisted) >= plan.relist()
	silent := s.Interrupted || !s.Next.IsZero() && Silent(seen.Now.Sub(s.Next), every.Std())
	if s.Interrupted = false; silent {
		// What came due meanwhile is among everything.
		plan.Since, plan.Relisted, plan.Overdue = seen.At, seen.At, false
		s.Round = &Round{Why: words.New("round.silence", seen.Now.Sub(s.Swept).Round(time.Second))}
		return s, plan
	}
	sick := s.sick()
	if s.Round != nil && (len(s.Round.Topics) == 0 || slices.ContainsFunc(s.Round.Topics, func(t Topic) bool { return slices.Contains(sick, t) })) {
		return s, plan // under way
	}
	if s.Round = nil; len(sick) > 0 {
		s.Round = &Round{Why: s.why(sick), Topics: sick}
	}
	return s, plan
}

// leastSilence is the shortest silence, so that a busy machine at a high speed makes none.
const leastSilence = 10 * time.Second

// Silent reports whether a time in which nobody looked is far above that between two passes, so
// that what happened in it has to be asked about.
func Silent(quiet, every time.Duration) bool { return quiet > max(2*every, leastSilence) }

// learn adds the facts in the order in which they were learned. Maps are copied, since the state
// that was given stays as it was.
func (s *State) learn(seen Seen) {
	s.Messages, s.Lengths, s.Judged = maps.Clone(s.Messages), maps.Clone(s.Lengths), seen.Judged
	if s.Messages == nil {
		s.Messages = map[string]Record{}
	}
	if s.Lengths == nil {
		s.Lengths = map[order.Wait]Lengths{}
	}
	for _, fact := range slices.SortedStableFunc(slices.Values(seen.Facts), func(a, b order.Fact) int { return a.At.Compare(b.At) }) {
		if topicOfMessage(fact.Message) == "" {
			continue
		}
		s.Messages[fact.Message] = s.Messages[fact.Message].learn(fact.Told)
		s.Lengths[waitOf(fact)] = s.Lengths[waitOf(fact)].with(fact.Waited)
	}
}

// strides returns how long it takes until an order is asked about again. A merchant who takes days
// is not asked about more often than nearly all merchants need.
func (s *State) strides(schedules order.Schedules) map[order.Wait]order.Duration {
	strides := map[order.Wait]order.Duration{}
	for _, wait := range order.Waits() {
		strides[wait] = order.Duration(max(schedules.Expect(wait), s.Lengths[wait].Percentile(Usual)))
	}
	return strides
}

// relistsPerStride is how often everything that is overdue is listed while an order is asked about
// once.
const relistsPerStride = 6

// relist returns the time after which everything that is overdue is listed again. Nothing is asked
// later than that, and a list of very many orders is a load of its own.
func (p Plan) relist() time.Duration {
	shortest := time.Duration(1<<63 - 1)
	for _, wait := range order.Waits() {
		if !p.brisk(wait) {
			shortest = min(shortest, p.Strides[wait].Std()/relistsPerStride)
		}
	}
	return max(shortest, p.Every.Std())
}

// sick returns the topics whose messages can't be relied on.
func (s *State) sick() []Topic {
	return slices.DeleteFunc(Topics(), func(topic Topic) bool { return s.Health(topic) == HealthHealthy })
}

// Health returns how well the messages of a topic arrive.
func (s *State) Health(topic Topic) Health { return health(s.Messages, topic) }

// why says to a person why a round begins.
func (s *State) why(sick []Topic) words.Text {
	healths := make([]string, 0, len(sick))
	for _, topic := range sick {
		healths = append(healths, fmt.Sprintf("%s: %s", topic, s.Health(topic)))
	}
	return words.New("round.sick", healths)
}

// Counted is what was counted for a plan.
type Counted struct {
	// First is how many orders are asked about for the first time, or wait for a release.
	First int
	// Looks is how many questions the round has to ask at most, where one is to begin.
	Looks int
	// Waiting is how many orders wait, negative where nobody counted.
	Waiting int
}

// AsksAll reports whether a round asks about every order, so that none has to be listed as due.
func (s State) AsksAll() bool { return s.Round != nil && len(s.Round.Topics) == 0 }

// Begins reports whether the state has a round that is still to be counted.
func (s State) Begins() bool { return s.Round != nil && s.Round.Began.IsZero() }

// Enlist completes a plan with what was counted.
func (s State) Enlist(plan Plan, counted Counted, workers int, settings Settings) (State, Plan) {
	if counted.Waiting >= 0 {
		s.Waiting, s.Counted = counted.Waiting, plan.At
	}
	plan.Few, plan.Due = s.Waiting <= few, counted.First
	if plan.Overdue && !s.AsksAll() {
		plan.Due += (s.Waiting + relistsPerStride - 1) / relistsPerStride
	}
	if s.Begins() {
		s.Round = s.Round.begin(plan.At, counted.Looks, workers, settings.CallsPerSecond/2)
	}
	plan.Round = s.Round
	switch {
	case s.Round != nil:
		plan.Parts = len(s.Round.Parts)
	case plan.Due > 0:
		plan.Parts = share(plan.Due, workers)
	}
	return s, plan
}

// worthwhile is how many orders make it worth while to add a worker.
const worthwhile = 50

// share returns how many workers share so many looks.
func share(looks, workers int) int { return max(1, min(workers, (looks+worthwhile-1)/worthwhile)) }

// begin says how many are asked about, at which rate, and until when, before the first is. A round
// of nothing is none.
func (r *Round) begin(at time.Time, looks, workers int, perSecond float64) *Round {
	if looks == 0 {
		return nil
	}
	begun := *r
	// The looks of a worker share its part of the budget: few orders are left to few workers.
	parts := share(looks, workers)
	perSecond = perSecond * float64(parts) / float64(max(workers, 1))
	begun.Looks, begun.PerSecond, begun.Began, begun.Parts = looks, perSecond, at, make([]Part, parts)
	begun.Until = at.Add(takes(looks, perSecond))
	return &begun
}

// takes returns how long so many looks take, with a seventh for what comes between.
func takes(looks int, perSecond float64) time.Duration {
	const margin = 1.15
	return time.Duration(float64(looks)/perSecond*margin*float64(time.Second)) + leastSilence
}
