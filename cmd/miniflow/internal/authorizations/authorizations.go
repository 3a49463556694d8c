// Package authorizations is `miniflow authorizations`: merchants' authorisations, of whom another
// program has had the tokens so far, in a table. A token is in the table and in the request alone:
// no result, no error and no log has one.
package authorizations

import (
	"context"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/orders/importing"
	"miniflow/cmd/miniflow/internal/orders/sheet"
)

// Command is `miniflow authorizations`.
type Command struct {
	Import importCommand `cmd:"" help:"Hand merchants' tokens over from a CSV or XLSX file, each checked by Alipay first; resumable."`
}

type importCommand struct {
	remote.Flags
	importing.Sending
	File  string `arg:"" help:"A table as CSV (UTF-8 or GBK) or XLSX. Its first row names columns: app_id, mini_app_id, app_auth_token, and if you have them app_refresh_token and auth_time." complete:"files"`
	Sheet string `help:"The sheet of a workbook; by default the first that is not hidden."`
	AppID string `help:"The third-party app of rows that name none." env:"MINIFLOW_APP_ID"`
}

// Run sends each row as PUT …/authorization, for which Alipay is asked whether the token is valid
// and whose it is. A repetition is harmless: a mini program knows a token that it has.
func (c *importCommand) Run(ctx context.Context, env *command.Env) error {
	if err := c.Check(c.File); err != nil {
		return err
	}
	content, err := env.ReadInput(c.File)
	if err != nil {
		return err
	}
	table, err := sheet.Read(content, c.Sheet)
	if err != nil {
		return command.Usagef("read %s: %w", c.File, err)
	}
	items, wrong := read(table, c.AppID)
	return c.Send(ctx, env, &c.Flags, importing.Table{File: c.File, Items: items, Wrong: wrong, Authorizations: true})
}
