package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/temporalio"
)

type closeInput struct {
	MiniProgramPath
	Actor   string `header:"X-Actor" doc:"The person behind the command, at most 64 bytes; the key's name when left out."`
	RawBody []byte
}

func (a *API) routeClose(calls huma.API, path string) {
	bodies := strict.NewReader[reasonBody](a.schemas)
	describeBody(call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: "close-mini-program", Method: http.MethodPost, Path: path + "/close", Tags: []string{"mini programs"},
		Summary:     "Let go of a mini program that has left",
		Description: "Its token is forgotten and its workflow ends; a message or a token that comes later begins it anew. 409 says why not now, such as an order in charge.",
	}, a.closeMiniProgram(bodies)), bodies.Schema)
}

func (a *API) closeMiniProgram(bodies strict.Reader[reasonBody]) func(context.Context, *closeInput) (*miniProgramOutput, error) {
	return func(ctx context.Context, input *closeInput) (*miniProgramOutput, error) {
		var fields problem.Fields
		instruction, err := a.readReason(ctx, bodies, input.RawBody, input.Actor, &fields)
		if err != nil {
			return nil, err
		}
		updating, cancel := context.WithTimeout(ctx, commandWithin)
		defer cancel()
		view, err := update[order.MiniProgramView](updating, a, client.UpdateWorkflowOptions{
			WorkflowID: input.workflowID(), UpdateName: order.CloseUpdate, Args: []any{instruction},
		})
		switch {
		case temporalio.NotFound(err):
			return nil, a.notOpen(ctx, input.MiniProgramPath, err)
		case err != nil:
			return nil, a.miniProgramProblem(ctx, input.MiniProgramPath, "close the mini program", err)
		}
		view.Execution = order.ExecutionRunning
		return &miniProgramOutput{Body: view}, nil
	}
}

// notOpen distinguishes a mini program that has ended from one that never existed, which an
// update can't.
func (a *API) notOpen(ctx context.Context, path MiniProgramPath, cause error) error {
	s, err := a.standing(ctx, path.workflowID(), problem.MiniProgramUnknown)
	if err != nil {
		return err
	}
	if s.closed() {
		return problem.New(problem.NotNow, "this mini program is closed already; a message or a token begins it anew").Because(cause)
	}
	return temporalProblem(cause, "close the mini program", problem.MiniProgramUnknown)
}
