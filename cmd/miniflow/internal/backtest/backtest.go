// Package backtest is `miniflow backtest`, for somebody who has a handler of Alipay's notifications
// already and wants to know from its logs what it has missed.
package backtest

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/backtest/judge"
	"miniflow/cmd/miniflow/internal/backtest/logs"
	"miniflow/cmd/miniflow/internal/backtest/report"
	"miniflow/cmd/miniflow/internal/verifying"
)

// Command is `miniflow backtest`. It talks to nobody and changes nothing; the page that --html names
// is all that it writes.
type Command struct {
	verifying.Keys
	HTML   string   `name:"html" help:"Write the report as a page with a picture to this file, too." type:"path" placeholder:"FILE"`
	Orders int      `help:"How many orders to show, the worst first." default:"10"`
	Logs   []string `arg:"" help:"What the old handler has logged, plain or gzip; - is standard input." complete:"files"`
}

// While there is memory, garbage is rarely looked for; a long run, whose ledger grows, looks more
// often. The ledger has no pointers, so that costs little then.
const (
	garbage = 400
	memory  = 150 << 20
)

// Run reads the logs once, in the order in which they are named, which has to be that of time.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	apps, err := c.Apps(env)
	if err != nil {
		return command.AsUsage(err)
	}
	by, err := judge.New(apps)
	if err != nil {
		return command.AsUsage(err)
	}
	if err := mayReplace(c.HTML); err != nil {
		return err
	}
	source, err := logs.Open(c.Logs, env.Stdin)
	if err != nil {
		return command.AsUsage(err)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(memory))
	builder := report.NewBuilder(c.Logs)
	bar := startBar(env, source)
	err = by.Each(ctx, source, func(batch *judge.Batch) {
		builder.Take(batch)
		bar.lines.Add(int64(batch.Len()))
	})
	if err = errors.Join(bar.stop(), err); err != nil {
		return command.AsUsage(err)
	}
	return c.show(env, builder.Build(c.Orders))
}

func (c *Command) show(env *command.Env, found *report.Report) error {
	if found.Messages == 0 {
		return command.Usagef("%d lines, and no notification in any of them: name logs that have the body, or the JSON of its parameters, in one line", found.Lines)
	}
	if err := env.Show(found, found.Print); err != nil {
		return err
	}
	if err := c.write(found); err != nil {
		return command.AsUsage(err)
	}
	if found.Wrong() {
		return command.ErrNo
	}
	return nil
}

func (c *Command) write(found *report.Report) error {
	if c.HTML == "" {
		return nil
	}
	text, err := found.HTML()
	if err != nil {
		return err
	}
	return command.WriteWhole(c.HTML, text)
}

// mayReplace refuses to put the page in the place of something else. A shell that expands `--html *.log`
// names the first log there.
func mayReplace(path string) error {
	const page = "<!doctype html"
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil //nolint:nilerr // there is none, or writing says what is wrong
	}
	file, err := os.Open(path) //nolint:gosec // the caller names the file
	if err != nil {
		return command.AsUsage(err)
	}
	defer func() { _ = file.Close() }() // nothing was written
	begins, err := io.ReadAll(io.LimitReader(file, int64(len(page))))
	if err == nil && len(begins) > 0 && !strings.EqualFold(string(begins), page) {
		return command.Usagef("--html %s is there and is no page: name another file, behind --html and before the logs", path)
	}
	return nil
}
