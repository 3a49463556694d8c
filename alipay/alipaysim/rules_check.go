package alipaysim

import (
	"cmp"
	"fmt"
	"slices"
)

// check says what is wrong with the first bad rule, by its place in the list.
func (r Rules) check() error {
	for i, rule := range r.Rules {
		if err := rule.check(); err != nil {
			return fmt.Errorf("rules[%d]: %w", i, err)
		}
	}
	return nil
}

func (r Rule) check() error {
	full := r.filled(defaultRule())
	checks := []error{
		checkGlob("out_order_no", r.OutOrderNo), checkGlob("mini_app_id", r.MiniAppID),
		oneOf("merchant.answer", full.Merchant.Answer, answerAgreed, answerRejected, answerTimeout, answerFailed, answerNone),
		oneOf("build.result", full.Build.Result, "ok", "fail", "timeout"),
		oneOf("scan.result", full.Scan.Result, "pass", "fail"),
		oneOf("registration", full.Registration, "done", "missing"),
		full.Pushes.check(),
	}
	if r.Revoke != nil {
		checks = append(checks, oneOf("revoke.on", r.Revoke.On,
			"", momentAuthorized, momentBuilding, momentScanning, momentAuditing, momentRejected, momentPassed, momentOnline))
	}
	for _, audit := range full.Audits {
		checks = append(checks, audit.check())
	}
	for _, step := range full.Certify {
		checks = append(checks, oneOf("certify.status", string(step.Status),
			string(CertifyOperator), string(CertifyMerchant), string(CertifySuccess), string(CertifyFailed), string(Cancelled)))
	}
	return cmp.Or(checks...)
}

func (a AuditRule) check() error {
	return cmp.Or(
		oneOf("audits.result", a.Result, "", "pass", "reject", "base_pass", "none"),
		oneOf("audits.base_audit", a.BaseAudit, "", auditPass, auditReject),
		oneOf("audits.promote_audit", a.PromoteAudit, "", auditPass, auditReject))
}

func (p PushRule) check() error {
	if p.Drop < 0 || p.Drop > 1 {
		return fmt.Errorf("pushes.drop is %g; it is a chance from 0 to 1", p.Drop)
	}
	if p.Duplicate < 0 || p.Duplicate > maxDuplicates {
		return fmt.Errorf("pushes.duplicate is %d; use 0 to %d more copies", p.Duplicate, maxDuplicates)
	}
	return nil
}

// maxDuplicates bounds what one rule can send for one message.
const maxDuplicates = 10_000

func oneOf(field, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s is %q; use one of %q", field, value, allowed)
}
