// Package tail is `miniflow tail`: what arrives at the doors of a running Miniflow, as it arrives.
package tail

import (
	"context"
	"encoding/json"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/order"
)

// Command is `miniflow tail`.
type Command struct {
	remote.Flags
	AppID string `help:"Of this third-party app." env:"MINIFLOW_APP_ID"`
}

// The pause before a stream is begun again that has ended, and how many may fail in a row: half a
// minute, longer than a restart takes.
const (
	pause       = 2 * time.Second
	maxFailures = 15
)

// Run shows a line for each message until ctrl-c, which is no error. What came while the stream was
// down is not shown.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	api, err := c.Connect(env)
	if err != nil {
		return err
	}
	for failures, before := 0, false; ; {
		var unshown error
		connected := false
		err := api.Stream(ctx, "/v1/deliveries/tail"+remote.Query("app_id", c.AppID), func(data []byte) error {
			if !before && !connected {
				unshown = env.Note("connected to %s; what arrives is shown until ctrl-c", api.Base())
			}
			connected = true
			if len(data) > 0 && unshown == nil { // otherwise it is a sign of life
				unshown = show(env, data)
			}
			return unshown
		})
		if ctx.Err() != nil {
			return nil
		}
		if before, failures = before || connected, failures+1; connected {
			failures = 0
		}
		// The first question fails at once: a wrong address is not a restart.
		if unshown != nil || err != nil && (!before || failures > maxFailures || remote.Refused(err)) {
			return err
		}
		if remote.Pause(ctx, pause) != nil {
			return nil
		}
	}
}

func show(env *command.Env, data []byte) error {
	var arrival order.Arrival
	if err := json.Unmarshal(data, &arrival); err != nil {
		return command.Usagef("read the answer of Miniflow: %w; is it of this version?", err)
	}
	return env.ShowLine(json.RawMessage(data), func(p *command.Page) { line(p, arrival) })
}

// line writes time, app, name, disposition, order and latency. Ids are others' text.
func line(p *command.Page, a order.Arrival) {
	became, about := string(a.Disposition), a.OutOrderNo
	switch {
	case a.Reason != "":
		became = p.Bad(p.Sayf("refused: %s", p.Translate(a.Reason)))
	case a.Disposition == order.DispositionDead, a.Disposition == order.DispositionConflict:
		became = p.Bad(became)
	}
	if about == "" {
		about = a.MiniAppID
	}
	if about == "" {
		about = "-"
	}
	p.Line("%s %-16s %-44s %-10s %-32s %.1f ms", p.Faint(a.At.Local().Format("15:04:05.000")), command.Clean(a.AppID), command.Clean(a.Name), became, command.Clean(about), 1000*a.Duration)
}
