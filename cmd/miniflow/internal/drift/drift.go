// Package drift is `miniflow drift`, which shows over the REST API how Alipay differs from what is known
// of it, and writes what was seen as test cases without anybody's data.
package drift

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"miniflow/alipay/drift"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
)

// Command is `miniflow drift`.
type Command struct {
	remote.Flags
	AppID     string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	WriteCase string `help:"Write what was seen first of each difference into this new folder, every value replaced, signed with a test key beside it." type:"path" placeholder:"DIR"`
}

// Run shows what the process that answers has seen. It ends with 0, whatever that is: a difference is
// news and no failure.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	var report drift.Report
	query := remote.Query("app_id", c.AppID)
	if c.WriteCase != "" {
		query = remote.Query("app_id", c.AppID, "cases", "true")
	}
	if err := api.Ask(ctx, http.MethodGet, "/v1/drift"+query, nil, &report); err != nil {
		return err
	}
	var written []string
	if c.WriteCase != "" {
		if written, err = write(c.WriteCase, report.Differences); err != nil {
			return err
		}
		for i := range report.Differences {
			report.Differences[i].Case = nil // they are in the files
		}
	}
	shown := view{report, written}
	return env.Show(shown, shown.print)
}

// view is what is shown: the report, and the cases that were written.
type view struct {
	drift.Report
	Written []string `json:"written,omitempty"`
}

func (v view) print(p *command.Page) {
	p.Line("%d answers and %d messages were compared since %s, by the process that answers", v.Answers, v.Messages, v.Since.Local().Format(time.DateTime))
	for _, d := range v.Differences {
		p.Line("%-7s %s", d.Kind, command.Clean(d.Where))
		if d.Field != "" {
			p.Item("field", command.Clean(d.Field))
		}
		if d.What != "" {
			p.Item("what", p.Translate(d.What))
		}
		if d.Row > 0 {
			p.Item("row", d.Row)
		}
		p.Item("seen", fmt.Sprintf("%d, %s – %s", d.Count, d.First.Local().Format(time.DateTime), d.Last.Local().Format(time.DateTime)))
	}
	if v.Unlisted > 0 {
		p.Item("unlisted", v.Unlisted)
	}
	for _, name := range v.Written {
		p.Item("written", command.Clean(name))
	}
	if len(v.Differences) == 0 {
		p.Line("no difference from what is known of Alipay")
	}
}
