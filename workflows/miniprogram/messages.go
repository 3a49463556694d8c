package miniprogram

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// maxKept bounds the messages that wait for an order, as [maxKeptBytes] does. What
// is over becomes Deliveries, which a person can see and replay.
const maxKept = 100

// maxKeptBytes bounds what is kept until an order claims it, in bytes of JSON: a hundred large
// messages would be more than Temporal lets a workflow carry.
const maxKeptBytes = 256 << 10

// maxPassedBytes bounds the content that an order is passed, which acts on the
// evidence; the door has the same bound.
const maxPassedBytes = 8 << 10

// keptMessage is a message that waits for its order. It is carried, and so stays no longer than the
// schedule says.
type keptMessage struct {
	order.Notification
	KeptAt time.Time `json:"held_at"`
}

// receive takes one message: authorisation is the entity's own business, everything else
// belongs to an order. A revocation of an authorisation that is not kept here is handed
// on: somebody else manages that mini program.
func (m *entity) receive(ctx workflow.Context, n order.Notification) {
	switch m.Seen.Admit(n.NotificationKey) {
	case durable.ArrivedAgain:
		return
	case durable.ArrivedConflicting:
		m.deliver(ctx, n, order.DispositionConflict, "its notify_id came before with other content")
		return
	case durable.ArrivedNew:
	}
	switch {
	case n.Evidence.Token != nil:
		m.tokenArrived(ctx, n)
	case n.Evidence.RevokedToken != "" && !m.managed():
		m.revoke(ctx, n.Evidence.RevokedToken) // should the token come here after all
		m.passOn(ctx, keptMessage{Notification: n, KeptAt: workflow.Now(ctx).UTC()})
	case n.Evidence.RevokedToken != "":
		m.revocationArrived(ctx, n)
	default:
		m.passOn(ctx, keptMessage{Notification: n, KeptAt: workflow.Now(ctx).UTC()})
	}
}

// passOn gives a message to the order in charge, or keeps it until it can be given to its order.
// After its order has ended it is late: no later order may take it for its own.
func (m *entity) passOn(ctx workflow.Context, h keptMessage) {
	n := h.Notification
	where, why := m.placeOf(n)
	switch {
	case where == placeCharge:
		m.passToCharge(ctx, n)
	case where == placeLate:
		m.deliver(ctx, n, order.DispositionLate, why)
	case len(m.Kept) >= maxKept || m.KeptBytes+durable.SizeOf(n) > maxKeptBytes:
		m.deliver(ctx, n, "", "more messages came for its mini program than can be held")
	default:
		m.keep(h)
	}
}

// passToCharge gives a message to the order in charge. An order that is gone has ended
// without saying so: the next one takes charge.
func (m *entity) passToCharge(ctx workflow.Context, n order.Notification) {
	passed := n.WithoutRaw()
	if len(passed.Content) > maxPassedBytes {
		passed.Content = ""
	}
	charge := m.InCharge
	call := activities.SignalCall{WorkflowID: order.WorkflowID(m.input.AppID, charge), Signal: order.NotificationSignal, Notification: &passed}
	err := m.signal(ctx, call, passed, words.New("do.pass_to_order", n.Name, charge))
	switch {
	case err == nil:
		m.Seen.Resolve(n.NotifyID, passedOn)
	case isGone(err):
		m.deliver(ctx, n, order.DispositionLate, "its order had ended")
		m.orderEnded(ctx, order.End{OutOrderNo: charge})
	default:
		m.deliver(ctx, n, order.DispositionDead, "its order could not be given it: "+err.Error())
	}
}

// passKept looks again at what is kept, since another order is in charge: some of it may
// have waited for that one.
func (m *entity) passKept(ctx workflow.Context) {
	for _, h := range m.takeKept() {
		if h.Evidence.RevokedToken != "" && m.InCharge != "" { // its token is revoked already, which is all that it says to an order
			m.Seen.Resolve(h.NotifyID, order.DispositionApplied)
			continue
		}
		m.passOn(ctx, h)
	}
}

// keep keeps a message until its order claims the mini program. Messages overtake the
// answer to the call that they are about, and the order learns of its mini program from that.
func (m *entity) keep(h keptMessage) {
	m.Kept = append(m.Kept, h)
	m.KeptBytes += durable.SizeOf(h.Notification)
}

func (m *entity) takeKept() []keptMessage {
	held := m.Kept
	m.Kept, m.KeptBytes = nil, 0
	return held
}

// passedOn marks a message whose disposition is another workflow's to give: asked about
// it, the entity says that it does not know.
const passedOn order.Disposition = ""
