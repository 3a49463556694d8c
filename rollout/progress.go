package rollout

import "time"

// Progress is how far a rollout is.
type Progress struct {
	Members int            `json:"members"`
	Wave    int            `json:"wave"`
	Waves   int            `json:"waves"`
	Counts  map[string]int `json:"counts"`
	// Settled is how many need no more time: of a rollback, those that are taken back or can't be.
	Settled int `json:"settled"`
	// Left is how long it takes still, as far as its rate, its soaks and what members took say; zero
	// where nobody knows, or nothing is left.
	Left time.Duration `json:"left"`
}

// Progress counts, and estimates.
func (r *Rollout) Progress(now time.Time) Progress {
	waves := len(r.Plan.waves(r.Canaries, len(r.Members))) - 1
	p := Progress{Members: len(r.Members), Wave: r.Wave, Waves: waves, Counts: make(map[string]int)}
	for _, m := range r.Members {
		p.Counts[m.Where.Name()]++
		if m.Where.settled() && (r.State != RollingBack || m.Where != Online && !m.Where.open()) {
			p.Settled++
		}
	}
	p.Left = max(r.left(now, waves), 0)
	return p
}

// left estimates: the starts at the rate, then for each wave what a member takes and its soak.
func (r *Rollout) left(now time.Time, waves int) time.Duration {
	switch r.State {
	case RollingBack:
		return pause(len(r.with(Online, len(r.Members), len(r.Members))), r.Plan.UndoRate)
	case Going, Paused, Halted:
	case Listing, Done, RolledBack:
		return 0
	}
	if r.Measured == 0 {
		return 0 // nobody knows how long one takes
	}
	took := r.Took / time.Duration(r.Measured)
	left := pause(len(r.with(Waiting, len(r.Members), len(r.Members))), r.Plan.Rate)
	left += time.Duration(waves-r.Wave) * (took + r.Plan.Soak.Std())
	if !r.settled() {
		left += took
	}
	if !r.SettledAt.IsZero() {
		left -= now.Sub(r.SettledAt)
	}
	return left
}
