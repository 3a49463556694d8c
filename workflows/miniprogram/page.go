package miniprogram

import (
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

func (m *entity) registerQueries(ctx workflow.Context) error {
	// Queries change nothing and may be asked of a closed entity: Temporal replays it to answer.
	queries := []struct {
		name    string
		handler any
	}{
		{order.ViewQuery, func() (order.MiniProgramView, error) { return m.view(), nil }},
		{order.EventsQuery, func(asked order.EventsAsked) (order.ToldMiniProgram, error) {
			return order.MiniProgramEventsOf(m.view(), asked), nil
		}},
		{order.TokenQuery, func() (*order.Token, error) { return m.liveToken(), nil }},
		{order.HeldQuery, func() ([]order.DeliveryView, error) { return m.deliveries(), nil }},
		{order.ReservationsQuery, func() ([]order.VersionReservation, error) { return slices.Clone(m.Reservations), nil }},
		{order.DispositionQuery, func(key order.NotificationKey) (order.Disposition, error) {
			return m.Seen.Disposition(key), nil
		}},
	}
	for _, query := range queries {
		if err := workflow.SetQueryHandler(ctx, query.name, query.handler); err != nil {
			return err
		}
	}
	return nil
}

// registerUpdates registers what is asked with an answer. No handler sends anything,
// since two of them could cross: it wakes the entity, which does what follows.
func (m *entity) registerUpdates(ctx workflow.Context) error {
	if err := workflow.SetUpdateHandler(ctx, order.ImportTokenUpdate,
		func(_ workflow.Context, token order.Token) (order.MiniProgramView, error) {
			// Confirmed: the API has fetched it from Alipay a moment ago, whereas a message may be old.
			m.keepToken(token, true)
			m.news = true
			m.wakes.SendAsync(true)
			return m.view(), nil
		}); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandler(ctx, order.ClaimUpdate, m.takeCharge); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, order.ReserveVersionUpdate,
		func(_ workflow.Context, asked order.VersionReservation) (order.VersionReservation, error) {
			return m.reserve(asked), nil
		}, workflow.UpdateHandlerOptions{Validator: func(_ workflow.Context, asked order.VersionReservation) error {
			if asked.OutOrderNo == "" || asked.AppVersion == "" {
				return durable.Refuse(words.New("refuse.reservation"))
			}
			return nil
		}, Description: "take a version number for an order"}); err != nil {
		return err
	}
	if err := m.registerCertify(ctx); err != nil {
		return err
	}
	if err := m.registerDownwards(ctx); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, order.CloseUpdate, m.close,
		workflow.UpdateHandlerOptions{Validator: m.refuseClose, Description: "close this mini program"})
}

// refuseClose refuses to close a mini program that orders need: they would start it again,
// without its token.
func (m *entity) refuseClose(workflow.Context, order.DeliveryInstruction) error {
	if !m.ordered() {
		return nil
	}
	return durable.Refuse(words.New("refuse.in_charge", m.InCharge))
}

// close closes the entity and answers once it has nothing in its hands any more, so that
// the answer is true.
func (m *entity) close(ctx workflow.Context, in order.DeliveryInstruction) (order.MiniProgramView, error) {
	m.closing = &closing{by: order.AskedBy(in.Actor, in.Reason)}
	m.wakes.SendAsync(true)
	if err := workflow.Await(ctx, func() bool { return m.left || m.closing == nil }); err != nil {
		return order.MiniProgramView{}, err
	}
	if !m.left {
		return order.MiniProgramView{}, durable.Refuse(words.New("refuse.charge_taken"))
	}
	return m.view(), nil
}

// view is the mini program as people see it. It has no token, not even a sealed one.
func (m *entity) view() order.MiniProgramView {
	view := order.MiniProgramView{
		AppID: m.input.AppID, MiniAppID: m.input.MiniAppID, Authorization: m.Authorization,
		// A list of its own and never nil: in JSON an empty queue is [] and not null.
		OutOrderNo: m.InCharge, Queue: append([]string{}, m.Queue...), Online: m.Online, Down: m.Down,
		Limited: m.Online != nil && m.Online.Limited, Events: append([]order.MiniProgramEvent{}, m.Events...),
		Held: len(m.Kept), Dead: len(m.Stuck),
	}
	if m.Limit != nil {
		until := m.input.Schedules.LimitedUntil(m.Limit.Since)
		view.LimitedUntil, view.Filing = &until, string(m.Limit.Filing)
	}
	if m.Trial != nil {
		view.Certification = m.Trial.Certification
	}
	if m.Token != nil {
		view.AuthorizedAt = &m.Token.AuthTime
	}
	if m.Doubt != nil && m.Doubt.Code != "" {
		view.Doubt = &order.TokenDoubt{Since: m.Doubt.Since, Code: m.Doubt.Code, NextTry: m.Doubt.NextTry}
	}
	return view
}

// deliveries lists what waits here for an order, and what is stuck here: to a person both are
// deliveries, no matter which workflow keeps them.
func (m *entity) deliveries() []order.DeliveryView {
	views := make([]order.DeliveryView, 0, len(m.Kept)+len(m.Stuck))
	for _, h := range m.Kept {
		_, why := m.placeOf(h.Notification)
		views = append(views, h.DeliveryView(order.DispositionWaiting, words.Sentence(why), order.HeldByMiniProgram))
	}
	for _, stuck := range m.Stuck {
		views = append(views, stuck.Notification.DeliveryView(order.DispositionDead, words.Sentence(stuck.Reason), order.HeldByMiniProgram))
	}
	return views
}

// publish brings the entity's search attributes and page up to date. Those that name it never change,
// so they are set once: each setting is an event of a history that is to last.
func (m *entity) publish(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, m.page())
	m.showToken(ctx)
	m.showOnline(ctx)
	m.showChange(ctx)
	m.showTrouble(ctx)
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

// showToken keeps the memo's token up to date, still sealed: calls read it there, without waking
// the entity.
func (m *entity) showToken(ctx workflow.Context) {
	live, shown := m.liveToken(), ""
	if live != nil {
		shown = live.Fingerprint + string(live.Sealed)
	}
	if !m.prompt || m.shown == shown {
		return
	}
	m.shown = shown
	if err := workflow.UpsertMemo(ctx, map[string]any{order.TokenMemo: live}); err != nil {
		workflow.GetLogger(ctx).Error("the token could not be shown to calls", "error", err)
	}
}

// maxQueueShown bounds the queue on the page, in bytes; GET /v1/mini-programs has it whole.
const maxQueueShown = 600

// say says a text where the Temporal UI shows it, in the language of the app's configuration.
func (m *entity) say(text words.Text) string { return text.In(m.input.Language) }

// page is the Markdown that the Temporal UI shows about the mini program, for operators who do not
// have the API at hand, in the language of the app's configuration.
func (m *entity) page() string {
	p := durable.NewPage(m.input.Language, words.New("page.rest_of_mini_program"))
	p.Add("## "+p.Say(words.New("page.mini_program"))+" "+p.Say(words.Plain(m.input.MiniAppID))+"\n\n| | |\n|---|---|\n", 0)
	p.Row("page.authorization", words.Plain(string(m.Authorization)))
	p.Row("page.in_charge", words.Plain(m.InCharge))
	if m.Doubt != nil && m.Doubt.Code != "" {
		p.Row("page.token_doubt", words.New("page.unanswered", m.Doubt.Code, m.Doubt.NextTry))
	}
	p.Row("page.behind_it", words.Plain(order.CutText(strings.Join(m.Queue, ", "), maxQueueShown)))
	if m.Online != nil {
		p.Row("page.online", words.Plain(m.Online.AppVersion))
	}
	if m.Down != nil {
		p.Row("page.down", m.downText())
	}
	if m.Limit != nil {
		p.Row("page.limited", m.limitText())
	}
	if !m.note.IsZero() {
		p.Add("\n"+p.Say(m.note)+"\n", 0)
	}
	return p.String()
}

// look brings the page up to date, and begins or ends what runs beside the listening:
// each watch compares what runs with what should, so it does not matter what has changed.
func (m *entity) look(ctx workflow.Context) {
	wanted := m.wanted()
	if wanted || m.wasWanted {
		m.Since = workflow.Now(ctx).UTC()
	}
	m.wasWanted = wanted
	m.watchLimit(ctx)
	m.publish(ctx)
	m.watchToken(ctx)
	m.watchDoubt(ctx)
	m.watchPenalty(ctx)
	m.watchCertification(ctx)
	m.watchExpiry(ctx)
}
