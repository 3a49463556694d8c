package alipaysim

import (
	"slices"
	"time"
)

// scenario is a way that an order can go: messages that can be pushed one after the
// other and, where merchants and reviewers can act it out, a rule for orders that
// are yet to be made.
type scenario struct {
	Name      string `json:"name"`
	About     string `json:"about"`
	Messages  []line `json:"messages"`
	Rule      *Rule  `json:"rule,omitempty"`
	Duplicate int    `json:"duplicate,omitempty"` // copies of each message
	Shuffle   bool   `json:"shuffle,omitempty"`   // in any order
}

// line is one message of a scenario, with the fields in which it differs from the
// message's sample.
type line struct {
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields,omitempty"`
}

// scenarios are the ways that an order can go, made afresh: a caller may change what
// it gets.
func scenarios() []scenario {
	return []scenario{
		{Name: "pass", About: "the merchant agrees, the first submission passes", Messages: agreed(passes), Rule: audits("pass")},
		{Name: "reject-then-pass", About: "rejected once, then passed", Messages: agreed(rejects, passes), Rule: audits("reject", "pass")},
		{Name: "base-pass", About: "admitted, not promotable (不可营销)", Messages: agreed(basePasses), Rule: audits("base_pass")},
		{Name: "revoke-and-return", About: "the merchant revokes during the audit and authorises again",
			Messages: agreed(revokes, authorizes, passes), Rule: revokedDuringAudit()},
		{Name: "merchant-rejects", About: "the merchant declines", Messages: []line{withoutApp("REJECTED")}, Rule: answers("REJECTED", 3)},
		{Name: "times-out", About: "the merchant never answers", Messages: []line{withoutApp("TIMEOUT")}, Rule: answers("TIMEOUT", 20)},
		{Name: "trial-certified", About: "a trial mini program becomes a formal one", Messages: certified(), Rule: certifiedFirst()},
		{Name: "duplicate-storm", About: "every message nine times", Messages: agreed(passes), Duplicate: 8, Rule: weather(PushRule{Duplicate: 8})},
		{Name: "shuffle", About: "all messages in any order", Messages: agreed(rejects, passes), Shuffle: true, Rule: weather(PushRule{Shuffle: minutes(5)})},
		{Name: "late-after-end", About: "messages about an order that has ended", Messages: append(agreed(passes), status(messageConfirmed, "AGREED"), rejects)},
		{Name: "lost-pushes", About: "no message arrives at all; polls have to do", Messages: []line{}, Rule: weather(PushRule{Off: true})},
	}
}

// scenarioRule is the rule that acts a scenario out for the orders whose out_order_no
// matches; nil where there is none. It reports whether there is such a scenario.
func scenarioRule(name, orders string) (rule *Rule, known bool) {
	all := scenarios()
	i := slices.IndexFunc(all, func(s scenario) bool { return s.Name == name })
	if i < 0 {
		return nil, false
	}
	if rule = all[i].Rule; rule != nil {
		rule.OutOrderNo = orders
	}
	return rule, true
}

// Messages that need no change.
var (
	passes     = line{Message: messagePassed}
	rejects    = line{Message: messageRejected}
	basePasses = line{Message: messageBasePassed}
	revokes    = line{Message: messageRevoked}
	authorizes = line{Message: messageAuthorized}
)

func status(message, status string) line {
	return line{message, map[string]string{"status": status}}
}

// withoutApp is an answer while there is no mini program to name.
func withoutApp(status string) line {
	return line{messageConfirmed, map[string]string{"status": status, "min_app_id": ""}}
}

// agreed is how every formal order that gets anywhere begins.
func agreed(more ...line) []line {
	return append([]line{withoutApp("PROCESS"), status(messageConfirmed, "AGREED"), authorizes}, more...)
}

// certified is a trial mini program on its way to a formal one.
func certified() []line {
	return []line{
		{messageFastRegister, map[string]string{"status": "WAIT_CONFIRM", "merchant_app_id": ""}},
		status(messageFastRegister, "CREATE_MINI_APP_SUCCESS"), authorizes, status(messageFastRegister, "CERTIFY_OPERATOR"),
		status(messageFastRegister, "CERTIFY_MERCHANT"), status(messageFastRegister, "CERTIFY_SUCCESS"), passes,
	}
}

func certifiedFirst() *Rule {
	return &Rule{AuditNeedsCertification: true, Certify: []CertifyStep{
		{Status: CertifyOperator, After: minutes(3)}, {Status: CertifyMerchant, After: minutes(3)}, {Status: CertifySuccess, After: minutes(3)},
	}}
}

func audits(results ...string) *Rule {
	rule := &Rule{}
	for _, result := range results {
		audit := AuditRule{Result: result, After: minutes(10)}
		if result != "pass" {
			audit.Reasons = []Reason{{Memo: "小程序简介与实际服务不符"}}
		}
		rule.Audits = append(rule.Audits, audit)
	}
	return rule
}

func revokedDuringAudit() *Rule {
	rule := audits("pass")
	rule.Revoke = &RevokeRule{On: "auditing", After: minutes(3), ReauthorizeAfter: minutes(10)}
	return rule
}

func answers(answer string, after float64) *Rule {
	return &Rule{Merchant: &MerchantRule{Answer: answer, After: minutes(after)}}
}

func weather(pushes PushRule) *Rule {
	rule := audits("pass")
	rule.Pushes = &pushes
	return rule
}

func minutes(n float64) Duration { return Duration(n * float64(time.Minute)) }
