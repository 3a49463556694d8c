package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/temporalio"
)

// listDeliveriesInput holds the filters of GET /v1/deliveries. Without a state the list shows
// what may need a person, because most messages don't.
type listDeliveriesInput struct {
	State string `query:"state" enum:"applied,duplicate,stale,waiting,late,forwarded,conflict,dead,journaled" doc:"Left out: waiting, late, conflict and dead. journaled: what waits in the door's journal for Temporal, in the process that answers."`
	AppID string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
	PageRequest
}

type listDeliveriesOutput struct{ Body deliveryList }

type deliveryList struct {
	Deliveries []order.DeliveryView `json:"deliveries"`
	// NextCursor is empty on the last page, so that a client's loop has one condition.
	NextCursor string `json:"next_cursor" doc:"Empty on the last page."`
}

const (
	partDeliveries = iota
	partHeld
)

// listDeliveries handles GET /v1/deliveries: first the Delivery workflows page by page, then
// what running mini programs keep, a few mini programs for each call, because each costs a
// query.
func (a *API) listDeliveries(ctx context.Context, input *listDeliveriesInput) (*listDeliveriesOutput, error) {
	apps, err := appsFor(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	if input.State == stateJournaled {
		return a.listJournaled(ctx, input, apps)
	}
	query := temporalio.NewQuery(order.DeliveryWorkflowType, apps...)
	if input.State != "" {
		query.Equals(order.AttributeDeliveryState, input.State)
	} else {
		query.OneOf(order.AttributeDeliveryState, []string{
			string(order.DispositionWaiting), string(order.DispositionLate),
			string(order.DispositionConflict), string(order.DispositionDead),
		})
	}
	filter := query.String()
	at, err := readCursor(input.Cursor, filter)
	if err != nil {
		return nil, err
	}
	listed := deliveryList{Deliveries: []order.DeliveryView{}}
	if at.Part == partDeliveries {
		if at.Token, err = a.addDeliveries(ctx, filter, input.size(), at.Token, &listed); err != nil {
			return nil, err
		}
	}
	// What a mini program keeps is waiting or dead, so other states need no query.
	holds := input.State == "" || input.State == string(order.DispositionWaiting) || input.State == string(order.DispositionDead)
	if len(at.Token) == 0 && holds || at.Part == partHeld {
		if at.Token, err = a.addHeld(ctx, apps, at, order.Disposition(input.State), &listed); err != nil {
			return nil, err
		}
		at.Part = partHeld
	}
	if len(at.Token) > 0 {
		listed.NextCursor = at.write(filter)
	}
	listed.Deliveries, err = a.ownDeliveries(ctx, listed.Deliveries)
	return &listDeliveriesOutput{Body: listed}, err
}

func (a *API) addDeliveries(ctx context.Context, filter string, size int, token []byte, listed *deliveryList) ([]byte, error) {
	page, err := a.list(ctx, filter, size, token)
	if err != nil {
		return nil, err
	}
	for _, execution := range page.GetExecutions() {
		if view, ok := summaryOf[order.DeliveryView](execution); ok {
			listed.Deliveries = append(listed.Deliveries, view)
		}
	}
	return page.GetNextPageToken(), nil
}

// held is what one page of mini programs keeps, and where the next page begins.
type held struct {
	views []order.DeliveryView
	next  []byte
}

// addHeld adds what one page of mini programs keeps in a state, any state when it is empty,
// and returns where the next page begins.
func (a *API) addHeld(ctx context.Context, apps []string, at cursor, state order.Disposition, listed *deliveryList) ([]byte, error) {
	query := temporalio.NewQuery(order.MiniProgramWorkflowType, apps...).Where("ExecutionStatus = 'Running'").String()
	// The first who asked may go away, and the others still wait.
	asking := context.WithoutCancel(ctx)
	page, err := a.held.get(ctx, fmt.Sprintf("%s %x", query, at.Token), ages{queriedFor, queriedStale}, a.config.Now, func() (held, error) {
		return a.heldPage(asking, query, at.Token)
	})
	if err != nil {
		return nil, err
	}
	for _, view := range page.views {
		if state == "" || view.State == state {
			listed.Deliveries = append(listed.Deliveries, view)
		}
	}
	return page.next, nil
}

// heldPage asks a page of mini programs what they keep. One that does not answer in time is left out,
// because its messages are safe and will be in the next call's answer.
func (a *API) heldPage(ctx context.Context, query string, token []byte) (held, error) {
	page, err := a.list(ctx, query, heldPage, token)
	if err != nil {
		return held{}, err
	}
	kept := make([][]order.DeliveryView, len(page.GetExecutions()))
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	atOnce(len(kept), func(i int) { kept[i] = a.heldBy(asking, page.GetExecutions()[i]) })
	return held{slices.Concat(kept...), page.GetNextPageToken()}, nil
}

// heldBy queries one mini program. A failure is logged and yields nothing, because one broken
// mini program must not hide the others.
func (a *API) heldBy(ctx context.Context, execution *workflowpb.WorkflowExecutionInfo) []order.DeliveryView {
	id := execution.GetExecution()
	views, err := ask[[]order.DeliveryView](ctx, a.config.Temporal, id.GetWorkflowId(), id.GetRunId(), order.HeldQuery)
	if err != nil {
		a.config.Log.WarnContext(ctx, "a mini program did not say what it holds", "workflow_id", id.GetWorkflowId(), "error", err.Error())
	}
	return views
}

type getDeliveryInput struct {
	DeliveryPath
	Copy   bool   `query:"copy" doc:"The message's copy is meant, not the message itself."`
	Reveal bool   `query:"reveal" doc:"Show people's data too, which is recorded. A person has to ask for it; a key with the scope token sees it always."`
	Actor  string `header:"X-Actor" doc:"The person who reads, at most 64 bytes; recorded where people's data is shown."`
}

type getDeliveryOutput struct{ Body deliveryBody }

type deliveryBody struct {
	order.DeliveryView
	SentAt time.Time `json:"sent_at,omitzero" doc:"Alipay's own time of the message; left out where it carried none." example:"2026-11-20T08:00:00Z"`
	Flaw   string    `json:"flaw,omitempty" doc:"Why it could not be read."`
	Masked bool      `json:"masked" doc:"People's data is masked; a key with the scope token reads it, and so does a person who may, with reveal=true; both are recorded."`
	// Content is what Alipay sent: biz_content, or the parameters of a message without one.
	Content json.RawMessage `json:"content" doc:"What Alipay sent: biz_content, decrypted, or the parameters of a message without one; tokens and codes are never shown. null where it was too large to be kept, or a mini program holds it."`
}

func (a *API) routeGetDelivery(calls huma.API) {
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-delivery", Method: http.MethodGet, Path: "/v1/deliveries/{app_id}/{notify_id}", Tags: []string{"deliveries"},
		Summary:     "Read a message that belongs to no order, with its content",
		Description: "The id is percent-encoded; one that could not be used is named by the digest that GET /v1/deliveries shows. A key with the scope token sees people's data, and the log says who read it. What a mini program holds until an order claims it has no content here: start that order, or wait until the message becomes a delivery.",
	}, a.getDelivery)
}

func (a *API) getDelivery(ctx context.Context, input *getDeliveryInput) (*getDeliveryOutput, error) {
	var fields problem.Fields
	checkHeader("X-Actor", input.Actor, maxActor, &fields)
	if err := fields.Err(); err != nil {
		return nil, err
	}
	id := deliveryWorkflow(input.DeliveryPath, input.Copy)
	s, err := a.standing(ctx, id, problem.DeliveryUnknown)
	if err != nil {
		return a.heldDelivery(ctx, input, err)
	}
	recordOf(ctx).stoodMessage(s)
	started, err := inputOf[order.DeliveryInput](ctx, a, s.info)
	if err != nil {
		return nil, temporalProblem(err, "read the message", problem.DeliveryUnknown)
	}
	n := started.Notification
	revealed, err := callerOf(ctx).mayReveal(input.Reveal)
	if err != nil {
		return nil, err
	}
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
		if err := a.reveal(ctx, "content"); err != nil {
			return nil, err
		}
		a.config.Log.InfoContext(ctx, "content of a message read", "app_id", input.AppID, "notify_id", input.NotifyID,
			logCaller, callerOf(ctx).name, "actor", input.Actor)
	}
	return output, nil
}

// mayReveal reports whether people's data is shown: to a person who may see it and asks for it, and to
// a key that may.
func (c *caller) mayReveal(asked bool) (bool, error) {
	switch {
	case asked && !c.reveals && c.person:
		return false, problem.New(problem.RoleForbidden, "the role %s may not see people's data; ask somebody whose role may", c.role)
	case asked && !c.reveals:
		return false, problem.New(problem.ScopeMissing, "this key has no scope %q; use a key that has it, or add it under api_keys", APIScopeToken)
	}
	return c.reveals && (asked || !c.person), nil
}

// heldDelivery returns a message that a mini program keeps until an order claims it. Its
// content is missing, because only the mini program can hand it over.
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
