package crossings

import (
	"cmp"
	"runtime"
	"slices"
	"time"
)

// agenda is what happens outside of the workflows, in simulated time, one item after the
// other. The environment would fire items of the same moment in any order, and by the wall
// clock while a run begins in a goroutine of its own.
type agenda struct {
	e      *engine
	items  []item
	number int
	// asked is set while the next item's timer is to be set, set is when it is due.
	asked bool
	set   time.Time
}

type item struct {
	due    time.Time
	number int
	do     func()
}

// in plans something after a simulated time.
func (a *agenda) in(after time.Duration, do func()) {
	a.number++
	next := item{due: a.e.now().Add(max(after, 0)), number: a.number, do: do}
	at, _ := slices.BinarySearchFunc(a.items, next, func(one, other item) int {
		return cmp.Or(one.due.Compare(other.due), cmp.Compare(one.number, other.number))
	})
	a.items = slices.Insert(a.items, at, next)
	a.ask()
}

// ask has the timer of the next item set once no run is about to begin.
func (a *agenda) ask() {
	if !a.asked {
		a.asked = true
		a.e.env.RegisterDelayedCallback(a.arm, 0)
	}
}

func (a *agenda) arm() {
	a.asked = false
	switch {
	case len(a.items) == 0 || a.e.over:
	case len(a.e.unbegun) > 0:
		runtime.Gosched() // to the goroutine that begins it
		a.ask()
	default:
		next := a.items[0].due
		if !a.set.IsZero() && !next.Before(a.set) {
			return
		}
		a.set = next
		a.e.env.RegisterDelayedCallback(func() { a.fire(next) }, next.Sub(a.e.now()))
	}
}

// fire runs the first item. Its effects at the same moment come before the next item.
func (a *agenda) fire(due time.Time) {
	if !a.set.Equal(due) {
		return // an earlier item has set a timer of its own since
	}
	a.set = time.Time{}
	if len(a.items) > 0 && !a.items[0].due.After(a.e.now()) && len(a.e.unbegun) == 0 && !a.e.over {
		do := a.items[0].do
		a.items = a.items[1:]
		do()
	}
	a.ask()
}
