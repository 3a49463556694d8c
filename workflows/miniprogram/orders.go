package miniprogram

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// maxQueue bounds the orders that wait for a mini program. More than a few are a mistake
// of the caller's; the bound keeps the carried state small.
const maxQueue = 200

// orders returns those that learn where they stand: the one in charge, then those behind it. Each
// needs the news, since it shows its place on its page.
func (m *entity) orders() []string {
	if m.InCharge == "" {
		return slices.Clone(m.Queue)
	}
	return append([]string{m.InCharge}, m.Queue...)
}

// claimed puts an order in charge. One order at a time is, because Alipay takes one
// version of a mini program through its pipeline at a time: the next order waits for its
// turn and learns its place. An order claims as often as it is in doubt, so a claim that
// is known changes nothing and is answered all the same.
//
// answered is set where the claim's own answer says where the order stands, so that it needs no
// signal as well.
func (m *entity) claimed(ctx workflow.Context, claim order.Claim, answered bool) {
	m.markReservations(claim.OutOrderNo, false)
	switch m.InCharge {
	case claim.OutOrderNo:
	case "":
		m.InCharge = claim.OutOrderNo
	default:
		m.queueUp(ctx, claim.OutOrderNo, answered)
		return
	}
	if !answered {
		m.informAll(ctx, []string{claim.OutOrderNo})
	}
	m.passKept(ctx)
}

// claimAsked is a claim that waits for its answer.
type claimAsked struct {
	claim order.Claim
	done  bool
}

// takeCharge handles a claim that is asked with an answer. The claim waits for its turn among
// everything else, since two things that change who is in charge must not cross.
func (m *entity) takeCharge(ctx workflow.Context, claim order.Claim) (order.AuthorizationChange, error) {
	asked := &claimAsked{claim: claim}
	m.asking = append(m.asking, asked)
	m.wakes.SendAsync(true)
	if err := workflow.Await(ctx, func() bool { return asked.done }); err != nil {
		return order.AuthorizationChange{}, err
	}
	return m.standing(claim.OutOrderNo), nil
}

func (m *entity) answerClaim(ctx workflow.Context) {
	asked := m.asking[0]
	m.asking = m.asking[1:]
	m.claimed(ctx, asked.claim, true)
	asked.done = true
}

// queueUp gives an order its place, the last. One that finds the queue full learns
// that it stands behind its end: it claims again by itself.
func (m *entity) queueUp(ctx workflow.Context, outOrderNo string, answered bool) {
	placed := slices.Contains(m.Queue, outOrderNo)
	if !placed && len(m.Queue) < maxQueue {
		m.Queue, placed = append(m.Queue, outOrderNo), true
	}
	// An order that was terminated by hand never says that it has ended: informing it finds out.
	informed := []string{m.InCharge}
	if !answered {
		informed = append(informed, outOrderNo)
	}
	m.informAll(ctx, informed)
	switch {
	case placed:
	case len(m.Queue) < maxQueue: // informing has freed places
		m.claimed(ctx, order.Claim{OutOrderNo: outOrderNo}, answered)
	case answered:
	default:
		_ = m.inform(ctx, outOrderNo) // whether it is gone does not matter here
	}
}

// orderEnded takes an order out of charge, or out of the queue. What it put online is what users
// see, and nobody else would say so.
func (m *entity) orderEnded(ctx workflow.Context, end order.End) {
	if end.Online != nil {
		m.Online, m.Down = end.Online, nil
	}
	if end.Trial != nil {
		m.Trial = end.Trial
	}
	charge, ended := m.InCharge, m.Ended
	m.informAll(ctx, m.remove(end))
	if m.InCharge != charge || m.Ended != ended {
		m.passKept(ctx)
	}
}

// remove takes an order out of the queue, or out of charge, and returns the orders
// that have moved up. Where nobody is in charge, an order that names a version was in
// charge of an entity before this one, which somebody terminated: its later messages are
// late here too.
func (m *entity) remove(end order.End) []string {
	m.markReservations(end.OutOrderNo, true)
	if i := slices.Index(m.Queue, end.OutOrderNo); i >= 0 {
		m.Queue = slices.Delete(m.Queue, i, i+1)
		return slices.Clone(m.Queue[i:])
	}
	begunAgain := m.InCharge == "" && end.AppVersion != ""
	if m.InCharge != end.OutOrderNo && !begunAgain {
		return nil
	}
	if end.AppVersion != "" || m.Ended != end.OutOrderNo { // what an ended order doubted arrives after its end
		m.EndedVersion = namedVersion{AppVersion: end.AppVersion, BundleID: end.BundleID}
	}
	m.InCharge, m.Ended = "", end.OutOrderNo
	if len(m.Queue) > 0 {
		m.InCharge, m.Queue = m.Queue[0], m.Queue[1:]
	}
	return m.orders()
}

// informAll informs orders where they stand, one after the other, each awaited: what is
// on its way when a run ends would be lost, and of two on their way the second can
// arrive first. One that is gone frees its place, and the ones that move up are informed too.
func (m *entity) informAll(ctx workflow.Context, orders []string) {
	charge := m.InCharge
	for len(orders) > 0 {
		next := orders[0]
		orders = orders[1:]
		if slices.Contains(m.orders(), next) && isGone(m.inform(ctx, next)) {
			orders = append(orders, m.remove(order.End{OutOrderNo: next})...)
		}
	}
	if m.InCharge != charge {
		m.passKept(ctx)
	}
}

// inform sends one order where it stands, and awaits that it has arrived: that is how an
// order that was terminated by hand is found gone.
func (m *entity) inform(ctx workflow.Context, outOrderNo string) error {
	standing := m.standing(outOrderNo)
	call := activities.SignalCall{
		WorkflowID: order.WorkflowID(m.input.AppID, outOrderNo), Signal: order.AuthorizationSignal, Authorization: &standing,
	}
	if live := m.liveToken(); live != nil && outOrderNo == m.InCharge {
		call.Token = &activities.TokenOf{AppID: m.input.AppID, MiniAppID: m.input.MiniAppID, Token: *live}
	}
	err := m.signal(ctx, call, standing, words.New("do.inform", outOrderNo))
	if err != nil && !isGone(err) {
		workflow.GetLogger(ctx).Error("an order could not be told where it stands", "out_order_no", outOrderNo, "error", err)
	}
	return err
}

// signal signals an order, within the task where that is possible, and awaits that it has arrived.
func (m *entity) signal(ctx workflow.Context, call activities.SignalCall, arg any, does words.Text) error {
	summary := m.say(does)
	if m.prompt {
		if _, err := durable.Near(ctx, activities.Signal, call, summary); err == nil || activities.IsSignalGone(err) {
			return err
		}
	}
	err := workflow.SignalExternalWorkflow(ctx, call.WorkflowID, "", call.Signal, arg).Get(ctx, nil)
	if m.prompt && isGone(err) && call.Notification != nil { // what was not answered above may have arrived all the same
		_, err = durable.Near(ctx, activities.Signal, call, summary)
	}
	return err
}

// standing returns what an order is informed of: everything each time, so that a signal that was
// lost is made good by the next.
func (m *entity) standing(outOrderNo string) order.AuthorizationChange {
	change := order.AuthorizationChange{MiniAppID: m.input.MiniAppID, Authorization: m.Authorization}
	if m.Token != nil {
		change.Fingerprint = m.Token.Fingerprint
	}
	if m.Doubt != nil && m.Doubt.Refused != "" {
		change.Doubtful, change.Code = true, m.Doubt.Code
	}
	if outOrderNo != m.InCharge {
		change.QueuedBehind, change.Place = m.InCharge, len(m.Queue)+1
		if i := slices.Index(m.Queue, outOrderNo); i >= 0 {
			change.Place = i + 1
		}
	}
	return change
}

// isGone reports whether an order could not be signalled because it does not run any
// more: it has ended, or someone has terminated it. Any other error says nothing of the
// order, which keeps its place.
func isGone(err error) bool {
	var unknown *temporal.UnknownExternalWorkflowExecutionError
	return errors.As(err, &unknown) || activities.IsSignalGone(err)
}
