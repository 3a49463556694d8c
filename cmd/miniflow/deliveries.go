package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"miniflow/order"
)

type deliveriesCommand struct {
	List deliveriesList `cmd:"" help:"List notifications that have no order: waiting, late, in conflict, dead."`
}

type deliveriesList struct {
	apiFlags
	State string `help:"In this state: waiting, late, conflict, dead, applied, duplicate, stale, forwarded. Left out: the first four."`
	AppID string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	Limit int    `help:"How many at most." default:"50"`
}

// Run lists page after page until there are enough.
func (c *deliveriesList) Run(ctx context.Context, out *surroundings) error {
	if c.Limit < 1 {
		return usagef("--limit is %d; use 1 or more", c.Limit)
	}
	api, err := c.remote(out)
	if err != nil {
		return err
	}
	listed := struct {
		Deliveries []order.DeliveryView `json:"deliveries"`
		NextCursor string               `json:"next_cursor"`
	}{Deliveries: []order.DeliveryView{}}
	for len(listed.Deliveries) < c.Limit {
		var next struct {
			Deliveries []order.DeliveryView `json:"deliveries"`
			NextCursor string               `json:"next_cursor"`
		}
		path := "/v1/deliveries" + query("state", c.State, "app_id", c.AppID,
			"limit", strconv.Itoa(min(pageLimit, c.Limit-len(listed.Deliveries))), "cursor", listed.NextCursor)
		if err := api.ask(ctx, http.MethodGet, path, nil, &next); err != nil {
			return err
		}
		listed.Deliveries = append(listed.Deliveries, next.Deliveries...)
		if listed.NextCursor = next.NextCursor; listed.NextCursor == "" {
			break
		}
	}
	return out.show(listed, func(p *page) {
		for _, d := range listed.Deliveries {
			p.line("%-9s %-52s %s/%s", deliveryState(p, d.State), clean(d.Name), clean(d.AppID), clean(d.NotifyID))
			p.item("received", d.ReceivedAt.Local().Format(time.DateTime)+" by "+d.Channel+", held by "+d.HeldBy)
			p.item("for", d.OutOrderNo+" "+d.MiniAppID)
			p.item("reason", d.Reason)
		}
		switch {
		case len(listed.Deliveries) == 0:
			p.line("no deliveries")
		case listed.NextCursor != "":
			p.line("%s", p.faint("there are more: --limit"))
		}
	})
}

func deliveryState(p *page, state order.Disposition) string {
	switch state {
	case order.DispositionDead, order.DispositionConflict:
		return p.bad(string(state))
	case order.DispositionWaiting, order.DispositionLate:
		return p.warn(string(state))
	default:
		return string(state)
	}
}
