package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

// handsOnUnmanaged tells whether this run hands on what belongs to a mini program
// that no order is in charge of though it has a token, and the revocation of a token
// that is none of ours. Runs that began before the edit do neither.
func handsOnUnmanaged(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "hand-on-unmanaged", workflow.DefaultVersion, 1) >= 1
}

// hear takes one message: authorisation is the entity's own business, everything
// else belongs to the order in charge. Whose authorisation is not kept here has its
// revocation handed on: somebody else manages that mini program.
func (m *miniProgramRun) hear(ctx workflow.Context, n order.Notification) error {
	switch m.Seen.admit(n.NotificationKey) {
	case arrivalRepeated:
		return nil
	case arrivalConflicting:
		return m.deliver(ctx, n, order.DispositionConflict, "its notify_id came before with other content")
	case arrivalNew:
	}
	var disposition order.Disposition
	var err error
	switch {
	case n.Evidence.Token != nil:
		disposition = m.heardToken(ctx, n)
	case n.Evidence.RevokedToken != "" && !m.wanted() && handsOnUnmanaged(ctx):
		m.kill(ctx, n.Evidence.RevokedToken) // should the token come here after all
		return m.passOn(ctx, n)
	case n.Evidence.RevokedToken != "":
		disposition, err = m.heardRevocation(ctx, n)
	default:
		return m.passOn(ctx, n)
	}
	if err != nil {
		return err
	}
	m.Seen.settle(n.NotifyID, disposition)
	return nil
}

// passOn gives a message to the order in charge. Before there is one the message
// is held; after the last one has ended it is late.
func (m *miniProgramRun) passOn(ctx workflow.Context, n order.Notification) error {
	switch {
	case m.InCharge != "":
		id := order.WorkflowID(m.input.AppID, m.InCharge)
		passed := n.WithoutRaw()
		if len(passed.Content) > maxPassedBytes {
			passed.Content = ""
		}
		err := workflow.SignalExternalWorkflow(ctx, id, "", order.NotificationSignal, passed).Get(ctx, nil)
		if err == nil {
			m.Seen.settle(n.NotifyID, passedOn)
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		m.Seen.settle(n.NotifyID, passedOn)
		if !isGone(err) {
			return m.deliver(ctx, n, order.DispositionDead, "its order could not be given it: "+err.Error())
		}
		if err := m.deliver(ctx, n, order.DispositionLate, "its order had ended"); err != nil {
			return err
		}
		return m.released(ctx, order.Release{OutOrderNo: m.InCharge})
	case m.Ended != "":
		m.Seen.settle(n.NotifyID, passedOn)
		return m.deliver(ctx, n, order.DispositionLate, "its order had ended: "+m.Ended)
	case len(m.Held) >= maxHeld || m.HeldBytes+sizeOf(n) > maxHeldBytes:
		m.Seen.settle(n.NotifyID, passedOn)
		return m.deliver(ctx, n, "", "more messages came for its mini program than can be held")
	}
	m.Held = append(m.Held, n)
	m.HeldBytes += sizeOf(n)
	return nil
}

// unhold takes everything that is held.
func (m *miniProgramRun) unhold() []order.Notification {
	held := m.Held
	m.Held, m.HeldBytes = nil, 0
	return held
}

// isGone tells whether an order could not be signalled because it does not run
// any more: it has ended, or someone has terminated it.
func isGone(err error) bool {
	var unknown *temporal.UnknownExternalWorkflowExecutionError
	return errors.As(err, &unknown)
}

// passedOn marks a message whose disposition is another workflow's to give.
const passedOn order.Disposition = ""

// claimed puts an order in charge. One order at a time is: the next waits for its turn.
func (m *miniProgramRun) claimed(ctx workflow.Context, claim order.Claim) error {
	switch m.InCharge {
	case claim.OutOrderNo:
	case "":
		m.InCharge = claim.OutOrderNo
	default:
		if !slices.Contains(m.Queue, claim.OutOrderNo) {
			m.Queue = append(m.Queue, claim.OutOrderNo)
		}
		// An order that was terminated by hand never says that it has ended.
		if isGone(m.tellAuthorization(ctx).Get(ctx, nil)) {
			return m.released(ctx, order.Release{OutOrderNo: m.InCharge})
		}
		return nil
	}
	m.tellAuthorization(ctx)
	for _, n := range m.unhold() {
		if n.Evidence.RevokedToken != "" { // its token is dead already, which is all that it says to an order
			m.Seen.settle(n.NotifyID, order.DispositionApplied)
			continue
		}
		if err := m.passOn(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// released : an order has ended. What it put online is what users see.
func (m *miniProgramRun) released(ctx workflow.Context, release order.Release) error {
	if release.Online != nil {
		m.Online = release.Online
	}
	m.Queue = slices.DeleteFunc(m.Queue, func(no string) bool { return no == release.OutOrderNo })
	if m.InCharge != release.OutOrderNo {
		return nil
	}
	m.InCharge, m.Ended = "", release.OutOrderNo
	if len(m.Queue) == 0 {
		return nil
	}
	next := m.Queue[0]
	m.Queue = m.Queue[1:]
	return m.claimed(ctx, order.Claim{OutOrderNo: next})
}

func (m *miniProgramRun) view() order.MiniProgramView {
	view := order.MiniProgramView{
		AppID: m.input.AppID, MiniAppID: m.input.MiniAppID, Authorization: m.Authorization,
		OutOrderNo: m.InCharge, Online: m.Online, Held: len(m.Held),
	}
	if m.Token != nil {
		view.AuthorizedAt = &m.Token.AuthTime
	}
	return view
}

func (m *miniProgramRun) held() []order.DeliveryView {
	views := make([]order.DeliveryView, 0, len(m.Held))
	for _, n := range m.Held {
		views = append(views, deliveryView(n, order.DispositionWaiting, "no order has claimed its mini program yet", "mini_program"))
	}
	return views
}

// publish brings the entity's search attributes and page up to date.
func (m *miniProgramRun) publish(ctx workflow.Context) {
	page := "## Mini program " + escape(m.input.MiniAppID) + "\n\n| | |\n|---|---|\n" +
		"| authorisation | " + string(m.Authorization) + " |\n| order in charge | " + escape(m.InCharge) + " |\n"
	if m.Online != nil {
		page += "| online | " + escape(m.Online.AppVersion) + " |\n"
	}
	workflow.SetCurrentDetails(ctx, page)
	_, known := workflow.GetTypedSearchAttributes(ctx).GetKeyword(temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID))
	if known {
		return
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx,
		temporal.NewSearchAttributeKeyKeyword(order.AttributeAppID).ValueSet(m.input.AppID),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID).ValueSet(m.input.MiniAppID),
	); err != nil {
		workflow.GetLogger(ctx).Error("search attributes could not be set", "error", err)
	}
}

func deliveryView(n order.Notification, state order.Disposition, reason, heldBy string) order.DeliveryView {
	return order.DeliveryView{
		AppID: n.AppID, NotifyID: n.NotifyID, Name: n.Name, Channel: n.Channel,
		OutOrderNo: n.OutOrderNo, MiniAppID: n.MiniAppID, State: state, Reason: n.Noting(reason),
		ReceivedAt: n.ReceivedAt, HeldBy: heldBy,
	}
}
