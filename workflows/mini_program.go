package workflows

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// MiniProgram is the entity behind messages that name only the app: it knows
// which order is in charge and passes messages on to it, keeps the
// authorisation, and remembers what is online. It lives on after its orders. One
// that nobody claims, and that keeps no token, hands its messages to Deliveries
// after a time and closes.
func MiniProgram(ctx workflow.Context, input order.MiniProgramInput) error {
	m, err := newMiniProgramRun(ctx, input)
	if err != nil {
		return err
	}
	return m.run(ctx)
}

// maxHeld bounds the messages that wait for an order, as [maxHeldBytes] does. What
// is over becomes Deliveries.
const maxHeld = 100

// maxImports bounds the imports whose news is on its way; one more is told with the others.
const maxImports = 16

// maxDead bounds the fingerprints of dead tokens that are remembered.
const maxDead = 20

type miniProgramState struct {
	Since time.Time `json:"since"`
	// InCharge is the order that gets the app's messages; Queue are those that come after it.
	InCharge string   `json:"in_charge,omitempty"`
	Queue    []string `json:"queue,omitempty"`
	// Ended is the last order that was in charge.
	Ended string `json:"ended,omitempty"`

	Authorization order.Authorization `json:"authorization"`
	Token         *order.Token        `json:"token,omitempty"`
	// Dead are fingerprints of tokens that were revoked, so that a late message can't revive one.
	Dead []string `json:"dead,omitempty"`

	Online *order.OnlineVersion `json:"online,omitempty"`

	Held []order.Notification `json:"held,omitempty"`
	// HeldBytes is the size of Held.
	HeldBytes int     `json:"held_bytes,omitempty"`
	Seen      seenSet `json:"seen"`
}

type miniProgramRun struct {
	miniProgramState
	input order.MiniProgramInput

	notifications workflow.ReceiveChannel
	claims        workflow.ReceiveChannel
	doubts        workflow.ReceiveChannel
	releases      workflow.ReceiveChannel

	// imports gets a word for each token that an update brought.
	imports workflow.Channel

	watch    ear
	watched  string
	patience ear
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
	m.notifications = workflow.GetSignalChannel(ctx, order.NotificationSignal)
	m.claims = workflow.GetSignalChannel(ctx, order.ClaimSignal)
	m.doubts = workflow.GetSignalChannel(ctx, order.DoubtSignal)
	m.releases = workflow.GetSignalChannel(ctx, order.ReleaseSignal)
	m.imports = workflow.NewBufferedChannel(ctx, maxImports)
	return m, m.answerQueries(ctx)
}

func (m *miniProgramRun) answerQueries(ctx workflow.Context) error {
	queries := []struct {
		name    string
		handler any
	}{
		{order.ViewQuery, func() (order.MiniProgramView, error) { return m.view(), nil }},
		{order.TokenQuery, func() (*order.Token, error) { return m.liveToken(), nil }},
		{order.HeldQuery, func() ([]order.DeliveryView, error) { return m.held(), nil }},
		{order.DispositionQuery, func(key order.NotificationKey) (order.Disposition, error) {
			return m.Seen.disposition(key), nil
		}},
	}
	for _, query := range queries {
		if err := workflow.SetQueryHandler(ctx, query.name, query.handler); err != nil {
			return err
		}
	}
	return workflow.SetUpdateHandler(ctx, order.ImportTokenUpdate,
		func(_ workflow.Context, token order.Token) (order.MiniProgramView, error) {
			m.keepToken(token)
			m.imports.SendAsync(true)
			return m.view(), nil
		})
}

// run hears one thing at a time, for as long as there is something to live for.
func (m *miniProgramRun) run(ctx workflow.Context) error {
	for {
		m.publish(ctx)
		m.watchToken(ctx)
		m.watchPatience(ctx)
		if err := m.next(ctx); err != nil {
			return err
		}
		if m.crowded(ctx) {
			return m.continueAsNew(ctx)
		}
		if m.patience.heard() {
			return m.leave(ctx)
		}
	}
}

// next waits for something to happen and deals with it.
func (m *miniProgramRun) next(ctx workflow.Context) error {
	selector := workflow.NewSelector(ctx)
	var err error
	// A channel says nothing when the entity is cancelled.
	selector.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	selector.AddReceive(m.notifications, func(channel workflow.ReceiveChannel, _ bool) {
		var n order.Notification
		channel.Receive(ctx, &n)
		err = m.hear(ctx, n)
	})
	selector.AddReceive(m.claims, func(channel workflow.ReceiveChannel, _ bool) {
		var claim order.Claim
		channel.Receive(ctx, &claim)
		err = m.claimed(ctx, claim)
	})
	selector.AddReceive(m.doubts, func(channel workflow.ReceiveChannel, _ bool) {
		var doubt order.Doubt
		channel.Receive(ctx, &doubt)
		err = m.doubted(ctx, doubt)
	})
	selector.AddReceive(m.releases, func(channel workflow.ReceiveChannel, _ bool) {
		var release order.Release
		channel.Receive(ctx, &release)
		err = m.released(ctx, release)
	})
	if m.watch.future != nil {
		selector.AddFuture(m.watch.future, func(future workflow.Future) { err = m.tokenLost(ctx, future) })
	}
	if m.patience.future != nil {
		selector.AddFuture(m.patience.future, func(workflow.Future) {})
	}
	selector.AddReceive(m.imports, func(channel workflow.ReceiveChannel, _ bool) {
		channel.Receive(ctx, nil)
		m.tellAuthorization(ctx)
	})
	selector.Select(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (m *miniProgramRun) crowded(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() >= crowdedAt
}

// drain deals with the signals that are here, so that none is left behind.
func (m *miniProgramRun) drain(ctx workflow.Context) error {
	for {
		var n order.Notification
		var claim order.Claim
		var doubt order.Doubt
		var release order.Release
		var err error
		switch {
		case m.claims.ReceiveAsync(&claim):
			err = m.claimed(ctx, claim)
		case m.releases.ReceiveAsync(&release):
			err = m.released(ctx, release)
		case m.notifications.ReceiveAsync(&n):
			err = m.hear(ctx, n)
		case m.doubts.ReceiveAsync(&doubt):
			err = m.doubted(ctx, doubt)
		case m.imports.ReceiveAsync(nil):
			m.tellAuthorization(ctx)
		default:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (m *miniProgramRun) continueAsNew(ctx workflow.Context) error {
	if err := m.drain(ctx); err != nil {
		return err
	}
	carried, err := json.Marshal(m.miniProgramState)
	if err != nil {
		return fmt.Errorf("carry the state: %w", err)
	}
	next := m.input
	next.Carried = carried
	return workflow.NewContinueAsNewError(ctx, order.MiniProgramWorkflowType, next)
}

// watchPatience runs the time after which an entity that nobody claims closes, and
// after which one that a token keeps alive hands on what it holds: its mini program
// may be none that orders here are about.
func (m *miniProgramRun) watchPatience(ctx workflow.Context) {
	since := m.Since
	switch {
	case !m.wanted():
	case len(m.Held) > 0 && handsOnUnmanaged(ctx):
		if came := m.Held[0].ReceivedAt; came.After(since) {
			since = came
		}
	default:
		m.patience.close()
		return
	}
	if m.patience.future != nil {
		return
	}
	left := max(m.input.Schedules.Unclaimed.Std()-workflow.Now(ctx).Sub(since), time.Millisecond)
	ctx, quiet := workflow.WithCancel(ctx)
	m.patience = ear{quiet: quiet, future: workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{
		Summary: "hands on what it holds unless an order claims this mini program",
	})}
}

// wanted tells whether the entity has something to live for: an order, or a token.
func (m *miniProgramRun) wanted() bool {
	return m.InCharge != "" || m.Ended != "" || m.Token != nil
}

// leave hands what is held to Deliveries and closes the entity, unless it has
// something to live for.
func (m *miniProgramRun) leave(ctx workflow.Context) error {
	for {
		for _, n := range m.unhold() {
			if err := m.deliver(ctx, n, "", "no order has claimed its mini program"); err != nil {
				return err
			}
		}
		if err := m.drain(ctx); err != nil {
			return err
		}
		if m.wanted() {
			m.patience.close()
			return m.continueAsNew(ctx)
		}
		if len(m.Held) == 0 {
			return nil
		}
	}
}

// deliver makes a Delivery of a message. Where Temporal will never start one the
// entity goes on with the next message; this one stands in its history, with the
// reason in the failed activity.
func (m *miniProgramRun) deliver(ctx workflow.Context, n order.Notification, d order.Disposition, why string) error {
	starting := inside(ctx, "hand "+n.Name+" to a delivery")
	err := workflow.ExecuteActivity(starting, activities.StartDelivery, order.DeliveryInput{
		Notification: n, Schedules: m.input.Schedules, Disposition: d, Reason: why,
	}).Get(ctx, nil)
	if activities.IsStartRefused(err) {
		if d != order.DispositionConflict { // which shares its id with the message that was first
			m.Seen.settle(n.NotifyID, order.DispositionDead)
		}
		workflow.GetLogger(ctx).Error("a message can't be made a delivery", "notify_id", n.NotifyID, "name", n.Name, "error", err)
		return nil
	}
	return err
}
