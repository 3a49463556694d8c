package checking

import (
	"fmt"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/orders/preflight"
	"miniflow/cmd/miniflow/internal/orders/rows"
)

// words are the list's own, in a language.
type words struct{ clean, wrong, advice, more, ending, asked string }

var languages = map[preflight.Language]words{
	preflight.English: {
		clean: "%d checked, nothing is wrong", wrong: "%d checked, %d can't be sent as they are:",
		advice: "Worth a look:", more: "%s (%d times, here first)",
		ending: "Alipay may still refuse an order: which papers a category needs, and whether a name is protected, was not asked.",
		asked:  "Alipay may still refuse an order: whether a name is protected, and what papers show, only its reviewers say.",
	},
	preflight.Chinese: {
		clean: "已检查 %d 个订单，没有发现问题", wrong: "已检查 %d 个订单，其中 %d 个需要改正：",
		advice: "建议确认：", more: "%s（共 %d 处，这是第一处）",
		ending: "支付宝仍可能拒绝：类目需要哪些资质、名称是否受保护，没有在此查询。",
		asked:  "支付宝仍可能拒绝：名称是否受保护、资质内容是否合格，由审核人员决定。",
	},
}

// print writes the list. Advice that many rows share stands there once.
func (c *Command) print(p *command.Page, checked Checked) {
	w := languages[c.Lang]
	if len(checked.Problems) == 0 {
		p.Line(w.clean, checked.Orders)
	} else {
		p.Line(w.wrong, checked.Orders, checked.Wrong)
	}
	for _, problem := range checked.Problems {
		p.Line("%s", c.line(problem))
	}
	if len(checked.Advice) > 0 {
		p.Line("")
		p.Line("%s", w.advice)
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
			p.Line("%s", c.line(problem))
		default:
			p.Line(w.more, c.line(problem), times[key])
		}
		times[key] = 0
	}
	p.Line("")
	if c.Config != "" {
		p.Line("%s", w.asked)
		return
	}
	p.Line("%s", w.ending)
}

// line is one item of the list: the cell, what a merchant calls the field, what to do.
func (c *Command) line(problem rows.Problem) string {
	between := ": "
	if c.Lang == preflight.Chinese {
		between = "："
	}
	text := command.Clean(problem.Message)
	if problem.Field != "" {
		text = c.Lang.Label(command.Clean(problem.Field)) + between + text
	}
	if problem.Cell == "" {
		return "- " + text
	}
	return fmt.Sprintf("- %s  %s", problem.Cell, text)
}
