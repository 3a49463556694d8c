package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// confirmation is a question about claims that is under way.
type confirmation struct {
	pending
	batch    []order.Notification
	question pursuit
}

// wanted tells whether there is something to ask and nothing is asked yet.
func (c *confirmation) wanted(o *orderRun) bool { return c.future == nil && len(o.Claims) > 0 }

// confirm asks Alipay about the claims in hand: one question for all that the
// same query decides. It asks again for a while, because a query may lag behind
// the message that announces its change. Where Alipay can't be asked, the
// messages' word is taken and the result stays unconfirmed.
func (o *orderRun) confirm(ctx workflow.Context, c *confirmation) {
	if !c.wanted(o) {
		return
	}
	o.settleAgreed(ctx)
	if len(o.Claims) == 0 {
		return
	}
	first := claimOf(o.Claims[0])
	batch := o.claimsLike(first)
	pacing := o.pacing(o.input.Schedules.Agree)
	pacing.GiveUpAfter = o.input.Schedules.AgreeFor
	summary := "ask Alipay whether it agrees with " + batch[0].Name
	var question pursuit
	switch {
	case first.verdict != "" && (o.authorizationMissing() || o.Visit.QuestionRefused):
		o.takeWord(ctx, batch)
		return
	case first.verdict != "" && o.Version.AppVersion == "":
		o.putAside(ctx, batch, "the order has no version yet")
		return
	case first.verdict != "":
		question = calling(o, activities.AwaitAuditResult, o.versionQuestion(pacing, activities.VersionAuditing, activities.VersionInit),
			summary, o.adoptVersion)
	case o.OrderNo == "":
		o.putAside(ctx, batch, "no order_no is known to ask Alipay about")
		return
	case first.certification != "":
		question = calling(o, activities.AwaitCertification, o.merchantQuestion(pacing), summary, o.adoptMerchant)
	default:
		question = calling(o, activities.AwaitMerchant, o.merchantQuestion(pacing), summary, o.adoptMerchant)
	}
	asking, cancel := workflow.WithCancel(ctx)
	c.pending, c.batch, c.question = pending{future: question.start(asking), cancel: cancel}, batch, question
}

// claimsLike lists the claims that the same query decides.
func (o *orderRun) claimsLike(first claim) []order.Notification {
	var batch []order.Notification
	for _, n := range o.Claims {
		c := claimOf(n)
		if (c.verdict != "") == (first.verdict != "") && (c.certification != "") == (first.certification != "") {
			batch = append(batch, n)
		}
	}
	return batch
}

// confirmed takes Alipay's answer and settles the batch: what agrees is applied,
// what does not is stale.
func (o *orderRun) confirmed(ctx workflow.Context, c *confirmation) {
	future, batch, question := c.future, c.batch, c.question
	c.close()
	if err := question.take(ctx, future); err != nil {
		o.confirmRefused(ctx, batch, activities.FailureOf(err))
		return
	}
	o.settleAgreed(ctx)
	o.putAside(ctx, batch, "Alipay's query says otherwise")
}

// confirmRefused : Alipay refuses to be asked. An audit's verdict is taken at its
// word; anything else can be asked again by a person.
func (o *orderRun) confirmRefused(ctx workflow.Context, batch []order.Notification, failure *activities.Failure) {
	if claimOf(batch[0]).verdict == "" {
		o.refused(ctx, activities.AwaitMerchant.Name, failure)
		o.putAside(ctx, batch, "Alipay refused the question: "+failure.Code)
		return
	}
	if failure.Class == activities.FailureAuthorization {
		o.refused(ctx, activities.AwaitAuditResult.Name, failure)
	}
	o.takeWord(ctx, batch)
}

// settleAgreed settles every claim that agrees with what the order knows by now.
func (o *orderRun) settleAgreed(ctx workflow.Context) {
	claims := o.Claims
	o.Claims = nil
	for _, n := range claims {
		switch c := claimOf(n); {
		case c.verdict != "" && o.isOtherVersion(n):
			o.dispose(ctx, n, order.DispositionStale, "it is about version "+n.AppVersion)
		case o.holds(c):
			o.tell(ctx, n, c)
		default:
			o.Claims = append(o.Claims, n)
		}
	}
}

// putAside gives up on those of the batch that are still claims: they are stale.
func (o *orderRun) putAside(ctx workflow.Context, batch []order.Notification, why string) {
	claims := o.Claims
	o.Claims = nil
	for _, n := range claims {
		if isIn(batch, n) {
			o.dispose(ctx, n, order.DispositionStale, why)
		} else {
			o.Claims = append(o.Claims, n)
		}
	}
}

func isIn(batch []order.Notification, n order.Notification) bool {
	for i := range batch {
		if batch[i].NotifyID == n.NotifyID {
			return true
		}
	}
	return false
}

// takeWord takes a verdict from a message because Alipay can't be asked. It
// stays unconfirmed until the stage's own question can be asked again.
func (o *orderRun) takeWord(ctx workflow.Context, batch []order.Notification) {
	for _, n := range batch {
		if o.Stage != order.StageAuditing && o.Stage != order.StageSubmitting {
			break
		}
		if olderThan(n, o.attemptBegan()) {
			continue // the verdict on an earlier attempt, which came late
		}
		o.adoptVersion(ctx, activities.VersionAnswer{
			Status: statusOf(n.Evidence.Verdict), BaseAudit: n.Evidence.BaseAudit,
			PromoteAudit: n.Evidence.PromoteAudit, Reasons: n.Evidence.Reasons,
		})
		if audit := o.lastAudit(); audit != nil {
			audit.Unconfirmed = true
		}
	}
	o.settleAgreed(ctx)
	o.putAside(ctx, batch, "it contradicts the order and Alipay can't be asked")
}

// attemptBegan is when the attempt that a verdict could be about was submitted: the
// one in audit, or, while a submission may have arrived unseen, the stage's own beginning.
func (o *orderRun) attemptBegan() time.Time {
	if audit := o.lastAudit(); audit != nil && o.Stage == order.StageAuditing {
		return audit.SubmittedAt
	}
	return o.StageSince
}

// olderThan tells whether Alipay made a message before a moment. Alipay's own times
// of an audit have whole seconds.
func olderThan(n order.Notification, at time.Time) bool {
	return !n.SentAt.IsZero() && !at.IsZero() && n.SentAt.Before(at.Truncate(time.Second))
}

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
