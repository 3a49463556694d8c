package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// assertion is what a message says, in the words of Alipay's queries, so that the two can be
// compared.
type assertion struct {
	// fact names it, so that the same fact under another id is known; empty asserts nothing.
	fact          string
	merchant      order.MerchantStatus
	certification order.Certification
	verdict       order.Verdict
}

// assertionOf reads what a message asserts. Waits assert nothing: the order waits anyway.
func assertionOf(n order.Notification) assertion {
	switch {
	case n.Evidence.Verdict != "":
		return assertion{fact: "audit:" + string(n.Evidence.Verdict), verdict: n.Evidence.Verdict}
	case n.Evidence.MerchantStatus != "":
		status := order.ReadConfirmation(n.Evidence.MerchantStatus)
		if status == order.MerchantWaiting || status == order.MerchantAgreed && n.MiniAppID == "" {
			return assertion{} // an agreement without an id is a wait: there is nothing to go on with
		}
		return assertion{fact: "merchant:" + string(status), merchant: status}
	case n.Evidence.RegisterStatus != "":
		status, certification := order.ReadRegistration(n.Evidence.RegisterStatus)
		switch {
		case certification != order.CertificationNone:
			return assertion{fact: "certification:" + string(certification), certification: certification}
		case status == order.MerchantWaiting, status == order.MerchantAgreed && n.MiniAppID == "":
			return assertion{}
		}
		return assertion{fact: "merchant:" + string(status), merchant: status}
	}
	return assertion{}
}

// agrees reports whether what the order knows agrees with an assertion. What it knows is
// what Alipay's queries have said.
func (o *orderRun) agrees(asserted assertion) bool {
	switch {
	case asserted.merchant != "":
		return o.Merchant == asserted.merchant
	case asserted.certification != "":
		return o.Certification == asserted.certification
	case asserted.verdict != "":
		audit := o.lastAudit()
		return audit != nil && audit.Verdict == asserted.verdict
	}
	return false
}

// isOtherVersion reports whether a message names a version that is not this order's. One
// that names none is about the version in Alipay's pipeline, which is this one.
func (o *orderRun) isOtherVersion(n order.Notification) bool {
	return (n.AppVersion != "" && n.AppVersion != o.Version.AppVersion) ||
		(n.BundleID != "" && n.BundleID != o.Version.Bundle())
}

// wantsOrderNo reports whether a message that names this order may give it its order_no:
// where it has none, and where Alipay does not know the one that was handed in.
func (o *orderRun) wantsOrderNo(n order.Notification) bool {
	switch o.Stage {
	case order.StageCreating:
		return o.OrderNo == ""
	case order.StageAwaitingMerchant:
		known := o.Pauses.of(activities.AwaitMerchant.Name)
		return n.OutOrderNo == o.input.Request.OutOrderNo && known != nil && known.Ask
	default:
		return false
	}
}

// isNextVersion reports whether a message names a version of the system that acts while the app is
// observed, which the order is to follow from now on. Alipay is asked whether it is so.
func (o *orderRun) isNextVersion(n order.Notification) bool {
	next := n.AppVersion != "" && (!o.Uploaded || activities.Higher(n.AppVersion, o.Version.AppVersion))
	return o.Observed && o.Stage.NeedsAuthorization() && next && (n.BundleID == "" || n.BundleID == o.Version.Bundle())
}

// maxApplied bounds the facts that are remembered; an order has a few dozen.
const maxApplied = 100

// maxAssertionBytes bounds the messages that wait for Alipay's query to agree. They are
// carried, and who sends them is not known.
const maxAssertionBytes = 32 << 10

// keepAssertion keeps a message until Alipay has been asked about it. Alipay is asked all the same
// when there are too many to keep, so none that is put aside is lost.
func (o *orderRun) keepAssertion(ctx workflow.Context, n order.Notification) {
	n = n.WithoutRaw() // an order acts on the evidence
	n.Content = ""
	kept := durable.SizeOf(n)
	for _, other := range o.Assertions {
		kept += durable.SizeOf(other)
	}
	if kept > maxAssertionBytes {
		o.dispose(ctx, n, order.DispositionStale, words.New("why.crowded"))
		return
	}
	o.Assertions = append(o.Assertions, n)
	o.dirty = true
}

// decidedWith lists the assertions that the same query decides as first: five messages of
// one kind cost one question.
func (o *orderRun) decidedWith(first assertion) []order.Notification {
	var batch []order.Notification
	for _, n := range o.Assertions {
		asserted := assertionOf(n)
		if (asserted.verdict != "") == (first.verdict != "") && (asserted.certification != "") == (first.certification != "") {
			batch = append(batch, n)
		}
	}
	return batch
}

// confirmation is a question under way, with its batch: what comes meanwhile is not of it.
type confirmation struct {
	durable.Pending
	batch    []order.Notification
	question pursuit
}

// wanted reports whether to ask: Alipay is asked one thing at a time.
func (c *confirmation) wanted(o *orderRun) bool { return c.Future == nil && len(o.Assertions) > 0 }

// confirmRefused decides without Alipay, which refuses to be asked. An audit's verdict is
// taken at its word, since the version may be online before anybody could ask; anything
// else can wait until a person has it asked again.
func (o *orderRun) confirmRefused(ctx workflow.Context, batch []order.Notification, failure *activities.Failure) {
	if assertionOf(batch[0]).verdict == "" {
		o.refused(ctx, activities.AwaitMerchant.Name, failure)
		o.putAside(ctx, batch, words.New("why.question_refused", failure.Code))
		return
	}
	if failure.Class == activities.FailureAuthorization {
		o.refused(ctx, activities.AwaitAuditResult.Name, failure)
	}
	o.takeWord(ctx, batch)
}

// takeWord takes a verdict from a message because Alipay can't be asked. It
// stays unconfirmed until the stage's own question can be asked again.
func (o *orderRun) takeWord(ctx workflow.Context, batch []order.Notification) {
	for _, n := range batch {
		if o.Stage != order.StageAuditing && o.Stage != order.StageSubmitting {
			break
		}
		if olderThan(n, o.attemptBegan()) || o.isNextVersion(n) {
			continue // the verdict on an earlier attempt, which came late
		}
		o.adoptVersion(ctx, activities.VersionAnswer{
			Status: statusOf(n.Evidence.Verdict), BaseAudit: n.Evidence.BaseAudit,
			PromoteAudit: n.Evidence.PromoteAudit, Reasons: n.Evidence.Reasons,
		})
		o.Visit.Asked = false
		if audit := o.lastAudit(); audit != nil {
			audit.Unconfirmed = true
		}
	}
	o.applyAgreed(ctx)
	o.putAside(ctx, batch, words.New("why.contradicts"))
}

// attemptBegan returns when the attempt that a verdict could be about was submitted: the
// one in audit, or, while a submission may have arrived unseen, the stage's own beginning.
func (o *orderRun) attemptBegan() time.Time {
	if audit := o.lastAudit(); audit != nil && o.Stage == order.StageAuditing {
		return audit.SubmittedAt
	}
	return o.StageSince
}

// olderThan reports whether Alipay made a message before a moment. Alipay's own times
// of an audit have whole seconds.
func olderThan(n order.Notification, at time.Time) bool {
	return !n.SentAt.IsZero() && !at.IsZero() && n.SentAt.Before(at.Truncate(time.Second))
}

// statusOf returns the status that Alipay gives a version with a verdict, so that a message's word
// takes the same way as a query's answer.
func statusOf(verdict order.Verdict) activities.VersionStatus {
	switch verdict {
	case order.VerdictPassed:
		return activities.VersionWaitRelease
	case order.VerdictRejected:
		return activities.VersionAuditReject
	case order.VerdictBasePassed:
		return activities.VersionBaseAuditPass
	}
	return activities.VersionAuditing
}

// takeReasons keeps a message's reasons where the query gave none: both are Alipay's own
// words, and a person who has to correct something needs them.
func (o *orderRun) takeReasons(ctx workflow.Context, evidence order.Evidence) {
	audit := o.lastAudit()
	if len(audit.Reasons) == 0 && len(evidence.Reasons) > 0 {
		audit.Reasons, _ = order.CutReasons(evidence.Reasons)
		o.noticePictures(ctx)
	}
	if audit.BaseAudit == "" {
		audit.BaseAudit = evidence.BaseAudit
	}
	if audit.PromoteAudit == "" {
		audit.PromoteAudit = evidence.PromoteAudit
	}
	o.dirty = true
}
