package checking

import (
	"slices"

	"miniflow/alipay/gateway"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/orders/rows"
)

// required is what a category requires, for a list that can be sent to the merchant.
type required struct {
	Category string `json:"category"`
	Name     string `json:"name"`
	// Requirements are in Alipay's words, which are Chinese.
	Requirements string  `json:"requirements"`
	Papers       []paper `json:"papers"`
	// Rows are the rows of the table that ask for it; none of an order that is no row.
	Rows []int `json:"rows"`
}

// paper is one that has to be handed in, and where it belongs in the order.
type paper struct {
	Field string `json:"field"`
	Name  string `json:"name"`
}

const files = "submission.files."

// papersOf returns which papers a category requires, by what a merchant calls them.
func papersOf(papers gateway.CategoryPapers) []paper {
	needed := []paper{}
	for _, one := range papers.Papers() {
		needed = append(needed, paper{files + one.File, one.Name})
	}
	return needed
}

// requiredBy adds which rows of an app ask for a category.
func requiredBy(papers gateway.CategoryPapers, app string, orders []rows.Order) required {
	one := required{Category: papers.Code, Name: papers.Name, Requirements: papers.Requirements, Papers: papersOf(papers), Rows: []int{}}
	for _, o := range orders {
		if w := wantedBy(o); o.Row > 0 && w.AppID == app && slices.Contains(w.categories(), papers.Code) {
			one.Rows = append(one.Rows, o.Row)
		}
	}
	return one
}

// printPapers writes what each category requires; one that requires nothing says so.
func printPapers(p *command.Page, all []required) {
	if len(all) == 0 {
		return
	}
	p.Line("")
	p.Line("What the categories require (pictures as png or jpg, at most 4 MB and 2160×3840 pixels each):")
	for _, one := range all {
		p.Line("%s", command.Clean(one.Name)+" ("+command.Clean(one.Category)+")"+inRows(p, one.Rows))
		for _, needed := range one.Papers {
			p.Line("%s", "- "+p.Sayf("%s (%s)", needed.Name, needed.Field))
		}
		if len(one.Papers) == 0 {
			p.Line("%s", "- "+p.Sayf("no papers"))
		}
		if one.Requirements != "" {
			p.Line("%s", "  "+p.Sayf("Alipay says: %s", command.Clean(one.Requirements)))
		}
	}
}

// inRows names the rows that ask for a category, as far as a line has room for them.
func inRows(p *command.Page, all []int) string {
	const most = 10
	switch {
	case len(all) == 0:
		return ""
	case len(all) > most:
		return p.Sayf(": rows %s and %d more", join(all[:most]), len(all)-most)
	}
	return p.Sayf(": rows %s", join(all))
}
