package rollout

import "slices"

// Commands lists the updates that a rollout takes as it stands; it refuses the others.
func (r *Rollout) Commands() []string {
	takes := map[string]bool{
		PauseUpdate:    r.State == Going,
		HaltUpdate:     r.State == Going || r.State == Paused || r.State == Listing,
		ResumeUpdate:   r.State == Paused || r.State == Halted,
		RetryUpdate:    r.hasToTryAgain(),
		RollBackUpdate: r.State != RollingBack && r.State != RolledBack && r.State != Listing,
	}
	return slices.DeleteFunc(Updates(), func(update string) bool { return !takes[update] })
}

// hasToTryAgain reports whether a retry would find anybody.
func (r *Rollout) hasToTryAgain() bool {
	switch r.State {
	case Listing, RollingBack:
		return false
	case RolledBack:
		return len(r.with(Kept, len(r.Members), 1)) > 0
	case Going, Paused, Halted, Done:
	}
	return slices.ContainsFunc(r.Members, func(m Member) bool { return m.again() })
}
