package orders

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
)

// export writes whole orders, with audits and timeline, as the API shows them: no token is in
// them, and nothing of what was submitted about people.
type export struct {
	remote.Flags
	AppID string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	Since string `help:"Only what has changed since then: RFC 3339, or how long ago, such as 6h or 30d. Left out: every order that Temporal keeps." placeholder:"TIME"`
}

// Run prints a line of JSON for each order, and at the end on standard error where the next
// export begins. One that was cut short says that too: nothing is left out then, and something
// may come twice.
func (c *export) Run(ctx context.Context, env *command.Env) error {
	began := env.Now()
	since, err := command.Moment("--since", c.Since, began)
	if err != nil {
		return err
	}
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	e := exporting{env: env, api: api, appID: c.AppID, began: began, since: since}
	if err := e.all(ctx); err != nil {
		return e.cutShort(err)
	}
	return env.Note("%d orders; the next export goes on with --since %s", e.count, e.next())
}

// exporting is one export. It holds a page of a list at most, however many orders there are.
type exporting struct {
	env   *command.Env
	api   *remote.API
	appID string
	began time.Time

	since  string // what had changed by then is written; empty where every order is asked for
	cursor string // where the next page of every order begins
	count  int
}

// exported is a page of a list, each order as it came.
type exported struct {
	Orders       []json.RawMessage `json:"orders"`
	NextCursor   string            `json:"next_cursor"`
	ChangedUntil time.Time         `json:"changed_until"`
}

func (e *exporting) all(ctx context.Context) error {
	for over := false; !over; {
		limit := ""
		if e.since == "" {
			limit = "200" // the API's largest page
		}
		var page exported
		path := "/v1/orders" + remote.Query("app_id", e.appID, "changed_since", e.since, "limit", limit, "cursor", e.cursor)
		if err := e.api.Ask(ctx, http.MethodGet, path, nil, &page); err != nil {
			return err
		}
		for _, row := range page.Orders {
			if err := e.one(ctx, row); err != nil {
				return err
			}
		}
		over = e.pass(page)
	}
	return nil
}

// one writes a whole order. Of one that Temporal has given up since it was listed, the list's row
// is all that is left.
func (e *exporting) one(ctx context.Context, row json.RawMessage) error {
	var name struct {
		AppID      string `json:"app_id"`
		OutOrderNo string `json:"out_order_no"`
	}
	if err := json.Unmarshal(row, &name); err != nil {
		return command.Usagef("read the answer of Miniflow: %w; is it of this version?", err)
	}
	path, err := orderName{Order: name.AppID + "/" + name.OutOrderNo}.path()
	if err != nil {
		return err
	}
	whole, err := e.api.Call(ctx, http.MethodGet, path, nil)
	switch {
	case remote.SaysNo(err, http.StatusNotFound):
		whole = row
	case err != nil:
		return err
	}
	e.count++
	return e.env.Line(whole)
}

// What changes while an export runs is the next one's: nearRightNow is how close to its beginning
// it has to come, and what says that a window has no more in it, whatever the clocks of both
// machines are.
const (
	nearRightNow = time.Minute
	emptyWindow  = time.Second
)

// pass moves on behind a page that was written, and reports whether it was the last.
func (e *exporting) pass(page exported) (over bool) {
	if e.since == "" {
		e.cursor = page.NextCursor
		return e.cursor == ""
	}
	before, err := time.Parse(time.RFC3339, e.since)
	e.since = page.ChangedUntil.UTC().Format(time.RFC3339Nano)
	stands := err == nil && len(page.Orders) == 0 && page.ChangedUntil.Sub(before) < emptyWindow
	return stands || !page.ChangedUntil.Before(e.began.Add(-nearRightNow))
}

// next is where the next export begins.
func (e *exporting) next() string {
	if e.since == "" {
		return e.began.Add(-nearRightNow).UTC().Format(time.RFC3339)
	}
	return e.since
}

// cutShort says how to go on, before the reason.
func (e *exporting) cutShort(err error) error {
	if e.since != "" && e.count > 0 {
		_ = e.env.Note("stopped after %d orders; to go on, use --since %s", e.count, e.since) // the error itself follows
	}
	return fmt.Errorf("export the orders: %w", err)
}
