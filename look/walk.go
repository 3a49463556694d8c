package look

import (
	"slices"
	"time"

	"miniflow/order"
)

// Stretch is a part of a list of waiting orders: those whose NextLook is after From and not after
// Until. The zero time is open.
type Stretch struct {
	From, Until time.Time
	// Releasing lists only orders that are being released, and Others only the others; neither
	// lists all.
	Releasing, Others bool
}

// few is how many orders are listed whole: a page or so is cheaper than many empty stretches.
const few = 400

// longAgo is how many passes back lists are narrow. Hardly an order waits for longer; those that do
// are listed together.
const longAgo = 30 * 24 * 6

// Stretches returns what a pass lists to find the orders that are due. They don't overlap. Every
// due order is in one of them, and hardly any other: with very many orders a list of all that are
// overdue would be a load of its own, and a store sorts a stretch at a time.
func (p Plan) Stretches() []Stretch {
	if p.Few || p.BriskAll() {
		return []Stretch{{Until: p.At}}
	}
	listed := []Stretch{{From: p.Since, Until: p.At}}
	if p.Overdue {
		listed = p.overdue(listed)
	}
	if !p.brisk(order.WaitRelease) {
		return listed
	}
	for i := range listed {
		listed[i].Others = true
	}
	return append(listed, Stretch{Until: p.At, Releasing: true})
}

// overdue adds the stretches of the orders that are asked about again: those whose NextLook was a
// stride ago, two strides, and so on.
func (p Plan) overdue(listed []Stretch) []Stretch {
	oldest := p.oldest()
	listed = append(listed, Stretch{Until: oldest})
	for _, wait := range order.Waits() {
		if p.brisk(wait) {
			continue
		}
		stride := p.Strides[wait].Std()
		for back := stride; p.At.Add(-back).After(oldest); back += stride {
			listed = append(listed, Stretch{From: p.Relisted.Add(-back), Until: p.At.Add(-back)})
		}
	}
	return merge(listed)
}

// oldest is the time before which a pass lists everything together.
func (p Plan) oldest() time.Time { return p.At.Add(-longAgo * p.Every.Std()) }

// merge joins stretches that overlap or touch.
func merge(stretches []Stretch) []Stretch {
	slices.SortFunc(stretches, func(a, b Stretch) int { return a.From.Compare(b.From) })
	merged := stretches[:1:1]
	for _, next := range stretches[1:] {
		last := &merged[len(merged)-1]
		if next.From.After(last.Until) {
			merged = append(merged, next)
		} else if next.Until.After(last.Until) {
			last.Until = next.Until
		}
	}
	return merged
}

// Walk goes through a stretch in steps that hold about a page of orders each, since a list has no
// order that its next page could be found by at no cost.
type Walk struct {
	stretch      Stretch
	from         time.Time
	oldest, last time.Time
	width        time.Duration
	least, most  time.Duration
	// whole is set while the rest of the stretch is tried as one step.
	whole bool
}

// Walk begins to walk through a stretch at a time; the zero time is its beginning.
func (p Plan) Walk(stretch Stretch, from time.Time) *Walk {
	const fewest, widest = 600, 36 // of the time between two passes
	w := &Walk{
		stretch: stretch, from: stretch.From, oldest: p.oldest(), last: p.At.Add(longAgo * p.Every.Std()),
		width: p.Every.Std(), least: p.Every.Std() / fewest, most: p.Every.Std() * widest,
	}
	if from.After(w.from) {
		w.from = from
	}
	w.whole = p.Few || stretch.Releasing || !w.from.IsZero() && !stretch.Until.IsZero() && stretch.Until.Sub(w.from) <= w.most
	return w
}

// Step returns the stretch of the next step.
func (w *Walk) Step() Stretch {
	step := w.stretch
	step.From, step.Until = w.from, w.end()
	return step
}

// end returns where the step ends; the zero time is open.
func (w *Walk) end() time.Time {
	switch {
	case w.whole:
		return w.stretch.Until
	case w.from.IsZero():
		return earlier(w.oldest, w.stretch.Until)
	}
	end := w.from.Add(w.width)
	if w.stretch.Until.IsZero() && end.After(w.last) {
		return time.Time{}
	}
	return earlier(end, w.stretch.Until)
}

// earlier returns the earlier of two times, of which the second may be open.
func earlier(end, until time.Time) time.Time {
	if !until.IsZero() && until.Before(end) {
		return until
	}
	return end
}

// Narrow makes the step narrower, for one that does not fit on a page. It reports false where it is
// as narrow as can be: then its pages have to be turned.
func (w *Walk) Narrow() bool {
	const parts = 4
	switch {
	case w.whole:
		w.whole = false
		return true
	case w.from.IsZero() || w.width <= w.least:
		return false
	}
	w.width = max(w.least, w.width/parts)
	return true
}

// Next goes on after a step in which so many orders were found, of as many as fit on a page. It
// returns where that is, and whether there is a next step.
func (w *Walk) Next(found, fit int) (from time.Time, more bool) {
	w.from = w.end()
	if w.from.IsZero() || w.from.Equal(w.stretch.Until) {
		return w.from, false
	}
	if found <= fit/2 {
		w.width = min(w.most, 2*w.width)
	}
	return w.from, true
}
