package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"miniflow/order"
)

type ordersCommand struct {
	Start ordersStart `cmd:"" help:"Start an order from a JSON file."`
	Get   ordersGet   `cmd:"" help:"Show an order."`
	List  ordersList  `cmd:"" help:"List orders."`
	Watch ordersWatch `cmd:"" help:"Follow an order until it has ended."`

	ProvideInput   ordersWithBody `cmd:"" help:"Correct what Alipay refused, from a JSON file: create, submission, order_no."`
	Approve        ordersPlain    `cmd:"" help:"Let a manual step go on."`
	Resubmit       ordersWithBody `cmd:"" help:"Answer a rejection, from a JSON file: submission, version."`
	DecideBasePass ordersDecide   `cmd:"" help:"Say what follows an admission without promotion."`
	Withdraw       ordersPlain    `cmd:"" help:"Take the version out of audit."`
	Refresh        ordersPlain    `cmd:"" help:"Ask Alipay now."`
	Retry          ordersPlain    `cmd:"" help:"Try again what a hold has stopped."`
	Cancel         ordersReason   `cmd:"" help:"End the order."`
	GiveUp         ordersReason   `cmd:"" help:"End an order that has failed for good, as creation_failed."`
	BeginAgain     ordersReason   `cmd:"" help:"Start an order anew whose workflow was terminated in Temporal or has failed."`
}

// orderName is an order on the command line.
type orderName struct {
	apiFlags
	Order string `arg:"" help:"APP_ID/OUT_ORDER_NO, or the number alone with --app-id."`
	AppID string `help:"The third-party app, for an order given by its number alone." env:"MINIFLOW_APP_ID"`
}

// path is the order's place in the API.
func (n orderName) path() (string, error) {
	appID, number, both := strings.Cut(n.Order, "/")
	if !both {
		appID, number = n.AppID, n.Order
	}
	if appID == "" || number == "" || strings.Contains(number, "/") {
		return "", usagef("%q names no order; write APP_ID/OUT_ORDER_NO, or give --app-id", n.Order)
	}
	return "/v1/orders/" + url.PathEscape(appID) + "/" + url.PathEscape(number), nil
}

type ordersStart struct {
	apiFlags
	File string `arg:"" optional:"" help:"The order as JSON, as POST /v1/orders takes it; - or nothing is standard input." default:"-"`
}

// Run starts the order. Starting the same one again is no error.
func (c *ordersStart) Run(ctx context.Context, out *surroundings) error {
	body, err := readJSONFile(out, c.File)
	if err != nil {
		return err
	}
	return c.tell(ctx, out, "/v1/orders", body)
}

// tell posts a body and shows the order that is answered.
func (f *apiFlags) tell(ctx context.Context, out *surroundings, path string, body any) error {
	api, err := f.remote(out)
	if err != nil {
		return err
	}
	answer, err := api.call(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	return showOrder(out, answer)
}

func readJSONFile(out *surroundings, name string) (json.RawMessage, error) {
	text, err := out.readInput(name)
	if err != nil {
		return nil, err
	}
	var body json.RawMessage
	if err := json.Unmarshal(text, &body); err != nil {
		return nil, usagef("%s is no JSON: %w", name, err)
	}
	return body, nil
}

type ordersGet struct{ orderName }

// Run shows the order.
func (c *ordersGet) Run(ctx context.Context, out *surroundings) error {
	path, err := c.path()
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
	return showOrder(out, answer)
}

// ordersPlain is a command that takes nothing. Which one it is, its place on the
// command line says.
type ordersPlain struct{ orderName }

// Run sends the command.
func (c *ordersPlain) Run(ctx context.Context, out *surroundings, command order.Command) error {
	return c.command(ctx, out, command, struct{}{})
}

func (n *orderName) command(ctx context.Context, out *surroundings, command order.Command, body any) error {
	path, err := n.path()
	if err != nil {
		return err
	}
	return n.tell(ctx, out, path+"/"+string(command), body)
}

type ordersWithBody struct {
	orderName
	File string `arg:"" optional:"" help:"What changes, as JSON; - or nothing is standard input." default:"-"`
}

// Run sends the command with what the file says.
func (c *ordersWithBody) Run(ctx context.Context, out *surroundings, command order.Command) error {
	body, err := readJSONFile(out, c.File)
	if err != nil {
		return err
	}
	return c.command(ctx, out, command, body)
}

type ordersDecide struct {
	orderName
	Decision string `arg:"" help:"go_online or resubmit." enum:"go_online,resubmit"`
}

// Run sends the decision.
func (c *ordersDecide) Run(ctx context.Context, out *surroundings) error {
	return c.command(ctx, out, order.CommandDecideBasePass, map[string]string{"decision": c.Decision})
}

// ordersReason is a command that takes a reason.
type ordersReason struct {
	orderName
	Reason string `help:"Why, for people."`
}

// Run sends the command.
func (c *ordersReason) Run(ctx context.Context, out *surroundings, command order.Command) error {
	return c.command(ctx, out, command, map[string]string{"reason": c.Reason})
}

type ordersList struct {
	apiFlags
	Stage       string `help:"In this stage."`
	Hold        string `help:"Under this hold."`
	Execution   string `help:"Whose workflow stands so in Temporal: running, paused, terminated, failing."`
	Attention   bool   `help:"Only what needs a person."`
	Kind        string `help:"Of this kind: formal, trial, release."`
	AppID       string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	MiniAppID   string `help:"Of this mini program."`
	MerchantRef string `help:"Of this merchant."`
	Since       string `help:"Started then or later, RFC 3339."`
	Limit       int    `help:"How many at most." default:"50"`
}

// Run lists page after page until there are enough.
func (c *ordersList) Run(ctx context.Context, out *surroundings) error {
	api, err := c.remote(out)
	if err != nil {
		return err
	}
	found, cursor, err := collect[order.View](ctx, api, "orders", c.Limit, func(limit, cursor string) string {
		attention := ""
		if c.Attention {
			attention = "true"
		}
		return "/v1/orders" + query("stage", c.Stage, "hold", c.Hold, "execution", c.Execution, "attention", attention, "kind", c.Kind, "app_id", c.AppID, "mini_app_id", c.MiniAppID,
			"merchant_ref", c.MerchantRef, "since", c.Since, "limit", limit, "cursor", cursor)
	})
	if err != nil {
		return err
	}
	listed := struct {
		Orders     []order.View `json:"orders"`
		NextCursor string       `json:"next_cursor"`
	}{found, cursor}
	return out.show(listed, func(p *page) { printOrders(p, listed.Orders, listed.NextCursor != "") })
}
