// Package report says what a backtest has found: as a value that JSON shows, as text for a
// terminal, and as a page of its own with a picture. It has ids and names alone, no content.
package report

import (
	"time"

	"miniflow/alipay/notify"
	"miniflow/cmd/miniflow/internal/backtest/judge"
	"miniflow/cmd/miniflow/internal/backtest/ledger"
	"miniflow/cmd/miniflow/internal/backtest/logs"
)

// Report is the result of a backtest.
type Report struct {
	Logs    []string `json:"logs"`
	Lines   int      `json:"lines"`
	Skipped int      `json:"skipped"`  // lines about something else
	Unread  int      `json:"unread"`   // lines that name app_id and sign and hold no whole notification
	TooLong int      `json:"too_long"` // lines that were not read

	Messages int        `json:"messages"` // lines with a notification
	Verified int        `json:"verified"`
	Distinct int        `json:"distinct"` // verified, repeats apart
	Accepted int        `json:"accepted"` // the log says so, verified or not
	First    *time.Time `json:"first,omitempty"`
	Last     *time.Time `json:"last,omitempty"`

	Forged         int                   `json:"forged"`
	ForgedAccepted int                   `json:"forged_accepted"`
	Strangers      int                   `json:"other_apps"` // for apps whose keys are not here
	Damaged        int                   `json:"damaged"`    // no form that Alipay posts
	Refusals       map[notify.Reason]int `json:"refusals"`
	Places         []Place               `json:"forged_places"` // the first, those that were accepted before others

	Lost        int            `json:"lost"`
	LostWhy     map[string]int `json:"lost_why"`
	Repeated    int            `json:"repeated"`
	Conflicting int            `json:"conflicting"`
	OutOfOrder  int            `json:"out_of_order"`
	Unreadable  int            `json:"unreadable"` // genuine, but with content that can't be read
	Unrouted    int            `json:"unrouted"`   // of no order
	Names       map[string]int `json:"names"`

	Orders    int            `json:"orders"`
	OddOrders int            `json:"odd_orders"`
	Worst     []ledger.Order `json:"worst"`
	Timeline  []Bucket       `json:"timeline"`

	hours int64
}

// Order is what a log shows of one order.
type Order = ledger.Order

// Place is a line of a log.
type Place struct {
	Log      string        `json:"log"`
	Line     int           `json:"line"`
	Reason   notify.Reason `json:"reason"`
	Accepted bool          `json:"accepted"`
}

// Bucket counts messages by what became of them, from a time on.
type Bucket struct {
	From        time.Time `json:"from"`
	Taken       int       `json:"taken"`
	Repeated    int       `json:"repeated"`
	OutOfOrder  int       `json:"out_of_order"`
	Conflicting int       `json:"conflicting"`
	Lost        int       `json:"lost"`
	Refused     int       `json:"refused"`
}

// Wrong reports whether anything was found that a handler should have done otherwise, or that Alipay
// should not have had to do.
func (r *Report) Wrong() bool {
	return r.Forged+r.Strangers+r.Damaged+r.Lost+r.Repeated+r.Conflicting+r.OutOfOrder+r.Unreadable > 0
}

// maxPlaces is how many forgeries are named: enough to look at, of however many.
const maxPlaces = 20

// Builder collects a report from batches of results.
type Builder struct {
	report   Report
	ledger   *ledger.Ledger
	accepted []Place
	others   []Place
}

// NewBuilder returns a builder for the logs of these names.
func NewBuilder(names []string) *Builder {
	return &Builder{report: Report{Logs: names, Refusals: map[notify.Reason]int{}}, ledger: ledger.New()}
}

// Take adds a batch, in the order of the log.
func (b *Builder) Take(batch *judge.Batch) {
	r := &b.report
	r.Lines += batch.Len()
	r.TooLong += batch.TooLong()
	r.Skipped -= batch.TooLong() // a line that is too long is seen as an empty one
	for i := range batch.Results {
		result := &batch.Results[i]
		switch result.Kind {
		case logs.KindNone:
			r.Skipped++
			continue
		case logs.KindUnread:
			r.Unread++
			continue
		case logs.KindMessage:
			r.Messages++
		}
		if result.Answer == logs.AnswerAccepted {
			r.Accepted++
		}
		if result.Reason == "" {
			b.ledger.Take(&result.Message, result.Answer)
			continue
		}
		b.refused(result, Place{batch.File, batch.First + i, result.Reason, result.Answer == logs.AnswerAccepted})
	}
}

// refused sorts what did not verify. A message is a forgery unless its keys are not here, or it is
// no form at all: nothing else tells a forger's from one that the log has damaged.
func (b *Builder) refused(result *judge.Result, at Place) {
	r := &b.report
	r.Refusals[result.Reason]++
	b.ledger.Refused()
	switch result.Reason {
	case notify.ReasonUnknownApp, notify.ReasonMissingAppID:
		r.Strangers++
		return
	case notify.ReasonMalformed, notify.ReasonRepeatedParameter, notify.ReasonTooLarge, notify.ReasonContentType:
		r.Damaged++
		return
	default:
		r.Forged++
	}
	places := &b.others
	if at.Accepted {
		r.ForgedAccepted++
		places = &b.accepted
	}
	if len(*places) < maxPlaces {
		*places = append(*places, at)
	}
}

// pictureBuckets is how many bars the picture has at most.
const pictureBuckets = 72

// Build returns the report, with the worst of the orders. The builder is done with it.
func (b *Builder) Build(worst int) *Report {
	r := &b.report
	s := b.ledger.Close(worst)
	r.Verified, r.Repeated, r.Conflicting = b.ledger.Verified, b.ledger.Repeated, b.ledger.Conflicting
	r.Distinct, r.OutOfOrder, r.Unreadable, r.Unrouted = s.Distinct, s.OutOfOrder, s.Unreadable, s.Unrouted
	r.Lost, r.LostWhy = s.LostEight+s.LostLater, map[string]int{ledger.WhyEight: s.LostEight, ledger.WhyLater: s.LostLater}
	r.Orders, r.OddOrders, r.Worst, r.Names = s.Orders, s.Odd, append([]ledger.Order{}, s.Worst...), s.NamesOf
	r.First, r.Last = s.First, s.Last
	r.Places = append([]Place{}, b.accepted...)
	r.Places = append(r.Places, b.others...)
	r.Places = r.Places[:min(len(r.Places), maxPlaces)]
	buckets, hours := b.ledger.Timeline.Buckets(pictureBuckets)
	r.hours, r.Timeline = hours, make([]Bucket, 0, len(buckets))
	for _, one := range buckets {
		c := one.Counts
		r.Timeline = append(r.Timeline, Bucket{From: time.UnixMilli(one.At).UTC(), Taken: c[ledger.FateTaken],
			Repeated: c[ledger.FateRepeated], OutOfOrder: c[ledger.FateOutOfOrder], Conflicting: c[ledger.FateConflicting],
			Lost: c[ledger.FateLost], Refused: c[ledger.FateRefused]})
	}
	return r
}
