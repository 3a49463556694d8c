package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/order"
	"miniflow/temporalio"
)

// getDeliveryInput names the message, and for the log the person.
type getDeliveryInput struct {
	DeliveryPath
	Copy  bool   `query:"copy" doc:"The message's copy is meant, not the message itself."`
	Actor string `header:"X-Actor" doc:"The person who reads, at most 64 bytes; recorded where people's data is shown."`
}

type getDeliveryOutput struct{ Body deliveryBody }

// deliveryBody is a message with what it says.
type deliveryBody struct {
	order.DeliveryView
	SentAt time.Time `json:"sent_at,omitzero" doc:"Alipay's own time of the message; left out where it carried none." example:"2026-11-20T08:00:00Z"`
	Flaw   string    `json:"flaw,omitempty" doc:"Why it could not be read."`
	Masked bool      `json:"masked" doc:"People's data is masked; a key with the scope token reads it, and is recorded."`
	// Content is what Alipay sent: biz_content, or the parameters of a message without one.
	Content json.RawMessage `json:"content" doc:"What Alipay sent: biz_content, decrypted, or the parameters of a message without one; tokens and codes are never shown. null where it was too large to be kept, or a mini program holds it."`
}

// routeGetDelivery registers GET /v1/deliveries/{app_id}/{notify_id}.
func (a *API) routeGetDelivery(calls huma.API) {
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-delivery", Method: http.MethodGet, Path: "/v1/deliveries/{app_id}/{notify_id}", Tags: []string{"deliveries"},
		Summary:     "Read a message that belongs to no order, with its content",
		Description: "The id is percent-encoded; one that could not be used is named by the digest that GET /v1/deliveries shows. A key with the scope token sees people's data, and the log says who read it. What a mini program holds until an order claims it has no content here: start that order, or wait until the message becomes a delivery.",
	}, a.getDelivery)
}

// getDelivery is GET /v1/deliveries/{app_id}/{notify_id}.
func (a *API) getDelivery(ctx context.Context, input *getDeliveryInput) (*getDeliveryOutput, error) {
	var fields fieldList
	checkHeader("X-Actor", input.Actor, maxActor, &fields)
	if err := fields.err(); err != nil {
		return nil, err
	}
	id := deliveryWorkflow(input.DeliveryPath, input.Copy)
	s, err := a.standing(ctx, id, noSuchDelivery)
	if err != nil {
		return a.heldDelivery(ctx, input, err)
	}
	started, err := inputOf[order.DeliveryInput](ctx, a, s.info)
	if err != nil {
		return nil, temporalProblem(err, "read the message", noSuchDelivery)
	}
	n := started.Notification
	revealed := slices.Contains(callerOf(ctx).Scopes, APIScopeToken)
	output := &getDeliveryOutput{Body: deliveryBody{SentAt: n.SentAt, Flaw: n.Flaw, Masked: !revealed, Content: json.RawMessage("null")}}
	output.Body.DeliveryView, _ = summaryOf[order.DeliveryView](s.info)
	if n.Content == "" {
		return output, nil
	}
	content, err := a.config.Sealer.Open(n.Content, input.AppID, order.SealContent)
	if err != nil {
		return nil, fmt.Errorf("open the message: %w", err)
	}
	output.Body.Content = masked(content, revealed)
	if revealed {
		a.config.Log.InfoContext(ctx, "content of a message read", "app_id", input.AppID, "notify_id", input.NotifyID,
			logCaller, callerOf(ctx).Name, "actor", input.Actor)
	}
	return output, nil
}

// heldDelivery is a message that a mini program holds until an order claims it. What
// it says is the mini program's to hand over, and nobody else can read it.
func (a *API) heldDelivery(ctx context.Context, input *getDeliveryInput, missing error) (*getDeliveryOutput, error) {
	if !temporalio.NotFound(missing) || input.Copy {
		return nil, missing
	}
	held, err := a.holderOf(ctx, input.AppID, input.NotifyID)
	switch {
	case err != nil:
		return nil, err
	case held.NotifyID == "":
		return nil, missing
	}
	return &getDeliveryOutput{Body: deliveryBody{DeliveryView: held, Masked: true, Content: json.RawMessage("null")}}, nil
}
