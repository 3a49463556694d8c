package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"miniflow/order"
)

// showOrder shows an order as the API answered it: its JSON unchanged, or a page.
func showOrder(out *surroundings, answer json.RawMessage) error {
	var view order.View
	if err := json.Unmarshal(answer, &view); err != nil {
		return usagef("read the answer of Miniflow: %w; is it of this version?", err)
	}
	return out.show(answer, func(p *page) { printOrder(p, view) })
}

func printOrder(p *page, v order.View) {
	p.line("%s/%s  %s", v.AppID, v.OutOrderNo, stageOf(p, v))
	p.item("kind", v.Kind)
	p.item("since", v.StageSince.Local().Format(time.DateTime))
	p.item("waiting for", v.WaitingFor)
	p.item("reason", v.Reason)
	p.item("merchant", v.MerchantRef)
	p.item("order_no", v.OrderNo)
	p.item("mini_app_id", v.MiniAppID)
	p.item("authorization", v.Authorization)
	p.item("version", v.Version.AppVersion)
	if by := v.Interruption; by != nil {
		p.line("%s %s: %s", p.bad("workflow"), v.Execution, clean(by.Reason))
		p.item("by", by.By)
		p.item("since", by.Since.Local().Format(time.DateTime))
		p.item("what to do", by.Remedy)
	}
	if v.MiniProgramExecution != "" {
		p.line("%s the mini program's workflow is %s", p.bad("workflow"), v.MiniProgramExecution)
	}
	if v.Hold != nil {
		p.line("%s %s: %s", p.warn("hold"), v.Hold.Kind, clean(v.Hold.Message))
		p.item("code", v.Hold.Code)
		p.item("fields", strings.Join(v.Hold.Fields, ", "))
	}
	for _, audit := range v.Audits {
		p.line("  %-15s %s", fmt.Sprintf("audit %d", audit.Attempt), verdictOf(p, audit))
		for _, reason := range audit.Reasons {
			p.line("    %s: %s", clean(reason.Part), clean(reason.Memo))
		}
	}
	commands := make([]string, 0, len(v.Commands))
	for _, command := range v.Commands {
		commands = append(commands, string(command))
	}
	p.item("commands", strings.Join(commands, ", "))
	p.item("authorize", v.Links.MerchantAuthorize)
	p.item("experience", v.Links.ExperienceQR)
	p.item("page", v.Links.TemporalUI)
	for _, item := range v.Timeline {
		printItem(p, item)
	}
}

func verdictOf(p *page, audit order.Audit) string {
	switch audit.Verdict {
	case order.VerdictPassed:
		return p.good(string(audit.Verdict))
	case order.VerdictRejected:
		return p.bad(string(audit.Verdict))
	case order.VerdictBasePassed:
		return p.warn(string(audit.Verdict))
	default:
		return "running"
	}
}

// stopped tells whether something outside the order's story keeps it from going on.
func stopped(v order.View) bool { return v.Execution != "" && v.Execution != order.ExecutionRunning }

func stageOf(p *page, v order.View) string {
	switch {
	case stopped(v):
		return p.bad(string(v.Stage) + " (" + string(v.Execution) + ")")
	case v.Hold != nil:
		return p.warn(string(v.Stage) + " (" + string(v.Hold.Kind) + ")")
	case v.Stage == order.StageOnline:
		return p.good(string(v.Stage))
	case v.Stage.Ended():
		return p.bad(string(v.Stage))
	default:
		return string(v.Stage)
	}
}

func printItem(p *page, item order.TimelineItem) {
	words := []string{item.Event, string(item.Stage), string(item.Disposition), item.Actor, item.Note, item.NotifyID}
	var said []string
	for _, word := range words {
		if word != "" {
			said = append(said, clean(word))
		}
	}
	p.line("  %s %4d  %s", p.faint(item.At.Local().Format(time.DateTime)), item.Sequence, strings.Join(said, " · "))
}

func printOrders(p *page, views []order.View, more bool) {
	for _, v := range views {
		p.line("%-50s %-24s %s", v.AppID+"/"+v.OutOrderNo, stageOf(p, v), p.faint(clean(v.WaitingFor)))
	}
	switch {
	case len(views) == 0:
		p.line("no orders")
	case more:
		p.line("%s", p.faint("there are more: --limit"))
	}
}
