package diagram

import (
	"cmp"
	"fmt"
	"slices"

	"miniflow/order"
)

// side is the side of a box at which an arrow begins or ends.
type side int

const (
	before side = iota // towards the story's begin
	after
	above // away from the boxes beside the line; of those, towards it
	below
)

// kind says how an arrow is drawn.
type kind string

const (
	story kind = "story" // of the story that goes well
	usual kind = "usual" // what happens to many orders
	rare  kind = "side"  // what Alipay, or somebody in its console, can do as well
)

// detours are the usual moves off the story.
var detours = map[order.Stage][]order.Stage{
	order.StageAwaitingMerchant: {order.StageMerchantRejected, order.StageConfirmTimedOut},
	order.StageAuditing:         {order.StageAuditRejected, order.StageBasePassed},
	order.StageAuditRejected:    {order.StageSubmitting},
	order.StageBasePassed:       {order.StageReleasing},
}

// arrow joins two stages, however many events lead from one to the other.
type arrow struct {
	from, to   order.Stage
	kind       kind
	out, in    side
	start, end point
}

// arrows are the moves of the table, each pair of stages once. The two ends to which every stage can
// go are drawn from the first alone, as in the documents' drawing, and told in a note.
func arrows() []arrow {
	var all []arrow
	for _, move := range order.Moves() {
		everywhere := move.On == order.EventCancelled || move.On == order.EventCreationFailed
		if everywhere && move.From != order.StageCreating {
			continue
		}
		joins := func(one arrow) bool { return one.from == move.From && one.to == move.To }
		if !slices.ContainsFunc(all, joins) {
			all = append(all, joined(move.From, move.To))
		}
	}
	return all
}

func joined(from, to order.Stage) arrow {
	a := arrow{from: from, to: to, kind: rare}
	if slices.Contains(detours[from], to) {
		a.kind = usual
	}
	start, end := places[from], places[to]
	far := end.along - start.along
	switch {
	case start.beside && end.beside && far > 0:
		a.out, a.in = after, before
	case start.beside && end.beside:
		a.out, a.in = before, after
	case start.beside:
		a.out, a.in = above, below
	case end.beside:
		a.out, a.in = below, above
	case far == 1:
		a.kind, a.out, a.in = story, after, before
	case far > 1:
		a.out, a.in = above, above
	default:
		a.out, a.in = below, below
	}
	return a
}

// arc reports whether the arrow leaves the main line and returns to it.
func (a arrow) arc() bool { return a.out == a.in }

// landing is one end of an arrow at a box.
type landing struct {
	at    *point
	other place
	arc   bool
	// outgoing tells two arrows apart that go both ways.
	outgoing bool
}

// landed spreads what begins and ends at one side of a box over that side, in an order in which they
// cross little.
func landed(all []arrow, s sheet) {
	type berth struct {
		stage order.Stage
		side  side
	}
	berths := map[berth][]landing{}
	for i := range all {
		a := &all[i]
		berths[berth{a.from, a.out}] = append(berths[berth{a.from, a.out}], landing{&a.start, places[a.to], a.arc(), true})
		berths[berth{a.to, a.in}] = append(berths[berth{a.to, a.in}], landing{&a.end, places[a.from], a.arc(), false})
	}
	for at, landings := range berths {
		here := places[at.stage]
		slices.SortStableFunc(landings, func(one, other landing) int {
			return cmp.Or(cmp.Compare(one.rank(here), other.rank(here)), cmp.Compare(one.order(), other.order()),
				cmp.Compare(one.lane(at.side), other.lane(at.side)))
		})
		for i, one := range landings {
			*one.at = s.berth(at.stage, at.side, float64(i+1)/float64(len(landings)+1))
		}
	}
}

// rank puts arcs to what came earlier first, then what goes to the other line, then arcs onwards.
func (l landing) rank(here place) int {
	switch {
	case !l.arc:
		return 1
	case l.other.along < here.along:
		return 0
	default:
		return 2
	}
}

// order lets the longer of two arcs lie around the shorter.
func (l landing) order() float64 {
	if l.arc {
		return -l.other.along
	}
	return l.other.along
}

// lane keeps two arrows between neighbours apart: each keeps to its own height at both ends.
func (l landing) lane(at side) int {
	if l.outgoing == (at == after) {
		return 0
	}
	return 1
}

// berth is the point on a side of a box, as a part of its length.
func (s sheet) berth(stage order.Stage, at side, part float64) point {
	corner, extent := s.corner(stage)
	inset := 0.1 // corners are round
	part = inset + part*(1-2*inset)
	switch at {
	case before:
		return point{corner.along, corner.across + part*extent}
	case after:
		return point{corner.along + s.boxAlong, corner.across + part*extent}
	case above:
		return point{corner.along + part*s.boxAlong, corner.across}
	default:
		return point{corner.along + part*s.boxAlong, corner.across + extent}
	}
}

// path draws an arrow as SVG's d.
func (a arrow) path(s sheet) string {
	first, second := a.start, a.end
	switch {
	case a.arc():
		depth := s.arcBase + s.arcStep*max(a.end.along-a.start.along, a.start.along-a.end.along)/s.pitch
		if a.out == above {
			depth = -depth
		}
		first.across, second.across = first.across+depth, second.across+depth
	case a.out == above || a.out == below:
		half := (a.end.across - a.start.across) / 2
		first.across, second.across = first.across+half, second.across-half
	default:
		return fmt.Sprintf("M%s L%s", s.write(a.start), s.write(a.end))
	}
	return fmt.Sprintf("M%s C%s %s %s", s.write(a.start), s.write(first), s.write(second), s.write(a.end))
}

func (s sheet) write(p point) string {
	x, y := s.xy(p)
	return fmt.Sprintf("%.1f,%.1f", x, y)
}
