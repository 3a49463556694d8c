package sweep

import (
	"fmt"
	"strconv"
	"time"

	"miniflow/internal/harmless"
	"miniflow/look"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// say says a text where the Temporal UI shows it, in the language of the app's configuration.
func (s *sweep) say(text words.Text) string { return text.In(s.input.Language) }

// page is the Markdown that the Temporal UI shows about the Sweep, for operators who want to know
// whether messages arrive, and why Alipay is asked as often as it is, in the language of the app's
// configuration.
func (s *sweep) page() string {
	p := durable.NewPage(s.input.Language, words.New("page.rest_of_sweep"))
	p.Add("## "+p.Say(words.New("page.sweep", s.input.AppID))+"\n\n| | |\n|---|---|\n", 0)
	p.Row("page.waiting", s.waiting())
	p.Row("page.round", s.round())
	p.Row("page.pass", s.now())
	if last := s.state.Last; last != nil {
		p.Row("page.last_pass", lastOf(*last))
	}
	if s.plan.At.IsZero() {
		p.Row("page.next_pass", next(s.state.Next))
	}
	p.Row("page.trouble", words.Plain(s.trouble))
	s.messages(p)
	s.lengths(p)
	return p.String()
}

func (s *sweep) waiting() words.Text {
	if s.state.Counted.IsZero() {
		return words.Text{}
	}
	return words.New("page.waiting_orders", s.state.Waiting, s.state.Counted)
}

// round says what asking about all takes, from before the first question on.
func (s *sweep) round() words.Text {
	round := s.state.Round
	if round == nil || round.Began.IsZero() {
		return words.Text{}
	}
	perSecond := strconv.FormatFloat(round.PerSecond, 'g', 3, 64)
	return words.New("page.round_takes", round.Why, round.Looks, perSecond, round.Began, round.Until, round.Asked)
}

func (s *sweep) now() words.Text {
	if s.plan.At.IsZero() {
		return words.Text{}
	}
	return words.New("page.pass_under_way", s.plan.At, s.plan.Due, s.plan.Parts)
}

func lastOf(pass look.Pass) words.Text {
	total := pass.Total
	text := words.New("page.pass_made", pass.At, pass.Took.Std().Round(time.Second/10), total.Listed, total.Asked, total.News, total.Refused, total.Unanswered)
	if total.BrokenOff {
		text = words.New("page.broken_off", text)
	}
	return text
}

// next says when the next pass is: a Sweep that has made none makes it now.
func next(at time.Time) words.Text {
	if at.IsZero() {
		return words.New("page.now")
	}
	return words.At(at)
}

// messages shows how what each message announces came to be known. The columns are narrow, since
// each character of a sentence takes nine bytes of the page in Chinese.
func (s *sweep) messages(p *durable.Page) {
	p.Part()
	p.Add(fmt.Sprintf("\n| %s | %s | %s | %s | %s |\n|---|---|---|---|---|\n", p.Say(words.New("page.message")), p.Say(words.New("page.health")),
		p.Say(words.New("page.announced")), p.Say(words.New("page.came_first")), p.Say(words.New("page.missing_at"))), 0)
	for _, topic := range look.Topics() {
		for _, message := range topic.Messages() {
			record, missing := s.state.Messages[message], ""
			if !record.Lost.IsZero() {
				missing = p.Language.Clock(record.Lost, time.DateTime)
			}
			told, of := record.Told()
			p.Add(fmt.Sprintf("| %s | %s | %d | %d | %s |\n", harmless.Markdown(message), record.Health(), of, told, missing), 0)
		}
	}
	p.Add("\n"+p.Say(words.New("page.asked_in_every_pass"))+"\n", 0)
}

// lengths shows how long waits take, which decides how often an order is asked about again.
func (s *sweep) lengths(p *durable.Page) {
	if len(s.state.Lengths) == 0 {
		return
	}
	p.Part()
	p.Add(fmt.Sprintf("\n| %s | %s | %s | %s |\n|---|---|---|---|\n", p.Say(words.New("page.wait")), p.Say(words.New("page.half")),
		p.Say(words.New("page.nine_of_ten")), p.Say(words.New("page.learned_from"))), 0)
	for _, wait := range order.Waits() {
		if lengths := s.state.Lengths[wait]; len(lengths) > 0 {
			p.Add(fmt.Sprintf("| %s | %s | %s | %d |\n", wait, p.Say(length(lengths.Percentile(look.Median))),
				p.Say(length(lengths.Percentile(look.Usual))), len(lengths)), 0)
		}
	}
}

func length(d time.Duration) words.Text {
	if d == 0 {
		return words.New("page.too_few")
	}
	return words.Plain(d.Round(time.Second).String())
}
