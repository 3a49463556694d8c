package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// adoptVersion takes Alipay's truth about the version: from submitting to releasing the
// order's stage mirrors it, no matter who changed it. People work in Alipay's console
// beside Miniflow, and an order that fought them would be wrong.
func (o *orderRun) adoptVersion(ctx workflow.Context, truth activities.VersionAnswer) {
	if audit := o.lastAudit(); audit != nil {
		audit.Unconfirmed = false
	}
	stage, since := o.Stage, o.StageSince
	defer func() {
		if o.sleeps && !o.Stage.Ended() && (o.Stage != stage || o.StageSince != since) {
			o.Visit.Asked = true // Alipay has just said where the version stands
		}
	}()
	switch truth.Status {
	case activities.VersionAuditing:
		o.submitted(ctx, truth)
	case activities.VersionWaitRelease, activities.VersionGray:
		o.judged(ctx, truth, order.VerdictPassed, order.EventAuditPassed)
	case activities.VersionAuditReject:
		o.judged(ctx, truth, order.VerdictRejected, order.EventAuditRejected)
	case activities.VersionBaseAuditPass:
		o.judged(ctx, truth, order.VerdictBasePassed, order.EventBasePassed)
	case activities.VersionRelease:
		o.online(ctx, truth)
	case activities.VersionInit:
		o.backInDevelopment(ctx)
	case activities.VersionOffline, activities.VersionAuditOffline:
		o.Visit.QuestionRefused = true
		o.hold(ctx, order.HoldNeedsOperator, string(truth.Status), words.New("hold.offline"))
	default:
		o.Visit.QuestionRefused = true
		o.hold(ctx, order.HoldNeedsOperator, order.CutText(string(truth.Status), maxStatus),
			words.New("hold.unknown_status"))
	}
}

// maxAudits bounds the attempts that are kept, the oldest of which is forgotten first: each carries
// up to four KiB of reasons.
const maxAudits = 20

// maxStatus bounds a status that no table has, in bytes: it becomes the code of a hold,
// and Alipay may send anything.
const maxStatus = 64

// submitted begins an attempt, no matter who submitted it: the console's audits end in the same
// messages.
func (o *orderRun) submitted(ctx workflow.Context, truth activities.VersionAnswer) {
	if o.Stage == order.StageAuditing {
		return
	}
	if o.move(ctx, order.EventSubmitted, words.New("note.in_audit")) {
		o.beginAttempt(ctx, truth)
	}
}

// beginAttempt puts a new audit on the list, unless a closed run has seen it begin: attempts are
// counted as Alipay's, not as runs.
func (o *orderRun) beginAttempt(ctx workflow.Context, truth activities.VersionAnswer) {
	o.dropRework(ctx, words.New("why.submitted_again"))
	if audit := o.lastAudit(); audit != nil && audit.EndedAt == nil {
		return
	}
	if o.AskFirst == order.StageReleasing { // it was asked of the attempt before
		o.AskFirst = ""
	}
	at := truth.AppliedAt
	if at.IsZero() {
		at = o.now(ctx)
	}
	attempt := 1
	if audit := o.lastAudit(); audit != nil {
		attempt = audit.Attempt + 1
	}
	o.Audits = append(o.Audits, order.Audit{Attempt: attempt, SubmittedAt: at, Reasons: []order.Reason{}})
	if len(o.Audits) > maxAudits {
		o.Audits = o.Audits[1:]
	}
}

// judged records a verdict and moves. A result implies that the submission arrived, so it
// is taken at stages that have not seen that too. A base pass of a version that is being
// released is not news: the decision to go online has been made.
func (o *orderRun) judged(ctx workflow.Context, truth activities.VersionAnswer, verdict order.Verdict, on order.Event) {
	if o.mirrors(verdict) || (o.Stage == order.StageReleasing && verdict == order.VerdictBasePassed) {
		return
	}
	if o.Stage == order.StageAuditing {
		o.learned(ctx, assertion{fact: "audit:" + string(verdict), verdict: verdict})
	}
	if !o.move(ctx, on, words.New("note.audit", verdict)) {
		return
	}
	o.recordVerdict(ctx, truth, verdict)
	o.dropRework(ctx, words.New("why.audit_ended", verdict))
	o.withdrawalLost(ctx)
}

// recordVerdict writes a verdict down at the attempt that it is about. An attempt that
// nobody saw begin is begun here.
func (o *orderRun) recordVerdict(ctx workflow.Context, truth activities.VersionAnswer, verdict order.Verdict) {
	audit := o.lastAudit()
	if audit == nil || audit.EndedAt != nil && (truth.AppliedAt.IsZero() || !truth.AppliedAt.Equal(audit.SubmittedAt)) {
		o.beginAttempt(ctx, truth)
		audit = o.lastAudit()
	}
	if !truth.AppliedAt.IsZero() {
		audit.SubmittedAt = truth.AppliedAt // Alipay's own time, by which its log distinguishes the attempts
	}
	at := truth.EndedAt
	if at.IsZero() {
		at = o.now(ctx)
	}
	audit.EndedAt, audit.Verdict = &at, verdict
	audit.BaseAudit, audit.PromoteAudit = truth.BaseAudit, truth.PromoteAudit
	audit.Reasons, _ = order.CutReasons(truth.Reasons)
	o.noticePictures(ctx)
}

// mirrors reports whether the order stands already where a verdict would put it, since
// Alipay says the same at every question.
func (o *orderRun) mirrors(verdict order.Verdict) bool {
	audit := o.lastAudit()
	if audit == nil || audit.Verdict != verdict {
		return false
	}
	switch verdict {
	case order.VerdictPassed:
		return o.Stage == order.StageReleasing
	case order.VerdictRejected:
		return o.Stage == order.StageAuditRejected
	case order.VerdictBasePassed:
		return o.Stage == order.StageBasePassed || o.Stage == order.StageAuditRejected
	}
	return false
}

// online ends the order. A version that Alipay put online by itself passed its audit on
// the way, although no question was asked in time to see that.
func (o *orderRun) online(ctx workflow.Context, truth activities.VersionAnswer) {
	o.tooLate(ctx)
	o.onlineAt = truth.OnlineAt
	promotable := truth.PromoteAudit != "REJECT"
	if audit := o.lastAudit(); audit != nil && audit.EndedAt != nil {
		promotable = audit.Verdict == order.VerdictPassed
	} else if promotable {
		o.recordVerdict(ctx, truth, order.VerdictPassed)
	} else {
		o.recordVerdict(ctx, truth, order.VerdictBasePassed)
	}
	o.Promotable, o.Limited, o.Withdraw = &promotable, o.Limited || o.Visit.Unfiled, false
	note := words.New("note.online", o.Version.AppVersion)
	if !promotable {
		note = words.New("note.not_promotable", note)
	}
	if o.Limited {
		note = words.New("note.limited", note)
	}
	o.move(ctx, order.EventReleased, note)
}

// tooLate notes that Alipay was faster than the course that was under way: a person who
// cancelled has to know that the version is online all the same.
func (o *orderRun) tooLate(ctx workflow.Context) {
	course := order.CommandCancel
	switch {
	case o.CancelRequested:
	case o.Withdraw:
		course = order.CommandWithdraw
	default:
		return
	}
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedCommand, Note: words.New("note.too_late", course),
	})
}

// backInDevelopment takes note that someone took the version out of the pipeline.
// Submitting it again behind that person's back would be a fight, so an approval is
// asked for.
func (o *orderRun) backInDevelopment(ctx workflow.Context) {
	o.Withdraw = false
	if o.Stage == order.StageSubmitting || o.Stage == order.StageScanning || o.Stage == order.StageBuilding {
		return
	}
	if o.Stage == order.StageAuditRejected && o.Rework != nil { // a person has done in the console what resubmit needed
		o.carryOutResubmit(ctx)
		return
	}
	if audit := o.lastAudit(); audit != nil && audit.EndedAt == nil {
		at := o.now(ctx)
		audit.EndedAt = &at
	}
	if o.move(ctx, order.EventWithdrawn, words.New("note.back")) {
		o.AskFirst = order.StageSubmitting
	}
}

// withdrawalLost takes note that the audit's result came before the withdrawal. A version
// that passed does not go online without an approval; where Alipay does that by itself
// the version is taken back at once.
func (o *orderRun) withdrawalLost(ctx workflow.Context) {
	if !o.Withdraw {
		return
	}
	o.Withdraw = o.Submission.GoesOnlineByItself() && o.Stage != order.StageAuditRejected
	if o.Stage != order.StageAuditRejected {
		o.AskFirst = order.StageReleasing
	}
	o.happened(ctx, order.TimelineItem{Event: order.HappenedCommand, Note: words.New("note.withdrawn_late")})
}

func (o *orderRun) lastAudit() *order.Audit {
	if len(o.Audits) == 0 {
		return nil
	}
	return &o.Audits[len(o.Audits)-1]
}

// saysMore reports whether a message names a version in the way that the hold does not name so: that it was
// rejected is news to whoever waits for it.
func (o *orderRun) saysMore(message words.Text) bool {
	return order.Hold{Message: message}.NamesVersion() && message.String() != o.Hold.Message.String()
}
