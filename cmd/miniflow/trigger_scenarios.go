package main

import (
	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
)

// scenario is a story in messages and, where merchants and reviewers can act it
// out, a rule for orders that are yet to be made.
type scenario struct {
	name, about string
	messages    []line
	rule        *alipaysim.Rule
	duplicate   int  // copies of each message
	shuffle     bool // in any order
}

// line is one message of a scenario, with what differs from its sample.
type line struct {
	message string
	changes map[string]any
}

func status(message, status string) line {
	return line{message, map[string]any{"status": status}}
}

// agreed is how every formal order that gets anywhere begins.
func agreed(more ...line) []line {
	return append([]line{
		{alipay.MessageMerchantConfirmed, map[string]any{"status": "PROCESS", "min_app_id": ""}},
		status(alipay.MessageMerchantConfirmed, "AGREED"), {message: alipay.MessageOpenAppAuth},
	}, more...)
}

// Messages that need no change.
var (
	passed     = line{message: alipay.MessageVersionAuditPassed}
	rejected   = line{message: alipay.MessageVersionAuditRejected}
	basePassed = line{message: alipay.MessageVersionBaseAuditPassed}
	revoked    = line{message: alipay.MessageAppAuthCancelled}
	authorised = line{message: alipay.MessageOpenAppAuth}
)

func audits(results ...string) *alipaysim.Rule {
	rule := &alipaysim.Rule{}
	for _, result := range results {
		audit := alipaysim.AuditRule{Result: result, After: minutes(10)}
		if result != "pass" {
			audit.Reasons = []alipaysim.Reason{{Memo: "小程序简介与实际服务不符"}}
		}
		rule.Audits = append(rule.Audits, audit)
	}
	return rule
}

func answers(answer string, after float64) *alipaysim.Rule {
	return &alipaysim.Rule{Merchant: &alipaysim.MerchantRule{Answer: answer, After: minutes(after)}}
}

func weather(pushes alipaysim.PushRule) *alipaysim.Rule {
	rule := audits("pass")
	rule.Pushes = &pushes
	return rule
}

// scenarios are the ways an order can go.
func scenarios() []scenario {
	return []scenario{
		{name: "pass", about: "the merchant agrees, the first submission passes", messages: agreed(passed), rule: audits("pass")},
		{name: "reject-then-pass", about: "rejected once, then passed", messages: agreed(rejected, passed), rule: audits("reject", "pass")},
		{name: "base-pass", about: "admitted, not promotable (不可营销)", messages: agreed(basePassed), rule: audits("base_pass")},
		{name: "revoke-and-return", about: "the merchant revokes during the audit and authorises again", messages: agreed(revoked, authorised, passed),
			rule: &alipaysim.Rule{Audits: audits("pass").Audits, Revoke: &alipaysim.RevokeRule{On: "auditing", After: minutes(3), ReauthorizeAfter: minutes(10)}}},
		{name: "merchant-rejects", about: "the merchant declines", rule: answers("REJECTED", 3),
			messages: []line{{alipay.MessageMerchantConfirmed, map[string]any{"status": "REJECTED", "min_app_id": ""}}}},
		{name: "times-out", about: "the merchant never answers", rule: answers("TIMEOUT", 20),
			messages: []line{{alipay.MessageMerchantConfirmed, map[string]any{"status": "TIMEOUT", "min_app_id": ""}}}},
		{name: "trial-certified", about: "a trial mini program becomes a formal one", rule: &alipaysim.Rule{AuditNeedsCertification: true, Certify: []alipaysim.CertifyStep{
			{Status: alipaysim.CertifyOperator, After: minutes(3)}, {Status: alipaysim.CertifyMerchant, After: minutes(3)}, {Status: alipaysim.CertifySuccess, After: minutes(3)}}},
			messages: []line{{alipay.MessageFastRegisterChanged, map[string]any{"status": "WAIT_CONFIRM", "merchant_app_id": ""}},
				status(alipay.MessageFastRegisterChanged, "CREATE_MINI_APP_SUCCESS"), authorised, status(alipay.MessageFastRegisterChanged, "CERTIFY_OPERATOR"),
				status(alipay.MessageFastRegisterChanged, "CERTIFY_MERCHANT"), status(alipay.MessageFastRegisterChanged, "CERTIFY_SUCCESS"), passed}},
		{name: "duplicate-storm", about: "every message nine times", messages: agreed(passed), duplicate: 8, rule: weather(alipaysim.PushRule{Duplicate: 8})},
		{name: "shuffle", about: "all messages in any order", messages: agreed(rejected, passed), shuffle: true, rule: weather(alipaysim.PushRule{Shuffle: minutes(5)})},
		{name: "late-after-end", about: "messages about an order that has ended", messages: append(agreed(passed), status(alipay.MessageMerchantConfirmed, "AGREED"), rejected)},
		{name: "lost-pushes", about: "no message arrives at all; polls have to do", rule: weather(alipaysim.PushRule{Off: true})},
	}
}

func scenarioNamed(name string) (scenario, bool) {
	for _, s := range scenarios() {
		if s.name == name {
			return s, true
		}
	}
	return scenario{}, false
}

func minutes(n float64) alipaysim.Duration { return alipaysim.Duration(n * 60e9) }
