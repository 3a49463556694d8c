package script

import (
	"cmp"
	"fmt"
	"slices"

	"miniflow/alipay/alipaysim/internal/glob"
	"miniflow/alipay/alipaysim/lifecycle"
)

// Check names the first bad rule by its place in the list, for the person who wrote the
// list.
func (r Rules) Check() error {
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
		glob.Check("out_order_no", r.OutOrderNo), glob.Check("mini_app_id", r.MiniAppID),
		OneOf("merchant.answer", full.Merchant.Answer, lifecycle.AnswerAgreed, lifecycle.AnswerRejected, lifecycle.AnswerTimeout, lifecycle.AnswerFailed, lifecycle.AnswerNone),
		OneOf("build.result", full.Build.Result, "ok", "fail", "timeout"),
		OneOf("scan.result", full.Scan.Result, "pass", "fail"),
		OneOf("registration", full.Registration, "done", "missing"),
		full.Pushes.check(),
	}
	if r.Revoke != nil {
		checks = append(checks, OneOf("revoke.on", r.Revoke.On,
			"", lifecycle.MomentAuthorized, lifecycle.MomentBuilding, lifecycle.MomentScanning, lifecycle.MomentAuditing, lifecycle.MomentRejected, lifecycle.MomentPassed, lifecycle.MomentOnline))
	}
	for _, audit := range full.Audits {
		checks = append(checks, audit.Check())
	}
	for _, step := range full.Certify {
		checks = append(checks, OneOf("certify.status", string(step.Status),
			string(lifecycle.CertifyOperator), string(lifecycle.CertifyMerchant), string(lifecycle.CertifySuccess), string(lifecycle.CertifyFailed), string(lifecycle.Cancelled)))
	}
	return cmp.Or(checks...)
}

// Check takes an empty result too: in a rule that means pass.
func (a AuditRule) Check() error {
	return cmp.Or(
		OneOf("audits.result", a.Result, "", "pass", "reject", "base_pass", "none"),
		OneOf("audits.base_audit", a.BaseAudit, "", lifecycle.VerdictPass, lifecycle.VerdictReject),
		OneOf("audits.promote_audit", a.PromoteAudit, "", lifecycle.VerdictPass, lifecycle.VerdictReject))
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

// maxDuplicates bounds what one rule can send for one message, since all copies are
// planned in one transaction.
const maxDuplicates = 10_000

// OneOf refuses a value, naming the field and all the values that it may have.
func OneOf(field, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s is %q; use one of %q", field, value, allowed)
}
