// Package webhooks is `miniflow webhooks`, which shows how the ISV's backend is told what becomes of
// orders, tests that, and has it told again, over the REST API.
package webhooks

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/tell"
)

// Command is `miniflow webhooks`.
type Command struct {
	List   list   `cmd:"" help:"Show how the webhook of each app is told: how far behind, what is tried again, what is dead."`
	Test   test   `cmd:"" help:"Post a test event to a webhook, and show what it made of it."`
	Resend resend `cmd:"" help:"Tell a webhook again: one order, everything since a moment, or all that is dead. Events keep their ids."`
	Enable enable `cmd:"" help:"Tell a webhook again that had answered 410 Gone."`
}

// webhook is one as the API shows it.
type webhook struct {
	AppID       string         `json:"app_id"`
	Status      string         `json:"status"`
	Since       *time.Time     `json:"since"`
	Reason      string         `json:"reason"`
	Rate        float64        `json:"posts_per_second"`
	PausedUntil *time.Time     `json:"paused_until"`
	ToldThrough time.Time      `json:"told_through"`
	Behind      int            `json:"behind"`
	Posts       int64          `json:"posts"`
	Events      int64          `json:"events"`
	Refused     int64          `json:"refused"`
	LastTaken   *time.Time     `json:"last_accepted"`
	Retrying    []tell.Waiting `json:"retrying"`
	Dead        []tell.Dead    `json:"dead"`
	Forgotten   int            `json:"forgotten"`
}

func (w webhook) print(p *command.Page) {
	status := w.Status
	switch w.Status {
	case "disabled":
		status = p.Bad(status)
	case "refusing", "recovering":
		status = p.Warn(status)
	}
	p.Line("%-10s %s", status, command.Clean(w.AppID))
	if w.Since != nil {
		p.Item("since", w.Since.Local().Format(time.DateTime))
	}
	if w.PausedUntil != nil {
		p.Item("told from", p.Sayf("%s, as it has asked by Retry-After", w.PausedUntil.Local().Format(time.DateTime)))
	}
	if w.Refused > 0 {
		p.Item("at last", p.Translate(w.Reason))
	}
	p.Item("told through", w.ToldThrough.Local().Format(time.DateTime))
	p.Item("behind", p.Sayf("%d orders", w.Behind))
	p.Item("accepted", p.Sayf("%d posts with %d events; %d posts refused", w.Posts, w.Events, w.Refused))
	for _, one := range w.Retrying {
		p.Item("tried again", p.Sayf("%s at %s, after %d tries: %s", one.OutOrderNo, one.Next.Local().Format(time.DateTime), one.Tries, p.Translate(one.Reason)))
	}
	for _, one := range w.Dead {
		p.Item("dead", p.Sayf("%s since %s: %s", one.OutOrderNo, one.At.Local().Format(time.DateTime), p.Translate(one.Reason)))
	}
	if w.Forgotten > 0 {
		p.Item("dead before", p.Sayf("%d orders: resend --since", w.Forgotten))
	}
}

type list struct {
	remote.Flags
	AppID string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
}

// Run lists the webhooks of all apps that have one.
func (c *list) Run(ctx context.Context, env *command.Env) error {
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	var listed struct {
		Webhooks []webhook `json:"webhooks"`
	}
	if err := api.Ask(ctx, http.MethodGet, "/v1/webhooks"+remote.Query("app_id", c.AppID), nil, &listed); err != nil {
		return err
	}
	return env.Show(listed, func(p *command.Page) {
		for _, one := range listed.Webhooks {
			one.print(p)
		}
		if len(listed.Webhooks) == 0 {
			p.Line("no webhooks: set webhook.url and webhook.secrets of an app in the configuration")
		}
	})
}

// target names a webhook.
type target struct {
	remote.Flags
	AppID string `arg:"" help:"The third-party app whose webhook it is." env:"MINIFLOW_APP_ID"`
}

func (t *target) post(ctx context.Context, env *command.Env, what string, body, into any) error {
	api, err := t.Connect(env)
	if err != nil {
		return err
	}
	return api.Ask(ctx, http.MethodPost, "/v1/webhooks/"+url.PathEscape(t.AppID)+"/"+what, body, into)
}

type test struct{ target }

// Run posts a test event. It ends with 1 where the webhook does not accept it.
func (c *test) Run(ctx context.Context, env *command.Env) error {
	var result struct {
		OK       bool    `json:"ok"`
		Status   int     `json:"status"`
		Problem  string  `json:"problem,omitempty"`
		Duration float64 `json:"duration_seconds"`
		ID       string  `json:"webhook_id"`
	}
	if err := c.post(ctx, env, "test", nil, &result); err != nil {
		return err
	}
	if err := env.Show(result, func(p *command.Page) {
		if result.OK {
			p.Line("%s: it answered %d within %.2f s", p.Good(p.Sayf("accepted")), result.Status, result.Duration)
			return
		}
		p.Line("%s: %s", p.Bad(p.Sayf("not accepted")), p.Translate(result.Problem))
		p.Item("webhook-id", result.ID)
	}); err != nil {
		return err
	}
	if !result.OK {
		return command.ErrNo
	}
	return nil
}

type resend struct {
	target
	Order string `help:"All events of this order, by its out_order_no, or those since --since." placeholder:"OUT_ORDER_NO"`
	Since string `help:"All events since then: RFC 3339, or how long ago, such as 6h or 2d." placeholder:"TIME"`
	Dead  bool   `help:"All that is dead."`
}

// Run has the webhook told again.
func (c *resend) Run(ctx context.Context, env *command.Env) error {
	since, err := command.Moment("--since", c.Since, time.Now())
	if err != nil {
		return err
	}
	if !c.Dead && c.Order == "" && since == "" {
		return command.Usagef("say what is to be told again: --order, --since or --dead")
	}
	body := map[string]any{}
	if c.Order != "" {
		body["out_order_no"] = c.Order
	}
	if since != "" {
		body["since"] = since
	}
	if c.Dead {
		body["dead"] = true
	}
	return c.instruct(ctx, env, "resend", body)
}

type enable struct{ target }

// Run enables the webhook.
func (c *enable) Run(ctx context.Context, env *command.Env) error {
	return c.instruct(ctx, env, "enable", nil)
}

func (t *target) instruct(ctx context.Context, env *command.Env, what string, body any) error {
	var view webhook
	if err := t.post(ctx, env, what, body, &view); err != nil {
		return err
	}
	return env.Show(view, view.print)
}
