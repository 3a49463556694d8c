package workflows

import (
	"cmp"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// closing says why an entity is to be closed.
type closing struct {
	// by is who asked for it, and the words; empty when its time is over.
	by string
}

// stuckMessage is a message that Temporal refuses to start a Delivery for: it is
// dead, and shown here because it can be shown nowhere else.
type stuckMessage struct {
	Notification order.Notification `json:"notification"`
	Reason       string             `json:"reason"`
	At           time.Time          `json:"at"`
}

// Bounds on the messages that are stuck, the oldest of which is forgotten first, and
// on the reason of each, in bytes.
const (
	maxStuck       = 10
	maxStuckReason = 1 << 10
)

// wanted tells whether the entity has something to live for: an order, or a token
// that may be used. A dead token is nothing.
func (m *miniProgramRun) wanted() bool { return m.ordered() || m.liveToken() != nil }

func (m *miniProgramRun) ordered() bool { return m.InCharge != "" || len(m.Queue) > 0 }

// managed tells whether the mini program was ever an order's here, or its token was.
func (m *miniProgramRun) managed() bool {
	return m.ordered() || m.Ended != "" || m.Token != nil
}

// watchPatience runs the time to the next thing that has waited long enough: a
// message that no order claims, one that is stuck, the entity itself.
func (m *miniProgramRun) watchPatience(ctx workflow.Context) {
	due := m.nextDue()
	if due.Equal(m.due) && (due.IsZero() || m.patience.future != nil) {
		return
	}
	m.patience.close()
	m.due = due
	if due.IsZero() {
		return
	}
	left := max(due.Sub(workflow.Now(ctx)), time.Millisecond)
	ctx, cancel := workflow.WithCancel(ctx)
	m.patience = pending{cancel: cancel, future: workflow.NewTimerWithOptions(ctx, left, workflow.TimerOptions{
		Summary: "hands on what it holds unless an order claims it; closes when it has nothing to live for",
	})}
}

func (m *miniProgramRun) nextDue() time.Time {
	var due time.Time
	earlier := func(at time.Time) {
		if due.IsZero() || at.Before(due) {
			due = at
		}
	}
	for i := range m.Held {
		if m.mayExpire(m.Held[i]) {
			earlier(m.expires(m.Held[i]))
		}
	}
	for i := range m.Stuck {
		earlier(m.Stuck[i].At.Add(m.input.Schedules.DeadFor.Std()))
	}
	if !m.wanted() && len(m.Held) == 0 && len(m.Stuck) == 0 {
		earlier(m.Since.Add(m.input.Schedules.Unclaimed.Std()))
	}
	return due
}

// expires is when a held message goes to a Delivery.
func (m *miniProgramRun) expires(h heldMessage) time.Time {
	return h.HeldAt.Add(m.input.Schedules.Unclaimed.Std())
}

// mayExpire tells whether a held message waits for nobody whose turn is sure to come.
func (m *miniProgramRun) mayExpire(h heldMessage) bool {
	owner := m.reservedFor(h.Notification)
	return owner == nil || !slices.Contains(m.Queue, owner.OutOrderNo)
}

// outOfPatience hands on what has been held for long enough, and lets the entity
// close that has nothing to live for and nothing in its hands.
func (m *miniProgramRun) outOfPatience(ctx workflow.Context) {
	m.patience.close()
	now := workflow.Now(ctx)
	m.Stuck = slices.DeleteFunc(m.Stuck, func(s stuckMessage) bool {
		return !now.Before(s.At.Add(m.input.Schedules.DeadFor.Std()))
	})
	for _, h := range m.unhold() {
		if m.mayExpire(h) && !now.Before(m.expires(h)) {
			m.handOn(ctx, h.Notification)
			continue
		}
		m.hold(h)
	}
	over := !now.Before(m.Since.Add(m.input.Schedules.Unclaimed.Std()))
	if over && !m.wanted() && len(m.Held) == 0 && len(m.Stuck) == 0 {
		m.closing = &closing{}
	}
}

// cancelRequested : somebody asked Temporal to cancel the entity. One that has
// something to live for goes on and says so.
func (m *miniProgramRun) cancelRequested(ctx workflow.Context) {
	m.canceled = nil
	if m.wanted() || len(m.Stuck) > 0 {
		m.note = "A request to cancel was not obeyed: the authorisation kept here, or the order in charge, would be lost. " +
			"Close the mini program with POST /v1/mini-programs/…/close once no order needs it."
		workflow.GetLogger(ctx).Warn("a request to cancel a mini program that is needed was not obeyed")
		return
	}
	m.closing = &closing{by: "a request to cancel"}
}

// leave hands what is held to Deliveries and closes the entity. It reports false
// when an order has come meanwhile, or, where nobody has asked for the end, a token or
// a message, which is held for its own time.
func (m *miniProgramRun) leave(ctx workflow.Context) bool {
	needed := func() bool { return m.wanted() || len(m.Held) > 0 }
	if m.closing.by != "" {
		needed = m.ordered
	}
	for {
		m.drain(ctx)
		if needed() {
			m.closing, m.left = nil, false
			return false
		}
		for _, h := range m.unhold() {
			m.handOn(ctx, h.Notification)
		}
		if m.drain(ctx) { // more came while a message was handed on
			continue
		}
		m.left = true
		if workflow.AllHandlersFinished(ctx) {
			return true
		}
		if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
			return false
		}
	}
}

// handOn makes a Delivery of a message that no order here has claimed.
func (m *miniProgramRun) handOn(ctx workflow.Context, n order.Notification) {
	why := "no order has claimed its mini program"
	if m.managed() && n.AppVersion != "" {
		why = "no order has come for its version " + n.AppVersion
	}
	if m.closing != nil && m.closing.by != "" {
		why += "; its mini program was closed by " + m.closing.by
	}
	m.deliver(ctx, n, "", why)
}

// deliver makes a Delivery of a message, whose disposition is the Delivery's to give
// from then on. One that Temporal refuses for good stays here as a dead letter, so
// that it keeps nothing else from being heard.
func (m *miniProgramRun) deliver(ctx workflow.Context, n order.Notification, d order.Disposition, why string) {
	input := order.DeliveryInput{Notification: n, Schedules: m.input.Schedules, Disposition: d, Reason: why}
	err := start(ctx, m.input.AppID, activities.StartDelivery, input, "hand "+n.Name+" to a delivery").Get(ctx, nil)
	became := passedOn
	if err != nil {
		workflow.GetLogger(ctx).Error("no delivery could be started of a message", "notify_id", n.NotifyID, "error", err)
		became = order.DispositionDead
		m.keepStuck(ctx, n, why+"; no delivery could be started of it: "+activities.FailureOf(err).Message)
	}
	if d != order.DispositionConflict { // whose id is another message's
		m.Seen.settle(n.NotifyID, became)
	}
}

func (m *miniProgramRun) keepStuck(ctx workflow.Context, n order.Notification, why string) {
	n = n.WithoutRaw()
	n.Content, n.Evidence = "", order.Evidence{}
	m.Stuck = append(m.Stuck, stuckMessage{Notification: n, Reason: order.CutText(why, maxStuckReason), At: workflow.Now(ctx).UTC()})
	if len(m.Stuck) > maxStuck {
		m.Stuck = m.Stuck[1:]
	}
}

// askedBy is who asked for something, and in which words.
func askedBy(actor, reason string) string {
	by := cmp.Or(order.CutText(actor, order.MaxInstructionReason), "someone")
	if reason = order.CutText(reason, order.MaxInstructionReason); reason != "" {
		by += ": " + reason
	}
	return by
}
