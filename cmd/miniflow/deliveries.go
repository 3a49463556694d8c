package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"miniflow/order"
)

type deliveriesCommand struct {
	List    deliveriesList    `cmd:"" help:"List notifications that have no order: waiting, late, in conflict, dead."`
	Get     deliveriesGet     `cmd:"" help:"Show a notification with its content. People's data is masked unless the API key has the scope token, and then the reading is recorded."`
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
	if d.Attempts > 0 {
		p.item("forward", fmt.Sprintf("tried %d times: %s", d.Attempts, d.LastError))
	}
	if !d.NextTry.IsZero() {
		p.item("next try", d.NextTry.Local().Format(time.DateTime))
	}
	if !d.ReplayableUntil.IsZero() {
		p.item("replayable", "until "+d.ReplayableUntil.Local().Format(time.DateTime))
	}
}

// deliveryName is a delivery on the command line.
type deliveryName struct {
	apiFlags
	Delivery string `arg:"" help:"APP_ID/NOTIFY_ID, as deliveries list shows it, or the NOTIFY_ID alone with --app-id."`
	AppID    string `help:"The third-party app, for a notification given by its id alone." env:"MINIFLOW_APP_ID"`
	Copy     bool   `help:"The copy for the forward target is meant, not the notification itself."`
}

// path is the delivery's place in the API. An id may hold slashes, an app's id is all digits.
func (n *deliveryName) path(command string) (string, error) {
	appID, id := n.AppID, n.Delivery
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	if first, rest, both := strings.Cut(n.Delivery, "/"); both && !strings.ContainsFunc(first, notDigit) {
		appID, id = first, rest
	}
	if appID == "" || id == "" {
		return "", usagef("%q names no notification; write APP_ID/NOTIFY_ID, or give --app-id", n.Delivery)
	}
	path := "/v1/deliveries/" + url.PathEscape(appID) + "/" + url.PathEscape(id) + command
	if n.Copy {
		path += "?copy=true"
	}
	return path, nil
}

// deliveryCommand is a command to a delivery.
type deliveryCommand struct {
	deliveryName
	Reason string `help:"Why, for people." placeholder:"TEXT"`
}

// command sends the delivery a command and shows what became of it.
func (n *deliveryCommand) command(ctx context.Context, out *surroundings, command string) error {
	path, err := n.path("/" + command)
	if err != nil {
		return err
	}
	api, err := n.remote(out)
	if err != nil {
		return err
	}
	var view order.DeliveryView
	if err := api.ask(ctx, http.MethodPost, path, map[string]string{"reason": n.Reason}, &view); err != nil {
		return err
	}
	return out.show(view, func(p *page) { printDelivery(p, view) })
}

type deliveriesGet struct{ deliveryName }

// Run shows the notification. In JSON it is what the API answered.
func (c *deliveriesGet) Run(ctx context.Context, out *surroundings) error {
	path, err := c.path("")
	if err != nil {
		return err
	}
	api, err := c.remote(out)
	if err != nil {
		return err
	}
	answer, err := api.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	var read struct {
		order.DeliveryView
		Flaw    string          `json:"flaw"`
		Content json.RawMessage `json:"content"`
	}
	if err := json.Unmarshal(answer, &read); err != nil {
		return usagef("read the answer of Miniflow: %w; is it of this version?", err)
	}
	return out.show(answer, func(p *page) {
		printDelivery(p, read.DeliveryView)
		p.item("flaw", read.Flaw)
		p.line("%s", clean(string(read.Content)))
	})
}

type deliveriesReplay struct{ deliveryCommand }

// Run tries again. What becomes of it is seen in the list a little later.
func (c *deliveriesReplay) Run(ctx context.Context, out *surroundings) error {
	return c.command(ctx, out, order.ReplayUpdate)
}

type deliveriesDiscard struct{ deliveryCommand }

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
