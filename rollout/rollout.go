package rollout

import (
	"cmp"
	"slices"
	"time"
)

// State says what a rollout does.
type State string

// A rollout lists its members, goes through its waves, and is done; or somebody, or a share, stops it.
const (
	Listing State = "listing"
	Going   State = "running"
	// Paused means that a person stopped it for a while, Halted that a share or somebody's monitoring
	// has: both begin nothing more, and follow what has begun.
	Paused      State = "paused"
	Halted      State = "halted"
	Done        State = "done"
	RollingBack State = "rolling_back"
	RolledBack  State = "rolled_back"
)

// States lists every state.
func States() []State { return []State{Listing, Going, Paused, Halted, Done, RollingBack, RolledBack} }

// Rollout is what a mass upgrade knows of itself.
type Rollout struct {
	Plan    Plan     `json:"plan"`
	State   State    `json:"state"`
	Members []Member `json:"members,omitempty"`
	// Canaries is how many members, the first, are canaries.
	Canaries int `json:"canaries,omitempty"`
	// LeftOut is how many mini programs were found and are no members, because there are too many.
	LeftOut int `json:"left_out,omitempty"`
	// Begun is set once all members are known.
	Begun bool `json:"begun,omitempty"`
	Wave  int  `json:"wave"`
	// SettledAt is when the wave settled; its soak counts from then.
	SettledAt time.Time `json:"settled_at,omitzero"`
	// Free is when the rate allows the next to begin.
	Free  time.Time `json:"free,omitzero"`
	Since time.Time `json:"since"`
	// Why says what stopped it, by a code of ours or in somebody's words.
	Why string `json:"why,omitempty"`
	// Forgiven are the counts that the last resume has seen, and ForgivenWave is the number of waves
	// that had begun by then: they halt nothing again.
	Forgiven     Tally `json:"forgiven,omitzero"`
	ForgivenWave int   `json:"forgiven_wave,omitempty"`
	// Took and Measured sum how long members took to be online.
	Took     time.Duration `json:"took,omitempty"`
	Measured int           `json:"measured,omitempty"`
}

// New is a rollout that has no members yet.
func New(plan Plan, now time.Time) *Rollout { return &Rollout{Plan: plan, State: Listing, Since: now} }

// Found adds mini programs that are to be upgraded, each once; some are listed several times.
func (r *Rollout) Found(ids []string) {
	known := make(map[string]bool, len(r.Members))
	for _, m := range r.Members {
		known[m.MiniAppID] = true
	}
	for _, id := range ids {
		switch {
		case known[id] || id == "":
		case len(r.Members) >= MaxMembers, len(id) > MaxID:
			r.LeftOut++
		default:
			known[id] = true
			r.Members = append(r.Members, Member{MiniAppID: id, Where: Waiting})
		}
	}
}

// Without takes out mini programs that need no upgrade.
func (r *Rollout) Without(ids []string) {
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	r.Members = slices.DeleteFunc(r.Members, func(m Member) bool { return out[m.MiniAppID] })
}

// Begin puts the canaries first and begins the first wave. A canary that was not found needs no
// upgrade, and is none.
func (r *Rollout) Begin(now time.Time) {
	if r.State != Listing {
		return
	}
	rank := func(m Member) int {
		if i := slices.Index(r.Plan.Canary, m.MiniAppID); i >= 0 {
			return i
		}
		return len(r.Plan.Canary)
	}
	slices.SortStableFunc(r.Members, func(a, b Member) int { return cmp.Compare(rank(a), rank(b)) })
	r.Canaries = 0
	for _, m := range r.Members {
		if rank(m) < len(r.Plan.Canary) {
			r.Canaries++
		}
	}
	r.Begun = true
	r.enter(Going, now)
}

func (r *Rollout) enter(state State, now time.Time) { r.State, r.Since = state, now }

// bounds are the index of the first member of the wave and the one behind its last.
func (r *Rollout) bounds() (from, end int) {
	ends := r.Plan.waves(r.Canaries, len(r.Members))
	wave := min(r.Wave, len(ends)-1)
	if wave > 0 {
		from = ends[wave-1]
	}
	return from, ends[wave]
}

// Pause, Halt, Resume and Retry report whether they have changed anything; one that has not is refused.

// Pause stops it for a while.
func (r *Rollout) Pause(now time.Time) bool { return r.stop(Paused, "", now, Going) }

// Halt stops it: a share has passed its bound, or somebody's own monitoring says so.
func (r *Rollout) Halt(why string, now time.Time) bool {
	return r.stop(Halted, why, now, Going, Paused, Listing)
}

func (r *Rollout) stop(into State, why string, now time.Time, from ...State) bool {
	if !slices.Contains(from, r.State) {
		return false
	}
	r.Why = why
	r.enter(into, now)
	return true
}

// Resume goes on. What has halted it is forgiven: only what goes wrong from now on halts it again.
func (r *Rollout) Resume(now time.Time) bool {
	if r.State != Paused && r.State != Halted {
		return false
	}
	r.Why, r.Forgiven, r.ForgivenWave = "", r.tally(0, len(r.Members)), r.Wave+1
	if !r.SettledAt.IsZero() { // a pause is not a soak
		r.SettledAt = now
	}
	if r.enter(Going, now); !r.Begun {
		r.enter(Listing, now) // it was halted before all its members were known
	}
	return true
}

// Retry has those that went wrong try again: an order that ended by a new one, one that waits by a
// command. It returns how many.
func (r *Rollout) Retry(now time.Time) (again int) {
	switch r.State {
	case Listing, RollingBack:
		return 0
	case RolledBack:
		return r.undoAgain(now)
	case Going, Paused, Halted, Done:
	}
	for i := range r.Members {
		if r.Members[i].again() {
			again++
		}
	}
	if again > 0 && r.State == Done {
		r.enter(Going, now)
	}
	return again
}

// undoAgain tries those that could not be taken back: what was in the way may be gone.
func (r *Rollout) undoAgain(now time.Time) (again int) {
	for i := range r.Members {
		if m := &r.Members[i]; m.Where == Kept {
			m.Where, m.Code = Online, ""
			again++
		}
	}
	if again > 0 {
		r.enter(RollingBack, now)
	}
	return again
}

// again arms one member.
func (m *Member) again() bool {
	switch m.Where {
	case Failed:
		m.Where, m.Tries, m.Code = Waiting, m.Tries+1, ""
	case Held:
		m.Where, m.Code = Waiting, ""
	case Rejected:
		m.Errand = Resubmit
	case Stuck:
		m.Errand = TryAgain
	default:
		return false
	}
	return true
}

// RollBack takes back what it has put online, and cancels what is on its way.
func (r *Rollout) RollBack(why string, now time.Time) bool {
	if r.State == RollingBack || r.State == RolledBack || r.State == Listing {
		return false
	}
	for i := range r.Members {
		switch m := &r.Members[i]; m.Where {
		case Running, Rejected, Stuck:
			m.Errand = Cancel
		case Waiting, Held:
			m.Where, m.Code = Withdrawn, ""
		case Online, Failed, Undone, Withdrawn, Kept:
		}
	}
	r.Why, r.Free = why, now
	r.enter(RollingBack, now)
	return true
}
