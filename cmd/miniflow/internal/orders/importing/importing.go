// Package importing sends the rows of a table, each once, however often a run is killed and begun
// again. `miniflow orders import` is here: every row becomes an order, whose number is on the disk
// before the order is sent, and the API starts one number once. `miniflow authorizations import`
// sends its rows the same way. Rows that are wrong are refused by cell and are not sent.
package importing

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/orders/rows"
)

// Command is `miniflow orders import`.
type Command struct {
	remote.Flags
	rows.Source
	Sending
	File string `arg:"" help:"A table as CSV (UTF-8 or GBK) or XLSX. Its first row names members of POST /v1/orders, such as create.app_name." complete:"files"`
}

// Run imports the table. It ends with a no where a row was refused or failed, since then
// somebody has to do something.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	if err := c.Check(c.File); err != nil {
		return err
	}
	orders, wrong, err := c.Load(env, c.File)
	if err != nil {
		return err
	}
	items := make([]Item, 0, len(orders))
	for _, o := range orders {
		items = append(items, Item{
			Row: o.Row, Key: o.OutOrderNo, Derived: o.Derived, Content: o.Content(), Problems: o.Problems, At: o.At,
			Method: http.MethodPost, Path: "/v1/orders", Body: o.Body, Files: o.Files,
		})
	}
	return c.Send(ctx, env, &c.Flags, Table{File: c.File, Items: items, Wrong: wrong})
}

// Item is a row that was read. Without Problems it is sent.
type Item struct {
	Row int
	Key string // what it is about, which no other row is
	// Derived says that the key follows from what the row asks for.
	Derived      bool
	Method, Path string
	Body         json.RawMessage
	// Files are handed in before it is sent.
	Files []rows.HandIn
	// Content is a digest of what the row asks for: with another one it is sent again.
	Content  string
	Problems []rows.Problem
	// At returns a problem in the cell of a field.
	At func(field, message string) rows.Problem
}

// Table is everything that was read from a file.
type Table struct {
	File  string
	Items []Item
	Wrong []rows.Problem // about the header: no row is what it seems
	// Authorizations says that its rows are authorisations and no orders.
	Authorizations bool
}

// Sending is how a table is sent: the flags of every command that sends one.
type Sending struct {
	DryRun   bool   `help:"Check every row and send nothing."`
	Parallel int    `help:"How many rows are sent at the same time." default:"1"`
	Results  string `help:"Where results are written; by default FILE.results.csv." type:"path" placeholder:"FILE"`
}

// maxParallel is how many rows may be sent at the same time: more make the API no quicker.
const maxParallel = 32

// Check says what is wrong with the flags, before the file is read.
func (s *Sending) Check(file string) error {
	if s.Parallel < 1 || s.Parallel > maxParallel {
		return command.Usagef("--parallel is %d; use 1 to %d", s.Parallel, maxParallel)
	}
	if file == "-" && s.Results == "" && !s.DryRun {
		return command.Usagef("standard input has no name to write results beside; name their file with --results")
	}
	return nil
}

// Send sends the rows, or says what is wrong with them, and shows a [Report].
func (s *Sending) Send(ctx context.Context, env *command.Env, flags *remote.Flags, table Table) error {
	report := Report{File: table.File, Rows: len(table.Items), DryRun: s.DryRun, Problems: table.Wrong, authorizations: table.Authorizations}
	switch {
	case len(table.Wrong) > 0:
		return report.show(env)
	case s.DryRun:
		for _, item := range table.Items {
			report.checked(item)
		}
		return report.show(env)
	}
	api, err := flags.Connect(env)
	if err != nil {
		return err
	}
	if report.Results = s.Results; report.Results == "" {
		report.Results = table.File + ".results.csv"
	}
	return s.send(ctx, env, table, api, &report)
}

func (s *Sending) send(ctx context.Context, env *command.Env, table Table, api *remote.API, report *Report) error {
	column, _ := table.key()
	results, err := openBook(report.Results, column)
	if err != nil {
		return err
	}
	r := &run{table: table, api: api, book: results, progress: newProgress(env), report: report}
	stopped := r.plan(table.Items)
	if stopped == nil {
		stopped = r.send(ctx, s.Parallel)
	}
	// Also after a failure: what is done is to be read in it, and told even where it can't be written anew.
	closed := results.Close(r.records(table.Items))
	shown := report.show(env)
	switch {
	case stopped != nil:
		return stopped
	case closed != nil:
		return command.Usagef("the results stay as they were written, line by line: %w; name a file in a folder that can be written with --results", closed)
	case report.Left > 0:
		return fmt.Errorf("stopped with %d rows left; the same command goes on where this one ended", report.Left)
	default:
		return shown
	}
}

// key says what a row is about: the name of the results' second column, and the field that an answer
// is about that names none.
func (t Table) key() (column, field string) {
	if t.Authorizations {
		return "mini_program", "mini_app_id"
	}
	return "out_order_no", "out_order_no"
}

// done is what a yes of the API makes of a row.
func (t Table) done(status int) State {
	switch {
	case t.Authorizations:
		return StateImported
	case status == http.StatusOK:
		return StateExists
	default:
		return StateStarted
	}
}
