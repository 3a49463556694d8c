// Package checking is `miniflow orders check`: what is wrong with an order, or with each row of
// a table, as a list that can be sent to the merchant. Nothing is started, and nobody is asked
// anything, except Alipay about names and categories where a configuration is given.
package checking

import (
	"bytes"
	"cmp"
	"context"
	"path/filepath"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/miniflow/internal/orders/preflight"
	"miniflow/cmd/miniflow/internal/orders/rows"
	"miniflow/cmd/miniflow/internal/settings"
)

// Command is `miniflow orders check`.
type Command struct {
	rows.Source
	File   string `arg:"" optional:"" help:"An order as JSON, as POST /v1/orders takes it, or a table as CSV or XLSX; - or nothing is standard input." default:"-" complete:"files"`
	Config string `help:"A configuration, to ask Alipay as the app itself whether each name is free and which papers each category requires." short:"c" type:"path" placeholder:"FILE"`
}

// Checked is the result, as --output json prints it.
type Checked struct {
	Orders   int            `json:"orders"`
	Wrong    int            `json:"wrong"` // how many can't be sent as they are
	Problems []rows.Problem `json:"problems"`
	Advice   []rows.Problem `json:"advice"`
	// Papers are left out where Alipay was not asked.
	Papers []required `json:"papers,omitzero"`
}

// Run checks the file. It ends with a no where an order would be refused; advice is none.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	content, err := env.ReadInput(c.File)
	if err != nil {
		return err
	}
	orders, header, err := c.orders(content)
	if err != nil {
		return err
	}
	var papers []required
	if c.Config != "" && len(header) == 0 {
		if papers, err = c.askAlipay(ctx, env, orders); err != nil {
			return err
		}
	}
	checked := Checked{Orders: len(orders), Papers: papers, Problems: append([]rows.Problem{}, header...), Advice: []rows.Problem{}}
	for _, o := range orders {
		if len(o.Problems) > 0 {
			checked.Wrong++
		}
		checked.Problems = append(checked.Problems, o.Problems...)
		checked.Advice = append(checked.Advice, o.Advice...)
	}
	translate(env, checked.Problems)
	translate(env, checked.Advice)
	for _, one := range checked.Papers {
		for i := range one.Papers {
			one.Papers[i].Name = env.Translate(one.Papers[i].Name)
		}
	}
	if err := env.Show(checked, func(p *command.Page) { c.print(p, checked) }); err != nil {
		return err
	}
	if len(checked.Problems) > 0 {
		return command.ErrNo
	}
	return nil
}

// askAlipay asks what only Alipay knows: whether names are free, and which papers categories require.
func (c *Command) askAlipay(ctx context.Context, env *command.Env, orders []rows.Order) ([]required, error) {
	cfg, err := settings.Load(c.Config, env)
	if err != nil {
		return nil, err
	}
	prober, err := service.NewProber(cfg)
	if err != nil {
		return nil, err
	}
	if err := askNames(ctx, prober, orders); err != nil {
		return nil, err
	}
	return askPapers(ctx, prober, orders)
}

// translate does so before anything is shown: the list goes to the merchant in JSON, too.
func translate(env *command.Env, problems []rows.Problem) {
	for i := range problems {
		problems[i].Message = env.Translate(problems[i].Message)
	}
}

// orders reads one order or a table of them: only JSON begins with a brace.
func (c *Command) orders(content []byte) ([]rows.Order, []rows.Problem, error) {
	if body := bytes.TrimPrefix(content, []byte("\ufeff")); bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return c.order(body)
	}
	return c.Read(content, c.File)
}

func (c *Command) order(content []byte) ([]rows.Order, []rows.Problem, error) {
	files, problems := rows.FilesAtHand(content, cmp.Or(c.Files, filepath.Dir(c.File)))
	found, err := preflight.Check(content, files)
	if err != nil {
		return nil, nil, command.Usagef("read %s: %w", c.File, err)
	}
	o := rows.Order{Body: content, Problems: problems}
	for _, p := range found.Refused {
		o.Problems = append(o.Problems, rows.Problem{Field: p.Field, Message: p.Message})
	}
	for _, p := range found.Advised {
		o.Advice = append(o.Advice, rows.Problem{Field: p.Field, Message: p.Message})
	}
	return []rows.Order{o}, nil, nil
}
