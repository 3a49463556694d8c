package main

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"miniflow/alipay/alipaysim"
)

// triggerCommand has a simulator push messages. The simulator signs them, so
// they look to a receiver as Alipay's own do.
type triggerCommand struct {
	What      string        `arg:"" optional:"" help:"A message (its name or the end of it, such as version.audit.passed) or a scenario. Left out: list both."`
	Simulator string        `help:"The simulator." default:"http://127.0.0.1:8090" env:"MINIFLOW_SIMULATOR" placeholder:"URL"`
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

// Run lists, sets a rule, or pushes.
func (c *triggerCommand) Run(ctx context.Context, out *surroundings) error {
	if c.What == "" {
		return c.list(out)
	}
	sim, err := newRemote(c.Simulator, "the simulator", "--simulator", 30*time.Second)
	if err != nil {
		return err
	}
	story, known := scenarioNamed(c.What)
	if !known {
		one, ok := sampleNamed(c.What)
		if !ok {
			return usagef("%q is no message and no scenario; `miniflow trigger` lists them", c.What)
		}
		story = scenario{name: one.name, messages: []line{{message: one.name}}}
	}
	if c.Orders != "" {
		return c.actOut(ctx, sim, story, out)
	}
	if len(story.messages) == 0 {
		return usagef("%s has no message to push; give --orders GLOB and create such an order", story.name)
	}
	app, err := c.choose(ctx, sim)
	if err != nil {
		return err
	}
	pushes, err := c.pushes(story, out.now())
	if err != nil {
		return err
	}
	if err := c.route(story, pushes, app); err != nil {
		return err
	}
	return c.play(ctx, sim, pushes, out)
}

// listView is what trigger says when it is asked for nothing.
type listView struct {
	Messages  []listed `json:"messages"`
	Scenarios []listed `json:"scenarios"`
}

type listed struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

func (c *triggerCommand) list(out *surroundings) error {
	var v listView
	for _, s := range samples {
		v.Messages = append(v.Messages, listed{s.name, s.about})
	}
	for _, s := range scenarios() {
		v.Scenarios = append(v.Scenarios, listed{s.name, s.about})
	}
	return out.show(v, func(p *page) {
		p.line("scenarios")
		for _, s := range v.Scenarios {
			p.line("  %-20s %s", s.Name, s.About)
		}
		p.line("messages")
		for _, m := range v.Messages {
			p.line("  %-52s %s", m.Name, m.About)
		}
	})
}

// pushes are the messages in the order in which they will be sent, copies too.
func (c *triggerCommand) pushes(story scenario, now time.Time) ([]push, error) {
	c.complete(now)
	copies := max(c.Duplicate, story.duplicate)
	if copies < 0 || copies > 1000 {
		return nil, usagef("--duplicate is %d; use 0 to 1000", copies)
	}
	if c.NotifyID != "" && len(story.messages) > 1 {
		return nil, usagef("--notify-id is for one message; a scenario's have one each")
	}
	var list []push
	for i, line := range story.messages {
		p := mustSample(line.message).make(c.cast, line.changes)
		p.NotifyID = c.NotifyID
		if c.Rule != "" {
			p.Rule = string(ruleNamed(c.Rule))
		}
		if c.Charset != "" {
			p.Params["charset"] = string(charsetNamed(c.Charset))
		}
		for _, assignment := range c.Set {
			if err := p.set(assignment); err != nil {
				return nil, err
			}
		}
		p.pinTime(now.Add(time.Duration(i) * time.Millisecond))
		for range copies + 1 {
			list = append(list, p)
		}
	}
	if c.Shuffle || story.shuffle {
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] }) //nolint:gosec // an order of test messages
	}
	return list, nil
}

// actOut puts a rule before the simulator's others.
func (c *triggerCommand) actOut(ctx context.Context, sim *remote, story scenario, out *surroundings) error {
	if story.rule == nil {
		return usagef("%s can only be pushed; leave --orders out", story.name)
	}
	var rules alipaysim.Rules
	if err := sim.ask(ctx, http.MethodGet, "/sim/v1/rules", nil, &rules); err != nil {
		return err
	}
	rule := *story.rule
	rule.OutOrderNo = c.Orders
	rules.Rules = slices.DeleteFunc(rules.Rules, func(r alipaysim.Rule) bool { return r.OutOrderNo == c.Orders })
	rules.Rules = slices.Insert(rules.Rules, 0, rule)
	var set json.RawMessage
	if err := sim.ask(ctx, http.MethodPut, "/sim/v1/rules", rules, &set); err != nil {
		return err
	}
	return out.show(rule, func(p *page) {
		p.line("%s: orders numbered %s meet %s (%s)", p.good("set"), c.Orders, story.name, story.about)
	})
}

// pause waits, or ends with the context.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errors.New("stopped")
	case <-timer.C:
		return nil
	}
}
