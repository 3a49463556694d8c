package deliveries

import (
	"context"
	"net/http"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/order"
)

// bulk are the flags that mean many notifications in place of one.
type bulk struct {
	All        bool    `help:"Every notification of --app-id that waits or is dead, and fits the flags below; each judges for itself. What is meant stays what was there at the beginning." group:"Many at once"`
	DryRun     bool    `help:"With --all: only say how many that are, and show the first." group:"Many at once"`
	Rate       float64 `help:"With --all: how many a second, at most." default:"10" group:"Many at once"`
	State      string  `help:"With --all: waiting or dead; left out, both." group:"Many at once"`
	Name       string  `help:"With --all: of this name of Alipay's." group:"Many at once"`
	Code       string  `help:"With --all: with this code." group:"Many at once"`
	OutOrderNo string  `help:"With --all: that name this order." group:"Many at once"`
	MiniAppID  string  `help:"With --all: that name this mini program." group:"Many at once"`
	Since      string  `help:"With --all: received then or later: RFC 3339, or how long ago, such as 90m, 6h or 2d." group:"Many at once"`
	Until      string  `help:"With --all: received before then, given the same way." group:"Many at once"`
}

// body is what the API is asked.
func (b *bulk) body(appID, reason string) map[string]any {
	filter := map[string]string{"app_id": appID}
	for name, value := range map[string]string{
		"state": b.State, "name": b.Name, "code": b.Code, "out_order_no": b.OutOrderNo, "mini_app_id": b.MiniAppID, "since": b.Since, "until": b.Until,
	} {
		if value != "" {
			filter[name] = value
		}
	}
	return map[string]any{"filter": filter, "dry_run": b.DryRun, "rate": b.Rate, "reason": reason}
}

// readMoments turns what people give into what the API reads.
func (b *bulk) readMoments(now time.Time) (err error) {
	if b.Since, err = command.Moment("--since", b.Since, now); err != nil {
		return err
	}
	b.Until, err = command.Moment("--until", b.Until, now)
	return err
}

// followEvery is how often a bulk is asked how far it is.
const followEvery = time.Second

// commandAll begins with all, and follows until it is over. It goes on without whoever follows.
func (n *deliveryCommand) commandAll(ctx context.Context, env *command.Env, name string) error {
	switch {
	case n.Delivery != "" || n.Copy:
		return command.Usagef("--all means many notifications: name none, and leave --copy out")
	case n.AppID == "":
		return command.Usagef("say of which third-party app with --app-id")
	}
	if err := n.readMoments(env.Now()); err != nil {
		return err
	}
	api, err := n.Connect(env)
	if err != nil {
		return err
	}
	var view order.BulkView
	if err := api.Ask(ctx, http.MethodPost, "/v1/deliveries/"+name, n.body(n.AppID, n.Reason), &view); err != nil {
		return err
	}
	for view.State == order.BulkRunning {
		if err := remote.Pause(ctx, followEvery); err != nil {
			return err
		}
		if err := api.Ask(ctx, http.MethodGet, "/v1/deliveries/bulk/"+view.Filter.AppID+"/"+view.BulkID, nil, &view); err != nil {
			return err
		}
	}
	return env.Show(view, func(p *command.Page) { printBulk(p, view) })
}

func printBulk(p *command.Page, view order.BulkView) {
	switch {
	case view.State == order.BulkPlanned && view.Complete:
		p.Line("%s would be asked of %d notifications", view.Command, view.Found)
	case view.State == order.BulkPlanned:
		p.Line("%s would be asked of more than %d notifications", view.Command, view.Found)
	default:
		p.Line("%s %s: %d found, %d have taken it, %d refused", view.Command, view.State, view.Found, view.Taken, view.Refused)
	}
	for _, one := range view.Refusals {
		p.Item(command.Clean(one.NotifyID), p.Say(one.Reason))
	}
	for _, one := range view.Sample {
		printDelivery(p, one)
	}
}
