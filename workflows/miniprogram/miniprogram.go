// Package miniprogram holds the workflow of one mini program, which outlives its orders.
//
// It promises that one order at a time is in charge, that a message which names only the
// app reaches the order that it belongs to, and that the merchant's token is kept until it
// is known to be revoked. miniprogram.go is its story; orders.go has the orders in charge
// and in the queue, messages.go and versions.go decide where a message belongs, token.go and
// doubt.go keep the authorisation, online.go and commands.go what users see, close.go ends it, page.go
// shows it.
package miniprogram

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// Workflow is the entity behind messages that name only the app: it knows which order is
// in charge and passes messages on to it, keeps the authorisation, and remembers which
// order took which version number and what is online. It lives on after its orders for as
// long as it keeps a token. One with nothing to live for hands its messages to Deliveries
// after a time and closes.
//
// A request to cancel it is executed only where it has nothing to live for: the token
// that it keeps is the one thing that no query of Alipay's returns.
func Workflow(ctx workflow.Context, input order.MiniProgramInput) error {
	lasting, _ := workflow.NewDisconnectedContext(ctx)
	m, err := newRun(lasting, input)
	if err != nil {
		return err
	}
	m.cancelled = ctx.Done()
	return m.run(lasting)
}

// entity is one run of a mini program. What is beside State is begun again by the next run.
type entity struct {
	State
	input order.MiniProgramInput

	// prompt and troubled are set in a run that began when mini programs had learned that; see learn.
	prompt, troubled, watchable bool
	// asking are the claims that wait for their answer.
	asking []*claimAsked
	// shown is the token that the memo shows.
	shown string
	// said is what the memo says of what is online.
	said order.OnlineKnown

	notifications workflow.ReceiveChannel
	claims        workflow.ReceiveChannel
	doubts        workflow.ReceiveChannel
	ends          workflow.ReceiveChannel
	reseals       workflow.ReceiveChannel
	sights        workflow.ReceiveChannel
	backs         workflow.ReceiveChannel
	registrations workflow.ReceiveChannel
	// resealing is set once everything is to be sealed anew, which the next run begins with, and anew
	// holds that.
	resealing bool
	anew      durable.Anew

	// wakes wakes the entity after an update, whose handler sends nothing itself; news is set when
	// that is news for orders.
	wakes workflow.Channel
	news  bool
	// cancelled says that somebody asked Temporal to cancel the entity; nil once that was taken.
	cancelled workflow.ReceiveChannel
	note      words.Text
	closing   *closing
	left      bool
	// commanding is set while a person's command is with Alipay.
	commanding bool
	// wasWanted is whether there was something to live for when it was looked at last: the
	// time of an entity that nobody needs counts from the moment in which that ended.
	wasWanted bool

	// watch is the look at the living token whose fingerprint is watched; it rests after a refusal.
	watch   durable.Pending
	watched string
	resting bool
	// rested is set once a token that was valid has rested, so that it is asked about again.
	rested   bool
	question question
	penalty  durable.Pending
	lifting  lifting
	// shownWarning is the warning that the memo shows.
	shownWarning int
	// certification is the question about a trial's.
	certification durable.Pending
	// expiry is the time until due, when something has waited long enough; one timer does for all.
	expiry durable.Pending
	due    time.Time
}

// newRun sets everything up before anything can block: Temporal refuses an update that finds no
// handler.
func newRun(ctx workflow.Context, input order.MiniProgramInput) (*entity, error) {
	m := &entity{input: input}
	if len(input.Carried) > 0 {
		if err := json.Unmarshal(input.Carried, &m.State); err != nil {
			return nil, fmt.Errorf("read the carried state: %w", err)
		}
	} else {
		m.State = State{Since: workflow.Now(ctx).UTC(), Authorization: order.AuthorizationNone}
	}
	m.learn(ctx)
	m.wasWanted = m.wanted()
	m.notifications = workflow.GetSignalChannel(ctx, order.NotificationSignal)
	m.claims = workflow.GetSignalChannel(ctx, order.ClaimSignal)
	m.doubts = workflow.GetSignalChannel(ctx, order.DoubtSignal)
	m.ends = workflow.GetSignalChannel(ctx, order.EndSignal)
	m.reseals = workflow.GetSignalChannel(ctx, order.ResealSignal)
	m.sights = workflow.GetSignalChannel(ctx, order.SightSignal)
	m.backs = workflow.GetSignalChannel(ctx, order.RolledBackSignal)
	m.registrations = workflow.GetSignalChannel(ctx, order.CertificationSignal)
	m.wakes = workflow.NewBufferedChannel(ctx, 1)
	if err := m.registerQueries(ctx); err != nil {
		return nil, err
	}
	return m, m.registerUpdates(ctx)
}

// run deals with one thing at a time, for as long as there is something to live for. An
// order is informed and a message is passed on with a signal that is awaited, and while
// that is under way nothing else is dealt with: so what two signals want can't cross, and
// an order learns of its changes in the order in which they happened.
func (m *entity) run(ctx workflow.Context) error {
	if len(m.input.Carried) > 0 {
		m.informAll(ctx, m.orders()) // what the run before sent may have been lost with it
	}
	for {
		switch {
		case m.closing != nil:
			if m.leave(ctx) {
				return nil
			}
		case durable.Crowded(ctx, m.input.CrowdedAt) || m.resealing:
			if err := m.reseal(ctx); err != nil {
				return err
			}
			drained, err := m.drained(ctx)
			if err != nil {
				return err
			}
			if drained {
				return m.continueAsNew(ctx)
			}
		default:
			m.look(ctx)
			m.next(ctx)
			if m.expiry.Ready() {
				m.expire(ctx)
			}
		}
	}
}

// next waits for something to happen and deals with it, whole, before anything else.
func (m *entity) next(ctx workflow.Context) {
	selector := workflow.NewSelector(ctx)
	for _, channel := range []workflow.ReceiveChannel{m.claims, m.ends, m.notifications, m.doubts, m.wakes, m.reseals, m.sights, m.backs, m.registrations} {
		selector.AddReceive(channel, func(workflow.ReceiveChannel, bool) { m.drain(ctx) })
	}
	if m.cancelled != nil {
		selector.AddReceive(m.cancelled, func(workflow.ReceiveChannel, bool) { m.cancelRequested(ctx) })
	}
	if m.watch.Future != nil {
		selector.AddFuture(m.watch.Future, func(future workflow.Future) { m.watchEnded(ctx, future) })
	}
	if m.question.Future != nil {
		selector.AddFuture(m.question.Future, func(future workflow.Future) { m.answered(ctx, future) })
	}
	if m.penalty.Future != nil {
		selector.AddFuture(m.penalty.Future, func(workflow.Future) { m.tryAgain(ctx) })
	}
	m.selectLimit(ctx, selector)
	if m.certification.Future != nil {
		selector.AddFuture(m.certification.Future, func(future workflow.Future) { m.certificationAnswered(ctx, future) })
	}
	if m.expiry.Future != nil {
		selector.AddFuture(m.expiry.Future, func(workflow.Future) {})
	}
	selector.Select(ctx)
}

// drain deals with all that is here. It looks at every channel again after each signal,
// since others come while one is dealt with; claims go first, because they decide where
// messages belong. Signals left in a channel at the end of a run would be lost. It reports
// whether anything was here.
func (m *entity) drain(ctx workflow.Context) bool {
	for anything := false; ; anything = true {
		var n order.Notification
		var claim order.Claim
		var doubt order.Doubt
		var end order.End
		var sight activities.Sighting
		var back order.MiniProgramInstruction
		switch {
		case len(m.asking) > 0:
			m.answerClaim(ctx)
		case m.claims.ReceiveAsync(&claim):
			m.claimed(ctx, claim, false)
		case m.ends.ReceiveAsync(&end):
			m.orderEnded(ctx, end)
		case m.notifications.ReceiveAsync(&n):
			m.receive(ctx, n)
		case m.doubts.ReceiveAsync(&doubt):
			m.doubted(ctx, doubt)
		case m.sights.ReceiveAsync(&sight):
			m.sighted(ctx, sight)
		case m.backs.ReceiveAsync(&back):
			m.rolledBack(ctx, back)
		case m.registrations.ReceiveAsync(nil):
			m.registrationPoked()
		case m.reseals.ReceiveAsync(nil):
			m.resealing = true
		case m.wakes.ReceiveAsync(nil):
			if m.news {
				m.news = false
				m.informAll(ctx, m.orders())
			}
		default:
			return anything
		}
	}
}
