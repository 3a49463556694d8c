// Package exporting is `miniflow orders export`: whole orders, with audits and timeline, as the API
// shows them. No token is in them, and nothing of what was submitted about people. `miniflow leave`
// takes them out the same way.
package exporting

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
)

// Command is `miniflow orders export`.
type Command struct {
	remote.Flags
	AppID string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
	Since string `help:"Only what has changed since then: RFC 3339, or how long ago, such as 6h or 30d. Left out: every order that Temporal keeps." placeholder:"TIME"`
}

// Run prints a line of JSON for each order, and at the end on standard error where the next
// export begins. One that was cut short says that too: nothing is left out then, and something
// may come twice.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	began := env.Now()
	since, err := command.Moment("--since", c.Since, began)
	if err != nil {
		return err
	}
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	e := Export{API: api, AppID: c.AppID, Began: began, Since: since, Write: func(order json.RawMessage) error { return env.Line(order) }}
	err = e.All(ctx)
	switch {
	case err != nil && e.Since != "" && e.Count > 0:
		_ = env.Note("stopped after %d orders; to go on, use --since %s", e.Count, e.Since) // the error itself follows
		return fmt.Errorf("export the orders: %w", err)
	case err != nil:
		return fmt.Errorf("export the orders: %w", err)
	}
	return env.Note("%d orders; the next export goes on with --since %s", e.Count, e.Next())
}

// Export is one export. It holds a page of a list at most, however many orders there are.
type Export struct {
	API   *remote.API
	AppID string // empty for every app
	Began time.Time
	// Since says that what had changed by then is written; it is empty where every order is asked
	// for.
	Since string
	Write func(order json.RawMessage) error
	Count int

	cursor string // where the next page of every order begins
}

// exported is a page of a list, each order as it came.
type exported struct {
	Orders       []json.RawMessage `json:"orders"`
	NextCursor   string            `json:"next_cursor"`
	ChangedUntil time.Time         `json:"changed_until"`
}

// All writes every order. After an error Since is from where another export goes on.
func (e *Export) All(ctx context.Context) error {
	for over := false; !over; {
		limit := ""
		if e.Since == "" {
			limit = "200" // the API's largest page
		}
		var page exported
		path := "/v1/orders" + remote.Query("app_id", e.AppID, "changed_since", e.Since, "limit", limit, "cursor", e.cursor)
		if err := e.API.Ask(ctx, http.MethodGet, path, nil, &page); err != nil {
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
func (e *Export) one(ctx context.Context, row json.RawMessage) error {
	var name struct {
		AppID      string `json:"app_id"`
		OutOrderNo string `json:"out_order_no"`
	}
	if err := json.Unmarshal(row, &name); err != nil {
		return command.Usagef("read the answer of Miniflow: %w; is it of this version?", err)
	}
	whole, err := e.API.Call(ctx, http.MethodGet, "/v1/orders/"+url.PathEscape(name.AppID)+"/"+url.PathEscape(name.OutOrderNo), nil)
	switch {
	case remote.SaysNo(err, http.StatusNotFound):
		whole = row
	case err != nil:
		return err
	}
	e.Count++
	return e.Write(whole)
}

// What changes while an export runs is the next one's: nearRightNow is how close to its beginning
// it has to come, and what says that a window has no more in it, whatever the clocks of both
// machines are.
const (
	nearRightNow = time.Minute
	emptyWindow  = time.Second
)

// pass moves on behind a page that was written, and reports whether it was the last.
func (e *Export) pass(page exported) (over bool) {
	if e.Since == "" {
		e.cursor = page.NextCursor
		return e.cursor == ""
	}
	before, err := time.Parse(time.RFC3339, e.Since)
	e.Since = page.ChangedUntil.UTC().Format(time.RFC3339Nano)
	stands := err == nil && len(page.Orders) == 0 && page.ChangedUntil.Sub(before) < emptyWindow
	return stands || !page.ChangedUntil.Before(e.Began.Add(-nearRightNow))
}

// Next is where the next export begins.
func (e *Export) Next() string {
	if e.Since == "" {
		return e.Began.Add(-nearRightNow).UTC().Format(time.RFC3339)
	}
	return e.Since
}
