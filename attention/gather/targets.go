package gather

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/converter"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/tell"
	"miniflow/temporalio"
	"miniflow/words"
)

// webhook is the app's webhook, where it refuses what it is told.
func (g *Gatherer) webhook(ctx context.Context, appID string, found *Found) error {
	if g.Webhook == nil || !g.Webhook(appID) {
		return nil
	}
	state, err := WebhookState(ctx, g.Temporal, appID)
	switch {
	case temporalio.NotFound(err): // no worker has started it yet
		return nil
	case err != nil:
		return err
	}
	item := attention.Item{ID: "webhook", AppID: appID, Kind: attention.KindWebhookDown, Commands: []string{"test-webhook"}}
	switch {
	case state.Disabled != nil:
		item.Since, item.Commands = state.Disabled.At, []string{"enable-webhook", "test-webhook"}
		item.Reason = words.New("attention.webhook_disabled", words.Sentence(state.Disabled.Reason))
	case state.Circuit.Probing():
		item.Since = state.Circuit.OpenSince
		item.Reason = words.New("attention.webhook_down", len(state.Waiting), words.Sentence(state.LastReason))
	case len(state.Dead) > 0:
		item.Since, item.Commands = state.Dead[0].At, []string{"resend-webhook", "test-webhook"}
		item.Reason = words.New("attention.webhook_dead", len(state.Dead)+state.Forgotten)
	default:
		return nil
	}
	found.add(item)
	return nil
}

// WebhookState returns what the call under way knows of an app's webhook, which its heartbeat says.
func WebhookState(ctx context.Context, temporal Temporal, appID string) (tell.State, error) {
	var state tell.State
	id := order.WebhookWorkflowID(appID)
	described, err := temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return state, fmt.Errorf("look at the webhook: %w", err)
	}
	for _, pending := range described.GetPendingActivities() {
		if details := pending.GetHeartbeatDetails(); details != nil && converter.GetDefaultDataConverter().FromPayloads(details, &state) == nil {
			return state, nil
		}
	}
	value, err := temporal.QueryWorkflow(ctx, id, "", order.ViewQuery)
	if err == nil {
		err = value.Get(&state)
	}
	if err != nil {
		return state, fmt.Errorf("look at the webhook: %w", err)
	}
	return state, nil
}

func (g *Gatherer) certificates(_ context.Context, appID string, found *Found) error {
	if g.Certificates == nil {
		return nil
	}
	for _, one := range g.Certificates(appID) {
		since, days, soon := attention.Ending(one.Until, g.Now())
		if !soon {
			continue
		}
		code := "attention.certificate_alipay"
		if one.Own {
			code = "attention.certificate_own"
		}
		found.add(attention.Item{
			ID: attention.Named(attention.OfCertificate, one.Serial), AppID: appID, Kind: attention.KindCertificateEnds, DaysLeft: &days,
			Since: since, Reason: words.New(code, one.Serial, one.Until), Commands: []string{},
		})
	}
	return nil
}
