package look

import (
	"slices"
	"time"

	"miniflow/order"
)

// within reports whether a moment is after from and not after until.
func within(moment, from, until time.Time) bool {
	return moment.After(from) && !moment.After(until)
}

// again reports whether one of the moments that are one or more strides after next is after from
// and not after until.
func again(next time.Time, stride time.Duration, from, until time.Time) bool {
	passed := until.Sub(next)
	if passed < stride || stride <= 0 {
		return false
	}
	return next.Add(passed / stride * stride).After(from)
}

// Asks returns the waits of an order that the pass asks about because their time has come: each once
// when it has lasted as long as expected, and then once in each stride. What a round asks about
// anyway is left to it. It follows from the pass and from the order's memo alone, so no pass has to
// know what an earlier one asked.
func (p Plan) Asks(waiting order.Look, next time.Time) []order.Wait {
	var due []order.Wait
	for _, wait := range waiting.Waits {
		if !p.Round.asks(wait, waiting.Kind) && p.came(wait, next) {
			due = append(due, wait)
		}
	}
	return due
}

// Came reports whether the time of one of an order's waits has come, be it left to a round or not.
func (p Plan) Came(waiting order.Look, next time.Time) bool {
	return slices.ContainsFunc(waiting.Waits, func(wait order.Wait) bool { return p.came(wait, next) })
}

func (p Plan) came(wait order.Wait, next time.Time) bool {
	stride, from := p.Strides[wait].Std(), p.Relisted
	if p.brisk(wait) {
		from = p.Since
	}
	return within(next, p.Since, p.At) || (p.Overdue || p.brisk(wait)) && again(next, stride, from, p.At)
}

// brisk reports whether a wait is asked about so often that each pass lists its orders.
func (p Plan) brisk(wait order.Wait) bool { return p.Strides[wait].Std() <= briskPasses*p.Every.Std() }

// briskPasses is how many passes have to fit into a stride for it to pay off that most of them do
// not list what is overdue.
const briskPasses = 3

// BriskAll reports whether each pass has to list every order that is overdue.
func (p Plan) BriskAll() bool {
	return slices.ContainsFunc(order.Waits(), func(wait order.Wait) bool { return wait != order.WaitRelease && p.brisk(wait) })
}

// Asks returns the waits of an order that the round asks about.
func (r *Round) Asks(waiting order.Look) []order.Wait {
	var asked []order.Wait
	for _, wait := range waiting.Waits {
		if r.asks(wait, waiting.Kind) {
			asked = append(asked, wait)
		}
	}
	return asked
}
