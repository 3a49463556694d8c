package tell

import (
	"slices"
	"time"

	"miniflow/order"
)

// Settings say how fast a target is told, and for how long.
type Settings struct {
	// Rate is how many posts a second are made, and Probe how many while the target accepts nothing.
	Rate, Probe float64
	// Retry is when a post that was refused is made again, and Keep how long events are kept for.
	Retry order.Schedule
	Keep  time.Duration
	// Lag is how much later than it happened a change may be listed.
	Lag time.Duration
}

// Book is a State at work. At most one post is under way for each order, so that a backend is told of
// an order in order.
type Book struct {
	settings Settings
	state    State
	// listed is up to when changes have been listed.
	listed time.Time
	jobs   map[string]*Job
	// fresh are jobs that were never refused, by the time of their change; refused are the others.
	fresh, refused []*Job
	// told is up to when each order has been told of in this run.
	told map[string]time.Time
	// others is whether the next probe is of an order that was never refused.
	others bool
}

// Job is an order that has changed after it was told of. A job that has been handed out is told as
// Taken, Refused, Postponed, Unasked or Lost.
type Job struct {
	Waiting
	// Asked is the last change that was known when it was handed out.
	Asked time.Time
	busy  bool
	// unasked is how often the order could not be asked.
	unasked int
}

// NewBook begins a run where another ended. Target is the fingerprint of the address: a webhook that
// was disabled for another one is enabled.
func NewBook(state State, settings Settings, target string, now time.Time) *Book {
	if state.Through.IsZero() {
		state.Through = now
	}
	state.Through = listable(state.Through)
	if state.Disabled != nil && state.Disabled.Target != target {
		state.Enable(now)
	}
	b := &Book{
		settings: settings, state: state, listed: state.Through,
		jobs: map[string]*Job{}, told: map[string]time.Time{},
	}
	for _, one := range state.Recent {
		b.told[one.OutOrderNo] = one.Until
	}
	for _, one := range state.Waiting {
		b.add(&Job{Waiting: one})
	}
	return b
}

// From is from when on changes have to be listed: a little before the newest, since lists show some
// late.
func (b *Book) From() time.Time { return b.listed.Add(-b.settings.Lag) }

// Newest is from when on most changes are listed that are new: lists show nearly all at once, and
// what has been listed before costs all the same.
func (b *Book) Newest() time.Time { return b.listed.Add(-b.settings.Lag / 12) }

// Listed notes that all changes up to a moment have been listed.
func (b *Book) Listed(through time.Time) {
	if through.After(b.listed) {
		b.listed = through
	}
	for outOrderNo, at := range b.told { // what no list shows any more
		if at.Before(b.From()) && b.jobs[outOrderNo] == nil {
			delete(b.told, outOrderNo)
		}
	}
}

// Changed notes that an order's last event was at a moment. What an order that was not told of in
// this run has to tell is younger than the last list: an older change was in that. It reports whether
// the order is to be told of.
func (b *Book) Changed(outOrderNo string, at time.Time) bool {
	since, known := b.told[outOrderNo]
	if !known {
		since = b.From()
	}
	if job := b.jobs[outOrderNo]; job != nil {
		if at.After(job.ChangedAt) {
			job.ChangedAt = at
		}
		return true
	}
	if !at.After(since) {
		return false
	}
	b.add(&Job{Waiting: Waiting{OutOrderNo: outOrderNo, ChangedAt: at, Since: since}})
	return true
}

func (b *Book) add(job *Job) {
	b.jobs[job.OutOrderNo] = job
	if job.Reason != "" {
		b.refused = append(b.refused, job)
		return
	}
	// Mostly the last: a list is about what is new.
	i, _ := slices.BinarySearchFunc(b.fresh, job.ChangedAt, func(other *Job, at time.Time) int { return other.ChangedAt.Compare(at) })
	b.fresh = slices.Insert(b.fresh, i, job)
}

// Next hands out the order that is to be told of next, nil when none is, or none may be. What was
// refused and is due comes first. A target that accepts nothing is tried with what it has refused,
// due or not, and with the others by turns: it may refuse no more than those.
func (b *Book) Next(now time.Time) *Job {
	if b.state.Disabled != nil || now.Before(b.state.Circuit.Until) {
		return nil
	}
	next, other := earliest(b.refused), b.due(now)
	switch {
	case next == nil:
		next = other
	case b.state.Circuit.Probing():
		if b.others = !b.others; b.others && other != nil {
			next = other
		}
	case next.Next.After(now):
		next = other
	}
	if next != nil {
		next.busy, next.Asked = true, next.ChangedAt
	}
	return next
}

// due is the first order that was never refused and may be told of.
func (b *Book) due(now time.Time) *Job {
	for _, job := range b.fresh {
		if !job.busy && !job.Next.After(now) {
			return job
		}
	}
	return nil
}

func earliest(jobs []*Job) (next *Job) {
	for _, job := range jobs {
		if !job.busy && (next == nil || job.Next.Before(next.Next)) {
			next = job
		}
	}
	return next
}

// Taken notes that an order has been told of up to a moment, with so many events; none means that
// there was nothing to tell, which is no post.
func (b *Book) Taken(job *Job, until time.Time, events int, now time.Time) {
	b.remove(job)
	if events > 0 {
		b.state.Posts++
		b.state.Events += int64(events)
		b.state.LastTaken = now
		b.state.Circuit.taken(now, b.settings.Rate)
	}
	b.told[job.OutOrderNo] = until
	if job.ChangedAt.After(until) { // meanwhile, or it is listed before it can be asked
		b.add(&Job{Waiting: Waiting{OutOrderNo: job.OutOrderNo, ChangedAt: job.ChangedAt, Since: until, Next: now.Add(time.Second)}})
	}
}

// Refusal is what a target made of a post that it did not accept: why, and before when it wants no
// other one; the zero time where it has not said. Oldest is the first event's time, Until the last's.
type Refusal struct {
	Reason        string
	Retry         time.Time
	Oldest, Until time.Time
}

// Refused notes a refusal. Events that nobody has accepted for long enough are dead. While a target
// accepts nothing an order that it refuses for the first time stays with those that it has never
// refused, which may be any number.
func (b *Book) Refused(job *Job, why Refusal, now time.Time) {
	first, probing := job.Reason == "", b.state.Circuit.Probing()
	why.Reason = order.CutText(why.Reason, maxReason)
	b.state.Refused++
	b.state.LastRefused, b.state.LastReason = now, why.Reason
	b.state.Circuit.refused(now, why.Retry, b.settings.Probe)
	b.remove(job)
	full := first && !probing && len(b.refused) >= mostWaiting
	if full || now.Sub(why.Oldest) > b.settings.Keep {
		b.bury(job, why.Until, why.Reason, now)
		return
	}
	again := job.Waiting
	if again.Tries++; !first || !probing {
		again.Reason = why.Reason
	}
	again.Next = now.Add(b.settings.Retry.Delay(again.Tries))
	if why.Retry.After(now) {
		again.Next = why.Retry
	}
	b.add(&Job{Waiting: again})
}

func (b *Book) remove(job *Job) {
	delete(b.jobs, job.OutOrderNo)
	is := func(other *Job) bool { return other == job }
	b.fresh, b.refused = slices.DeleteFunc(b.fresh, is), slices.DeleteFunc(b.refused, is)
}
