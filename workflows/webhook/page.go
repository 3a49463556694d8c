package webhook

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"miniflow/internal/harmless"
	"miniflow/workflows/durable"
)

// show brings the page that the Temporal UI shows up to date. It costs no event: the page is read
// from a worker. It is as old as the call under way; GET /v1/webhooks shows what that knows.
func (w *webhook) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, durable.Short(w.page(), "The rest does not fit on this page: GET /v1/webhooks."))
}

func (w *webhook) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## The webhook of app %s\n\n| | |\n|---|---|\n", harmless.Markdown(w.input.AppID))
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", name, harmless.Markdown(value))
		}
	}
	row("told through", clock(w.state.Through))
	row("accepted", fmt.Sprintf("%d posts with %d events", w.state.Posts, w.state.Events))
	row("last accepted", clock(w.state.LastTaken))
	if w.state.Refused > 0 {
		row("refused", fmt.Sprintf("%d posts, at last at %s: %s", w.state.Refused, clock(w.state.LastRefused), w.state.LastReason))
	}
	row("tried again", fmt.Sprintf("%d orders", len(w.state.Waiting)))
	row("dead", fmt.Sprintf("%d orders", len(w.state.Dead)+w.state.Forgotten))
	if disabled := w.state.Disabled; disabled != nil {
		row("disabled", "since "+clock(disabled.At)+": "+disabled.Reason)
	}
	row("trouble", w.trouble)
	b.WriteString("\nAs of when the call under way began. `miniflow webhooks list` shows it as it is now.\n")
	return b.String()
}

func clock(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format("2006-01-02 15:04:05 UTC")
}
