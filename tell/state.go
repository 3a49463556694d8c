// Package tell decides what an app's webhook is told next. It keeps which orders have changed since
// they were told of last, which posts were refused, what is dead, and how fast a target may be told.
//
// It has no clock and no effect: activities/telling lists, asks and posts, workflows/webhook keeps
// the state between runs, and the API shows it.
package tell

import (
	"slices"
	"time"
)

// State is what a webhook knows from one run to the next. An order that was told of leaves nothing
// here: what is kept are a moment and the exceptions to it.
type State struct {
	// Through is up to when every change was told, or stands in Waiting or Dead.
	Through time.Time `json:"through,omitzero"`
	// Recent are the orders that were told of last, whose changes may be listed once more.
	Recent []Recent `json:"recent,omitempty"`
	// Waiting are orders whose post was not accepted, and that are tried again.
	Waiting []Waiting `json:"waiting,omitempty"`
	// Dead are orders whose events were given up, the oldest first; Forgotten counts those that have
	// left the list since it was full.
	Dead      []Dead `json:"dead,omitempty"`
	Forgotten int    `json:"forgotten,omitempty"`
	// Disabled is set while nothing is posted.
	Disabled *Disabled `json:"disabled,omitempty"`
	Circuit  Circuit   `json:"circuit,omitzero"`

	// Posts and Events were accepted so far, Refused counts the posts that were not.
	Posts   int64 `json:"posts,omitempty"`
	Events  int64 `json:"events,omitempty"`
	Refused int64 `json:"refused,omitempty"`
	// LastTaken and LastRefused are when, and LastReason is why the last refusal was one.
	LastTaken   time.Time `json:"last_taken,omitzero"`
	LastRefused time.Time `json:"last_refused,omitzero"`
	LastReason  string    `json:"last_reason,omitempty"`
	// Behind is how many orders have changed and were not told of when the state was written.
	Behind int `json:"behind,omitempty"`
}

// Recent is an order that was told of up to a moment.
type Recent struct {
	OutOrderNo string    `json:"out_order_no"`
	Until      time.Time `json:"until"`
}

// Waiting is an order whose events after Since were refused, at last with Reason.
type Waiting struct {
	OutOrderNo string    `json:"out_order_no"`
	ChangedAt  time.Time `json:"changed_at"`
	Since      time.Time `json:"since,omitzero"`
	Tries      int       `json:"tries"`
	Next       time.Time `json:"next"`
	Reason     string    `json:"reason"`
}

// Dead is an order whose events after Since, up to Until, were given up at a time, and why.
type Dead struct {
	OutOrderNo string    `json:"out_order_no"`
	Since      time.Time `json:"since,omitzero"`
	Until      time.Time `json:"until"`
	At         time.Time `json:"at"`
	Reason     string    `json:"reason"`
}

// Disabled says since when nothing is posted and why. Target is the fingerprint of the address that
// it is about: another address is told.
type Disabled struct {
	At     time.Time `json:"at"`
	Target string    `json:"target"`
	Reason string    `json:"reason"`
}

// Bounds of what a state carries, far below what Temporal lets a workflow carry.
const (
	mostWaiting = 500
	mostDead    = 500
	mostRecent  = 500
	maxReason   = 200
)

// Enable makes a disabled webhook post again, at once, and forgets how fast it was allowed to.
func (s *State) Enable(now time.Time) {
	s.Disabled, s.Circuit = nil, Circuit{}
	for i := range s.Waiting {
		s.Waiting[i].Next = now
	}
}

// Again has every change after a moment told once more, which is how all that was missed is replayed.
func (s *State) Again(since time.Time) {
	since = listable(since)
	if since.Before(s.Through) {
		s.Through = since
	}
	s.Recent = nil
	s.revive(since, func(Dead) bool { return true })
	for i := range s.Waiting {
		if one := &s.Waiting[i]; one.Since.After(since) {
			one.Since = since
		}
	}
}

// listable returns a moment from which changes can be listed: stores know no times before the years
// that people write, and no order is older than this.
func listable(moment time.Time) time.Time {
	if first := time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC); moment.Before(first) {
		return first
	}
	return moment
}

// revive takes what is told again after a moment out of the dead, of those that are meant.
func (s *State) revive(since time.Time, meant func(Dead) bool) {
	var dead []Dead
	for _, d := range s.Dead {
		if meant(d) && !d.Until.Before(since) {
			if !listable(d.Since).Before(since) {
				continue
			}
			d.Until = since // what is older is dead still
		}
		dead = append(dead, d)
	}
	s.Dead = dead
}

// OrderAgain has an order's events after a moment told once more, and those before it that were not
// told yet. It reports false where too many orders wait already.
func (s *State) OrderAgain(outOrderNo string, since, now time.Time) bool {
	if !since.IsZero() {
		since = listable(since)
	}
	i := slices.IndexFunc(s.Waiting, func(one Waiting) bool { return one.OutOrderNo == outOrderNo })
	if i < 0 && len(s.Waiting) >= mostWaiting {
		return false
	}
	s.revive(since, func(d Dead) bool { return d.OutOrderNo == outOrderNo })
	if i < 0 {
		i = len(s.Waiting)
		s.Waiting = append(s.Waiting, Waiting{OutOrderNo: outOrderNo, Since: s.Through, Reason: "it is to be told again"})
	}
	one := &s.Waiting[i]
	if one.Next, one.ChangedAt = now, now; one.Since.After(since) {
		one.Since = since
	}
	return true
}

// DeadAgain has what is listed as dead told once more, as much as may wait, and returns how many orders
// that are.
func (s *State) DeadAgain(now time.Time) int {
	var count int
	for _, d := range slices.Clone(s.Dead) {
		if s.OrderAgain(d.OutOrderNo, d.Since, now) {
			count++
		}
	}
	return count
}

// bury lists an order as dead. A full list loses its oldest, which is counted.
func (s *State) bury(d Dead) {
	s.Dead = append(s.Dead, d)
	if more := len(s.Dead) - mostDead; more > 0 {
		s.Dead, s.Forgotten = s.Dead[more:], s.Forgotten+more
	}
}
