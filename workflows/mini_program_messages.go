package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// maxHeld bounds the messages that wait for an order, as [maxHeldBytes] does. What
// is over becomes Deliveries.
const maxHeld = 100

// heldMessage is a message that waits for its order.
type heldMessage struct {
	order.Notification
	HeldAt time.Time `json:"held_at"`
}

// hear takes one message: authorisation is the entity's own business, everything
// else belongs to an order. Whose authorisation is not kept here has its
// revocation handed on: somebody else manages that mini program.
func (m *miniProgramRun) hear(ctx workflow.Context, n order.Notification) {
	switch m.Seen.admit(n.NotificationKey) {
	case arrivalRepeated:
		return
	case arrivalConflicting:
		m.deliver(ctx, n, order.DispositionConflict, "its notify_id came before with other content")
		return
	case arrivalNew:
	}
	switch {
	case n.Evidence.Token != nil:
		m.heardToken(ctx, n)
	case n.Evidence.RevokedToken != "" && !m.managed():
		m.kill(ctx, n.Evidence.RevokedToken) // should the token come here after all
		m.passOn(ctx, heldMessage{Notification: n, HeldAt: workflow.Now(ctx).UTC()})
	case n.Evidence.RevokedToken != "":
		m.heardRevocation(ctx, n)
	default:
		m.passOn(ctx, heldMessage{Notification: n, HeldAt: workflow.Now(ctx).UTC()})
	}
}

// passOn gives a message to the order in charge, or holds it until it can be given
// to its order. After its order has ended it is late.
func (m *miniProgramRun) passOn(ctx workflow.Context, h heldMessage) {
	n := h.Notification
	where, why := m.placeOf(n)
	switch {
	case where == placeCharge:
		m.passToCharge(ctx, n)
	case where == placeLate:
		m.deliver(ctx, n, order.DispositionLate, why)
	case len(m.Held) >= maxHeld || m.HeldBytes+sizeOf(n) > maxHeldBytes:
		m.deliver(ctx, n, "", "more messages came for its mini program than can be held")
	default:
		m.hold(h)
	}
}

func (m *miniProgramRun) passToCharge(ctx workflow.Context, n order.Notification) {
	passed := n.WithoutRaw()
	if len(passed.Content) > maxPassedBytes {
		passed.Content = ""
	}
	charge := m.InCharge
	err := workflow.SignalExternalWorkflow(ctx, order.WorkflowID(m.input.AppID, charge), "", order.NotificationSignal, passed).Get(ctx, nil)
	switch {
	case err == nil:
		m.Seen.settle(n.NotifyID, passedOn)
	case isGone(err):
		m.deliver(ctx, n, order.DispositionLate, "its order had ended")
		m.released(ctx, order.Release{OutOrderNo: charge})
	default:
		m.deliver(ctx, n, order.DispositionDead, "its order could not be given it: "+err.Error())
	}
}

// passHeld looks anew at what is held, since another order is in charge.
func (m *miniProgramRun) passHeld(ctx workflow.Context) {
	for _, h := range m.unhold() {
		if h.Evidence.RevokedToken != "" && m.InCharge != "" { // its token is dead already, which is all that it says to an order
			m.Seen.settle(h.NotifyID, order.DispositionApplied)
			continue
		}
		m.passOn(ctx, h)
	}
}

func (m *miniProgramRun) hold(h heldMessage) {
	m.Held = append(m.Held, h)
	m.HeldBytes += sizeOf(h.Notification)
}

// unhold takes everything that is held.
func (m *miniProgramRun) unhold() []heldMessage {
	held := m.Held
	m.Held, m.HeldBytes = nil, 0
	return held
}

// passedOn marks a message whose disposition is another workflow's to give.
const passedOn order.Disposition = ""
