package workflows

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// MiniProgram is the entity behind messages that name only the app: it knows
// which order is in charge and passes messages on to it, keeps the
// authorisation, and remembers which order took which version number and what is
// online. It lives on after its orders for as long as it keeps a token. One with
// nothing to live for hands its messages to Deliveries after a time and closes.
//
// A request to cancel it is heard, and obeyed by one with nothing to live for
// only: the token that it keeps is the one thing that no query of Alipay's returns.
func MiniProgram(ctx workflow.Context, input order.MiniProgramInput) error {
	lasting, _ := workflow.NewDisconnectedContext(ctx)
	m, err := newMiniProgramRun(lasting, input)
	if err != nil {
		return err
	}
	m.canceled = ctx.Done()
	return m.run(lasting)
}

// miniProgramState is all that an entity carries from run to run.
type miniProgramState struct {
	// Since is when the entity had something to live for at last, or began.
	Since time.Time `json:"since"`
	// InCharge is the order that gets the app's messages; Queue are those that come after it.
	InCharge string   `json:"in_charge,omitempty"`
	Queue    []string `json:"queue,omitempty"`
	// Ended is the last order that was in charge, EndedVersion the version that it was about.
	Ended        string       `json:"ended,omitempty"`
	EndedVersion namedVersion `json:"ended_version,omitzero"`
	// Reservations say which order took which version number, the oldest first.
	Reservations []reservation `json:"reservations,omitempty"`

	Authorization order.Authorization `json:"authorization"`
	Token         *order.Token        `json:"token,omitempty"`
	// Doubt is set until Alipay has said whether the token is valid.
	Doubt *tokenDoubt `json:"doubt,omitempty"`
	// PunishedSince is when Alipay called a token valid that it refuses.
	PunishedSince time.Time `json:"punished_since,omitzero"`
	// Dead are fingerprints of tokens that were revoked, so that a late message can't revive one.
	Dead []string `json:"dead,omitempty"`

	Online *order.OnlineVersion `json:"online,omitempty"`

	Held []heldMessage `json:"held,omitempty"`
	// HeldBytes is the size of Held.
	HeldBytes int `json:"held_bytes,omitempty"`
	// Stuck are messages that Temporal refuses to start a Delivery for.
	Stuck []stuckMessage `json:"stuck,omitempty"`
	Seen  seenSet        `json:"seen"`
}

type miniProgramRun struct {
	miniProgramState
	input order.MiniProgramInput

	notifications workflow.ReceiveChannel
	claims        workflow.ReceiveChannel
	doubts        workflow.ReceiveChannel
	releases      workflow.ReceiveChannel

	// nudges wakes the entity after an update; news is set when orders have to be told of one.
	nudges workflow.Channel
	news   bool
	// canceled says that somebody asked Temporal to cancel the entity; nil once that was heard.
	canceled workflow.ReceiveChannel
	// note is a sentence for the page.
	note string
	// closing is set while the entity is to be closed; left, once it has nothing in its hands.
	closing *closing
	left    bool
	// wasWanted is whether there was something to live for when it was looked at last.
	wasWanted bool

	// watch is the look at the living token whose fingerprint is watched; it rests after a refusal.
	watch    pending
	watched  string
	resting  bool
	question question
	penance  pending
	patience pending
	due      time.Time
}

func newMiniProgramRun(ctx workflow.Context, input order.MiniProgramInput) (*miniProgramRun, error) {
	m := &miniProgramRun{input: input}
	if len(input.Carried) > 0 {
		if err := json.Unmarshal(input.Carried, &m.miniProgramState); err != nil {
			return nil, fmt.Errorf("read the carried state: %w", err)
		}
	} else {
		m.miniProgramState = miniProgramState{Since: workflow.Now(ctx).UTC(), Authorization: order.AuthorizationNone}
	}
	m.wasWanted = m.wanted()
	m.notifications = workflow.GetSignalChannel(ctx, order.NotificationSignal)
	m.claims = workflow.GetSignalChannel(ctx, order.ClaimSignal)
	m.doubts = workflow.GetSignalChannel(ctx, order.DoubtSignal)
	m.releases = workflow.GetSignalChannel(ctx, order.ReleaseSignal)
	m.nudges = workflow.NewBufferedChannel(ctx, 1)
	if err := m.answerQueries(ctx); err != nil {
		return nil, err
	}
	return m, m.takeUpdates(ctx)
}

// run hears one thing at a time, for as long as there is something to live for.
func (m *miniProgramRun) run(ctx workflow.Context) error {
	if len(m.input.Carried) > 0 {
		m.tellAll(ctx, m.orders()) // what the run before told may have been lost with it
	}
	for {
		switch {
		case m.closing != nil:
			if m.leave(ctx) {
				return nil
			}
		case m.crowded(ctx):
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
			if m.patience.ready() {
				m.outOfPatience(ctx)
			}
		}
	}
}

// look brings the page up to date, and all that runs beside the listening.
func (m *miniProgramRun) look(ctx workflow.Context) {
	wanted := m.wanted()
	if wanted || m.wasWanted {
		m.Since = workflow.Now(ctx).UTC()
	}
	m.wasWanted = wanted
	m.publish(ctx)
	m.watchToken(ctx)
	m.watchDoubt(ctx)
	m.watchPenance(ctx)
	m.watchPatience(ctx)
}

// next waits for something to happen and deals with it.
func (m *miniProgramRun) next(ctx workflow.Context) {
	selector := workflow.NewSelector(ctx)
	for _, channel := range []workflow.ReceiveChannel{m.claims, m.releases, m.notifications, m.doubts, m.nudges} {
		selector.AddReceive(channel, func(workflow.ReceiveChannel, bool) { m.drain(ctx) })
	}
	if m.canceled != nil {
		selector.AddReceive(m.canceled, func(workflow.ReceiveChannel, bool) { m.cancelRequested(ctx) })
	}
	if m.watch.future != nil {
		selector.AddFuture(m.watch.future, func(future workflow.Future) { m.watchEnded(ctx, future) })
	}
	if m.question.future != nil {
		selector.AddFuture(m.question.future, func(future workflow.Future) { m.answered(ctx, future) })
	}
	if m.penance.future != nil {
		selector.AddFuture(m.penance.future, func(workflow.Future) { m.tryAgain(ctx) })
	}
	if m.patience.future != nil {
		selector.AddFuture(m.patience.future, func(workflow.Future) {})
	}
	selector.Select(ctx)
}

// drain deals with all that is here. Signals left in a channel at the end of a run
// would be lost; and while one is dealt with, others come. It reports whether
// anything was here.
func (m *miniProgramRun) drain(ctx workflow.Context) bool {
	for heard := false; ; heard = true {
		var n order.Notification
		var claim order.Claim
		var doubt order.Doubt
		var release order.Release
		switch {
		case m.claims.ReceiveAsync(&claim):
			m.claimed(ctx, claim)
		case m.releases.ReceiveAsync(&release):
			m.released(ctx, release)
		case m.notifications.ReceiveAsync(&n):
			m.hear(ctx, n)
		case m.doubts.ReceiveAsync(&doubt):
			m.doubted(ctx, doubt)
		case m.nudges.ReceiveAsync(nil):
			if m.news {
				m.news = false
				m.tellAll(ctx, m.orders())
			}
		default:
			return heard
		}
	}
}

func (m *miniProgramRun) crowded(ctx workflow.Context) bool {
	return isCrowded(ctx, m.input.CrowdedAt)
}

// drained deals with what is left before a new run begins. It reports false when
// there is more to do first; after true nothing may block.
func (m *miniProgramRun) drained(ctx workflow.Context) (bool, error) {
	m.drain(ctx)
	answered := func() bool { return workflow.AllHandlersFinished(ctx) }
	if m.closing == nil && !answered() { // whoever asked for the end is told first that it does not come
		return false, workflow.Await(ctx, func() bool { return answered() || m.closing != nil })
	}
	return m.closing == nil, nil
}

func (m *miniProgramRun) continueAsNew(ctx workflow.Context) error {
	carried, err := json.Marshal(m.miniProgramState)
	if err != nil {
		return fmt.Errorf("carry the state: %w", err)
	}
	next := m.input
	next.Carried = carried
	return workflow.NewContinueAsNewError(ctx, order.MiniProgramWorkflowType, next)
}
