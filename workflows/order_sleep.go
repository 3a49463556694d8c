package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// A long wait, for a merchant or a reviewer, holds no activity: the order sleeps. A message,
// a command, its app's Sweep or its own watchdog wakes it, and then it asks Alipay once. What
// the Sweep has to ask in its place meanwhile stands in its memo.

// slumber is a long wait: what for, and which statuses of the version are no news.
type slumber struct {
	wait  order.Wait
	while []activities.VersionStatus
	// until ends the wait where nothing else has; zero never.
	until time.Time
}

// sleep waits at a stage that can last for days. Alipay is asked where nobody has asked yet,
// or somebody has a reason to; from then on the order only listens.
func (o *orderRun) sleep(ctx workflow.Context, in slumber, question pursuit) error {
	if !o.sleeps {
		return o.pursue(ctx, question)
	}
	switch {
	case o.Visit.QuestionRefused: // the Sweep would be refused as well
		o.asleep = nil
	case o.asleep == nil || o.asleep.wait != in.wait:
		o.asleep, o.dirty = &in, true
	}
	if o.Visit.Asked {
		o.doze()
		return o.pursue(ctx, pursuit{until: in.until})
	}
	return o.pursue(ctx, o.noting(question))
}

// doze is a wait in which only a trial's certification is asked about.
func (o *orderRun) doze() {
	if o.sleeps && o.asleep == nil && o.awaitsCertification() {
		o.asleep, o.dirty = &slumber{wait: order.WaitCertification}, true
	}
}

// noting notes that a question was answered, before its answer is adopted: that may lead to
// a stage that has not been asked about.
func (o *orderRun) noting(question pursuit) pursuit {
	take := question.take
	question.take = func(ctx workflow.Context, future workflow.Future) error {
		before := o.Visit.Asked
		o.Visit.Asked = true
		err := take(ctx, future)
		if err != nil {
			o.Visit.Asked = before
		}
		return err
	}
	return question
}

// lookAgain makes the order look at its situation again, and ask Alipay where it sleeps.
func (o *orderRun) lookAgain() {
	o.turn++
	o.Visit.Asked = false
}

// once is how often a question is asked that a sleeping order asks: until there is an answer,
// be it news or not.
func (o *orderRun) once(schedule order.Schedule) activities.Pacing {
	pacing := o.pacing(schedule)
	pacing.Once = o.sleeps
	return pacing
}

// rouse has the order ask Alipay itself, once for all that the watchdog watches: had there been
// news, the Sweep would have said so. It reports whether a person is asked for only after that.
func (o *orderRun) rouse() bool {
	watched := o.watched()
	if o.asleep == nil || o.Visit.Roused == watched {
		return false
	}
	o.Visit.Roused = watched
	o.lookAgain()
	return true
}

// look is what the Sweep has to know of the order: what to ask, and what is news.
func (o *orderRun) look() order.Look {
	look := order.Look{Facts: o.Facts}
	if o.asleep == nil {
		return look
	}
	look.Since = o.StageSince
	look.Kind, look.OrderNo, look.MiniAppID = o.input.Request.Kind, o.OrderNo, o.MiniAppID
	look.BundleID, look.AppVersion = o.Version.Bundle(), o.Version.AppVersion
	if o.Hold != nil {
		look.Filing = o.Hold.Filing()
	}
	for _, status := range o.asleep.while {
		look.While = append(look.While, string(status))
	}
	if o.asleep.wait != order.WaitCertification {
		look.Waits = append(look.Waits, o.asleep.wait)
	}
	if o.awaitsCertification() && o.asleep.wait != order.WaitMerchant && !o.Visit.CertificationRefused {
		look.Waits, look.Certification = append(look.Waits, order.WaitCertification), o.Certification
	}
	return look
}

// nextLook is when the Sweep asks about the order first, unless messages fail to come; zero
// while the order does not sleep.
func (o *orderRun) nextLook() time.Time {
	if o.asleep == nil {
		return time.Time{}
	}
	return o.StageSince.Add(o.input.Schedules.Expect(o.asleep.wait))
}

// maxFacts bounds the facts that an order shows: the Sweep reads them within minutes.
const maxFacts = 4

// learned notes a fact that a message announces, and whether one has: by that the Sweep judges
// whether messages arrive.
func (o *orderRun) learned(ctx workflow.Context, fact assertion) {
	told := false
	for _, n := range o.Assertions {
		told = told || assertionOf(n).fact == fact.fact
	}
	now, wait := o.now(ctx), order.WaitMerchant
	switch {
	case fact.verdict != "":
		wait = order.WaitAudit
	case fact.certification != "":
		wait = order.WaitCertification
	}
	o.Facts = append(o.Facts, order.Fact{
		Message: activities.AnnouncedBy(o.input.Request.Kind, fact.verdict, fact.certification), Wait: wait,
		At: now, Waited: order.Duration(now.Sub(o.StageSince)), Told: told,
	})
	if len(o.Facts) > maxFacts {
		o.Facts = o.Facts[1:]
	}
	o.dirty = true
}

// toldLate notes that a message says what Alipay was asked about just before: the message was
// on its way, and is not lost.
func (o *orderRun) toldLate(ctx workflow.Context, message string) {
	const onItsWay = 5 * time.Minute
	for i := range o.Facts {
		if fact := &o.Facts[i]; fact.Message == message && o.now(ctx).Sub(fact.At) <= onItsWay {
			fact.Told = true
		}
	}
}

// factAt is when the order last learned something that a message announces.
func (o *orderRun) factAt() time.Time {
	if len(o.Facts) == 0 {
		return time.Time{}
	}
	return o.Facts[len(o.Facts)-1].At
}
