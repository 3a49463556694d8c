// Package deliveries is `miniflow deliveries`, which lists and commands the notifications
// that have no order, over the REST API.
package deliveries

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/order"
)

// Command is `miniflow deliveries`. Notifications that found their order show in the order's
// timeline; here is what would be overlooked otherwise.
type Command struct {
	List    list    `cmd:"" help:"List notifications that have no order: waiting, late, in conflict, dead."`
	Get     get     `cmd:"" help:"Show a notification with its content. People's data is masked unless the API key has the scope token, and then the reading is recorded."`
	Replay  replay  `cmd:"" help:"Try a waiting or dead notification, or all of them, again: its order is looked for, the forward target is called."`
	Discard discard `cmd:"" help:"Give a waiting or dead notification, or all of them, up."`
}

type list struct {
	remote.Flags
	State string `help:"In this state: waiting, late, conflict, dead, applied, duplicate, stale, forwarded, journaled. Left out: the first four." complete:"states"`
	AppID string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	Limit int    `help:"How many at most." default:"50"`
}

// Run lists what needs a person, unless a state is asked for: that is what the API lists by
// itself.
func (c *list) Run(ctx context.Context, env *command.Env) error {
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	found, cursor, err := remote.Collect[order.DeliveryView](ctx, api, "deliveries", c.Limit, func(limit, cursor string) string {
		return "/v1/deliveries" + remote.Query("state", c.State, "app_id", c.AppID, "limit", limit, "cursor", cursor)
	})
	if err != nil {
		return err
	}
	listed := struct {
		Deliveries []order.DeliveryView `json:"deliveries"`
		NextCursor string               `json:"next_cursor"`
	}{found, cursor}
	return env.Show(listed, func(p *command.Page) {
		for _, d := range listed.Deliveries {
			printDelivery(p, d)
		}
		// An empty list says so: nothing printed could be an error that went unseen.
		switch {
		case len(listed.Deliveries) == 0:
			p.Line("no deliveries")
		case listed.NextCursor != "":
			p.Line("%s", p.Faint(p.Sayf("there are more: --limit")))
		}
	})
}

// printDelivery writes a notification with what became of it. Its name and ids are others'
// text: anyone whose signature verifies can choose them.
func printDelivery(p *command.Page, d order.DeliveryView) {
	p.Line("%-9s %-52s %s/%s", deliveryState(p, d.State), command.Clean(d.Name), command.Clean(d.AppID), command.Clean(d.NotifyID))
	p.Item("received", p.Sayf("%s by %s, held by %s", d.ReceivedAt.Local().Format(time.DateTime), d.Channel, d.HeldBy))
	p.Item("for", d.OutOrderNo+" "+d.MiniAppID)
	p.Item("reason", d.Reason)
	// Only a copy for the forward target is tried; one that waits for its order is not.
	if d.Attempts > 0 {
		p.Item("forward", p.Sayf("tried %d times: %s", d.Attempts, d.LastError))
	}
	if !d.NextTry.IsZero() {
		p.Item("next try", d.NextTry.Local().Format(time.DateTime))
	}
	// A dead letter closes by itself then, and takes no command any more.
	if !d.ReplayableUntil.IsZero() {
		p.Item("replayable", p.Sayf("until %s", d.ReplayableUntil.Local().Format(time.DateTime)))
	}
}

// deliveryApp completes the name of a notification.
type deliveryApp struct {
	AppID string `help:"The third-party app, for a notification given by its id alone." env:"MINIFLOW_APP_ID"`
	Copy  bool   `help:"The copy for the forward target is meant, not the notification itself."`
}

// path is the delivery's place in the API. An id may hold slashes and an app's id is all digits,
// so only a first part of digits is taken for an app.
func (n *deliveryApp) path(delivery, suffix string) (string, error) {
	appID, id := n.AppID, delivery
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	if first, rest, both := strings.Cut(delivery, "/"); both && !strings.ContainsFunc(first, notDigit) {
		appID, id = first, rest
	}
	if appID == "" || id == "" {
		return "", command.Usagef("%q names no notification; write APP_ID/NOTIFY_ID, or give --app-id", delivery)
	}
	// Escaped, because an id may hold slashes and everything else that a sender signs.
	path := "/v1/deliveries/" + url.PathEscape(appID) + "/" + url.PathEscape(id) + suffix
	// A message that an order has taken may be owed to the forward target all the same.
	if n.Copy {
		path += "?copy=true"
	}
	return path, nil
}

type deliveryCommand struct {
	remote.Flags
	Delivery string `arg:"" optional:"" help:"APP_ID/NOTIFY_ID, as deliveries list shows it, or the NOTIFY_ID alone with --app-id. Left out with --all."`
	deliveryApp
	bulk
	Reason string `help:"Why, for people." placeholder:"TEXT"`
}

// command shows the delivery as it took the command; what becomes of it takes longer and shows
// in the list.
func (n *deliveryCommand) command(ctx context.Context, env *command.Env, name string) error {
	if n.All {
		return n.commandAll(ctx, env, name)
	}
	// The name is read first: one that names no notification is a slip that needs no API to be found.
	path, err := n.path(n.Delivery, "/"+name)
	if err != nil {
		return err
	}
	api, err := n.Connect(env)
	if err != nil {
		return err
	}
	// The reason may be empty: whether one is needed is the API's to say.
	var view order.DeliveryView
	if err := api.Ask(ctx, http.MethodPost, path, map[string]string{"reason": n.Reason}, &view); err != nil {
		return err
	}
	return env.Show(view, func(p *command.Page) { printDelivery(p, view) })
}

type get struct {
	remote.Flags
	Delivery string `arg:"" help:"APP_ID/NOTIFY_ID, as deliveries list shows it, or the NOTIFY_ID alone with --app-id."`
	deliveryApp
}

// Run shows the notification. In JSON it is what the API answered, content included: whether
// that is masked is decided there, by the key's scopes, and recorded.
func (c *get) Run(ctx context.Context, env *command.Env) error {
	path, err := c.path(c.Delivery, "")
	if err != nil {
		return err
	}
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	answer, err := api.Call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	// Flaw is shown beside the content: it says why that may look broken.
	var read struct {
		order.DeliveryView
		Flaw    string          `json:"flaw"`
		Content json.RawMessage `json:"content"`
	}
	if err := json.Unmarshal(answer, &read); err != nil {
		return command.Usagef("read the answer of Miniflow: %w; is it of this version?", err)
	}
	return env.Show(answer, func(p *command.Page) {
		printDelivery(p, read.DeliveryView)
		p.Item("flaw", p.Translate(read.Flaw))
		p.Line("%s", command.Clean(string(read.Content)))
	})
}

type replay struct{ deliveryCommand }

// Run tries again. What becomes of it shows in the list a little later, because the target or
// the order answers in its own time.
func (c *replay) Run(ctx context.Context, env *command.Env) error {
	return c.command(ctx, env, order.ReplayUpdate)
}

type discard struct{ deliveryCommand }

// Run gives the notification up. It ends as dead with the reason, so that nobody asks later
// why it was never applied.
func (c *discard) Run(ctx context.Context, env *command.Env) error {
	return c.command(ctx, env, order.DiscardUpdate)
}

// deliveryState is the state in the colour of what it asks for: red waits for a person, yellow
// may still find its order.
func deliveryState(p *command.Page, state order.Disposition) string {
	switch state {
	case order.DispositionDead, order.DispositionConflict:
		return p.Bad(string(state))
	case order.DispositionWaiting, order.DispositionLate:
		return p.Warn(string(state))
	default:
		return string(state)
	}
}
