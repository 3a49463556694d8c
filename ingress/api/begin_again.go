package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/temporalio"
)

// beginAgainInput is the input of begin-again. It has no Idempotency-Key, because a
// repetition is refused once the order runs again.
type beginAgainInput struct {
	OrderPath
	Actor   string `header:"X-Actor" doc:"The person behind the command, at most 64 bytes; the key's name when left out. Part of the order's timeline."`
	RawBody []byte
}

func (a *API) routeBeginAgain(calls huma.API) {
	bodies := strict.NewReader[reasonBody](a.schemas)
	operation := call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: string(order.CommandBeginAgain), Method: http.MethodPost, Path: "/v1/orders/{app_id}/{out_order_no}/" + string(order.CommandBeginAgain),
		Summary: "Start an order anew whose workflow was terminated or has failed", Tags: []string{"commands"},
		Description: "It goes on from where it stood, after Alipay has been asked; the number stays. 409 where the workflow runs or the order has ended by itself.",
	}, a.beginAgain(bodies))
	describeBody(operation, bodies.Schema)
}

func (a *API) beginAgain(bodies strict.Reader[reasonBody]) func(context.Context, *beginAgainInput) (*orderOutput, error) {
	return func(ctx context.Context, input *beginAgainInput) (*orderOutput, error) {
		var fields problem.Fields
		by, err := a.readReason(ctx, bodies, input.RawBody, input.Actor, &fields)
		if err != nil {
			return nil, err
		}
		closed, err := a.closedOrder(ctx, input.OrderPath)
		if err != nil {
			return nil, err
		}
		return a.startAnew(ctx, closed, order.BegunAgain{Reason: by.Reason, Actor: by.Actor, At: a.config.Now().UTC()})
	}
}

func (a *API) closedOrder(ctx context.Context, path OrderPath) (found, error) {
	f, err := a.look(ctx, path.AppID, path.OutOrderNo)
	if err != nil {
		return found{}, err
	}
	switch {
	case f.execution == order.ExecutionTerminated:
		return f, nil
	case f.closed():
		situation := order.Situation{Kind: f.view.Kind, Stage: f.view.Stage}
		return found{}, problem.New(problem.NotNow, "%v", situation.Refuse(order.CommandBeginAgain))
	}
	if why := f.stopped("this order"); why != nil {
		return found{}, why
	}
	return found{}, runsAlready()
}

func runsAlready() *problem.Problem {
	return problem.New(problem.NotNow, "%v", order.Situation{}.Refuse(order.CommandBeginAgain))
}

// startAnew starts a new workflow under the closed one's id. It is the only call that may do
// so: a number starts one workflow, ever, unless the last was closed from outside.
func (a *API) startAnew(ctx context.Context, closed found, again order.BegunAgain) (*orderOutput, error) {
	accepted, err := inputOf[order.Input](ctx, a, closed.info)
	if err != nil {
		return nil, temporalProblem(err, "read what the order was started with", "")
	}
	view := closed.view
	again.Last = view
	asking, asked := context.WithTimeout(ctx, remnantWithin)
	defer asked()
	// A failure is ignored, because a closed run that no worker can replay any more is begun
	// again from its view alone.
	if carried, err := ask[json.RawMessage](asking, a.config.Temporal, closed.info.GetExecution().GetWorkflowId(), closed.runID(), order.CarriedQuery); err == nil {
		again.Carried = carried
	}
	input := order.Input{Request: accepted.Request, Schedules: a.config.Schedules, CreatedAt: accepted.CreatedAt, Language: a.apps[view.AppID].Language,
		Observed: a.apps[view.AppID].observes(view.MerchantRef), BegunAgain: &again}
	options := temporalio.OrderOptions(view, input.Language)
	options.WorkflowIDReusePolicy = enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY
	starting, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	run, err := a.config.Temporal.ExecuteWorkflow(starting, options, order.WorkflowType, input)
	switch {
	case temporalio.AlreadyStarted(err):
		return a.begunBefore(ctx, closed, again)
	case err != nil:
		return nil, temporalProblem(err, "start the order anew", "")
	}
	a.waker.orderStarted(view.AppID, view.OutOrderNo)
	return a.begun(ctx, run, view), nil
}

func (a *API) begun(ctx context.Context, run client.WorkflowRun, last order.View) *orderOutput {
	f := found{last, standing{info: infoOf(run), execution: order.ExecutionRunning}}
	// A failure is ignored, because Temporal has accepted the order, though no worker may
	// have answered yet.
	if answer, err := a.view(ctx, run.GetID(), run.GetRunID(), remnantWithin); err == nil {
		f.view = answer
	}
	return a.answer(http.StatusOK, f)
}

// begunBefore answers when the workflow runs already: because of this very request, whose
// first answer was lost, or of another one.
func (a *API) begunBefore(ctx context.Context, closed found, again order.BegunAgain) (*orderOutput, error) {
	f, err := a.look(ctx, closed.view.AppID, closed.view.OutOrderNo)
	if err != nil {
		return nil, err
	}
	input, err := inputOf[order.Input](ctx, a, f.info)
	if err != nil {
		return nil, fmt.Errorf("read what runs now: %w", err)
	}
	if mine := input.BegunAgain; mine == nil || !mine.At.Equal(again.At) || mine.Actor != again.Actor {
		return nil, runsAlready()
	}
	return a.answer(http.StatusOK, f), nil
}
