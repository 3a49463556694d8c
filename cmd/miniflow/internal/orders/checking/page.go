package checking

import (
	"fmt"
	"strconv"
	"strings"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/orders/rows"
	"miniflow/order"
)

// print writes the list. Advice that many rows share stands there once.
func (c *Command) print(p *command.Page, checked Checked) {
	if len(checked.Problems) == 0 {
		p.Line("%d checked, nothing is wrong", checked.Orders)
	} else {
		p.Line("%d checked, %d can't be sent as they are:", checked.Orders, checked.Wrong)
	}
	for _, problem := range checked.Problems {
		p.Line("%s", line(p, problem))
	}
	if len(checked.Advice) > 0 {
		p.Line("")
		p.Line("Worth a look:")
	}
	times := map[[2]string]int{}
	for _, problem := range checked.Advice {
		times[[2]string{problem.Field, problem.Message}]++
	}
	for _, problem := range checked.Advice {
		key := [2]string{problem.Field, problem.Message}
		switch times[key] {
		case 0: // it stands above
		case 1:
			p.Line("%s", line(p, problem))
		default:
			p.Line("%s (%d times, here first)", line(p, problem), times[key])
		}
		times[key] = 0
	}
	printPapers(p, checked.Papers)
	p.Line("")
	if c.Config != "" {
		p.Line("Alipay may still refuse an order: whether a name is protected, and what papers show, only its reviewers say.")
		return
	}
	p.Line("Alipay may still refuse an order: which papers a category needs, and whether a name is protected, was not asked.")
}

// join writes numbers with commas between them.
func join(numbers []int) string {
	written := make([]string, 0, len(numbers))
	for _, number := range numbers {
		written = append(written, strconv.Itoa(number))
	}
	return strings.Join(written, ", ")
}

// line is one item of the list: the cell, what a merchant calls the field, what to do.
func line(p *command.Page, problem rows.Problem) string {
	text := command.Clean(problem.Message)
	if problem.Field != "" {
		field := command.Clean(problem.Field)
		if name, known := order.FieldName(problem.Field); known {
			field = p.Sayf("%s (%s)", p.Translate(name), field)
		}
		text = p.Sayf("%s: %s", field, text)
	}
	if problem.Cell == "" {
		return "- " + text
	}
	return fmt.Sprintf("- %s  %s", problem.Cell, text)
}
