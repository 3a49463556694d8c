package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"miniflow/order"
)

// noted marks an address that something was noted on the way to.
const noted = "noted"

// What a command has come to, as far as a page can wait for it.
const (
	// outcomeDone: the order has moved on.
	outcomeDone = "done"
	// outcomeRefused: Alipay has refused it, and the order is held.
	outcomeRefused = "refused"
	// outcomeRequested: it is under way; Alipay takes its time.
	outcomeRequested = "requested"
)

// outcome waits a little until more has happened to an order than a command itself, and says what the
// command has come to.
func (c *Console) outcome(r *http.Request, before order.View, where string, after int) string {
	var then order.View
	if err := c.read(r, where, url.Values{"wait": {patience}, "after": {strconv.Itoa(after)}}, &then); err != nil {
		return outcomeRequested
	}
	switch stopped := stoppedAnew(before.Hold, then.Hold); {
	case then.Sequence <= after:
		return outcomeRequested
	case stopped:
		return outcomeRefused
	case then.Stage != before.Stage:
		return outcomeDone
	}
	return outcomeRequested
}

// stoppedAnew reports whether an order is held by something that went wrong since.
func stoppedAnew(before, then *order.Hold) bool {
	wrong := then != nil && (then.Kind == order.HoldNeedsInput || then.Kind == order.HoldNeedsOperator)
	return wrong && (before == nil || !then.Since.Equal(before.Since))
}

// outcomeSaid says what the command that led here has come to, and whether well.
func (c *Console) outcomeSaid(r *http.Request) (said string, bad bool) {
	query, w := r.URL.Query(), c.wording(r)
	named := func(outcome string) (string, bool) {
		command := query.Get(outcome)
		known := command == string(order.CommandBeginAgain) || slices.Contains(order.Commands(), order.Command(command))
		return w.named("command", command), known
	}
	if name, known := named(outcomeDone); known {
		return w.say("%s: done.", name), false
	}
	if name, known := named(outcomeRefused); known {
		return w.say("%s: sent, and Alipay has refused it again; see below.", name), true
	}
	if name, known := named(outcomeRequested); known {
		return w.say("%s: requested. The page shows it as soon as Alipay has answered.", name), false
	}
	if query.Get(noted) != "" {
		return w.say("Noted."), false
	}
	return "", false
}
