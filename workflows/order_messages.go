package workflows

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// The life of a message in an order, from top to bottom:
//
//	takeSignals, drain    the signal is read from its channel
//	receive               known already? in conflict? what does it assert, and is that so?
//	keepAssertion         what only Alipay knows is kept until Alipay was asked
//	confirm, confirmed    one question for all that it answers; adopting that moves the order
//	applyAgreed, apply    what agrees with the order by now is applied, once a fact
//	putAside, dispose     what does not is stale; its disposition is in the timeline
//	dispatch              a conflict becomes a Delivery, for a person
//
// A message may come late, twice or out of order, so it moves nothing by itself: Alipay's
// query does. Only a verdict is taken at its word, where Alipay can't be asked (takeWord).

// takeSignals reads signals as they come, beside the story. It never blocks the story
// and does nothing that could block itself.
func (o *orderRun) takeSignals(ctx workflow.Context) {
	o.notifications = workflow.GetSignalChannel(ctx, order.NotificationSignal)
	o.authorizations = workflow.GetSignalChannel(ctx, order.AuthorizationSignal)
	o.pokes = workflow.GetSignalChannel(ctx, order.PokeSignal)
	o.reseals = workflow.GetSignalChannel(ctx, order.ResealSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			selector := workflow.NewSelector(ctx)
			for _, channel := range []workflow.ReceiveChannel{o.notifications, o.authorizations, o.pokes, o.reseals} {
				selector.AddReceive(channel, func(workflow.ReceiveChannel, bool) {})
			}
			selector.Select(ctx)
			if ctx.Err() != nil {
				return
			}
			o.drain(ctx)
		}
	})
}

// drain takes every signal that has arrived. Signals left in a channel at the
// end of a run would be lost.
func (o *orderRun) drain(ctx workflow.Context) {
	durable.Each(o.notifications, func(n order.Notification) { o.receive(ctx, n) })
	durable.Each(o.authorizations, func(change order.AuthorizationChange) { o.authorizationChanged(ctx, change) })
	durable.Each(o.pokes, func(poke order.Poke) { o.poked(ctx, poke) })
	durable.Each(o.reseals, func(any) {
		o.resealing = true
		o.turn++ // whatever it waits for, the next run waits for
	})
}

// receive sorts one message: known, contradicted by what Alipay has said already,
// in agreement with it, or an assertion that Alipay has to be asked about.
func (o *orderRun) receive(ctx workflow.Context, n order.Notification) {
	switch o.Seen.Admit(n.NotificationKey) {
	case durable.ArrivedAgain:
		return
	case durable.ArrivedConflicting:
		o.conflict(ctx, n)
		return
	case durable.ArrivedNew:
	}
	if n.OrderNo != "" && n.OrderNo != o.OrderNo && o.wantsOrderNo(n) {
		o.OrderNo = n.OrderNo
		o.lookAgain()
	}
	asserted := assertionOf(n)
	switch {
	case asserted.fact == "" && n.Flaw != "":
		o.lookAgain() // what it says can't be read, and Alipay knows
		o.dispose(ctx, n, order.DispositionApplied, words.New("why.unreadable"))
	case asserted.fact == "":
		o.dispose(ctx, n, order.DispositionApplied, words.New("why.noted"))
	case asserted.verdict != "" && o.isNextVersion(n):
		o.keepAssertion(ctx, n)
	case asserted.verdict != "" && o.isOtherVersion(n):
		o.dispose(ctx, n, order.DispositionStale, words.New("why.other_version", n.AppVersion))
	case o.agrees(asserted):
		o.apply(ctx, n, asserted)
	case o.Stage.Ended():
		o.dispose(ctx, n, order.DispositionLate, words.New("why.ended"))
	default:
		o.keepAssertion(ctx, n)
	}
}

// conflict keeps a message for a person whose id came before with other content, which
// Alipay does not do: one of the two may be forged.
func (o *orderRun) conflict(ctx workflow.Context, n order.Notification) {
	o.Outbox = append(o.Outbox, order.DeliveryInput{
		Notification: n, Schedules: o.input.Schedules, Disposition: order.DispositionConflict,
		Reason: "its notify_id came before with other content", Language: o.input.Language,
	})
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedNotification, NotifyID: n.NotifyID, Disposition: order.DispositionConflict, Note: words.New("why.conflict"),
	})
}

// confirm asks Alipay about the assertions in hand: one question for all that the
// same query decides. It is asked again for a while, because a query may lag behind
// the message that announces its change. Where Alipay can't be asked, the
// messages' word is taken and the result stays unconfirmed.
func (o *orderRun) confirm(ctx workflow.Context, c *confirmation) {
	if !c.wanted(o) {
		return
	}
	o.applyAgreed(ctx)
	if len(o.Assertions) == 0 {
		return
	}
	first := assertionOf(o.Assertions[0])
	batch := o.decidedWith(first)
	pacing := o.pacing(o.input.Schedules.Agree)
	pacing.GiveUpAfter = o.input.Schedules.AgreeFor
	summary := words.New("do.confirm", batch[0].Name)
	var question pursuit
	switch {
	case first.verdict != "" && (o.authorizationMissing() || o.Visit.QuestionRefused):
		o.takeWord(ctx, batch)
		return
	case first.verdict != "" && o.Observed && o.Stage.NeedsAuthorization():
		question = o.following(pacing, activities.VersionAuditing, activities.VersionInit)
	case first.verdict != "" && o.Version.AppVersion == "":
		o.putAside(ctx, batch, words.New("why.no_version"))
		return
	case first.verdict != "":
		question = calling(o, activities.AwaitAuditResult, o.versionQuestion(pacing, activities.VersionAuditing, activities.VersionInit),
			summary, o.adoptVersion)
	case o.OrderNo == "":
		o.putAside(ctx, batch, words.New("why.no_order_no"))
		return
	case first.certification != "":
		question = calling(o, activities.AwaitCertification, o.merchantQuestion(pacing), summary, o.adoptMerchant)
	default:
		question = calling(o, activities.AwaitMerchant, o.merchantQuestion(pacing), summary, o.adoptMerchant)
	}
	asking, cancel := workflow.WithCancel(ctx)
	c.Pending, c.batch, c.question = durable.Pending{Future: question.start(asking), Cancel: cancel}, batch, question
}

// confirmed takes Alipay's answer: what agrees by now is applied, the rest of the batch is stale.
func (o *orderRun) confirmed(ctx workflow.Context, c *confirmation) {
	future, batch, question := c.Future, c.batch, c.question
	c.Close()
	if err := question.take(ctx, future); err != nil {
		o.confirmRefused(ctx, batch, activities.FailureOf(err))
		return
	}
	o.applyAgreed(ctx)
	o.putAside(ctx, batch, words.New("why.otherwise"))
}

// applyAgreed applies every assertion that agrees with what the order knows by now. The
// stage's own question may have brought the news meanwhile, and then nothing has to be
// asked.
func (o *orderRun) applyAgreed(ctx workflow.Context) {
	assertions := o.Assertions
	o.Assertions = nil
	for _, n := range assertions {
		switch asserted := assertionOf(n); {
		case asserted.verdict != "" && o.isNextVersion(n):
			o.Assertions = append(o.Assertions, n)
		case asserted.verdict != "" && o.isOtherVersion(n):
			o.dispose(ctx, n, order.DispositionStale, words.New("why.other_version", n.AppVersion))
		case o.agrees(asserted):
			o.apply(ctx, n, asserted)
		default:
			o.Assertions = append(o.Assertions, n)
		}
	}
}

// apply takes a message that agrees with the order: the first to assert a fact is
// applied, the same fact under another id is a duplicate.
func (o *orderRun) apply(ctx workflow.Context, n order.Notification, asserted assertion) {
	fact := asserted.fact
	if asserted.verdict != "" {
		fact = fmt.Sprintf("%s:%d", asserted.fact, o.lastAudit().Attempt)
	}
	if slices.Contains(o.Applied, fact) {
		o.dispose(ctx, n, order.DispositionDuplicate, words.New("why.known"))
		return
	}
	o.toldLate(ctx, n.Name)
	o.Applied = append(o.Applied, fact)
	if len(o.Applied) > maxApplied {
		o.Applied = o.Applied[1:]
	}
	if asserted.verdict != "" {
		o.takeReasons(ctx, n.Evidence)
	}
	o.dispose(ctx, n, order.DispositionApplied, words.New("why.agrees"))
}

// putAside gives up on those of the batch that are still only asserted: they are stale,
// and the order goes on with what Alipay has said.
func (o *orderRun) putAside(ctx workflow.Context, batch []order.Notification, why words.Text) {
	assertions := o.Assertions
	o.Assertions = nil
	for _, n := range assertions {
		if slices.ContainsFunc(batch, func(asked order.Notification) bool { return asked.NotifyID == n.NotifyID }) {
			o.dispose(ctx, n, order.DispositionStale, why)
		} else {
			o.Assertions = append(o.Assertions, n)
		}
	}
}

// dispose gives a message its final disposition and says why: no message ends in silence.
func (o *orderRun) dispose(ctx workflow.Context, n order.Notification, disposition order.Disposition, why words.Text) {
	o.Seen.Resolve(n.NotifyID, disposition)
	o.happened(ctx, order.TimelineItem{
		Event: order.HappenedNotification, NotifyID: n.NotifyID, Disposition: disposition,
		Note: words.New("note.message", n.Name, n.Noting(why)),
	})
}

// dispatch makes Deliveries of the messages in the outbox. What Temporal will never
// start is dead: trying again would keep the order from everything else.
func (o *orderRun) dispatch(ctx workflow.Context) error {
	for len(o.Outbox) > 0 {
		next := o.Outbox[0]
		summary := o.say(words.New("do.keep", next.Notification.Name, next.Disposition))
		err := durable.Start(ctx, o.input.Request.AppID, activities.StartDelivery, next, summary).Get(ctx, nil)
		if err != nil && !activities.IsStartRefused(err) {
			return err
		}
		if err != nil {
			o.happened(ctx, order.TimelineItem{
				Event: order.HappenedNotification, NotifyID: next.Notification.NotifyID, Disposition: order.DispositionDead,
				Note: words.New("note.message", next.Notification.Name, words.New("why.no_delivery", err)),
			})
		}
		o.Outbox = o.Outbox[1:]
	}
	return nil
}
