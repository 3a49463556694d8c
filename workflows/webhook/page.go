package webhook

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/words"
	"miniflow/workflows/durable"
)

// say says a text where the Temporal UI shows it, in the language of the app's configuration.
func (w *webhook) say(text words.Text) string { return text.In(w.input.Language) }

// show brings the page that the Temporal UI shows up to date. It costs no event: the page is read
// from a worker. It is as old as the call under way; GET /v1/webhooks shows what that knows.
func (w *webhook) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, w.page())
}

// page is the Markdown that the Temporal UI shows about the webhook, in the language of the app's
// configuration.
func (w *webhook) page() string {
	p, state := durable.NewPage(w.input.Language, words.New("page.rest_of_webhook")), w.state
	p.Add("## "+p.Say(words.New("page.webhook", w.input.AppID))+"\n\n| | |\n|---|---|\n", 0)
	p.Row("page.told_through", at(state.Through))
	p.Row("page.accepted", words.New("page.accepted_posts", state.Posts, state.Events))
	p.Row("page.last_accepted", at(state.LastTaken))
	if state.Refused > 0 {
		p.Row("page.refused", words.New("page.refused_posts", state.Refused, state.LastRefused, words.Sentence(state.LastReason)))
	}
	p.Row("page.tried_again", words.New("page.orders", len(state.Waiting)))
	p.Row("page.dead", words.New("page.orders", len(state.Dead)+state.Forgotten))
	if disabled := state.Disabled; disabled != nil {
		p.Row("page.disabled", words.New("page.disabled_since", disabled.At, words.Sentence(disabled.Reason)))
	}
	p.Row("page.trouble", words.Plain(w.trouble))
	p.Add("\n"+w.say(words.New("page.as_of_the_call"))+"\n", 0)
	return p.String()
}

// at is a moment, and nothing where there was none yet.
func at(moment time.Time) words.Text {
	if moment.IsZero() {
		return words.Text{}
	}
	return words.At(moment)
}
