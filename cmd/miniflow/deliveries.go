package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"miniflow/order"
)

type deliveriesCommand struct {
	List    deliveriesList    `cmd:"" help:"List notifications that have no order: waiting, late, in conflict, dead."`
	Replay  deliveriesReplay  `cmd:"" help:"Try a waiting or dead notification again: its order is looked for, the forward target is called."`
	Discard deliveriesDiscard `cmd:"" help:"Give a waiting or dead notification up."`
}

type deliveriesList struct {
	apiFlags
	State string `help:"In this state: waiting, late, conflict, dead, applied, duplicate, stale, forwarded. Left out: the first four."`
	AppID string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	Limit int    `help:"How many at most." default:"50"`
}

// Run lists page after page until there are enough.
func (c *deliveriesList) Run(ctx context.Context, out *surroundings) error {
	api, err := c.remote(out)
	if err != nil {
		return err
	}
	found, cursor, err := collect[order.DeliveryView](ctx, api, "deliveries", c.Limit, func(limit, cursor string) string {
		return "/v1/deliveries" + query("state", c.State, "app_id", c.AppID, "limit", limit, "cursor", cursor)
	})
	if err != nil {
		return err
	}
	listed := struct {
		Deliveries []order.DeliveryView `json:"deliveries"`
		NextCursor string               `json:"next_cursor"`
	}{found, cursor}
	return out.show(listed, func(p *page) {
		for _, d := range listed.Deliveries {
			printDelivery(p, d)
		}
		switch {
		case len(listed.Deliveries) == 0:
			p.line("no deliveries")
		case listed.NextCursor != "":
			p.line("%s", p.faint("there are more: --limit"))
		}
	})
}

func printDelivery(p *page, d order.DeliveryView) {
	p.line("%-9s %-52s %s/%s", deliveryState(p, d.State), clean(d.Name), clean(d.AppID), clean(d.NotifyID))
	p.item("received", d.ReceivedAt.Local().Format(time.DateTime)+" by "+d.Channel+", held by "+d.HeldBy)
	p.item("for", d.OutOrderNo+" "+d.MiniAppID)
	p.item("reason", d.Reason)
}

// deliveryName is a delivery on the command line.
type deliveryName struct {
	apiFlags
	Delivery string `arg:"" help:"APP_ID/NOTIFY_ID, as deliveries list shows it, or the NOTIFY_ID alone with --app-id."`
	AppID    string `help:"The third-party app, for a notification given by its id alone." env:"MINIFLOW_APP_ID"`
	Copy     bool   `help:"The copy for the forward target is meant, not the notification itself."`
	Reason   string `help:"Why, for people." placeholder:"TEXT"`
}

// command sends the delivery a command and shows what became of it.
func (n *deliveryName) command(ctx context.Context, out *surroundings, command string) error {
	appID, id, both := strings.Cut(n.Delivery, "/")
	if !both {
		appID, id = n.AppID, n.Delivery
	}
	if appID == "" || id == "" {
		return usagef("%q names no notification; write APP_ID/NOTIFY_ID, or give --app-id", n.Delivery)
	}
	api, err := n.remote(out)
	if err != nil {
		return err
	}
	path := "/v1/deliveries/" + url.PathEscape(appID) + "/" + url.PathEscape(id) + "/" + command
	if n.Copy {
		path += "?copy=true"
	}
	var view order.DeliveryView
	if err := api.ask(ctx, http.MethodPost, path, map[string]string{"reason": n.Reason}, &view); err != nil {
		return err
	}
	return out.show(view, func(p *page) { printDelivery(p, view) })
}

type deliveriesReplay struct{ deliveryName }

// Run tries again. What becomes of it is seen in the list a little later.
func (c *deliveriesReplay) Run(ctx context.Context, out *surroundings) error {
	return c.command(ctx, out, order.ReplayUpdate)
}

type deliveriesDiscard struct{ deliveryName }

// Run gives the notification up; it ends as dead, with the reason.
func (c *deliveriesDiscard) Run(ctx context.Context, out *surroundings) error {
	return c.command(ctx, out, order.DiscardUpdate)
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
