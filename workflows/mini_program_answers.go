package workflows

import (
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
)

func (m *miniProgramRun) answerQueries(ctx workflow.Context) error {
	queries := []struct {
		name    string
		handler any
	}{
		{order.ViewQuery, func() (order.MiniProgramView, error) { return m.view(), nil }},
		{order.TokenQuery, func() (*order.Token, error) { return m.liveToken(), nil }},
		{order.HeldQuery, func() ([]order.DeliveryView, error) { return m.held(), nil }},
		{order.ReservationsQuery, func() ([]order.VersionReservation, error) { return m.reservations(), nil }},
		{order.DispositionQuery, func(key order.NotificationKey) (order.Disposition, error) {
			return m.Seen.disposition(key), nil
		}},
	}
	for _, query := range queries {
		if err := workflow.SetQueryHandler(ctx, query.name, query.handler); err != nil {
			return err
		}
	}
	return nil
}

// takeUpdates registers what is asked with an answer. No handler sends anything: the
// entity does what follows when it is nudged.
func (m *miniProgramRun) takeUpdates(ctx workflow.Context) error {
	if err := workflow.SetUpdateHandler(ctx, order.ImportTokenUpdate,
		func(_ workflow.Context, token order.Token) (order.MiniProgramView, error) {
			m.keepToken(token, true)
			m.news = true
			m.nudges.SendAsync(true)
			return m.view(), nil
		}); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, order.ReserveVersionUpdate,
		func(_ workflow.Context, asked order.VersionReservation) (order.VersionReservation, error) {
			return m.reserve(asked), nil
		}, workflow.UpdateHandlerOptions{Validator: func(_ workflow.Context, asked order.VersionReservation) error {
			if asked.OutOrderNo == "" || asked.AppVersion == "" {
				return refuse("a reservation needs out_order_no and app_version")
			}
			return nil
		}, Description: "take a version number for an order"}); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, order.CloseUpdate, m.close,
		workflow.UpdateHandlerOptions{Validator: m.refuseClose, Description: "close this mini program"})
}

// refuse is a refusal that a person reads.
func refuse(why string) error {
	return temporal.NewNonRetryableApplicationError(why, RefusedType, nil)
}

func (m *miniProgramRun) refuseClose(workflow.Context, order.CloseInstruction) error {
	if !m.ordered() {
		return nil
	}
	return refuse("order " + m.InCharge + " is in charge of this mini program; cancel it and those that are queued, or wait for their ends")
}

// close closes the entity and answers once it has nothing in its hands any more.
func (m *miniProgramRun) close(ctx workflow.Context, in order.CloseInstruction) (order.MiniProgramView, error) {
	m.closing = &closing{by: askedBy(in.Actor, in.Reason)}
	m.nudges.SendAsync(true)
	if err := workflow.Await(ctx, func() bool { return m.left || m.closing == nil }); err != nil {
		return order.MiniProgramView{}, err
	}
	if !m.left {
		return order.MiniProgramView{}, refuse("an order has taken charge of this mini program meanwhile")
	}
	return m.view(), nil
}

func (m *miniProgramRun) view() order.MiniProgramView {
	view := order.MiniProgramView{
		AppID: m.input.AppID, MiniAppID: m.input.MiniAppID, Authorization: m.Authorization,
		OutOrderNo: m.InCharge, Queue: append([]string{}, m.Queue...), Online: m.Online,
		Held: len(m.Held), Dead: len(m.Stuck),
	}
	if m.Token != nil {
		view.AuthorizedAt = &m.Token.AuthTime
	}
	if m.Doubt != nil && m.Doubt.Code != "" {
		view.Doubt = &order.TokenDoubt{Since: m.Doubt.Since, Code: m.Doubt.Code, NextTry: m.Doubt.NextTry}
	}
	return view
}

// held lists what waits here for an order, and what is stuck here.
func (m *miniProgramRun) held() []order.DeliveryView {
	views := make([]order.DeliveryView, 0, len(m.Held)+len(m.Stuck))
	for _, h := range m.Held {
		_, why := m.placeOf(h.Notification)
		views = append(views, order.NewDeliveryView(h.Notification, order.DispositionWaiting, why, heldByMiniProgram))
	}
	for _, stuck := range m.Stuck {
		views = append(views, order.NewDeliveryView(stuck.Notification, order.DispositionDead, stuck.Reason, heldByMiniProgram))
	}
	return views
}

// heldByMiniProgram is the holder of what an entity shows as a delivery.
const heldByMiniProgram = "mini_program"

// publish brings the entity's search attributes and page up to date.
func (m *miniProgramRun) publish(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, m.page())
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

// page is the Markdown that the Temporal UI shows about the mini program.
func (m *miniProgramRun) page() string {
	page := "## Mini program " + escape(m.input.MiniAppID) + "\n\n| | |\n|---|---|\n" +
		"| authorisation | " + string(m.Authorization) + " |\n| order in charge | " + escape(m.InCharge) + " |\n"
	if m.Doubt != nil && m.Doubt.Code != "" {
		page += "| the token is in doubt | Alipay could not be asked about it: " + escape(m.Doubt.Code) +
			"; asked again at " + m.Doubt.NextTry.Format("2006-01-02 15:04:05 UTC") + " |\n"
	}
	if len(m.Queue) > 0 {
		page += "| queued behind it | " + escape(strings.Join(m.Queue, ", ")) + " |\n"
	}
	if m.Online != nil {
		page += "| online | " + escape(m.Online.AppVersion) + " |\n"
	}
	if m.note != "" {
		page += "\n" + m.note + "\n"
	}
	return page
}
