// Package trigger is `miniflow trigger`, which has a simulated Alipay push messages. The
// simulator signs them, so they look to a receiver as Alipay's own do.
package trigger

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/simulated"
)

// Command is `miniflow trigger`. It needs none of the receiver's keys: the simulator has
// Alipay's. Wait is longer than the 16 s after which the simulator gives a receiver up, so that
// its failing shows too.
type Command struct {
	What string `arg:"" optional:"" help:"A message (its name or the end of it, such as version.audit.passed) or a scenario. Left out: list both."`
	simulated.Flag
	Set       []string      `help:"Change a field: biz_content.status=AGREED, biz_content.n:=5 for JSON, msg_type=app for a parameter." placeholder:"FIELD=VALUE" sep:"none"`
	NotifyID  string        `help:"The id of the one message; made up when left out."`
	Duplicate int           `help:"Push each message N more times, the same bytes under the same notify_id." placeholder:"N"`
	Shuffle   bool          `help:"Push in any order."`
	Delay     time.Duration `help:"Pause between pushes."`
	Rule      string        `help:"Which text is signed: with or without sign_type. Left out: as the simulator's app is set." enum:"with,without," default:""`
	Charset   string        `help:"The charset of the messages: utf-8 or gbk. Left out: as the simulator's app is set." enum:"utf-8,gbk," default:""`
	Wait      time.Duration `help:"How long to wait for the receiver's answers." default:"20s"`
	Orders    string        `help:"Push nothing: let merchants and reviewers act the scenario out for the orders with these numbers (a glob) that are created from now on." placeholder:"GLOB"`
	Channel   string        `help:"Over which channel: http or websocket, the long connection. Left out: as the simulator's app has subscribed. Messages of the 1.0 layout come over http whatever is said, as Alipay's do." enum:"http,websocket," default:""`
	cast
}

// Run lists, sets a rule, or pushes. The cast is completed before the catalogue is asked for,
// so that its samples are about the ids that are printed.
func (c *Command) Run(ctx context.Context, env *command.Env) error {
	// The simulator alone is asked, and never a real Alipay: its messages can't be made to order.
	sim, err := c.Connect()
	if err != nil {
		return err
	}
	now := env.Now()
	c.complete(now)
	all, err := catalogueOf(ctx, sim, c.cast)
	if err != nil {
		return err
	}
	// Without a name the whole catalogue is the answer.
	if c.What == "" {
		return all.list(env)
	}
	// A misspelt name is a usage error and answered with how to list the right ones.
	story, known := all.story(c.What)
	switch {
	case !known:
		return command.Usagef("%q is no message and no scenario; `miniflow trigger` lists them", c.What)
	case c.Orders != "":
		return c.actOut(ctx, sim, story, env)
	case len(story.Messages) == 0:
		return command.Usagef("%s has no message to push; give --orders GLOB and create such an order", story.Name)
	}
	app, err := simulated.Choose(ctx, sim, c.AppID)
	if err != nil {
		return err
	}
	c.AppID = app.AppID
	pushes, err := c.pushes(all, story, now)
	if err != nil {
		return err
	}
	if err := c.route(story, pushes, app); err != nil {
		return err
	}
	return c.play(ctx, sim, pushes, env)
}

// pushes are the messages in the order in which they will be sent, copies too. Each is
// dated a millisecond after the one before, however they are shuffled afterwards: a receiver
// has to order them by what they say.
func (c *Command) pushes(all catalogue, story Scenario, now time.Time) ([]push, error) {
	// A scenario that is about duplicates has some of its own; more can be asked for.
	copies := max(c.Duplicate, story.Duplicate)
	if copies < 0 || copies > 1000 {
		return nil, command.Usagef("--duplicate is %d; use 0 to 1000", copies)
	}
	// Two messages under one id would be a repeat to every receiver, and the second never applied.
	if c.NotifyID != "" && len(story.Messages) > 1 {
		return nil, command.Usagef("--notify-id is for one message; a scenario's have one each")
	}
	var list []push
	for i, line := range story.Messages {
		p, err := c.push(all, line, now.Add(time.Duration(i)*time.Millisecond))
		if err != nil {
			return nil, err
		}
		// Copies are the same bytes under the same notify_id, as Alipay's redeliveries are.
		for range copies + 1 {
			list = append(list, p)
		}
	}
	if c.Shuffle || story.Shuffle {
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] }) //nolint:gosec // an order of test messages
	}
	return list, nil
}

// push takes each message from its own sample, because --set must not reach into the next one.
func (c *Command) push(all catalogue, line line, at time.Time) (push, error) {
	p, err := all.push(line)
	if err != nil {
		return p, err
	}
	p.AppID, p.NotifyID = c.AppID, c.NotifyID
	// The simulator has longer names for what the flags say in a word.
	if c.Rule != "" {
		p.Rule = c.Rule + "_sign_type"
	}
	if c.Charset != "" {
		p.Params["charset"] = map[string]string{"utf-8": "UTF-8", "gbk": "GBK"}[c.Charset]
	}
	// After everything else, so that a person has the last word.
	for _, assignment := range c.Set {
		if err := p.set(assignment); err != nil {
			return p, err
		}
	}
	p.pinTime(at)
	return p, nil
}

// actOut has merchants and reviewers act the scenario out. The simulator sets the rule itself,
// in one step, so that two triggers at once don't undo each other's.
func (c *Command) actOut(ctx context.Context, sim *remote.API, story Scenario, env *command.Env) error {
	if story.Rule == nil {
		return command.Usagef("%s can only be pushed; leave --orders out", story.Name)
	}
	// The simulator's answer is printed as it came: it is the rule that is in force now.
	rule, err := sim.Call(ctx, http.MethodPost, "/sim/v1/scenarios/"+url.PathEscape(story.Name), map[string]string{"orders": c.Orders})
	if err != nil {
		return err
	}
	return env.Show(rule, func(p *command.Page) {
		p.Line("%s: orders numbered %s meet %s (%s)", p.Good(p.Sayf("set")), c.Orders, story.Name, story.About)
	})
}
