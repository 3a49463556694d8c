package orders

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/order"
	"miniflow/words"
)

// showOrder shows an order as the API answered it: its JSON unchanged, so that a member that
// this version does not know is not lost, or a page.
func showOrder(env *command.Env, answer json.RawMessage) error {
	var view order.View
	if err := json.Unmarshal(answer, &view); err != nil {
		return command.Usagef("read the answer of Miniflow: %w; is it of this version?", err)
	}
	var about struct {
		Warnings []struct {
			Field   string
			Message words.Text
		}
	}
	if err := json.Unmarshal(answer, &about); err != nil {
		return command.Usagef("read the warnings of Miniflow: %w; is it of this version?", err)
	}
	return env.Show(answer, func(p *command.Page) {
		printOrder(p, view)
		for _, warning := range about.Warnings { // last, where they are seen: a timeline is long
			p.Line("%s %s: %s", p.Warn(p.Sayf("warning")), command.Clean(warning.Field), command.Clean(warning.Message.String()))
		}
	})
}

// printLinks writes those that a person follows next: the merchant's, the tester's, the operator's.
func printLinks(p *command.Page, links order.Links) {
	p.Item("for merchant", links.Merchant)
	p.Item("authorize", links.MerchantAuthorize)
	p.Item("invitation", links.MerchantInvite)
	p.Item("experience", links.ExperienceQR)
	p.Item("opens with Alipay", links.Experience)
	p.Item("page", links.TemporalUI)
}

// printOrder writes an order's page: where it stands first, then what stops it, then what a
// person can do, and the timeline at the end, because it is long.
func printOrder(p *command.Page, v order.View) {
	p.Line("%s/%s  %s", v.AppID, v.OutOrderNo, stageOf(p, v))
	p.Item("kind", v.Kind)
	p.Item("since", v.StageSince.Local().Format(time.DateTime))
	p.Item("waiting for", v.WaitingFor)
	if v.Queue != nil {
		p.Item("queue", p.Sayf("number %d, order %s is in charge", v.Queue.Place, v.Queue.Behind))
	}
	p.Item("why", v.Why)
	p.Item("reason", v.Reason)
	p.Item("merchant", v.MerchantRef)
	p.Item("shop", v.ShopName)
	p.Item("order_no", v.OrderNo)
	p.Item("mini_app_id", v.MiniAppID)
	p.Item("authorization", v.Authorization)
	p.Item("version", v.Version.AppVersion)
	// What somebody did to the workflow in Temporal explains everything below it.
	if by := v.Interruption; by != nil {
		p.Line("%s %s: %s", p.Bad(p.Sayf("workflow")), v.Execution, command.Clean(by.Reason.String()))
		p.Item("by", by.By)
		p.Item("since", by.Since.Local().Format(time.DateTime))
		p.Item("what to do", by.Remedy)
	}
	if v.MiniProgramExecution != "" {
		p.Line("%s %s", p.Bad(p.Sayf("workflow")), p.Sayf("the mini program's workflow is %s", v.MiniProgramExecution))
	}
	if v.Hold != nil {
		p.Line("%s %s: %s", p.Warn(p.Sayf("hold")), v.Hold.Kind, command.Clean(v.Hold.Message.String()))
		p.Item("code", v.Hold.Code)
		p.Item("fields", strings.Join(v.Hold.Fields, ", "))
	}
	// Reasons are the reviewers' own words, so an ISV can hand them on; the part says what has
	// to change.
	for _, audit := range v.Audits {
		p.Line("  %s %s", command.Pad(p.Sayf("audit %d", audit.Attempt), 15), verdictOf(p, audit))
		for _, reason := range audit.Reasons {
			p.Line("    %s: %s", command.Clean(reason.Part), command.Clean(reason.Memo))
		}
	}
	p.Item("commands", join(v.Commands))
	printLinks(p, v.Links)
	for _, item := range v.Timeline {
		printItem(p, item)
	}
}

// join writes the commands that are possible now, because most are refused at most stages.
func join(commands []order.Command) string {
	words := make([]string, 0, len(commands))
	for _, one := range commands {
		words = append(words, string(one))
	}
	return strings.Join(words, ", ")
}

// verdictOf is an audit's verdict. Without one the audit runs; most take two working days.
func verdictOf(p *command.Page, audit order.Audit) string {
	switch audit.Verdict {
	case order.VerdictPassed:
		return p.Good(string(audit.Verdict))
	case order.VerdictRejected:
		return p.Bad(string(audit.Verdict))
	// Neither good nor bad: the version may go online, and is not promoted.
	case order.VerdictBasePassed:
		return p.Warn(string(audit.Verdict))
	default:
		return p.Say(words.New("page.running"))
	}
}

// stopped reports whether something outside the order's story keeps it from going on,
// such as a person who has terminated its workflow in Temporal.
func stopped(v order.View) bool { return v.Execution != "" && v.Execution != order.ExecutionRunning }

// stageOf is the stage with what keeps the order from leaving it. A terminated workflow comes
// before a hold: nothing that answers the hold would be carried out.
func stageOf(p *command.Page, v order.View) string {
	switch {
	case stopped(v):
		return p.Bad(string(v.Stage) + " (" + string(v.Execution) + ")")
	case v.Hold != nil: // a person is waited for
		return p.Warn(string(v.Stage) + " (" + string(v.Hold.Kind) + ")")
	// Of the ends only this one is what an order is started for.
	case v.Stage == order.StageOnline:
		return p.Good(string(v.Stage))
	case v.Stage.Ended():
		return p.Bad(string(v.Stage))
	default:
		return string(v.Stage)
	}
}

// printItem writes one entry of the timeline. Notes and reasons come from Alipay and from
// people.
func printItem(p *command.Page, item order.TimelineItem) {
	// Empty ones are left out: most entries have two or three of these.
	words := []string{item.Event, string(item.Stage), string(item.Disposition), item.Actor, item.Note.String(), item.NotifyID}
	var said []string
	for _, word := range words {
		if word != "" {
			said = append(said, command.Clean(word))
		}
	}
	p.Line("  %s %4d  %s", p.Faint(item.At.Local().Format(time.DateTime)), item.Sequence, strings.Join(said, " · "))
}

// why is the sentence that people look at a list for; a server that does not know it says what is
// waited for.
func why(v order.View) string { return cmp.Or(v.Why.String(), v.WaitingFor.String()) }

// A list shows why each order stands where it stands.
func printOrders(p *command.Page, views []order.View, more bool) {
	for _, v := range views {
		p.Line("%-50s %-24s %-16s %s %s", v.AppID+"/"+v.OutOrderNo, stageOf(p, v), v.StageSince.Local().Format("2006-01-02 15:04"),
			command.Clean(strings.TrimSpace(v.MerchantRef+" "+v.ShopName)), p.Faint(command.Clean(why(v))))
	}
	switch {
	case len(views) == 0:
		p.Line("no orders")
	case more:
		p.Line("%s", p.Faint(p.Sayf("there are more: --limit")))
	}
}
