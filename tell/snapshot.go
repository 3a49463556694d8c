package tell

import (
	"cmp"
	"slices"
)

// Allows is how many posts a second may be made now.
func (b *Book) Allows() float64 { return b.state.Circuit.Allows(b.settings.Rate) }

// Snapshot is the state in which another run goes on from here.
func (b *Book) Snapshot() State {
	state := b.state
	state.Through, state.Behind = b.listed, len(b.jobs)
	for _, job := range b.fresh {
		if job.Since.Before(state.Through) {
			state.Through = job.Since
		}
	}
	state.Waiting = make([]Waiting, 0, len(b.refused))
	for _, job := range b.refused {
		state.Waiting = append(state.Waiting, job.Waiting)
	}
	slices.SortFunc(state.Waiting, func(one, other Waiting) int {
		return cmp.Or(one.Next.Compare(other.Next), cmp.Compare(one.OutOrderNo, other.OutOrderNo))
	})
	state.Dead, state.Recent = slices.Clone(state.Dead), b.recent()
	return state
}

// recent are the orders whose changes may be listed once more, the newest where there are too many:
// the others would be told twice should a new run begin now, which does no harm.
func (b *Book) recent() []Recent {
	recent := make([]Recent, 0, min(len(b.told), mostRecent))
	for outOrderNo, until := range b.told {
		if until.After(b.From()) {
			recent = append(recent, Recent{outOrderNo, until})
		}
	}
	slices.SortFunc(recent, func(one, other Recent) int {
		return cmp.Or(other.Until.Compare(one.Until), cmp.Compare(one.OutOrderNo, other.OutOrderNo))
	})
	return recent[:min(len(recent), mostRecent)]
}
