package telling

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"miniflow/activities"
	"miniflow/activities/backend"
	"miniflow/tell"
	"miniflow/temporalio"
	"miniflow/words"
)

// Temporal is as much of a client as a Teller needs.
type Temporal interface {
	ListWorkflow(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	QueryWorkflow(ctx context.Context, id, run, name string, args ...any) (converter.EncodedValue, error)
}

// Target is the webhook of one app.
type Target struct {
	URL string
	// Signers sign, one for each live secret.
	Signers []backend.Signer
	// Events are the types that are told; none are all of [order.ToldTypes].
	Events []string
	// Rate is how many posts a second are made.
	Rate float64
	// Language is what the sentences of events are said in.
	Language words.Language
}

// Fingerprint tells a target from the one that was configured before it, without its address.
func (t Target) Fingerprint() string {
	sum := sha256.Sum256([]byte(t.URL))
	return hex.EncodeToString(sum[:8])
}

// Teller holds the activity of every app's webhook.
type Teller struct {
	Temporal  Temporal
	Namespace string
	Targets   map[string]Target
	// Links are what an order's links in a post are made by.
	Links   temporalio.Links
	Backend backend.Poster
	// Settings are those of every target, whose rate is its own.
	Settings tell.Settings
	Metrics  *Metrics
	Log      *slog.Logger
	Now      func() time.Time
}

// Targets posts to webhooks.
func Targets(client backend.Doer, forbidden func(error) bool, now func() time.Time) backend.Poster {
	return backend.Poster{Name: "the webhook", Field: "webhook.url", HTTP: client, Forbidden: forbidden, Now: now}
}

// Register registers the activity on a worker of order.WebhookTaskQueue that runs one at a time.
func (t *Teller) Register(registry activities.Registry) {
	registry.RegisterActivityWithOptions(t.Tell, activity.RegisterOptions{Name: activities.Tell.Name})
}

const (
	// listEvery is how often changes are listed, which is about how long an event takes.
	listEvery = time.Second
	// lateEvery is every how many lists one looks further back.
	lateEvery = 10
	// atOnce is how many posts are under way at most.
	atOnce = 8
	// term is how long one call goes on: what it knows is then in the history of its workflow.
	term = 24 * time.Hour
	// pauseAfter is the pause after a list that failed, and askAgain is when an order is asked again that could not be.
	pauseAfter = 5 * time.Second
	askAgain   = 5 * time.Second
)

// Tell tells until it is cancelled, or its term is over.
func (t *Teller) Tell(ctx context.Context, call activities.TellCall) (tell.State, error) {
	state := call.State
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &state); err != nil {
			return tell.State{}, err
		}
	}
	run := t.begin(call.AppID, state, activity.GetInfo(ctx).StartedTime)
	err := activities.Beating(ctx, func() any { return run.snapshot() }, func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, term)
		defer cancel()
		return run.tell(ctx)
	})
	return run.snapshot(), err
}

// begin makes a call that begins at a time of Temporal's, by which it knows how far the clock here is
// ahead: changes bear Temporal's time, and what seems older than a list is not looked for.
func (t *Teller) begin(appID string, state tell.State, began time.Time) *run {
	target, settings := t.Targets[appID], t.Settings
	settings.Rate = target.Rate
	return &run{
		Teller: t, appID: appID, target: target, book: tell.NewBook(state, settings, target.Fingerprint(), t.Now()),
		rows: rows{}, news: make(chan struct{}, 1), ahead: max(0, t.Now().Sub(began)),
	}
}
