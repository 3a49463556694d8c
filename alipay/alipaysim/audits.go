package alipaysim

import (
	"cmp"
	"strings"
)

// defaultReason is what a reviewer says when the rule names no reasons.
func defaultReason() []Reason {
	return []Reason{{Memo: "小程序内容与所选类目不符，请补充相关资质后重新提交。", Images: []string{sampleFiles + "reject.png"}}}
}

// beginAudit opens an attempt of a version that has just been submitted and
// plans its verdict.
func (t *tx) beginAudit(version *versionRecord, mini *miniRecord, audit auditRecord) {
	version.Attempts++
	mini.Attempts++
	audit.AppliedAt = t.Now
	version.Audit = &audit
	t.save(version)
	t.save(mini)
	rule := t.rules().find(mini.OutOrderNo, mini.MiniAppID).audit(mini.Attempts)
	if rule.Result != "none" {
		what := version.task(deedAudit, "")
		what.Rule = &rule
		t.plan(rule.After, what)
	}
	t.atMoment(mini, momentAuditing)
}

// auditEnds is the planned verdict of one attempt; when that attempt was taken
// back, it is nobody's any more.
func (t *tx) auditEnds(what task) {
	version, mini, ok := t.versionOf(what)
	if ok && version.Attempts == what.Attempt && what.Rule != nil {
		t.decide(version, mini, *what.Rule)
	}
}

// decide ends the running audit of a version with a verdict and tells it. It
// reports false, and does nothing, when no audit is running.
func (t *tx) decide(version *versionRecord, mini *miniRecord, rule AuditRule) bool {
	if version.Audit == nil {
		return false
	}
	by := map[string]step{"pass": stepPass, "base_pass": stepBasePass, "reject": stepReject}[rule.Result]
	if by == stepBasePass && !version.Audit.Split {
		by = stepReject // without the split one rejection rejects all
	}
	if !version.step(by) {
		return false
	}
	version.Audit.end(by, rule)
	version.Audit.EndedAt = t.Now
	t.save(version)
	t.pushVerdict(version, mini, by)
	if version.Phase == WaitRelease && version.Audit.AutoOnline {
		t.plan(t.rules().find(mini.OutOrderNo, mini.MiniAppID).AutoOnline.After, version.task(deedOnline, ""))
	}
	moment := momentPassed
	if by == stepReject {
		moment = momentRejected
	}
	t.atMoment(mini, moment)
	return true
}

// end writes the verdict into the attempt. The two halves exist only in a split
// audit.
func (a *auditRecord) end(by step, rule AuditRule) {
	reasons := rule.Reasons
	if len(reasons) == 0 && by != stepPass {
		reasons = defaultReason()
	}
	if by != stepPass {
		a.Reason = flatReason(reasons)
	}
	if !a.Split {
		return
	}
	switch by {
	case stepPass:
		a.Base, a.Promote = auditPass, auditPass
	case stepBasePass:
		a.Base, a.Promote, a.PromoteReason = auditPass, auditReject, reasons
	default:
		a.Base, a.Promote = cmp.Or(rule.BaseAudit, auditReject), cmp.Or(rule.PromoteAudit, auditReject)
		if a.Base == auditReject {
			a.BaseReason = reasons
		}
		if a.Promote == auditReject {
			a.PromoteReason = reasons
		}
	}
}

// pushVerdict tells the result of an audit.
func (t *tx) pushVerdict(version *versionRecord, mini *miniRecord, by step) {
	content := pairs{{"mini_app_id", version.MiniAppID}}
	place := pairs{{"bundle_id", version.BundleID}, {"mini_app_version", version.AppVersion}}
	name := messagePassed
	switch by {
	case stepPass:
		if !t.rules().find(mini.OutOrderNo, mini.MiniAppID).Pushes.Bare {
			content = append(content, place...)
		}
	case stepBasePass:
		name, content = messageBasePassed, append(content, append(place, version.Audit.verdict()...)...)
	default:
		name, content = messageRejected, append(content, append(place, version.Audit.verdict()...)...)
	}
	t.push(message{Name: name, App: mini.AppID, OutOrderNo: mini.OutOrderNo, MiniAppID: mini.MiniAppID,
		Optional: map[string]string{"msg_type": "app", "msg_app_id": mini.MiniAppID}, Content: content})
}

// verdict is the part of a message that says why.
func (a *auditRecord) verdict() pairs {
	fields := pairs{{"audit_reason", a.Reason}}
	if !a.Split {
		return fields
	}
	return append(fields, pair{"base_audit", a.Base}, pair{"promote_audit", a.Promote},
		pair{"base_audit_reason", reasonObject(a.BaseReason)}, pair{"promote_audit_reason", reasonObject(a.PromoteReason)})
}

// reasonObject is the wire shape of reasons: the images of all remarks, and each
// remark with its own.
func reasonObject(reasons []Reason) pairs {
	images, memos := []string{}, []pairs{}
	for _, reason := range reasons {
		images = append(images, reason.Images...)
		own := append([]string{}, reason.Images...)
		memos = append(memos, pairs{{"memo", reason.Memo}, {"memo_image_list", own}})
	}
	return pairs{{"audit_images", images}, {"memos", memos}}
}

// flatReason is the reasons as one text.
func flatReason(reasons []Reason) string {
	memos := make([]string, 0, len(reasons))
	for _, reason := range reasons {
		memos = append(memos, reason.Memo)
	}
	return strings.Join(memos, "；")
}
