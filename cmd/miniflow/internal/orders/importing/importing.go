// Package importing is `miniflow orders import`: every row of a table becomes an order. Rows
// that are wrong are refused by cell and are not sent; the others are started, each once,
// however often a run is killed and begun again: an order's number is on the disk before the
// order is sent, and the API starts one number once.
package importing

import (
	"context"
	"fmt"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/orders/rows"
)

// Command is `miniflow orders import`.
type Command struct {
	remote.Flags
	rows.Source
	File     string `arg:"" help:"A table as CSV (UTF-8 or GBK) or XLSX. Its first row names members of POST /v1/orders, such as create.app_name." complete:"files"`
	DryRun   bool   `help:"Check every row and send nothing."`
	Parallel int    `help:"How many orders are sent at the same time." default:"1"`
	Results  string `help:"Where results are written; by default FILE.results.csv." type:"path" placeholder:"FILE"`
}

// maxParallel is how many orders may be sent at the same time: more make the API no quicker.
const maxParallel = 32

// Run imports the table. It ends with a no where a row was refused or failed, since then
// somebody has to do something.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	if c.Parallel < 1 || c.Parallel > maxParallel {
		return command.Usagef("--parallel is %d; use 1 to %d", c.Parallel, maxParallel)
	}
	if c.File == "-" && c.Results == "" && !c.DryRun {
		return command.Usagef("standard input has no name to write results beside; name their file with --results")
	}
	orders, wrong, err := c.Load(env, c.File)
	if err != nil {
		return err
	}
	report := Report{File: c.File, Rows: len(orders), DryRun: c.DryRun, Problems: wrong}
	switch {
	case len(wrong) > 0: // about the header: no row is what it seems
		return report.show(env)
	case c.DryRun:
		for _, o := range orders {
			report.checked(o)
		}
		return report.show(env)
	}
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	if report.Results = c.Results; report.Results == "" {
		report.Results = c.File + ".results.csv"
	}
	return c.send(ctx, env, orders, api, &report)
}

func (c *Command) send(ctx context.Context, env *command.Env, orders []rows.Order, api *remote.API, report *Report) error {
	results, err := openBook(report.Results)
	if err != nil {
		return err
	}
	r := &run{api: api, book: results, progress: newProgress(env), report: report}
	stopped := r.plan(orders)
	if stopped == nil {
		stopped = r.send(ctx, c.Parallel)
	}
	// Also after a failure: what is done is to be read in it.
	if err := results.Close(r.records(orders)); err != nil {
		return err
	}
	shown := report.show(env)
	switch {
	case stopped != nil:
		return stopped
	case report.Left > 0:
		return fmt.Errorf("stopped with %d rows left; the same command goes on where this one ended", report.Left)
	default:
		return shown
	}
}
