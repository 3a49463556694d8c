package sweep

import (
	"fmt"
	"strings"
	"time"

	"miniflow/internal/harmless"
	"miniflow/look"
	"miniflow/order"
)

// page is the Markdown that the Temporal UI shows about the Sweep, for operators who want to know
// whether messages arrive, and why Alipay is asked as often as it is.
func (s *sweep) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## Orders of app %s that wait\n\n| | |\n|---|---|\n", harmless.Markdown(s.input.AppID))
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", name, harmless.Markdown(value))
		}
	}
	row("waiting", s.waiting())
	row("asking about all", s.round())
	row("this pass", s.now())
	if last := s.state.Last; last != nil {
		row("last pass", lastOf(*last))
	}
	if s.plan.At.IsZero() {
		row("next pass", clock(s.state.Next))
	}
	row("trouble", s.trouble)
	s.messages(&b)
	s.lengths(&b)
	return b.String()
}

func (s *sweep) waiting() string {
	if s.state.Counted.IsZero() {
		return ""
	}
	return fmt.Sprintf("%d orders, counted at %s", s.state.Waiting, clock(s.state.Counted))
}

// round says what asking about all takes, from before the first question on.
func (s *sweep) round() string {
	round := s.state.Round
	if round == nil || round.Began.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s: at most %d questions, %.3g a second, from %s until %s; %d asked so far",
		round.Why, round.Looks, round.PerSecond, clock(round.Began), clock(round.Until), round.Asked)
}

func (s *sweep) now() string {
	if s.plan.At.IsZero() {
		return ""
	}
	return fmt.Sprintf("since %s, for about %d orders that are due, shared by %d workers", clock(s.plan.At), s.plan.Due, s.plan.Parts)
}

func lastOf(pass look.Pass) string {
	total := pass.Total
	text := fmt.Sprintf("%s, took %s: listed %d, asked %d, %d with news, %d refused, %d without an answer",
		clock(pass.At), pass.Took.Std().Round(time.Second/10), total.Listed, total.Asked, total.News, total.Refused, total.Unanswered)
	if total.BrokenOff {
		text += "; broken off because Alipay stopped answering, the next pass goes on"
	}
	return text
}

// messages shows how what each message announces came to be known.
func (s *sweep) messages(b *strings.Builder) {
	b.WriteString("\n| message | health | because |\n|---|---|---|\n")
	for _, topic := range look.Topics() {
		for _, message := range topic.Messages() {
			record := s.state.Messages[message]
			fmt.Fprintf(b, "| %s | %s | %s |\n", harmless.Markdown(message), record.Health(), because(record))
		}
	}
	b.WriteString("\nWhile a message is unhealthy, or too little is known of all that announce the same, what it announces is asked about in every pass.\n")
}

func because(record look.Record) string {
	told, of := record.Told()
	text := fmt.Sprintf("it came first for %d of the last %d facts", told, of)
	if of == 0 {
		text = "nothing was announced yet"
	}
	if !record.Lost.IsZero() {
		text += ", and was missing at " + clock(record.Lost)
	}
	return text
}

// lengths shows how long waits take, which decides how often an order is asked about again.
func (s *sweep) lengths(b *strings.Builder) {
	if len(s.state.Lengths) == 0 {
		return
	}
	b.WriteString("\n| wait | half end within | nine of ten within | learned from |\n|---|---|---|---|\n")
	for _, wait := range order.Waits() {
		if lengths := s.state.Lengths[wait]; len(lengths) > 0 {
			fmt.Fprintf(b, "| %s | %s | %s | %d |\n", wait, length(lengths.Percentile(look.Median)), length(lengths.Percentile(look.Usual)), len(lengths))
		}
	}
}

func length(d time.Duration) string {
	if d == 0 {
		return "too few to say"
	}
	return d.Round(time.Second).String()
}

func clock(at time.Time) string {
	if at.IsZero() {
		return "now"
	}
	return at.Format("2006-01-02 15:04:05 UTC")
}
