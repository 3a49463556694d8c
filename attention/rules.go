package attention

import (
	"slices"
	"strings"
	"time"

	"miniflow/words"
)

// Rules say what one robot is told, and when.
type Rules struct {
	// Name is the robot's.
	Name string
	// Merchants bounds it to what is about some merchants, each a merchant_ref or the beginning of several
	// and a *. Without any it is told of everything, also of what is about no merchant.
	Merchants []string
	// Quiet are the hours in which nothing is posted but what is urgent.
	Quiet Hours
	// Urgent are the kinds that are posted in quiet hours too.
	Urgent []Kind
	// Every is the least time between two digests.
	Every time.Duration
	// EscalateAfter is how long after it was told an item that nobody has taken is told once more; 0 is
	// never. EscalateTo is the robot that is told then; empty is this one.
	EscalateAfter time.Duration
	EscalateTo    string
}

// Hours is a time of each day in Beijing, in minutes since midnight. It may go over midnight. The zero
// value is none.
type Hours struct{ From, To int }

// Beijing is the time that quiet hours are meant in.
var Beijing = time.FixedZone("Asia/Shanghai", 8*60*60)

// Contains reports whether a moment is within the hours.
func (h Hours) Contains(at time.Time) bool {
	at = at.In(Beijing)
	minute := at.Hour()*60 + at.Minute()
	if h.From <= h.To {
		return h.From <= minute && minute < h.To
	}
	return minute >= h.From || minute < h.To
}

// Post is one message to one robot.
type Post struct {
	// Via is the robot that gets it, which is another than the telling's where an escalation goes
	// elsewhere.
	Via     string  `json:"via"`
	Digest  Digest  `json:"digest"`
	Telling Telling `json:"telling"`
}

// Digest is what a message says, in no language and no robot's format.
type Digest struct {
	AppID string `json:"app_id"`
	// Escalation is set where nobody has taken in time what the message names.
	Escalation bool `json:"escalation,omitempty"`
	// Test is set of a message that is about nothing.
	Test bool `json:"test,omitempty"`
	// Total is how many items it is about, Kinds how many of each kind, the most urgent first.
	Total int       `json:"total"`
	Kinds []Counted `json:"kinds,omitempty"`
	// Lines are the first of them.
	Lines []Line `json:"lines,omitempty"`
	// Open is how many items need a person in all, and Gone how many need none since the last digest.
	Open int `json:"open"`
	Gone int `json:"gone,omitempty"`
}

// Counted is how many items there are of a kind.
type Counted struct {
	Kind  Kind `json:"kind"`
	Count int  `json:"count"`
}

// Line is one item in a message: of people's data it has no more than the shop's name and the ISV's own
// id of the merchant.
type Line struct {
	Kind        Kind       `json:"kind"`
	ShopName    string     `json:"shop_name,omitempty"`
	MerchantRef string     `json:"merchant_ref,omitempty"`
	OutOrderNo  string     `json:"out_order_no,omitempty"`
	Reason      words.Text `json:"reason,omitzero"`
	// Why is the one sentence of an order, where it has one; see Item.
	Why   words.Text `json:"why,omitzero"`
	Since time.Time  `json:"since"`
}

// maxLines is how many items a message names; it counts the others.
const maxLines = 10

// wants reports whether the robot is told of an item.
func (r Rules) wants(item Item) bool {
	if len(r.Merchants) == 0 {
		return true
	}
	return item.MerchantRef != "" && slices.ContainsFunc(r.Merchants, func(pattern string) bool {
		prefix, many := strings.CutSuffix(pattern, "*")
		return many && strings.HasPrefix(item.MerchantRef, prefix) || pattern == item.MerchantRef
	})
}

// Open are the items that a robot is told of: those of its merchants that are not snoozed and that nobody
// has taken, the most urgent first.
func (r Rules) Open(items []Item, notes Notes, now time.Time) []Item {
	by := make(map[string]Note, len(notes))
	for _, note := range notes {
		by[note.ID] = note
	}
	var open []Item
	for _, item := range items {
		note := by[item.ID]
		if r.wants(item) && note.AssignedTo == "" && !note.Snoozed(now) {
			open = append(open, item)
		}
	}
	return open[:min(len(open), maxTold)]
}
