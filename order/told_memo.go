package order

import "slices"

// Told is what an order's memo holds of the things that backends are told, so that a webhook needs a
// list alone, which it makes anyway, and no question to the order for each post.
type Told struct {
	// Timeline are the last things that backends are told, Before the last sequence of each type
	// that is older.
	Timeline []TimelineItem `json:"timeline,omitempty"`
	Before   map[string]int `json:"before,omitempty"`
	// Audits are the order's, unless one has reasons: they are too long for a memo, and Reasons says
	// that the order has to be asked.
	Audits  []Audit `json:"audits,omitempty"`
	Reasons bool    `json:"reasons,omitempty"`
}

// mostTold bounds what a memo holds of an order's events. A webhook that accepts is told of one to
// three at a time.
const mostTold = 6

// ToldOf picks what the memo holds from a view. folded is what [EventsOf] takes.
func ToldOf(view View, folded map[string]int) Told {
	told, fold := Told{Before: map[string]int{}}, 0
	for _, what := range ToldTypes() {
		if sequence := folded[what]; sequence > 0 {
			told.Before[what], fold = sequence, max(fold, sequence)
		}
	}
	for _, item := range view.Timeline {
		if slices.Contains(ToldTypes(), item.Event) {
			told.Timeline = append(told.Timeline, item)
		}
	}
	for len(told.Timeline) > 0 {
		oldest := told.Timeline[0]
		if len(told.Timeline) <= mostTold && oldest.Sequence > fold { // what is held has no gap
			break
		}
		told.Before[oldest.Event] = max(told.Before[oldest.Event], oldest.Sequence)
		told.Timeline = told.Timeline[1:]
	}
	told.Reasons = slices.ContainsFunc(view.Audits, func(audit Audit) bool { return len(audit.Reasons) > 0 })
	if !told.Reasons {
		told.Audits = view.Audits
	}
	return told
}

// Events picks an order's events as [EventsOf] does. It reports false where the order has to be asked:
// an event that is wanted may be older than what the memo holds, or its audits are not there.
func (t Told) Events(summary View, asked EventsAsked) (ToldEvents, bool) {
	older := len(t.Before) > 0 && (len(t.Timeline) == 0 || t.Timeline[0].At.After(asked.Since))
	if t.Reasons || older {
		return ToldEvents{}, false
	}
	summary.Timeline = t.Timeline
	told := EventsOf(summary, t.Before, asked)
	told.Order.Timeline, told.Order.Audits = nil, t.Audits
	return told, true
}
