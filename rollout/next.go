package rollout

import "time"

// Step is what is to be done now: members by their index. All of it may be empty; then nothing is to be
// done before Until, unless somebody says something.
type Step struct {
	// Errands are orders to be told something, Undo members whose release is taken back, and Start
	// those whose release begins.
	Errands, Undo, Start []int
	// Until is when to ask again; zero is when something is known.
	Until time.Time
	// Over is set where nothing can follow.
	Over bool
}

// Next decides what is to be done. What it returns is to be told back by [Rollout.Started],
// [Rollout.TookBack] and [Rollout.WasTold] before it is asked again.
func (r *Rollout) Next(now time.Time) Step {
	if told := r.errands(); len(told) > 0 {
		if now.Before(r.Free) {
			return Step{Until: r.Free}
		}
		return Step{Errands: told}
	}
	switch r.State {
	case Going:
		return r.goOn(now)
	case RollingBack:
		return r.undo(now)
	case Done, RolledBack:
		return r.rest(now)
	case Listing, Paused, Halted:
	}
	return Step{}
}

// rest keeps a rollout that has members for as long as somebody may take it back, or try again to.
func (r *Rollout) rest(now time.Time) Step {
	until := r.Since.Add(r.Plan.Keep.Std())
	if len(r.Members) == 0 || r.State == RolledBack && len(r.with(Kept, len(r.Members), 1)) == 0 {
		until = r.Since
	}
	if !now.Before(until) {
		return Step{Over: true}
	}
	return Step{Until: until}
}

// errands are those that go now: one batch, like all else.
func (r *Rollout) errands() (due []int) {
	for i, m := range r.Members {
		if m.Errand != "" && len(due) < atOnce(r.rate()) {
			due = append(due, i)
		}
	}
	return due
}

// goOn begins members of the wave, or the next wave.
func (r *Rollout) goOn(now time.Time) Step {
	for {
		from, end := r.bounds()
		due := r.with(Waiting, end, atOnce(r.Plan.Rate))
		if !r.settled() {
			r.SettledAt = time.Time{}
		}
		switch {
		case len(due) > 0 && now.Before(r.Free):
			return Step{Until: r.Free}
		case len(due) > 0:
			return Step{Start: due}
		case !r.settled():
			return Step{}
		case end >= len(r.Members):
			r.enter(Done, now)
			return r.Next(now)
		}
		if r.SettledAt.IsZero() {
			r.SettledAt = now
		}
		if until := r.SettledAt.Add(r.Plan.Soak.Std()); from < end && now.Before(until) {
			return Step{Until: until}
		}
		r.Wave++
		r.SettledAt = time.Time{}
	}
}

// undo takes back a batch of what is online. It is over when nothing is online or on its way.
func (r *Rollout) undo(now time.Time) Step {
	online := r.with(Online, len(r.Members), atOnce(r.Plan.UndoRate))
	switch {
	case len(online) > 0 && now.Before(r.Free):
		return Step{Until: r.Free}
	case len(online) > 0:
		return Step{Undo: online}
	case r.Open() > 0:
		return Step{}
	}
	r.enter(RolledBack, now)
	return r.rest(now)
}

// rate is the one of what is done now.
func (r *Rollout) rate() float64 {
	if r.State == RollingBack {
		return r.Plan.UndoRate
	}
	return r.Plan.Rate
}

// with are the first members that stand somewhere, before an index.
func (r *Rollout) with(where Where, before, most int) (found []int) {
	for i, m := range r.Members[:before] {
		if m.Where == where && len(found) < most {
			found = append(found, i)
		}
	}
	return found
}

// settled reports whether every member of the waves so far has settled.
func (r *Rollout) settled() bool {
	_, end := r.bounds()
	for _, m := range r.Members[:end] {
		if !m.Where.settled() {
			return false
		}
	}
	return true
}

// Open counts the members whose orders may still run, and are looked at.
func (r *Rollout) Open() (open int) {
	for _, m := range r.Members {
		if m.Where.open() {
			open++
		}
	}
	return open
}
