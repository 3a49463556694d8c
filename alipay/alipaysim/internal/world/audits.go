package world

import (
	"cmp"
	"strings"

	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/script"
	"miniflow/alipay/alipaysim/wire"
)

// defaultReason is what a reviewer says when the rule names no reasons: a rejection
// always has one.
func defaultReason() []script.Reason {
	return []script.Reason{{Memo: "小程序内容与所选类目不符，请补充相关资质后重新提交。", Images: []string{wire.FilesURL + "reject.png"}}}
}

// BeginAudit opens an attempt of a version that has just been submitted and plans its
// verdict. The rule is looked up now, so rules that are replaced meanwhile don't change
// it.
func (t *Tx) BeginAudit(version *Version, mini *Mini, audit Audit) {
	version.Attempts++
	mini.Attempts++
	audit.AppliedAt = t.Now
	version.Audit = &audit
	t.Save(version)
	t.Save(mini)
	rule := t.Rules().Find(mini.OutOrderNo, mini.MiniAppID).Audit(mini.Attempts)
	if rule.Result != "none" {
		what := version.task(deedAudit, "")
		what.Rule = &rule
		t.plan(rule.After, what)
	}
	t.atMoment(mini, lifecycle.MomentAuditing)
}

// auditEnds is the planned verdict of one attempt; when that attempt was taken
// back, nothing happens.
func (t *Tx) auditEnds(what Task) {
	version, mini, ok := t.versionOf(what)
	if ok && version.Attempts == what.Attempt && what.Rule != nil {
		t.Decide(version, mini, *what.Rule)
	}
}

// Decide ends the running audit of a version with a verdict and pushes it. It reports
// false, and does nothing, when no audit is running: a reviewer can't decide about a
// version that was taken back.
func (t *Tx) Decide(version *Version, mini *Mini, rule script.AuditRule) bool {
	if version.Audit == nil {
		return false
	}
	by := map[string]lifecycle.Step{"pass": lifecycle.StepPass, "base_pass": lifecycle.StepBasePass, "reject": lifecycle.StepReject}[rule.Result]
	if by == lifecycle.StepBasePass && !version.Audit.Split {
		by = lifecycle.StepReject // without the split one rejection rejects all
	}
	if !version.Step(by) {
		return false
	}
	version.Audit.end(by, rule)
	version.Audit.EndedAt = t.Now
	t.Save(version)
	t.pushVerdict(version, mini, by)
	if version.Phase == lifecycle.WaitRelease && version.Audit.AutoOnline {
		t.plan(t.Rules().Find(mini.OutOrderNo, mini.MiniAppID).AutoOnline.After, version.task(deedOnline, ""))
	}
	moment := lifecycle.MomentPassed
	if by == lifecycle.StepReject {
		moment = lifecycle.MomentRejected
	}
	t.atMoment(mini, moment)
	return true
}

// end writes the verdict into the attempt. The two halves exist only in a split
// audit.
func (a *Audit) end(by lifecycle.Step, rule script.AuditRule) {
	reasons := rule.Reasons
	if len(reasons) == 0 && by != lifecycle.StepPass {
		reasons = defaultReason()
	}
	if by != lifecycle.StepPass {
		a.Reason = flatReason(reasons)
	}
	if !a.Split {
		return
	}
	switch by {
	case lifecycle.StepPass:
		a.Base, a.Promote = lifecycle.VerdictPass, lifecycle.VerdictPass
	case lifecycle.StepBasePass:
		a.Base, a.Promote, a.PromoteReason = lifecycle.VerdictPass, lifecycle.VerdictReject, reasons
	default:
		a.Base, a.Promote = cmp.Or(rule.BaseAudit, lifecycle.VerdictReject), cmp.Or(rule.PromoteAudit, lifecycle.VerdictReject)
		if a.Base == lifecycle.VerdictReject {
			a.BaseReason = reasons
		}
		if a.Promote == lifecycle.VerdictReject {
			a.PromoteReason = reasons
		}
	}
}

// pushVerdict names the version, except where a rule wants a pass bare: a published
// sample of it names the mini program alone.
func (t *Tx) pushVerdict(version *Version, mini *Mini, by lifecycle.Step) {
	content := wire.Object{{"mini_app_id", version.MiniAppID}}
	place := wire.Object{{"bundle_id", version.BundleID}, {"mini_app_version", version.AppVersion}}
	name := lifecycle.MessagePassed
	switch by {
	case lifecycle.StepPass:
		if !t.Rules().Find(mini.OutOrderNo, mini.MiniAppID).Pushes.Bare {
			content = append(content, place...)
		}
	case lifecycle.StepBasePass:
		name, content = lifecycle.MessageBasePassed, append(content, append(place, version.Audit.verdict()...)...)
	default:
		name, content = lifecycle.MessageRejected, append(content, append(place, version.Audit.verdict()...)...)
	}
	t.Push(Push{Name: name, App: mini.AppID, OutOrderNo: mini.OutOrderNo, MiniAppID: mini.MiniAppID,
		Optional: map[string]string{"msg_type": "app", "msg_app_id": mini.MiniAppID}, Content: content})
}

// verdict is the part of a message that says why. Without the split there is one text
// and no halves.
func (a *Audit) verdict() wire.Object {
	fields := wire.Object{{"audit_reason", a.Reason}}
	if !a.Split {
		return fields
	}
	return append(fields, wire.Member{"base_audit", a.Base}, wire.Member{"promote_audit", a.Promote},
		wire.Member{"base_audit_reason", ReasonObject(a.BaseReason)}, wire.Member{"promote_audit_reason", ReasonObject(a.PromoteReason)})
}

// ReasonObject is the platform's shape of reasons: the images of all remarks, and again
// each remark with its own.
func ReasonObject(reasons []script.Reason) wire.Object {
	images, memos := []string{}, []wire.Object{}
	for _, reason := range reasons {
		images = append(images, reason.Images...)
		own := append([]string{}, reason.Images...)
		memos = append(memos, wire.Object{{"memo", reason.Memo}, {"memo_image_list", own}})
	}
	return wire.Object{{"audit_images", images}, {"memos", memos}}
}

// flatReason is audit_reason, which is one text however many remarks a reviewer makes.
func flatReason(reasons []script.Reason) string {
	memos := make([]string, 0, len(reasons))
	for _, reason := range reasons {
		memos = append(memos, reason.Memo)
	}
	return strings.Join(memos, "；")
}
