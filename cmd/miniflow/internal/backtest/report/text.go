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
	verdict := p.Good("nothing wrong")
	if r.Wrong() {
		verdict = p.Bad("found")
	}
	p.Line("%s  %s", verdict, r.headline())
	for _, row := range r.rows() {
		p.Item(row.Name, row.Count, row.Note)
	}
	if len(r.Places) > 0 {
		p.Line("forged messages, the accepted ones first (`miniflow verify` says why one does not verify)")
		for _, at := range r.Places {
			mark := ""
			if at.Accepted {
				mark = "  " + p.Bad("accepted")
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

func (r *Report) headline() string {
	text := fmt.Sprintf("%d lines, %d messages, %d of them verified, %d orders", r.Lines, r.Messages, r.Verified, r.Orders)
	if r.First != nil {
		text += ", " + r.First.Format(time.DateOnly) + " to " + r.Last.Format(time.DateOnly)
	}
	if r.Verified == 0 && r.Forged > 0 {
		text += "; nothing verifies, so look at the key first: it has to be Alipay's (支付宝公钥), of this app, and not the application's own; `miniflow verify` says which key made a signature"
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
	p.Line("%s  %s", command.Clean(title(o)), p.Faint(fmt.Sprintf("%d messages", o.Messages)))
	p.Item("stages", path(o.Stages))
	p.Item("hold", o.Hold)
	for _, lost := range o.Lost {
		p.Line("  %-15s %s  %s", p.Bad("lost"), command.Clean(lost.Name), p.Faint(whyLost(lost)))
	}
	for _, odd := range oddities(o) {
		p.Item(odd.Name, odd.Count)
	}
}

// title names an order by all that is known of it.
func title(o *ledger.Order) string {
	text := cmp.Or(o.OutOrderNo, o.OrderNo)
	if text != "" && o.MiniAppID != "" {
		text += ", "
	}
	if o.MiniAppID != "" {
		text += "mini program " + o.MiniAppID
	}
	return text + " of app " + o.AppID
}

// path writes stages with arrows; in brackets what no message of the log has said.
func path(steps []ledger.Step) string {
	var said []string
	for i, step := range steps {
		text := string(step.Stage)
		if i > 0 && (step.By == ledger.ByMissing || step.By == ledger.ByQuery) {
			text = "[" + text + "]"
		}
		if i > 0 && step.By == ledger.ByStart {
			text = "next version: " + text
		}
		said = append(said, text)
	}
	return strings.Join(said, " → ")
}

func whyLost(lost ledger.Lost) string {
	if lost.Why == ledger.WhyEight {
		return "came eight times, never accepted: notify_id " + command.Clean(lost.NotifyID)
	}
	return "a later stage was seen without it"
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
