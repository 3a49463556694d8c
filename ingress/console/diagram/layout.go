package diagram

import "miniflow/order"

// place is where a stage stands: how far along the story, and whether beside the main line, where what
// interrupts an order or ends it early is. On a wide page the story runs to the right, on a narrow one
// down; the places are the same.
type place struct {
	along  float64
	beside bool
}

// places are laid out by hand, because no algorithm knows the story. A test keeps them complete.
var places = map[order.Stage]place{
	order.StageCreating:              {along: 0},
	order.StageAwaitingMerchant:      {along: 1},
	order.StageAwaitingAuthorization: {along: 2},
	order.StageBuilding:              {along: 3},
	order.StageScanning:              {along: 4},
	order.StageSubmitting:            {along: 5},
	order.StageAuditing:              {along: 6},
	order.StageReleasing:             {along: 7},
	order.StageOnline:                {along: 8},

	order.StageCancelled:        {along: 0, beside: true},
	order.StageCreationFailed:   {along: 1, beside: true},
	order.StageMerchantRejected: {along: 2, beside: true},
	order.StageConfirmTimedOut:  {along: 3, beside: true},
	order.StageAuditRejected:    {along: 5, beside: true},
	order.StageBasePassed:       {along: 7, beside: true},
}

// steps is how many places the main line has.
const steps = 9

// sheet is how large everything is, in the direction of the story (along) and across it.
type sheet struct {
	name   string
	narrow bool
	// pitch leads from one place to the next; margin is left before the first.
	pitch, margin float64
	// size of a box, along and across; those beside the main line are as long.
	boxAlong, boxAcross, besideAcross float64
	// line and beside are where the two lines of boxes begin.
	line, beside float64
	// across is the whole, without the note.
	across float64
	// arcBase and arcStep say how far an arc leaves the line: the longer, the farther.
	arcBase, arcStep float64
}

var (
	wideSheet = sheet{
		name: "wide", pitch: 134, margin: 11, boxAlong: 112, boxAcross: 90, besideAcross: 90,
		line: 108, beside: 316, across: 416, arcBase: 14, arcStep: 22,
	}
	narrowSheet = sheet{
		name: "narrow", narrow: true, pitch: 112, margin: 10, boxAlong: 84, boxAcross: 122, besideAcross: 104,
		line: 72, beside: 252, across: 360, arcBase: 12, arcStep: 15,
	}
)

func (s sheet) length() float64 { return 2*s.margin + (steps-1)*s.pitch + s.boxAlong }

// point is a place on the sheet in its own directions.
type point struct{ along, across float64 }

// xy turns a point into what SVG draws at.
func (s sheet) xy(p point) (x, y float64) {
	if s.narrow {
		return p.across, p.along
	}
	return p.along, p.across
}

// corner is where the box of a stage begins, and extent how wide it is across.
func (s sheet) corner(stage order.Stage) (at point, extent float64) {
	where := places[stage]
	at = point{s.margin + where.along*s.pitch, s.line}
	if where.beside {
		at.across = s.beside
		return at, s.besideAcross
	}
	return at, s.boxAcross
}
