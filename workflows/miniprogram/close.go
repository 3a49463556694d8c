package miniprogram

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// closing says why an entity is to be closed: one whose time is over stays for a message that comes
// in the last moment, one that a person closes does not.
type closing struct {
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

// wanted reports whether the entity has something to live for: an order, or a token that
// may be used, which no query of Alipay's would return once it is lost.
func (m *entity) wanted() bool { return m.ordered() || m.liveToken() != nil }

// ordered reports whether an order is in charge, or in the queue. Such an entity is never closed:
// the order would start it again, without its token.
func (m *entity) ordered() bool { return m.InCharge != "" || len(m.Queue) > 0 }

// managed reports whether the mini program was ever an order's here, or its token was. Of
// an application that somebody else uses as well, messages come about mini programs that
// are not.
func (m *entity) managed() bool {
	return m.ordered() || m.Ended != "" || m.Token != nil
}

// watchExpiry runs one timer for the next thing that has waited long enough: a
// message that no order claims, one that is stuck, the entity itself.
func (m *entity) watchExpiry(ctx workflow.Context) {
	due := m.nextDue()
	if due.Equal(m.due) && (due.IsZero() || m.expiry.Future != nil) {
		return
	}
	m.expiry.Close()
	m.due = due
	if due.IsZero() {
		return
	}
	left := max(due.Sub(workflow.Now(ctx)), time.Millisecond)
	m.expiry = durable.Waiting(ctx, left, m.say(words.New("do.await_claim")))
}

// nextDue returns when the next thing here has waited long enough; zero for never. One
// timer for the earliest is enough: when it has gone off the next is looked for.
func (m *entity) nextDue() time.Time {
	var due time.Time
	earlier := func(at time.Time) {
		if due.IsZero() || at.Before(due) {
			due = at
		}
	}
	for i := range m.Kept {
		if m.mayExpire(m.Kept[i]) {
			earlier(m.expires(m.Kept[i]))
		}
	}
	for i := range m.Stuck {
		earlier(m.Stuck[i].At.Add(m.input.Schedules.DeadFor.Std()))
	}
	if !m.wanted() && len(m.Kept) == 0 && len(m.Stuck) == 0 {
		earlier(m.Since.Add(m.input.Schedules.Unclaimed.Std()))
	}
	return due
}

// expires returns when a kept message goes to a Delivery: an order that has not come by then is not
// expected any more.
func (m *entity) expires(h keptMessage) time.Time {
	return h.KeptAt.Add(m.input.Schedules.Unclaimed.Std())
}

// mayExpire reports whether a kept message may go: not while the order that it belongs to is
// in the queue, since its turn is sure to come.
func (m *entity) mayExpire(h keptMessage) bool {
	owner := m.reservedFor(h.Notification)
	return owner == nil || !slices.Contains(m.Queue, owner.OutOrderNo)
}

// expire hands on what was kept for long enough, and closes an entity that has nothing to live for:
// Temporal would keep it for ever, one for each app that was ever named.
func (m *entity) expire(ctx workflow.Context) {
	m.expiry.Close()
	now := workflow.Now(ctx)
	m.Stuck = slices.DeleteFunc(m.Stuck, func(s stuckMessage) bool {
		return !now.Before(s.At.Add(m.input.Schedules.DeadFor.Std()))
	})
	for _, h := range m.takeKept() {
		if m.mayExpire(h) && !now.Before(m.expires(h)) {
			m.handOn(ctx, h.Notification)
			continue
		}
		m.keep(h)
	}
	over := !now.Before(m.Since.Add(m.input.Schedules.Unclaimed.Std()))
	if over && !m.wanted() && len(m.Kept) == 0 && len(m.Stuck) == 0 {
		m.closing = &closing{}
	}
}

// cancelRequested takes a request to cancel the entity in Temporal. One that has
// something to live for goes on and says so.
func (m *entity) cancelRequested(ctx workflow.Context) {
	m.cancelled = nil
	if m.wanted() || len(m.Stuck) > 0 {
		m.note = words.New("page.cancel_refused")
		workflow.GetLogger(ctx).Warn("a request to cancel a mini program that is needed was not obeyed")
		return
	}
	m.closing = &closing{by: "a request to cancel"}
}

// leave hands what is kept to Deliveries and closes the entity. It reports false
// when an order has come meanwhile, or, where nobody has asked for the end, a token or
// a message, which is kept for its own time.
func (m *entity) leave(ctx workflow.Context) bool {
	needed := func() bool { return m.wanted() || len(m.Kept) > 0 }
	if m.closing.by != "" {
		needed = m.ordered
	}
	for {
		m.drain(ctx)
		if needed() {
			m.closing, m.left = nil, false
			return false
		}
		for _, h := range m.takeKept() {
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

// handOn makes a Delivery of a message that no order here has claimed, so that the ISV's
// backend gets it: it may be about something that the ISV did without Miniflow.
func (m *entity) handOn(ctx workflow.Context, n order.Notification) {
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
// that it keeps nothing else from being dealt with.
func (m *entity) deliver(ctx workflow.Context, n order.Notification, d order.Disposition, why string) {
	input := order.DeliveryInput{Notification: n, Schedules: m.input.Schedules, Disposition: d, Reason: why, Language: m.input.Language}
	err := durable.Start(ctx, m.input.AppID, activities.StartDelivery, input, m.say(words.New("do.pass_on", n.Name))).Get(ctx, nil)
	became := passedOn
	if err != nil {
		workflow.GetLogger(ctx).Error("no delivery could be started of a message", "notify_id", n.NotifyID, "error", err)
		became = order.DispositionDead
		m.keepStuck(ctx, n, why+"; no delivery could be started of it: "+activities.FailureOf(err).Message.String())
	}
	if d != order.DispositionConflict { // whose id is another message's
		m.Seen.Resolve(n.NotifyID, became)
	}
}

// keepStuck shows a message here that can be shown nowhere else, without its content, which may be
// what Temporal refused.
func (m *entity) keepStuck(ctx workflow.Context, n order.Notification, why string) {
	n = n.WithoutRaw()
	n.Content, n.Evidence = "", order.Evidence{}
	m.Stuck = append(m.Stuck, stuckMessage{Notification: n, Reason: order.CutText(why, maxStuckReason), At: workflow.Now(ctx).UTC()})
	if len(m.Stuck) > maxStuck {
		m.Stuck = m.Stuck[1:]
	}
}

// drained deals with what is left before a new run begins. It reports false when
// there is more to do first; after true nothing may block. An update whose handler has not
// returned would fail in the face of the person who sent it, so its end is awaited.
func (m *entity) drained(ctx workflow.Context) (bool, error) {
	m.drain(ctx)
	answered := func() bool { return workflow.AllHandlersFinished(ctx) && !m.commanding }
	if m.closing == nil && !answered() { // who asked for the end learns first that it does not come
		return false, workflow.Await(ctx, func() bool { return answered() || m.closing != nil })
	}
	return m.closing == nil, nil
}

// reseal has everything sealed anew where somebody has asked for it. What comes while that is done is
// sealed by whoever brought it.
func (m *entity) reseal(ctx workflow.Context) (err error) {
	if m.resealing {
		m.anew, err = durable.Reseal(ctx, m.input.AppID, m.say(words.New("do.reseal")), m.State)
	}
	return err
}

// continueAsNew begins a new run with what this one knows. What it awaits, such as the
// question about a token, is begun again there.
func (m *entity) continueAsNew(ctx workflow.Context) error {
	carried, err := json.Marshal(m.State)
	if err != nil {
		return fmt.Errorf("carry the state: %w", err)
	}
	next := m.input
	next.Carried = carried
	if err := m.anew.In(&next); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, order.MiniProgramWorkflowType, next)
}
