package rollout

import "miniflow/order"

// Codes of what is left for a person where a rollout rests.
const (
	MembersHeld = "MEMBERS_HELD"
	MembersKept = "MEMBERS_KEPT"
	// MaxTrouble bounds a code that is shown: somebody's words may be longer.
	MaxTrouble = 160
)

// Trouble says by a code, or in somebody's words, why a rollout needs a person; empty where it needs none.
// Members whose orders wait for somebody are the orders' to show.
func (r *Rollout) Trouble() string {
	switch r.State {
	case Halted:
		return order.CutText(r.Why, MaxTrouble)
	case Done:
		if len(r.with(Held, len(r.Members), 1)) > 0 {
			return MembersHeld
		}
	case RolledBack:
		if len(r.with(Kept, len(r.Members), 1)) > 0 {
			return MembersKept
		}
	case Listing, Going, Paused, RollingBack:
	}
	return ""
}
