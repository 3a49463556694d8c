package trigger

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strings"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/remote"
)

// catalogue is what the simulator can send. It is asked for and not built in, so that both
// always know the same messages.
type catalogue struct {
	Messages  []message  `json:"messages"`
	Scenarios []Scenario `json:"scenarios"`
}

// message is a message of the catalogue: what POST /sim/v1/messages takes, with its name
// beside it. The content is kept as it came, because each push changes one of its own.
type message struct {
	Listed
	MsgMethod  string            `json:"msg_method"`
	NotifyType string            `json:"notify_type"` // of the 1.0 layout
	BizContent json.RawMessage   `json:"biz_content"`
	Params     map[string]string `json:"params"`
}

// Scenario is a way that an order can go. Without a Rule it can be pushed, but no merchant or
// reviewer acts it out.
type Scenario struct {
	Listed
	Messages  []line          `json:"messages"`
	Rule      json.RawMessage `json:"rule"`      // absent: it can only be pushed
	Duplicate int             `json:"duplicate"` // copies of each message
	Shuffle   bool            `json:"shuffle"`   // in any order
}

// line names only the fields that differ from the message's sample, so that a scenario shows
// what it is about.
type line struct {
	Message string         `json:"message"`
	Fields  map[string]any `json:"fields"`
}

// Listed is what a person needs to choose a message or a scenario.
type Listed struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// The simulator fills the cast into its samples, so that every message of a scenario is about
// one order.
func catalogueOf(ctx context.Context, sim *remote.API, c cast) (catalogue, error) {
	var all catalogue
	err := sim.Ask(ctx, http.MethodGet, "/sim/v1/catalogue"+remote.Query("app_id", c.AppID, "out_order_no", c.OutOrderNo,
		"order_no", c.OrderNo, "mini_app_id", c.MiniAppID, "app_version", c.AppVersion, "merchant_pid", c.MerchantPID), nil, &all)
	if remote.SaysNo(err, http.StatusNotFound) {
		err = command.Usagef("%w; the simulator has no catalogue: run an `alipaysim` of this version", err)
	}
	return all, err
}

// story takes the name of a message too, as a scenario of that one, so that both are pushed in
// one way.
func (all catalogue) story(name string) (Scenario, bool) {
	for _, story := range all.Scenarios {
		if story.Name == name {
			return story, true
		}
	}
	one, known := all.message(name)
	return Scenario{Listed: one.Listed, Messages: []line{{Message: one.Name}}}, known
}

// message finds a message by its name, or by the end of it where only one ends so: nobody
// types alipay.open.mini in front of every name.
func (all catalogue) message(name string) (message, bool) {
	var ending []message
	for _, one := range all.Messages {
		if one.Name == name {
			return one, true
		}
		if strings.HasSuffix(one.Name, "."+name) {
			ending = append(ending, one)
		}
	}
	// With two that end so, a guess could push the wrong one.
	if len(ending) == 1 {
		return ending[0], true
	}
	return message{}, false
}

// push makes the message of a line. The content is read again each time, because --set changes
// it in place.
func (all catalogue) push(line line) (push, error) {
	one, known := all.message(line.Message)
	if !known {
		return push{}, command.Usagef("the simulator's scenario names the message %s, which it does not list; run an `alipaysim` of this version", line.Message)
	}
	p := push{MsgMethod: one.MsgMethod, NotifyType: one.NotifyType, Params: map[string]string{}}
	maps.Copy(p.Params, one.Params)
	if one.BizContent == nil {
		return p, nil
	}
	content := map[string]any{}
	if err := json.Unmarshal(one.BizContent, &content); err != nil {
		return p, command.Usagef("read the simulator's sample of %s: %w; run an `alipaysim` of this version", one.Name, err)
	}
	maps.Copy(content, line.Fields)
	p.BizContent = content
	return p, nil
}

// List is what trigger prints when it is asked for nothing, for scripts that try every
// message.
type List struct {
	Messages  []Listed `json:"messages"`
	Scenarios []Listed `json:"scenarios"`
}

// list prints the names, cleaned: another program may answer at the simulator's address.
func (all catalogue) list(env *command.Env) error {
	var v List
	for _, one := range all.Messages {
		v.Messages = append(v.Messages, one.Listed)
	}
	for _, story := range all.Scenarios {
		v.Scenarios = append(v.Scenarios, story.Listed)
	}
	return env.Show(v, func(p *command.Page) {
		p.Line("scenarios")
		for _, s := range v.Scenarios {
			p.Line("  %-20s %s", command.Clean(s.Name), command.Clean(s.About))
		}
		p.Line("messages")
		for _, m := range v.Messages {
			p.Line("  %-52s %s", command.Clean(m.Name), command.Clean(m.About))
		}
	})
}
