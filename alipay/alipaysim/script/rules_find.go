package script

import (
	"cmp"
	"time"

	"miniflow/alipay/alipaysim/internal/glob"
	"miniflow/alipay/alipaysim/lifecycle"
)

// defaultRule resembles life: a merchant takes minutes, a build tens of seconds,
// an audit about two working days.
func defaultRule() Rule {
	const day = 24 * time.Hour
	return Rule{
		Merchant:  &MerchantRule{Answer: lifecycle.AnswerAgreed, After: Duration(3 * time.Minute)},
		Authorize: &AuthorizeRule{After: Duration(20 * time.Second)},
		Build:     &BuildRule{After: Duration(40 * time.Second), Result: "ok"},
		Scan:      &ScanRule{After: Duration(time.Minute), Result: "pass"},
		Audits:    []AuditRule{{Result: "pass", After: Duration(2 * day)}},
		Certify: []CertifyStep{
			{Status: lifecycle.CertifyOperator, After: Duration(time.Hour)},
			{Status: lifecycle.CertifyMerchant, After: Duration(time.Hour)},
			{Status: lifecycle.CertifySuccess, After: Duration(day)},
		},
		AutoOnline:   &AutoOnlineRule{After: Duration(time.Minute)},
		Pushes:       &PushRule{byDefault: true},
		Registration: "done",
	}
}

// Find returns the rule for an order or a mini program, complete with defaults: of its
// parts Revoke alone may be nil.
func (r Rules) Find(outOrderNo, miniAppID string) Rule {
	for _, rule := range r.Rules {
		if glob.Match(rule.OutOrderNo, outOrderNo) && glob.Match(rule.MiniAppID, miniAppID) {
			return rule.filled(defaultRule())
		}
	}
	return defaultRule()
}

func (r Rule) filled(from Rule) Rule {
	r.Merchant = part(r.Merchant, from.Merchant, func(own *MerchantRule) *string { return &own.Answer })
	r.Build = part(r.Build, from.Build, func(own *BuildRule) *string { return &own.Result })
	r.Scan = part(r.Scan, from.Scan, func(own *ScanRule) *string { return &own.Result })
	r.Authorize = cmp.Or(r.Authorize, from.Authorize)
	r.AutoOnline = cmp.Or(r.AutoOnline, from.AutoOnline)
	r.Pushes = cmp.Or(r.Pushes, from.Pushes)
	if len(r.Audits) == 0 {
		r.Audits = from.Audits
	}
	if r.Certify == nil {
		r.Certify = from.Certify
	}
	if r.Registration == "" {
		r.Registration = from.Registration
	}
	return r
}

// part fills in the outcome alone: a duration that is left out of a part is zero and
// not the default.
func part[T any](own, from *T, outcome func(*T) *string) *T {
	if own == nil {
		return from
	}
	full := *own // the stored rule stays as it was set
	*outcome(&full) = cmp.Or(*outcome(&full), *outcome(from))
	return &full
}

// Audit returns the rule of the attempt, counted from 1. Past the last rule that one
// repeats, so that a list need not know how many attempts there will be.
func (r Rule) Audit(attempt int) AuditRule {
	rule := r.Audits[min(attempt, len(r.Audits))-1]
	rule.Result = cmp.Or(rule.Result, "pass")
	return rule
}
