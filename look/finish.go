package look

import (
	"maps"
	"slices"
	"time"

	"miniflow/order"
)

// listingShare is the part of the time that may be spent on listing orders, as one of so many.
const listingShare = 30

// Finish takes in what the parts of a pass have done, and returns how long the Sweep pauses before
// the next. The reports are in the order of the parts.
func (s State) Finish(plan Plan, reports []Report, now time.Time) (State, time.Duration) {
	total := sum(reports)
	s.Messages = maps.Clone(s.Messages)
	if s.Messages == nil {
		s.Messages = map[string]Record{}
	}
	for _, message := range messages() {
		if total.Lost[message] > 0 {
			s.Messages[message] = s.Messages[message].lose(now)
		}
	}
	s.Interrupted = total.Interrupted
	s.Round = s.Round.goOn(reports)
	if !total.BrokenOff {
		s.Swept = plan.At
		if plan.Overdue || plan.Since.Equal(plan.At) {
			s.Relisted = plan.At
		}
	}
	s.Last = &Pass{At: plan.At, Took: order.Duration(now.Sub(plan.At)), Total: total}
	pause := max(plan.At.Add(plan.Every.Std()).Sub(now), listingShare*total.Listing.Std())
	if s.Round != nil && !total.BrokenOff {
		pause = 0 // the rest of a round follows at once
	}
	pause = max(pause, leastPause)
	s.Next = now.Add(pause)
	return s, pause
}

// leastPause keeps a pass that finds nothing to do from being followed by another at once.
const leastPause = time.Second / 5

// goOn returns the round as its parts have left it, or nil once it is over.
func (r *Round) goOn(reports []Report) *Round {
	if r == nil {
		return nil
	}
	next := *r
	next.Parts = slices.Clone(r.Parts)
	for i, report := range reports {
		if i < len(next.Parts) {
			next.Parts[i] = report.Part
		}
		next.Asked += report.Around
	}
	if next.over() {
		return nil
	}
	return &next
}

// sum adds up what the parts did. Listing took as long as the longest.
func sum(reports []Report) Report {
	total := Report{}
	for _, part := range reports {
		total.Listed += part.Listed
		total.Asked += part.Asked
		total.News += part.News
		total.Refused += part.Refused
		total.Unanswered += part.Unanswered
		total.Around += part.Around
		total.BrokenOff = total.BrokenOff || part.BrokenOff
		total.Interrupted = total.Interrupted || part.Interrupted
		total.Listing = max(total.Listing, part.Listing)
		for _, message := range messages() {
			if times := part.Lost[message]; times > 0 {
				total.Lose(message, times)
			}
		}
	}
	return total
}

// Lose counts facts that were late when a look found them.
func (r *Report) Lose(message string, times int) {
	if r.Lost == nil {
		r.Lost = map[string]int{}
	}
	r.Lost[message] += times
}
