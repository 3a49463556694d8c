package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/temporalio"
)

// DeliveryPath names one delivery. It is exported because the framework ignores unexported
// types.
type DeliveryPath struct {
	AppID    string `path:"app_id" maxLength:"64" doc:"The third-party application."`
	NotifyID string `path:"notify_id" pattern:"^[ -~]{1,128}$" doc:"Alipay's id of the message, as GET /v1/deliveries shows it, percent-encoded."`
}

type deliveryCommandInput struct {
	DeliveryPath
	Copy    bool   `query:"copy" doc:"The message's copy is meant, not the message itself."`
	Actor   string `header:"X-Actor" doc:"The person behind the command, at most 64 bytes; the key's name when left out. Part of the reason."`
	RawBody []byte
}

func (i deliveryCommandInput) workflowID() string { return deliveryWorkflow(i.DeliveryPath, i.Copy) }

func deliveryWorkflow(path DeliveryPath, isCopy bool) string {
	if isCopy {
		return order.CopyWorkflowID(path.AppID, path.NotifyID)
	}
	return order.DeliveryWorkflowID(path.AppID, path.NotifyID)
}

type deliveryOutput struct{ Body order.DeliveryView }

func (a *API) routeDeliveries(calls huma.API) {
	a.routeGetDelivery(calls)
	a.routeBulk(calls)
	bodies := strict.NewReader[reasonBody](a.schemas)
	for _, command := range []struct{ name, summary, description string }{
		{order.ReplayUpdate, "Try a waiting or dead message again",
			"It looks for its order again and is handed to the forward target. The answer says that it is on its way; GET /v1/deliveries says what became of it."},
		{order.DiscardUpdate, "Give a waiting or dead message up", "It ends as dead, with your words as the reason."},
	} {
		operation := call(a, calls, APIScopeWrite, huma.Operation{
			OperationID: command.name + "-delivery", Method: http.MethodPost, Path: "/v1/deliveries/{app_id}/{notify_id}/" + command.name,
			Summary: command.summary, Description: command.description + " 409 says why not now.", Tags: []string{"deliveries"},
		}, a.commandDelivery(command.name, bodies))
		describeBody(operation, bodies.Schema)
	}
}

func (a *API) commandDelivery(name string, bodies strict.Reader[reasonBody]) func(context.Context, *deliveryCommandInput) (*deliveryOutput, error) {
	return func(ctx context.Context, input *deliveryCommandInput) (*deliveryOutput, error) {
		var fields problem.Fields
		instruction, err := a.readReason(ctx, bodies, input.RawBody, input.Actor, &fields)
		if err != nil {
			return nil, err
		}
		view, err := a.updateDelivery(ctx, input.workflowID(), name, instruction)
		if err != nil {
			return nil, a.deliveryProblem(ctx, input, name, err)
		}
		return &deliveryOutput{Body: view}, nil
	}
}

func (*API) readReason(ctx context.Context, bodies strict.Reader[reasonBody], raw []byte, actor string, fields *problem.Fields) (order.DeliveryInstruction, error) {
	instruction := order.DeliveryInstruction{Actor: actor}
	body, err := bodies.Read(raw, fields)
	if err != nil {
		return instruction, err
	}
	checkHeader("X-Actor", actor, maxActor, fields)
	checkReason(body.Reason, fields)
	instruction.Reason, instruction.Actor = body.Reason, actorOf(ctx, actor)
	return instruction, fields.Err()
}

// updateDelivery sends the Delivery an update and waits until it is carried out, because a
// caller needs to know whether it may retry.
func (a *API) updateDelivery(ctx context.Context, workflowID, name string, instruction order.DeliveryInstruction) (order.DeliveryView, error) {
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	return update[order.DeliveryView](ctx, a, client.UpdateWorkflowOptions{WorkflowID: workflowID, UpdateName: name, Args: []any{instruction}})
}

// deliveryProblem returns why a command was not carried out. An update can't distinguish a
// closed Delivery, a message that a mini program keeps and one that never came, so each is
// looked for.
func (a *API) deliveryProblem(ctx context.Context, input *deliveryCommandInput, name string, err error) error {
	if sentence, refused := refusal(err); refused {
		return problem.New(problem.NotNow, "%s", sentence)
	}
	if temporalio.NotFound(err) {
		return a.missingDelivery(ctx, input, name)
	}
	if why := a.stoppedProblem(ctx, input.workflowID(), "this message", err); why != nil {
		return why
	}
	if passing(err) {
		return problem.New(problem.OutcomeUnknown,
			"no worker has confirmed the command in time, and it may be carried out yet; look at the message with GET /v1/deliveries before you send it again").
			After(againSoon).Because(err)
	}
	return temporalProblem(err, "command the message", problem.DeliveryUnknown)
}

// missingDelivery returns why there is no open Delivery, because a bare 404 would hide that
// it was closed or is kept elsewhere.
func (a *API) missingDelivery(ctx context.Context, input *deliveryCommandInput, name string) error {
	describing, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	described, err := a.config.Temporal.DescribeWorkflowExecution(describing, input.workflowID(), "")
	switch {
	case err == nil:
		view, _ := summaryOf[order.DeliveryView](described.GetWorkflowExecutionInfo())
		return problem.New(problem.NotNow,
			"this message is closed (%s: %s), and there is nothing to %s; what it brought can be had again from Alipay's console or by the API that it is about",
			view.State, view.Reason, name)
	case !temporalio.NotFound(err):
		return temporalProblem(err, "look at the message", problem.DeliveryUnknown)
	case input.Copy:
		return problem.Of(problem.DeliveryUnknown)
	}
	holder, err := a.holderOf(ctx, input.AppID, input.NotifyID)
	if err != nil {
		return err
	}
	if holder.NotifyID == "" {
		return problem.Of(problem.DeliveryUnknown)
	}
	return problem.New(problem.NotNow,
		"the mini program %s holds this message until an order claims it, and then gives it to that order; start the order (kind release with this mini_app_id), or wait: unclaimed it goes to the forward target",
		holder.MiniAppID)
}

// holderOf finds a message among those that the running mini programs of an app keep; the
// result is empty when it is not within the first [holderPages] pages. It costs a query for
// each mini program, so it is called only when there is no Delivery.
func (a *API) holderOf(ctx context.Context, appID, notifyID string) (order.DeliveryView, error) {
	query := temporalio.NewQuery(order.MiniProgramWorkflowType, appID)
	query.Where("ExecutionStatus = 'Running'")
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	var token []byte
	for range holderPages {
		page, err := a.list(ctx, query.String(), heldPage, token)
		if err != nil {
			return order.DeliveryView{}, fmt.Errorf("look for the message's mini program: %w", err)
		}
		held := make([]order.DeliveryView, len(page.GetExecutions()))
		atOnce(len(held), func(i int) {
			for _, view := range a.heldBy(ctx, page.GetExecutions()[i]) {
				if view.NotifyID == notifyID {
					held[i] = view
				}
			}
		})
		for _, view := range held {
			if view.NotifyID != "" {
				return view, nil
			}
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			break
		}
	}
	return order.DeliveryView{}, nil
}
