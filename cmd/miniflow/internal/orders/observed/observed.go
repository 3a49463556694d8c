// Package observed is `miniflow orders observed`: what Miniflow would have done for orders that
// another system works on, beside what happened.
package observed

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/order"
	"miniflow/words"
)

// Command is `miniflow orders observed`.
type Command struct {
	remote.Flags
	AppID string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	Since string `help:"What would have been done, or was done, since then: RFC 3339, or how long ago, such as 6h or 30d. What has not happened yet is shown whenever it would have been." default:"24h" placeholder:"TIME"`
	Limit int    `help:"How many orders to look at, at most." default:"1000"`
}

// observation is an order with what is compared of it.
type observation struct {
	AppID      string           `json:"app_id"`
	OutOrderNo string           `json:"out_order_no"`
	Stage      order.Stage      `json:"stage"`
	WaitingFor words.Text       `json:"waiting_for"`
	Compared   []order.Compared `json:"compared"`
}

// report is the whole of it.
type report struct {
	Since    time.Time     `json:"since"`
	Orders   []observation `json:"orders"`
	Happened int           `json:"happened"`
	Open     int           `json:"open"`
	Alone    int           `json:"alone"`
}

// Run looks at every order that is observed, and shows those of which there is something to say.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	text, err := command.Moment("--since", c.Since, env.Now())
	if err != nil {
		return err
	}
	since, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return command.Usagef("--since %q: %w", c.Since, err)
	}
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	listed, more, err := remote.Collect[order.View](ctx, api, "orders", c.Limit, func(limit, cursor string) string {
		return "/v1/orders" + remote.Query("app_id", c.AppID, "limit", limit, "cursor", cursor)
	})
	if err != nil {
		return err
	}
	found := report{Since: since, Orders: []observation{}}
	for _, view := range listed {
		if !view.Observed {
			continue
		}
		if err := found.add(ctx, api, view); err != nil {
			return err
		}
	}
	if err := env.Show(found, found.print); err != nil || more == "" {
		return err
	}
	return env.Note("there are more orders than %d: --limit", c.Limit)
}

// add reads an order and compares what is new, or still open.
func (r *report) add(ctx context.Context, api *remote.API, row order.View) error {
	var view order.View
	path := "/v1/orders/" + url.PathEscape(row.AppID) + "/" + url.PathEscape(row.OutOrderNo)
	if err := api.Ask(ctx, http.MethodGet, path, nil, &view); err != nil {
		if remote.SaysNo(err, http.StatusNotFound) { // Temporal has given it up meanwhile
			return nil
		}
		return err
	}
	one := observation{AppID: view.AppID, OutOrderNo: view.OutOrderNo, Stage: view.Stage, WaitingFor: view.WaitingFor}
	for _, compared := range order.Compare(view.Timeline) {
		switch open := compared.HappenedAt.IsZero(); {
		case !open && compared.HappenedAt.Before(r.Since), open && view.Stage.Ended():
			continue
		case open:
			r.Open++
		case compared.Call == "":
			r.Alone++
		default:
			r.Happened++
		}
		one.Compared = append(one.Compared, compared)
	}
	if len(one.Compared) > 0 {
		r.Orders = append(r.Orders, one)
	}
	return nil
}

func (r *report) print(p *command.Page) {
	for _, one := range r.Orders {
		p.Line("%s/%s  %s", one.AppID, one.OutOrderNo, one.Stage)
		for _, compared := range one.Compared {
			p.Line("  %-44s %s", compared.Call, said(p, compared))
		}
		p.Item("waiting for", one.WaitingFor)
	}
	p.Line("since %s: %d calls would have been made and were made by the other system, %d have not happened yet, %d steps back were the other system's alone",
		r.Since.Local().Format(time.DateTime), r.Happened, r.Open, r.Alone)
}

// said words one comparison: when Miniflow would have called, what happened, and how much later.
func said(p *command.Page, c order.Compared) string {
	happened := command.Clean(c.Happened.String())
	switch {
	case c.Call == "":
		return p.Sayf("%s %s at %s", p.Warn(p.Sayf("not Miniflow's:")), happened, c.HappenedAt.Local().Format(time.DateTime))
	case c.HappenedAt.IsZero():
		return p.Sayf("would have been at %s; %s", c.WouldAt.Local().Format(time.DateTime), p.Warn(p.Sayf("has not happened yet")))
	}
	return p.Sayf("would have been at %s; %s %s later", c.WouldAt.Local().Format(time.DateTime), happened, c.HappenedAt.Sub(c.WouldAt).Round(time.Second))
}
