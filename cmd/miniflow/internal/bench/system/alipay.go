package system

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Rule is what merchants and reviewers of the simulated Alipay do about the orders whose numbers
// match, in life's own times, which the simulator divides by its speed.
type Rule struct {
	Orders    string    `json:"out_order_no"`
	Answer    *Merchant `json:"merchant,omitempty"`
	Authorize *Step     `json:"authorize,omitempty"`
	Build     *Step     `json:"build,omitempty"`
	Scan      *Step     `json:"scan,omitempty"`
	Audits    []Step    `json:"audits,omitempty"`
}

// Merchant is the merchant's answer, and when it comes. With "none" it never does.
type Merchant struct {
	Answer string `json:"answer"`
	After  string `json:"after"`
}

// Step is how something ends, and when.
type Step struct {
	Result string `json:"result,omitempty"`
	After  string `json:"after"`
}

// Happy is the rule of a happy order: the merchant agrees after eight minutes, the audit passes
// after twelve.
func Happy(orders string) Rule {
	return Rule{Orders: orders, Answer: &Merchant{"AGREED", "8m"}, Audits: []Step{{"pass", "12m"}}}
}

// Silent is the rule of an order whose merchant does not answer.
func Silent(orders string) Rule { return Rule{Orders: orders, Answer: &Merchant{"none", "0s"}} }

// Quick is the rule of an order whose merchant answers when told to, and whose version then is in
// audit as soon as Miniflow has asked for everything.
func Quick(orders string) Rule {
	rule := Silent(orders)
	rule.Authorize, rule.Build, rule.Scan = &Step{After: "0s"}, &Step{"ok", "0s"}, &Step{"pass", "0s"}
	rule.Audits = []Step{{"none", "0s"}}
	return rule
}

// UseRules puts rules in front of those that are in force, and returns what puts the old ones
// back.
func (s *System) UseRules(ctx context.Context, rules ...Rule) (restore func(context.Context) error, err error) {
	const path = "/sim/v1/rules"
	var before struct {
		Rules []json.RawMessage `json:"rules"`
	}
	old, err := s.simulator.Call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(old, &before); err != nil {
		return nil, err
	}
	all := make([]any, 0, len(rules)+len(before.Rules))
	for _, rule := range rules {
		all = append(all, rule)
	}
	for _, rule := range before.Rules {
		all = append(all, rule)
	}
	if _, err := s.simulator.Call(ctx, http.MethodPut, path, map[string]any{"rules": all}); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		// The simulator refuses null as a list; a rule set that was empty is put back as [].
		if before.Rules == nil {
			before.Rules = []json.RawMessage{}
		}
		_, err := s.simulator.Call(ctx, http.MethodPut, path, map[string]any{"rules": before.Rules})
		return err
	}, nil
}

// Answer has the merchant answer an order that waits for it.
func (s *System) Answer(ctx context.Context, orderNo, status string) error {
	_, err := s.simulator.Call(ctx, http.MethodPost, "/sim/v1/orders/"+url.PathEscape(orderNo)+"/answer", map[string]string{"status": status})
	return err
}

// Calls returns the calls that have reached Alipay after the one with this number, by their
// methods, and the number of the last one.
func (s *System) Calls(ctx context.Context, after uint64) (byMethod map[string]int, last uint64, err error) {
	var made struct {
		Calls []struct {
			Seq    uint64 `json:"seq"`
			Method string `json:"method"`
		} `json:"calls"`
	}
	// Not through the simulator's API like the rest, which bounds an answer: many orders make more
	// calls than that.
	_, text, err := s.do(ctx, http.MethodGet, s.Simulator+"/sim/v1/calls?after="+strconv.FormatUint(after, 10), "", "", nil)
	if err != nil {
		return nil, 0, err
	}
	if err := json.Unmarshal(text, &made); err != nil {
		return nil, 0, fmt.Errorf("read the calls that have reached the simulator: %w", err)
	}
	byMethod, last = map[string]int{}, after
	for _, call := range made.Calls {
		byMethod[call.Method]++
		last = max(last, call.Seq)
	}
	return byMethod, last, nil
}
