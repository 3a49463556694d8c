package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/tell"
)

// Webhook is what the REST API needs of an app's webhook.
type Webhook interface {
	// Test posts a test event once, and says what came of it.
	Test(ctx context.Context) WebhookTest
}

// WebhookTest is what a webhook made of a test event.
type WebhookTest struct {
	OK       bool    `json:"ok" doc:"Whether it was accepted with a 2xx." example:"true"`
	Status   int     `json:"status" doc:"The status of the answer; 0 where there was none." example:"204"`
	Problem  string  `json:"problem,omitempty" doc:"Why it was not accepted." example:"the webhook answered 404 Not Found"`
	Duration float64 `json:"duration_seconds" doc:"How long it took." example:"0.12"`
	ID       string  `json:"webhook_id" doc:"The id that it was sent under." example:"test_01990b4c"`
}

type webhookView struct {
	AppID       string         `json:"app_id" doc:"The third-party application." example:"2021000000000000"`
	Status      string         `json:"status" enum:"healthy,refusing,recovering,disabled" doc:"healthy: told of every change. refusing: its circuit is open, so it is tried slowly, or it has asked by Retry-After not to be told for a while. recovering: it accepts again, and is told a little faster with each post that it accepts. disabled: it answered 410, and is told nothing until it is enabled or another address is configured." example:"healthy"`
	Since       *time.Time     `json:"since" doc:"Since when it is no longer healthy; null while it is healthy."`
	Reason      string         `json:"reason,omitempty" doc:"What it answered last that was no acceptance." example:"the webhook answered 502 Bad Gateway"`
	Rate        float64        `json:"posts_per_second,omitempty" doc:"How fast it is told while it is refusing or recovering." example:"0.1"`
	PausedUntil *time.Time     `json:"paused_until,omitempty" doc:"Before when it has asked not to be told; left out where it has not."`
	ToldThrough time.Time      `json:"told_through" doc:"Every change up to then was told, or is listed below."`
	Behind      int            `json:"behind" doc:"How many orders have changed and were not told of." example:"0"`
	Posts       int64          `json:"posts" doc:"Posts that were accepted." example:"1200"`
	Events      int64          `json:"events" doc:"Events in them." example:"1400"`
	Refused     int64          `json:"refused" doc:"Posts that were not accepted." example:"3"`
	LastTaken   *time.Time     `json:"last_accepted" doc:"When a post was accepted last."`
	Retrying    []tell.Waiting `json:"retrying" doc:"Orders whose post was not accepted, and is tried again."`
	Dead        []tell.Dead    `json:"dead" doc:"Orders whose events were given up after three days; resend tells them again."`
	Forgotten   int            `json:"forgotten" doc:"Dead ones that are not listed any more; resend with since tells them again." example:"0"`
}

// WebhookPath names an app's webhook. It is exported because the framework ignores unexported types.
type WebhookPath struct {
	AppID string `path:"app_id" maxLength:"64" doc:"The third-party application."`
}

type listWebhooksInput struct {
	AppID string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
}

type listWebhooksOutput struct{ Body webhookList }

type webhookList struct {
	Webhooks []webhookView `json:"webhooks"`
}

type webhookOutput struct{ Body webhookView }

type testWebhookOutput struct{ Body WebhookTest }

type webhookInput struct {
	WebhookPath
	Actor string `header:"X-Actor" doc:"The person behind the command, at most 64 bytes; the key's name when left out."`
}

type resendInput struct {
	WebhookPath
	Actor   string `header:"X-Actor" doc:"The person behind the command, at most 64 bytes; the key's name when left out."`
	RawBody []byte
}

// resendBody says what a webhook is told again.
type resendBody struct {
	OutOrderNo string `json:"out_order_no,omitempty" pattern:"^[0-9A-Za-z_-]{1,32}$" doc:"All events of this order, or those since since."`
	Since      string `json:"since,omitempty" maxLength:"40" doc:"All events since then, of every order where out_order_no is left out, RFC 3339. What was accepted is sent again under its old id."`
	Dead       bool   `json:"dead,omitempty" doc:"All that is listed as dead."`
}

func (a *API) routeWebhooks(calls huma.API) {
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-webhooks", Method: http.MethodGet, Path: "/v1/webhooks", Tags: []string{"webhooks"},
		Summary: "See how webhooks are told", Description: "One for each app that has webhook.url in the configuration.",
	}, a.listWebhooks)
	call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: "enable-webhook", Method: http.MethodPost, Path: "/v1/webhooks/{app_id}/enable", Tags: []string{"webhooks"},
		Summary: "Tell a disabled webhook again", Description: "It is told all that it has missed, and at once at its configured pace.",
	}, func(ctx context.Context, input *webhookInput) (*webhookOutput, error) {
		return a.instructWebhook(ctx, input.AppID, tell.Instruction{Action: tell.ActionEnable, Actor: input.Actor})
	})
	call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: "test-webhook", Method: http.MethodPost, Path: "/v1/webhooks/{app_id}/test", Tags: []string{"webhooks"},
		Summary: "Post a test event to a webhook", Description: "Once, signed as events are, with the type webhook.test. The answer says what the webhook made of it.",
	}, a.testWebhook)
	bodies := strict.NewReader[resendBody](a.schemas)
	operation := call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: "resend-webhook", Method: http.MethodPost, Path: "/v1/webhooks/{app_id}/resend", Tags: []string{"webhooks"},
		Summary: "Tell a webhook something again", Description: "One order, everything since a moment, or all that is dead. Events keep their ids.",
	}, a.resendWebhook(bodies))
	describeBody(operation, bodies.Schema)
	describeEvents(calls)
}

// webhookOf returns an app's webhook, or says that it has none.
func (a *API) webhookOf(appID string) (Webhook, error) {
	hook := a.config.Webhooks[appID]
	if hook == nil {
		return nil, problem.New(problem.WebhookUnknown, "app %s has no webhook: set webhook.url and webhook.secrets for it in the configuration", appID)
	}
	return hook, nil
}

func (a *API) listWebhooks(ctx context.Context, input *listWebhooksInput) (*listWebhooksOutput, error) {
	apps, err := appsFor(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	output := &listWebhooksOutput{Body: webhookList{Webhooks: []webhookView{}}}
	for _, appID := range apps {
		if a.config.Webhooks[appID] == nil {
			continue
		}
		state, err := a.webhookState(ctx, appID)
		if err != nil {
			return nil, err
		}
		output.Body.Webhooks = append(output.Body.Webhooks, a.showWebhook(appID, state))
	}
	return output, nil
}

// webhookState returns what the call under way knows, which its heartbeat says.
func (a *API) webhookState(ctx context.Context, appID string) (tell.State, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	id := order.WebhookWorkflowID(appID)
	described, err := a.config.Temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return tell.State{}, temporalProblem(err, "look at the webhook", problem.WebhookUntold)
	}
	for _, pending := range described.GetPendingActivities() {
		var state tell.State
		if details := pending.GetHeartbeatDetails(); details != nil && converter.GetDefaultDataConverter().FromPayloads(details, &state) == nil {
			return state, nil
		}
	}
	state, err := ask[tell.State](ctx, a.config.Temporal, id, "", order.ViewQuery)
	if err != nil {
		return state, temporalProblem(err, "look at the webhook", problem.WebhookUntold)
	}
	return state, nil
}

func (a *API) showWebhook(appID string, state tell.State) webhookView {
	view := webhookView{
		AppID: appID, Status: "healthy", ToldThrough: state.Through, Behind: state.Behind, Posts: state.Posts, Events: state.Events, Refused: state.Refused,
		Retrying: filled(state.Waiting), Dead: filled(state.Dead), Forgotten: state.Forgotten, Reason: state.LastReason,
	}
	if !state.LastTaken.IsZero() {
		view.LastTaken = &state.LastTaken
	}
	switch {
	case state.Disabled != nil:
		view.Status, view.Since, view.Reason = "disabled", &state.Disabled.At, state.Disabled.Reason
	case state.Circuit.Until.After(a.config.Now()):
		view.Status, view.Since, view.Rate, view.PausedUntil = "refusing", &state.LastRefused, state.Circuit.Rate, &state.Circuit.Until
	case state.Circuit.Rate > 0:
		view.Status, view.Since, view.Rate = "recovering", &state.Circuit.OpenSince, state.Circuit.Rate
		if state.Circuit.Probing() {
			view.Status = "refusing"
		}
	}
	return view
}

func (a *API) testWebhook(ctx context.Context, input *webhookInput) (*testWebhookOutput, error) {
	hook, err := a.webhookOf(input.AppID)
	if err != nil {
		return nil, err
	}
	return &testWebhookOutput{Body: hook.Test(ctx)}, nil
}

func (a *API) resendWebhook(bodies strict.Reader[resendBody]) func(context.Context, *resendInput) (*webhookOutput, error) {
	return func(ctx context.Context, input *resendInput) (*webhookOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(input.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		wanted := tell.Instruction{Action: tell.ActionResend, OutOrderNo: body.OutOrderNo, Dead: body.Dead, Actor: input.Actor}
		if body.Since != "" {
			if wanted.Since, err = readMoment("body.since", body.Since); err != nil {
				return nil, err
			}
		}
		if err := fields.Err(); err != nil {
			return nil, err
		}
		if err := wanted.Judge(); err != nil {
			return nil, problem.Bad("body", "%s", err.Error())
		}
		if body.OutOrderNo != "" { // of a number that is none it would be told, and be listed as dead
			if _, err := a.look(ctx, input.AppID, body.OutOrderNo); err != nil {
				return nil, err
			}
		}
		return a.instructWebhook(ctx, input.AppID, wanted)
	}
}

func (a *API) instructWebhook(ctx context.Context, appID string, wanted tell.Instruction) (*webhookOutput, error) {
	if _, err := a.webhookOf(appID); err != nil {
		return nil, err
	}
	var fields problem.Fields
	checkHeader("X-Actor", wanted.Actor, maxActor, &fields)
	if err := fields.Err(); err != nil {
		return nil, err
	}
	wanted.Actor = actorOf(ctx, wanted.Actor)
	ctx, cancel := context.WithTimeout(ctx, instructWithin)
	defer cancel()
	handle, err := a.config.Temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: order.WebhookWorkflowID(appID), UpdateName: order.WebhookUpdate, Args: []any{wanted},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	var state tell.State
	if err == nil {
		err = handle.Get(ctx, &state)
	}
	if err != nil {
		if why, refused := refusal(err); refused {
			return nil, problem.New(problem.NotNow, "%s", why)
		}
		return nil, temporalProblem(err, "instruct the webhook", problem.WebhookUntold)
	}
	return &webhookOutput{Body: a.showWebhook(appID, state)}, nil
}

// instructWithin is enough for the posts under way to end.
const instructWithin = 40 * time.Second
