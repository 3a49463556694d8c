package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"miniflow/alipay/notify"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/backtest/ledger"
	"miniflow/order"
)

// Print writes the report for a person: what was read, what is wrong, and the worst of the orders.
func (r *Report) Print(p *command.Page) {
	verdict := p.Good(p.Sayf("nothing wrong"))
	if r.Wrong() {
		verdict = p.Bad(p.Sayf("found"))
	}
	p.Line("%s  %s", verdict, r.headline(p.Sayf))
	for _, row := range r.rows() {
		p.Item(row.Name, row.Count, p.Translate(row.Note))
	}
	if len(r.Places) > 0 {
		p.Line("forged messages, the accepted ones first (`miniflow verify` says why one does not verify)")
		for _, at := range r.Places {
			mark := ""
			if at.Accepted {
				mark = "  " + p.Bad(p.Sayf("accepted"))
			}
			p.Line("  %s:%d  %s%s", command.Clean(at.Log), at.Line, at.Reason, mark)
		}
	}
	if len(r.Worst) > 0 {
		p.Line("orders, the worst of %d first", r.Orders)
	}
	for i := range r.Worst {
		printOrder(p, &r.Worst[i])
	}
}

// saying says a format in a page's language; the page of --html is English, as fmt.Sprintf is.
type saying func(format string, args ...any) string

func (r *Report) headline(say saying) string {
	text := say("%d lines, %d messages, %d of them verified, %d orders", r.Lines, r.Messages, r.Verified, r.Orders)
	if r.First != nil {
		text = say("%s, %s to %s", text, r.First.Format(time.DateOnly), r.Last.Format(time.DateOnly))
	}
	if r.Verified == 0 && r.Forged > 0 {
		text = say("%s; nothing verifies, so look at the key first: it has to be Alipay's (支付宝公钥), of this app, and not the application's own; `miniflow verify` says which key made a signature", text)
	}
	return text
}

// row is one figure of the summary.
type row struct {
	Name  string
	Count int
	Note  string
}

// rows are the figures that are not nothing, with what each means.
func (r *Report) rows() []row {
	all := []row{
		{"lost", r.Lost, fmt.Sprintf("%d came eight times and were never accepted; of %d a later stage was seen without them, unless the log begins too late or the authorisation came by a link", r.LostWhy[ledger.WhyEight], r.LostWhy[ledger.WhyLater])},
		{"forged", r.Forged, strings.Join(r.reasons(), ", ")},
		{"forged, accepted", r.ForgedAccepted, "the old handler answered success"},
		{"conflicting", r.Conflicting, "a known notify_id with other content"},
		{"out of order", r.OutOfOrder, "after a later message of the same order, by utc_timestamp"},
		{"repeated", r.Repeated, "the same notify_id and content again"},
		{"unreadable", r.Unreadable, "genuine, but a dead letter: its content can't be read"},
		{"other apps", r.Strangers, "nobody has said what their keys are"},
		{"damaged", r.Damaged, "no form that Alipay posts; the log has changed it"},
		{"unread", r.Unread, "lines that name app_id and sign and hold no whole notification"},
		{"too long", r.TooLong, "lines of more than 1 MiB"},
		{"skipped", r.Skipped, "lines about something else"},
		{"of no order", r.Unrouted, "distinct messages that Miniflow would have forwarded"},
		{"odd orders", r.OddOrders, fmt.Sprintf("of %d", r.Orders)},
	}
	return slices.DeleteFunc(all, func(one row) bool { return one.Count == 0 })
}

func (r *Report) reasons() []string {
	var said []string
	for _, reason := range notify.Reasons() {
		if n := r.Refusals[reason]; n > 0 && !slices.Contains([]notify.Reason{notify.ReasonUnknownApp, notify.ReasonMissingAppID,
			notify.ReasonMalformed, notify.ReasonRepeatedParameter, notify.ReasonTooLarge}, reason) {
			said = append(said, fmt.Sprintf("%d %s", n, reason))
		}
	}
	return said
}

func printOrder(p *command.Page, o *ledger.Order) {
	p.Line("%s  %s", command.Clean(title(p.Sayf, o)), p.Faint(p.Sayf("%d messages", o.Messages)))
	p.Item("stages", path(p.Sayf, o.Stages))
	p.Item("hold", o.Hold)
	for _, lost := range o.Lost {
		p.Line("  %s %s  %s", p.Bad(command.Pad(p.Sayf("lost"), 15)), command.Clean(lost.Name), p.Faint(whyLost(p.Sayf, lost)))
	}
	for _, odd := range oddities(o) {
		p.Item(odd.Name, odd.Count)
	}
}

// title names an order by all that is known of it.
func title(say saying, o *ledger.Order) string {
	number := cmp.Or(o.OutOrderNo, o.OrderNo)
	switch {
	case number != "" && o.MiniAppID != "":
		return say("%s, mini program %s of app %s", number, o.MiniAppID, o.AppID)
	case o.MiniAppID != "":
		return say("mini program %s of app %s", o.MiniAppID, o.AppID)
	}
	return say("%s of app %s", number, o.AppID)
}

// path writes stages with arrows; in brackets what no message of the log has said.
func path(say saying, steps []ledger.Step) string {
	var said []string
	for i, step := range steps {
		text := string(step.Stage)
		if i > 0 && (step.By == ledger.ByMissing || step.By == ledger.ByQuery) {
			text = "[" + text + "]"
		}
		if i > 0 && step.By == ledger.ByStart {
			text = say("next version: %s", text)
		}
		said = append(said, text)
	}
	return strings.Join(said, " → ")
}

func whyLost(say saying, lost ledger.Lost) string {
	if lost.Why == ledger.WhyEight {
		return say("came eight times, never accepted: notify_id %s", command.Clean(lost.NotifyID))
	}
	return say("a later stage was seen without it")
}

func oddities(o *ledger.Order) []row {
	all := []row{{"conflicting", o.Conflicting, ""}, {"out of order", o.OutOfOrder, ""}, {"repeated", o.Repeated, ""},
		{"unreadable", o.Unreadable, ""}, {"after its end", o.Late, ""}}
	return slices.DeleteFunc(all, func(one row) bool { return one.Count == 0 })
}

// names returns the messages' names, the most frequent first.
func (r *Report) names() []row {
	var all []row
	for _, name := range slices.Sorted(maps.Keys(r.Names)) {
		all = append(all, row{Name: name, Count: r.Names[name]})
	}
	slices.SortStableFunc(all, func(a, b row) int { return cmp.Compare(b.Count, a.Count) })
	return all
}

// ended reports whether the last stage is an end.
func ended(steps []ledger.Step) bool {
	return len(steps) > 0 && order.Stage.Ended(steps[len(steps)-1].Stage)
}
