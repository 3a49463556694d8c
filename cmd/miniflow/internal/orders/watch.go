package orders

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/order"
)

// watch follows an order with long-polls: each answer comes as soon as
// something has happened.
type watch struct {
	orderName
	// Half of the longest wait that the API gives, since many proxies cut a silent answer after a
	// minute.
	Wait time.Duration `help:"How long one question stays open." default:"30s"`
}

// retryAfter is the pause after a question that failed. A restart of Miniflow takes a
// moment, and a watcher that hammers on it only makes it longer.
const retryAfter = 2 * time.Second

// maxFailures is how many questions may fail in a row: half a minute, longer than a
// restart takes.
const maxFailures = 15

// Run shows what happens until the order has ended, or its workflow was closed from
// outside. In JSON it prints the whole order on a line at each change. After an answer
// without news that did not wait it pauses: a proxy that cuts long-polls short must not
// make it a loop.
func (c *watch) Run(ctx context.Context, env *command.Env) error {
	api, path, err := c.reach(env)
	if err != nil {
		return err
	}
	// Below every sequence, so that the first answer is news whatever it says.
	seen, failures := -1, 0
	for {
		asked := env.Now()
		answer, view, err := c.ask(ctx, api, path, seen)
		if err != nil {
			failures++
			// The first question fails at once: a wrong address is not a restart.
			if ctx.Err() != nil || failures > maxFailures || final(err) || seen < 0 {
				return err
			}
			if err := remote.Pause(ctx, retryAfter); err != nil {
				return err
			}
			continue
		}
		failures = 0
		// A terminated workflow is over too, though the order has no end: nothing more will happen.
		over := view.FinishedAt != nil || view.Execution == order.ExecutionTerminated
		news := view.Sequence > seen
		if news || over {
			if err := env.ShowLine(answer, func(p *command.Page) { printNews(p, view, seen) }); err != nil {
				return err
			}
			// What was not printed is not marked as seen, so nothing of the timeline is lost in between.
			seen = view.Sequence
		}
		if over {
			return nil
		}
		if !news && env.Now().Sub(asked) < min(c.Wait, retryAfter) {
			if err := remote.Pause(ctx, retryAfter); err != nil {
				return err
			}
		}
	}
}

// ask keeps the answer as it came beside the view, for a watcher that prints JSON. Nothing was
// seen while seen is negative.
func (c *watch) ask(ctx context.Context, api *remote.API, path string, seen int) (json.RawMessage, order.View, error) {
	if seen >= 0 {
		// The first question asks for no wait: a person wants to see at once where the order stands.
		path += fmt.Sprintf("?wait=%s&after=%d", c.Wait, seen)
	}
	var view order.View
	answer, err := api.Call(ctx, http.MethodGet, path, nil)
	if err == nil {
		err = json.Unmarshal(answer, &view)
	}
	return answer, view, err
}

// final reports whether a refusal will be the same the next time, so that asking on would be
// in vain.
func final(err error) bool {
	for _, status := range []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity} {
		if remote.SaysNo(err, status) {
			return true
		}
	}
	return false
}

// The timeline alone would not say what the order waits for now.
func printNews(p *command.Page, v order.View, seen int) {
	for _, item := range v.Timeline {
		if item.Sequence > seen {
			printItem(p, item)
		}
	}
	p.Line("%s  %s", stageOf(p, v), p.Faint(command.Clean(v.WaitingFor.String())))
	if v.Interruption != nil {
		p.Line("%s %s", p.Bad(p.Sayf("workflow")), command.Clean(v.Interruption.Reason.String()))
	}
}
