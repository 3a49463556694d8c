package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"

	"miniflow/cmd/miniflow/internal/backtest/ledger"
)

//go:embed page.html
var pageText string

// page escapes whatever it shows: ids come from messages, names of logs from anywhere.
var page = template.Must(template.New("page").Parse(pageText))

// HTML returns the report as a page that loads nothing from elsewhere.
func (r *Report) HTML() ([]byte, error) {
	type htmlOrder struct {
		Title, Path string
		Ended       bool
		*ledger.Order
		Oddities []row
	}
	var orders []htmlOrder
	for i := range r.Worst {
		o := &r.Worst[i]
		orders = append(orders, htmlOrder{title(fmt.Sprintf, o), path(fmt.Sprintf, o.Stages), ended(o.Stages), o, oddities(o)})
	}
	var out bytes.Buffer
	err := page.Execute(&out, map[string]any{
		"Report": r, "Headline": r.headline(fmt.Sprintf), "Rows": r.rows(), "Names": r.names(), "Orders": orders,
		"Picture": r.picture(), "Wrong": r.Wrong(), "Why": func(lost ledger.Lost) string { return whyLost(fmt.Sprintf, lost) },
	})
	return out.Bytes(), err
}
