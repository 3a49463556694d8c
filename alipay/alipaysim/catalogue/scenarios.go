package catalogue

import (
	"slices"
	"time"

	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/script"
)

// Scenario has messages for an order that is there already and a rule for orders that are
// yet to be made: what has been decided for an order no rule changes.
type Scenario struct {
	Name      string       `json:"name"`
	About     string       `json:"about"`
	Messages  []Line       `json:"messages"`
	Rule      *script.Rule `json:"rule,omitempty"`
	Duplicate int          `json:"duplicate,omitempty"` // copies of each message beside itself
	Shuffle   bool         `json:"shuffle,omitempty"`
}

// Line holds only the fields that differ from the sample, so that a sample is corrected
// in one place.
type Line struct {
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"`
}

// Scenarios are the ways that an order can go, made afresh: a caller may change what
// it gets.
func Scenarios() []Scenario {
	return []Scenario{
		{Name: "pass", About: "the merchant agrees, the first submission passes", Messages: agreed(passes), Rule: audits("pass")},
		{Name: "reject-then-pass", About: "rejected once, then passed", Messages: agreed(rejects, passes), Rule: audits("reject", "pass")},
		{Name: "base-pass", About: "admitted, not promotable (不可营销)", Messages: agreed(basePasses), Rule: audits("base_pass")},
		{Name: "revoke-and-return", About: "the merchant revokes during the audit and authorises again",
			Messages: agreed(revokes, authorizes, passes), Rule: revokedDuringAudit()},
		{Name: "merchant-rejects", About: "the merchant declines", Messages: []Line{withoutApp("REJECTED")}, Rule: answers("REJECTED", 3)},
		{Name: "times-out", About: "the merchant never answers", Messages: []Line{withoutApp("TIMEOUT")}, Rule: answers("TIMEOUT", 20)},
		{Name: "trial-certified", About: "a trial mini program becomes a formal one", Messages: certified(), Rule: certifiedFirst()},
		{Name: "duplicate-storm", About: "every message nine times", Messages: agreed(passes), Duplicate: 8, Rule: weather(script.PushRule{Duplicate: 8})},
		{Name: "shuffle", About: "all messages in any order", Messages: agreed(rejects, passes), Shuffle: true, Rule: weather(script.PushRule{Shuffle: minutes(5)})},
		{Name: "late-after-end", About: "messages about an order that has ended", Messages: append(agreed(passes), status(lifecycle.MessageConfirmed, "AGREED"), rejects)},
		{Name: "lost-pushes", About: "no message arrives at all; polls have to do", Messages: []Line{}, Rule: weather(script.PushRule{Off: true})},
	}
}

// ScenarioRule is the rule that acts a scenario out for the orders whose out_order_no
// matches; nil where messages alone can do it, such as those about an order that has
// ended. It reports whether there is such a scenario.
func ScenarioRule(name, orders string) (rule *script.Rule, known bool) {
	all := Scenarios()
	i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })
	if i < 0 {
		return nil, false
	}
	if rule = all[i].Rule; rule != nil {
		rule.OutOrderNo = orders
	}
	return rule, true
}

var (
	passes     = Line{Message: lifecycle.MessagePassed}
	rejects    = Line{Message: lifecycle.MessageRejected}
	basePasses = Line{Message: lifecycle.MessageBasePassed}
	revokes    = Line{Message: lifecycle.MessageRevoked}
	authorizes = Line{Message: lifecycle.MessageAuthorized}
)

func status(message, status string) Line {
	return Line{message, map[string]string{"status": status}}
}

// withoutApp is an answer from before the mini program exists, which therefore names none.
func withoutApp(status string) Line {
	return Line{lifecycle.MessageConfirmed, map[string]string{"status": status, "min_app_id": ""}}
}

// agreed ends with the authorisation: without its token no later call could be made.
func agreed(more ...Line) []Line {
	return append([]Line{withoutApp("PROCESS"), status(lifecycle.MessageConfirmed, "AGREED"), authorizes}, more...)
}

// certified has the audit last, because a trial's submission may be refused until then.
func certified() []Line {
	return []Line{
		{lifecycle.MessageFastRegister, map[string]string{"status": "WAIT_CONFIRM", "merchant_app_id": ""}},
		status(lifecycle.MessageFastRegister, "CREATE_MINI_APP_SUCCESS"), authorizes, status(lifecycle.MessageFastRegister, "CERTIFY_OPERATOR"),
		status(lifecycle.MessageFastRegister, "CERTIFY_MERCHANT"), status(lifecycle.MessageFastRegister, "CERTIFY_SUCCESS"), passes,
	}
}

func certifiedFirst() *script.Rule {
	return &script.Rule{AuditNeedsCertification: true, Certify: []script.CertifyStep{
		{Status: lifecycle.CertifyOperator, After: minutes(3)}, {Status: lifecycle.CertifyMerchant, After: minutes(3)}, {Status: lifecycle.CertifySuccess, After: minutes(3)},
	}}
}

func audits(results ...string) *script.Rule {
	rule := &script.Rule{}
	for _, result := range results {
		audit := script.AuditRule{Result: result, After: minutes(10)}
		if result != "pass" {
			audit.Reasons = []script.Reason{{Memo: "小程序简介与实际服务不符"}}
		}
		rule.Audits = append(rule.Audits, audit)
	}
	return rule
}

func revokedDuringAudit() *script.Rule {
	rule := audits("pass")
	rule.Revoke = &script.RevokeRule{On: "auditing", After: minutes(3), ReauthorizeAfter: minutes(10)}
	return rule
}

func answers(answer string, after float64) *script.Rule {
	return &script.Rule{Merchant: &script.MerchantRule{Answer: answer, After: minutes(after)}}
}

func weather(pushes script.PushRule) *script.Rule {
	rule := audits("pass")
	rule.Pushes = &pushes
	return rule
}

func minutes(n float64) script.Duration { return script.Duration(n * float64(time.Minute)) }
