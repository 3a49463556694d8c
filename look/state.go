package look

import (
	"slices"
	"time"

	"miniflow/order"
	"miniflow/words"
)

// State is what a Sweep carries from one pass to the next. The zero value is a Sweep that has not
// begun. It is read by the next version of Miniflow, so members are only added.
type State struct {
	// Messages are the records of the messages, by name.
	Messages map[string]Record `json:"messages,omitempty"`
	// Lengths are how long waits took, as far as messages end them.
	Lengths map[order.Wait]Lengths `json:"lengths,omitempty"`
	// Judged is the time up to which what orders have learned is in Messages and Lengths.
	Judged time.Time `json:"judged,omitzero"`
	// Swept is the time of the last pass, and Relisted of the last one that listed everything
	// overdue.
	Swept    time.Time `json:"swept,omitzero"`
	Relisted time.Time `json:"relisted,omitzero"`
	// Next is when the next pass was to begin. One that begins long after has a silence to make
	// good.
	Next time.Time `json:"next,omitzero"`
	// Interrupted is set when the last pass stood still for long, with nobody to go on with it.
	Interrupted bool `json:"interrupted,omitempty"`
	// Waiting is how many orders waited at Counted.
	Waiting int       `json:"waiting,omitempty"`
	Counted time.Time `json:"counted,omitzero"`
	Round   *Round    `json:"round,omitempty"`
	// Last is the pass before, for the page.
	Last *Pass `json:"last,omitempty"`
}

// Pass is what became of a pass.
type Pass struct {
	At    time.Time      `json:"at"`
	Took  order.Duration `json:"took,omitzero"`
	Total Report         `json:"total"`
}

// Round is a time in which every order that waits is asked about, or every one that waits for what
// some topics announce. It may take many passes.
type Round struct {
	// Why says to a person why so many have to be asked about.
	Why words.Text `json:"why"`
	// Topics are those whose orders are asked about; none means every order.
	Topics []Topic `json:"topics,omitempty"`
	// Looks is how many questions that takes at most, and PerSecond how many are asked a second.
	Looks     int       `json:"looks"`
	PerSecond float64   `json:"per_second"`
	Began     time.Time `json:"began"`
	Until     time.Time `json:"until"`
	Asked     int       `json:"asked,omitempty"`
	// Parts are the shares of the workers, by place: each takes the orders that fall to it.
	Parts []Part `json:"parts"`
}

// Part is how far one share of a round is.
type Part struct {
	// From is the NextLook up to which it has asked about all.
	From time.Time `json:"from,omitzero"`
	Done bool      `json:"done,omitempty"`
}

// asks reports whether the round asks about a wait; no round asks about none.
func (r *Round) asks(wait order.Wait, kind order.Kind) bool {
	return r != nil && (len(r.Topics) == 0 || slices.Contains(r.Topics, TopicOf(wait, kind)))
}

// over reports whether every share of the round is done.
func (r *Round) over() bool {
	return !slices.ContainsFunc(r.Parts, func(part Part) bool { return !part.Done })
}

// Plan is what one pass does. Its parts have all they need in it.
type Plan struct {
	// At is the time of the pass. Waits whose expected length was over after Since, and not after
	// At, are asked about first.
	At    time.Time `json:"at"`
	Since time.Time `json:"since,omitzero"`
	// Overdue is set when the pass lists every order that is overdue, which the last one to do so
	// did at Relisted.
	Overdue  bool      `json:"overdue,omitempty"`
	Relisted time.Time `json:"relisted,omitzero"`
	// Strides are how long it takes until an order is asked about again, by what it waits for.
	Strides map[order.Wait]order.Duration `json:"strides"`
	// Late is how long after its fact a message is late, and Every the time from one pass to the
	// next.
	Late  order.Duration `json:"late,omitzero"`
	Every order.Duration `json:"every,omitzero"`
	// Few is set while so few orders wait that a list of all is the cheapest.
	Few bool `json:"few,omitempty"`
	// Due is about how many orders are due, zero where none is, and Parts how many workers share
	// them.
	Due   int    `json:"due,omitempty"`
	Parts int    `json:"parts,omitempty"`
	Round *Round `json:"round,omitempty"`
}

// Report is what one part of a pass did.
type Report struct {
	Listed int `json:"listed,omitempty"`
	Asked  int `json:"asked,omitempty"`
	// News is how many orders were poked because Alipay said something new, and Refused how many
	// questions Alipay refused.
	News    int `json:"news,omitempty"`
	Refused int `json:"refused,omitempty"`
	// Unanswered is how many questions came to no answer.
	Unanswered int `json:"unanswered,omitempty"`
	// BrokenOff is set when Alipay stopped answering: the next pass asks what this one had to.
	BrokenOff bool `json:"broken_off,omitempty"`
	// Lost counts facts that were late when a look found them, by the message that had to tell.
	Lost map[string]int `json:"lost,omitempty"`
	// Interrupted is set when the part stood still for long, with nobody to go on with it.
	Interrupted bool `json:"interrupted,omitempty"`
	// Listing is how long listing took.
	Listing order.Duration `json:"listing,omitzero"`
	// Part is how far the part's share of the round is, and Around how many it asked there.
	Part   Part `json:"part,omitzero"`
	Around int  `json:"around,omitempty"`
}
