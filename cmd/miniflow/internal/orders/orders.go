// Package orders is `miniflow orders`: everything that the REST API does with orders, for
// people at a terminal and for scripts.
package orders

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/orders/checking"
	"miniflow/cmd/miniflow/internal/orders/exporting"
	"miniflow/cmd/miniflow/internal/orders/importing"
	"miniflow/cmd/miniflow/internal/orders/observed"
	"miniflow/order"
)

// Command is `miniflow orders`. The commands to an order have the names of the API, so that
// its documentation is theirs too.
type Command struct {
	Start    start             `cmd:"" help:"Start an order from a JSON file."`
	Check    checking.Command  `cmd:"" help:"Say what is wrong with an order or a table of them, as a list for the merchant."`
	Import   importing.Command `cmd:"" help:"Start an order for each row of a CSV or XLSX file; resumable."`
	Get      get               `cmd:"" help:"Show an order."`
	List     list              `cmd:"" help:"List orders."`
	Watch    watch             `cmd:"" help:"Follow an order until it has ended."`
	Export   exporting.Command `cmd:"" help:"Write whole orders with audits and timeline, a line of JSON each."`
	Observed observed.Command  `cmd:"" help:"Say what Miniflow would have done for orders that another system works on, and what happened."`

	ProvideInput   withBody `cmd:"" help:"Correct what Alipay refused, from a JSON file: create, submission, order_no."`
	Approve        plain    `cmd:"" help:"Let a manual step go on."`
	Resubmit       withBody `cmd:"" help:"Answer a rejection, from a JSON file: submission, version."`
	Certify        withBody `cmd:"" help:"Make a trial formal, from a JSON file with the merchant's papers: create."`
	DecideBasePass decide   `cmd:"" help:"Say what follows an admission without promotion."`
	Withdraw       plain    `cmd:"" help:"Take the version out of audit."`
	Refresh        plain    `cmd:"" help:"Ask Alipay now."`
	Retry          plain    `cmd:"" help:"Try again what a hold has stopped."`
	Cancel         reason   `cmd:"" help:"End the order."`
	GiveUp         reason   `cmd:"" help:"End an order that has failed for good, as creation_failed."`
	BeginAgain     reason   `cmd:"" help:"Start an order anew whose workflow was terminated in Temporal or has failed."`
}

// orderName is an order on the command line. Order numbers are the ISV's and unique for one app
// only, so the app is always part of the name.
type orderName struct {
	remote.Flags
	Order string `arg:"" help:"APP_ID/OUT_ORDER_NO, or the number alone with --app-id."`
	AppID string `help:"The third-party app, for an order given by its number alone." env:"MINIFLOW_APP_ID"`
}

func (n orderName) path() (string, error) {
	path, named := remote.PathOf("/v1/orders", n.Order, n.AppID)
	if !named {
		return "", command.Usagef("%q names no order; write APP_ID/OUT_ORDER_NO, or give --app-id", n.Order)
	}
	return path, nil
}

// reach returns the API and the order's place in it. The name is read first: one that names no
// order is a slip that needs no API to be found.
func (n *orderName) reach(env *command.Env) (*remote.API, string, error) {
	path, err := n.path()
	if err != nil {
		return nil, "", err
	}
	api, err := n.Connect(env)
	return api, path, err
}

type start struct {
	remote.Flags
	File string `arg:"" optional:"" help:"The order as JSON, as POST /v1/orders takes it; - or nothing is standard input." default:"-" complete:"files"`
}

// Run starts the order. Starting the same one again is not an error, so a script may repeat it
// after a time-out.
func (c *start) Run(ctx context.Context, env *command.Env) error {
	body, err := readJSONFile(env, c.File)
	if err != nil {
		return err
	}
	return post(ctx, env, c.Flags, "/v1/orders", body)
}

func post(ctx context.Context, env *command.Env, flags remote.Flags, path string, body any) error {
	api, err := flags.Connect(env)
	if err != nil {
		return err
	}
	answer, err := api.Call(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	return showOrder(env, answer)
}

// readJSONFile reads a body. It is checked for being JSON and sent as it is written: what it
// has to hold is the API's to say, with the place of each mistake.
func readJSONFile(env *command.Env, name string) (json.RawMessage, error) {
	text, err := env.ReadInput(name)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // an editor's mark of UTF-8
	// Not decoded any further: a member that only a newer API knows would be lost.
	var body json.RawMessage
	if err := json.Unmarshal(text, &body); err != nil {
		return nil, command.Usagef("%s is no JSON: %w", name, err)
	}
	return body, nil
}

type get struct{ orderName }

// Run shows the order as the API answers, because its JSON is the API's documented form.
func (c *get) Run(ctx context.Context, env *command.Env) error {
	api, path, err := c.reach(env)
	if err != nil {
		return err
	}
	answer, err := api.Call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	return showOrder(env, answer)
}

// plain is a command that takes nothing; its place on the command line says which one it is.
type plain struct{ orderName }

// Run sends an empty object: the command takes nothing, and a member too many would be
// refused.
func (c *plain) Run(ctx context.Context, env *command.Env, name command.Name) error {
	return c.command(ctx, env, order.Command(name), struct{}{})
}

// command sends a command to the order. The name on the command line is the one on the wire,
// so that no list of commands has to be kept here.
func (n *orderName) command(ctx context.Context, env *command.Env, name order.Command, body any) error {
	path, err := n.path()
	if err != nil {
		return err
	}
	return post(ctx, env, n.Flags, path+"/"+string(name), body)
}

type withBody struct {
	orderName
	File string `arg:"" optional:"" help:"What changes, as JSON; - or nothing is standard input." default:"-" complete:"files"`
}

// Run reads the file before anything is sent, so that a mistake in it changes nothing.
func (c *withBody) Run(ctx context.Context, env *command.Env, name command.Name) error {
	body, err := readJSONFile(env, c.File)
	if err != nil {
		return err
	}
	return c.command(ctx, env, order.Command(name), body)
}

type decide struct {
	orderName
	Decision string `arg:"" help:"go_online or resubmit." enum:"go_online,resubmit"`
}

// Run sends the decision. It is an argument and no file, because it is one of two words.
func (c *decide) Run(ctx context.Context, env *command.Env) error {
	return c.command(ctx, env, order.CommandDecideBasePass, map[string]string{"decision": c.Decision})
}

// People read the reason later, in the timeline.
type reason struct {
	orderName
	Reason string `help:"Why, for people."`
}

// Run sends an empty reason too: whether one is needed is the API's to say.
func (c *reason) Run(ctx context.Context, env *command.Env, name command.Name) error {
	return c.command(ctx, env, order.Command(name), map[string]string{"reason": c.Reason})
}

type list struct {
	remote.Flags
	Stage       string `help:"In this stage." complete:"stages"`
	Hold        string `help:"Under this hold." complete:"holds"`
	Execution   string `help:"Whose workflow stands so in Temporal: running, paused, terminated, failing." complete:"executions"`
	Attention   bool   `help:"Only what needs a person."`
	Kind        string `help:"Of this kind: formal, trial, release." complete:"kinds"`
	AppID       string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	MiniAppID   string `help:"Of this mini program."`
	MerchantRef string `help:"Of this merchant."`
	ShopName    string `help:"Of shops that are called exactly so."`
	Since       string `help:"Started then or later: RFC 3339, or how long ago, such as 6h or 2d." placeholder:"TIME"`
	Limit       int    `help:"How many at most." default:"50"`
}

// Run leaves the values of the filters to the API, which refuses a wrong one and lists the
// right ones.
func (c *list) Run(ctx context.Context, env *command.Env) error {
	since, err := command.Moment("--since", c.Since, time.Now())
	if err != nil {
		return err
	}
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	found, cursor, err := remote.Collect[order.View](ctx, api, "orders", c.Limit, func(limit, cursor string) string {
		// Empty and not "false": without the flag both are listed, and nothing is filtered.
		attention := ""
		if c.Attention {
			attention = "true"
		}
		return "/v1/orders" + remote.Query("stage", c.Stage, "hold", c.Hold, "execution", c.Execution, "attention", attention, "kind", c.Kind, "app_id", c.AppID, "mini_app_id", c.MiniAppID,
			"merchant_ref", c.MerchantRef, "shop_name", c.ShopName, "since", since, "limit", limit, "cursor", cursor)
	})
	if err != nil {
		return err
	}
	listed := struct {
		Orders     []order.View `json:"orders"`
		NextCursor string       `json:"next_cursor"`
	}{found, cursor}
	// The cursor is in the JSON, so that a script can go on where the limit has cut the list.
	return env.Show(listed, func(p *command.Page) { printOrders(p, listed.Orders, listed.NextCursor != "") })
}
