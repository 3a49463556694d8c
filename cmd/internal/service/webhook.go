package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/worker"

	"miniflow/activities/backend"
	"miniflow/activities/telling"
	"miniflow/ingress/api"
	"miniflow/internal/config"
	"miniflow/internal/fetch"
	"miniflow/internal/merchantlink"
	"miniflow/order"
	"miniflow/tell"
	"miniflow/temporalio"
	"miniflow/words"
	"miniflow/workflows/webhook"
)

// changeLag is how much later than it happened a change may be listed. Temporal lists one within a
// second; a store that is behind takes longer.
const changeLag = time.Minute

// probesPerSecond is how fast a webhook is told that accepts nothing.
const probesPerSecond = 0.1

// webhookBeat is how soon a webhook hears that a person wants something of it, which it does in the
// answer to a heartbeat, and how old what GET /v1/webhooks shows is at most.
const webhookBeat = 3 * time.Second

// newWebhooks makes a worker for the webhook of each app that has one. It runs in one process at a
// time, so that what is told of an order comes in order.
func (s *Service) newWebhooks() ([]worker.Worker, error) {
	targets, err := webhookTargets(s.options.Config)
	if err != nil || len(targets) == 0 {
		return nil, err
	}
	guard, err := newGuard(s.options.Config, s.options.FileHosts)
	if err != nil {
		return nil, err
	}
	ids := slices.Sorted(maps.Keys(targets))
	metrics, err := telling.NewMetrics(s.options.Registry, ids)
	if err != nil {
		return nil, err
	}
	schedules := s.options.Config.Schedules
	teller := &telling.Teller{
		Temporal: s.options.Temporal, Namespace: s.options.Namespace, Targets: targets, Metrics: metrics, Log: s.options.Log, Now: now,
		Links:    s.links(),
		Backend:  telling.Targets(guard.Client(forwardTimeout), fetch.Forbidden, now),
		Settings: tell.Settings{Probe: probesPerSecond, Retry: schedules.Forward, Keep: schedules.ForwardFor.Std(), Lag: changeLag},
	}
	workers := make([]worker.Worker, 0, len(ids))
	for _, id := range ids {
		one := s.newSingle(order.WebhookTaskQueue(id), webhookBeat)
		teller.Register(one)
		workers = append(workers, one)
	}
	return workers, nil
}

// webhookTargets are the webhooks of the apps that have one.
func webhookTargets(cfg *config.Config) (map[string]telling.Target, error) {
	targets := map[string]telling.Target{}
	var problems []error
	for i, app := range cfg.Apps {
		if app.Webhook.URL == "" {
			continue
		}
		signers, err := signersOf(cfg, i)
		problems = append(problems, err)
		targets[app.ID] = telling.Target{URL: app.Webhook.URL, Signers: signers, Events: app.Webhook.Events, Rate: app.Webhook.PostsPerSecond, Language: app.Language}
	}
	return targets, errors.Join(problems...)
}

// links are what the links of orders are made by, the same as the REST API's.
func (s *Service) links() temporalio.Links {
	cfg, redirects := s.options.Config, map[string]string{}
	for _, app := range cfg.Apps {
		redirects[app.ID] = app.RedirectURI
	}
	return temporalio.Links{
		UI: cfg.Temporal.UIURL, Namespace: s.options.Namespace, RedirectURIs: redirects,
		Merchants: merchantlink.New(cfg.PublicURL, s.ring), Now: now,
	}
}

// startWebhook starts an app's Webhook. One that runs goes on as it was started, and keeps its page's
// language: what it is told of orders is worth more. Events are in the one that is configured now.
func (s *Service) startWebhook(ctx context.Context, appID string, language words.Language) error {
	input := webhook.Input{AppID: appID, Language: language}
	_, err := s.options.Temporal.ExecuteWorkflow(ctx, temporalio.WebhookOptions(appID, language), order.WebhookWorkflowType, input)
	if err != nil {
		return fmt.Errorf("start the webhook of app %s: %w", appID, err)
	}
	return nil
}

// testable are the webhooks as the REST API has them tested.
func (s *Service) testable() (map[string]api.Webhook, error) {
	targets, err := webhookTargets(s.options.Config)
	if err != nil {
		return nil, err
	}
	guard, err := newGuard(s.options.Config, s.options.FileHosts)
	if err != nil {
		return nil, err
	}
	hooks := map[string]api.Webhook{}
	for id, target := range targets {
		hooks[id] = testedWebhook{appID: id, target: target, poster: telling.Targets(guard.Client(forwardTimeout), fetch.Forbidden, now)}
	}
	return hooks, nil
}

// testedWebhook posts test events.
type testedWebhook struct {
	appID  string
	target telling.Target
	poster backend.Poster
}

// Test posts one. It is about no order, so that no backend acts on it.
func (w testedWebhook) Test(ctx context.Context) api.WebhookTest {
	began := now()
	id := "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	answer, err := telling.Send(ctx, w.poster, w.target, id, map[string]any{
		"type": "webhook.test", "timestamp": began.UTC(), "data": map[string]any{"app_id": w.appID},
	})
	result := api.WebhookTest{OK: answer.OK(), Status: answer.Status, ID: id, Duration: now().Sub(began).Seconds()}
	switch {
	case err != nil:
		result.Problem = err.Error()
	case !answer.OK():
		result.Problem = answer.Text
	}
	return result
}
