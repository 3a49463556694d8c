package delivery

import (
	"cmp"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"miniflow/order"
	"miniflow/words"
	"miniflow/workflows/durable"
)

// become gives the message a state, and shows it at once: the lists that people look
// through find a Delivery by its state.
func (d *delivery) become(ctx workflow.Context, state order.Disposition, reason string) {
	d.State, d.Reason = state, reason
	d.publish(ctx)
}

// publish shows how the message stands: to people on its page, to lists by memo and search
// attributes, which need no worker to be read.
func (d *delivery) publish(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, d.page())
	view := d.view()
	logger := workflow.GetLogger(ctx)
	if err := workflow.UpsertMemo(ctx, map[string]any{order.SummaryMemo: view}); err != nil {
		// Logged and not returned: a list that shows less must not stop the message.
		logger.Error("the summary could not be set", "error", err)
	}
	// Each setting is an event of the history and a write to the index, so only news is written.
	if d.published == d.State {
		return
	}
	d.published = d.State
	updates := []temporal.SearchAttributeUpdate{
		temporal.NewSearchAttributeKeyKeyword(order.AttributeDeliveryState).ValueSet(string(d.State)),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeAppID).ValueSet(view.AppID),
		temporal.NewSearchAttributeKeyKeyword(order.AttributeMiniAppID).ValueSet(view.MiniAppID),
	}
	if !view.Copy { // an order that starts wakes the messages of its number, and copies don't wait for it
		updates = append(updates, temporal.NewSearchAttributeKeyKeyword(order.AttributeOutOrderNo).ValueSet(view.OutOrderNo))
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		logger.Error("search attributes could not be set", "error", err)
	}
}

// say says a text where the Temporal UI shows it, in the language of the app's configuration.
func (d *delivery) say(text words.Text) string { return text.In(d.input.Language) }

// page is the Markdown that the Temporal UI shows about the message, for operators who do not have
// the API at hand, in the language of the app's configuration.
func (d *delivery) page() string {
	p := durable.NewPage(d.input.Language, words.New("page.rest_of_delivery"))
	p.Add("## "+p.Say(words.Plain(d.input.Notification.Name))+"\n\n| | |\n|---|---|\n", 0)
	p.Row("page.state", words.Plain(string(d.State)))
	p.Row("page.because", d.input.Notification.Noting(words.Sentence(d.Reason)))
	if forward := d.Forward; forward.LastError != "" {
		p.Row("page.tried", words.New("page.tries", forward.Attempts, words.Sentence(forward.LastError)))
	}
	if !d.Forward.NextTry.IsZero() {
		p.Row("page.tried_again", words.New("page.next_try", d.Forward.NextTry))
	}
	if !d.until.IsZero() {
		p.Row("page.replayable", words.New("page.replayable_until", d.until))
	}
	return p.String()
}

// view is the message as lists and the API show it: a closed Delivery still returns it.
func (d *delivery) view() order.DeliveryView {
	view := d.input.Notification.DeliveryView(d.State, words.Sentence(d.Reason), order.HeldByDelivery)
	view.Copy, view.ReplayableUntil, view.Code = d.input.Copy, d.until, d.Code
	view.MiniAppID = cmp.Or(d.MiniAppID, view.MiniAppID) // Alipay's word before the message's
	view.Attempts, view.LastError, view.NextTry = d.Forward.Attempts, d.Forward.LastError, d.Forward.NextTry
	return view
}
