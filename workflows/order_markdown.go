package workflows

import (
	"fmt"

	"miniflow/internal/harmless"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// say says a text where the Temporal UI shows it, in the language of the app's configuration.
func (o *orderRun) say(text words.Text) string { return text.In(o.input.Language) }

// page is what the Temporal UI shows about the order, so that an operator who knows nothing of
// Temporal understands it, in the language of the app's configuration.
func (o *orderRun) page() string {
	s, request := o.situation(), o.input.Request
	p := durable.NewPage(o.input.Language, words.New("page.rest_of_order", request.AppID, request.OutOrderNo))
	p.Add("## "+harmless.Markdown(string(o.Stage))+"\n\n| | |\n|---|---|\n", 0)
	p.Row("page.since", words.At(o.StageSince))
	p.Row("page.waits_for", s.WaitingFor())
	for _, fact := range o.view().Clauses() {
		p.Row(fact.Label, fact.Text)
	}
	p.Row("page.then", s.Next())
	if o.Hold != nil {
		p.Row("page.on_hold", words.New("page.hold", o.Hold.Kind, o.Hold.Code, o.Hold.Since))
		p.Row("page.because", o.Hold.Message)
		p.Row("page.fields", words.List(o.Hold.Fields))
	}
	p.Row("page.order_no", words.Plain(o.OrderNo))
	p.Row("page.mini_program", words.Plain(o.MiniAppID))
	p.Row("page.authorization", words.Plain(string(o.Authorization)))
	if request.Kind == order.KindTrial {
		p.Row("page.certification", words.Plain(string(o.Certification)))
	}
	p.Row("page.version", words.Plain(o.Version.AppVersion))
	if o.Queue != nil {
		p.Row("page.queued", words.New("page.place", o.Queue.Behind, o.Queue.Place))
	}
	p.Row("page.reason", o.Reason)
	o.writeAudits(p)
	o.writeTimeline(p)
	return p.String()
}

// timelineRoom is what audits leave to the timeline, in bytes of the page.
const timelineRoom = 1800

// writeAudits shows the attempts, the last one first, with their verdicts and reasons, which are
// Alipay's text.
func (o *orderRun) writeAudits(p *durable.Page) {
	p.Part()
	for i := len(o.Audits) - 1; i >= 0; i-- {
		audit := o.Audits[i]
		verdict := words.Plain(string(audit.Verdict))
		switch {
		case audit.Verdict == "" && audit.EndedAt != nil:
			verdict = words.New("page.withdrawn")
		case audit.Verdict == "":
			verdict = words.New("page.running")
		}
		if audit.Unconfirmed {
			verdict = words.New("page.unconfirmed", verdict)
		}
		p.Add("\n### "+p.Say(words.New("page.audit", audit.Attempt, verdict))+"\n\n", timelineRoom)
		for _, reason := range audit.Reasons {
			p.Add("- **"+harmless.Markdown(reason.Part)+"** "+p.Say(words.Plain(reason.Memo))+"\n", timelineRoom)
		}
	}
}

// writeTimeline shows the last things that happened, messages with their dispositions.
func (o *orderRun) writeTimeline(p *durable.Page) {
	const shown = 12
	p.Part()
	p.Add(fmt.Sprintf("\n### %s\n\n| # | %s | %s | %s | %s |\n|---|---|---|---|---|\n", p.Say(words.New("page.last", shown)),
		p.Say(words.New("page.at")), p.Say(words.New("page.what")), p.Say(words.New("page.became")), p.Say(words.New("page.message"))), 0)
	for i := len(o.Timeline) - 1; i >= max(0, len(o.Timeline)-shown); i-- {
		item := o.Timeline[i]
		p.Add(fmt.Sprintf("| %d | %s | %s %s | %s | %s |\n", item.Sequence, p.Language.Clock(item.At, "01-02 15:04:05"),
			harmless.Markdown(item.Event), p.Say(item.Note), harmless.Markdown(string(item.Disposition)), harmless.Markdown(item.NotifyID)), 0)
	}
}
