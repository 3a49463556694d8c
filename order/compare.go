package order

import (
	"time"

	"miniflow/words"
)

// Compared is what Miniflow would have done for an order of an app that is observed, beside what
// the system that acts did.
type Compared struct {
	// Call and WouldAt are what Miniflow would have called, and when; empty where it would have
	// called nothing and the other system acted all the same.
	Call    string    `json:"call,omitempty"`
	WouldAt time.Time `json:"would_at,omitzero"`
	// Happened and HappenedAt are the move that ended the wait; empty while nothing has.
	Happened   words.Text `json:"happened,omitzero"`
	HappenedAt time.Time  `json:"happened_at,omitzero"`
}

// Compare reads what an order's timeline says of both: each call that was held back ends with the
// next move, and a step back in the pipeline is one that nobody here would have made. A call stays open
// where a person has given the order up: that ends it here alone.
func Compare(timeline []TimelineItem) []Compared {
	var all []Compared
	open, stage, givenUp := -1, StageCreating, false
	for _, item := range timeline {
		switch item.Event {
		case HappenedHeldBack:
			all = append(all, Compared{Call: item.Call, WouldAt: item.At})
			open = len(all) - 1
		case HappenedCommand:
			givenUp = givenUp || item.Note.String() == string(CommandGiveUp)
		case HappenedStageChanged:
			if item.Stage == stage || givenUp && item.Stage.Ended() {
				continue // the first is of the certification
			}
			switch {
			case open >= 0:
				all[open].Happened, all[open].HappenedAt = item.Note, item.At
			case isStepBack(stage, item.Stage):
				all = append(all, Compared{Happened: item.Note, HappenedAt: item.At})
			}
			open, stage = -1, item.Stage
		}
	}
	return all
}

// isStepBack reports whether a move takes a version back, which only somebody who acts does.
func isStepBack(from, to Stage) bool {
	back := to == StageSubmitting && from != StageScanning || to == StageBuilding && from != StageAwaitingAuthorization
	return back
}
