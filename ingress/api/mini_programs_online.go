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

// downwardBody asks that users stop seeing a version.
type downwardBody struct {
	AppVersion string `json:"app_version,omitempty" maxLength:"32" doc:"The version that you mean to be online; 409 where another one is. Left out: whichever is." example:"0.0.2"`
	Reason     string `json:"reason,omitempty" doc:"Why, for people; at most 300 bytes." example:"payments fail"`
}

type miniProgramCommandInput struct {
	MiniProgramPath
	Actor          string `header:"X-Actor" doc:"The person behind the command, at most 64 bytes; the key's name when left out. Part of the mini program's events."`
	IdempotencyKey string `header:"Idempotency-Key" doc:"Makes a repeated request safe: it is carried out once. The same key with another command or body is 422. At most 128 bytes."`
	RawBody        []byte
}

// routeDownwards registers what is done to a mini program that is online.
func (a *API) routeDownwards(calls huma.API, path string) {
	bodies := strict.NewReader[downwardBody](a.schemas)
	for _, one := range []struct{ update, summary, description string }{
		{order.RollbackUpdate, "Put the version before back online",
			"Without an audit, for users within minutes (alipay.open.mini.version.rollback). Alipay refuses it after another rollback, during a gray release, and where no version was online before; 409 says so and nothing is changed."},
		{order.OfflineUpdate, "Take what is online from its users",
			"alipay.open.mini.version.offline. Alipay refuses it during a gray release. One that somebody took offline elsewhere is noted as wanted, and asks for nobody any more."},
	} {
		describeBody(call(a, calls, APIScopeWrite, huma.Operation{
			OperationID: one.update + "-mini-program", Method: http.MethodPost, Path: path + "/" + one.update, Tags: []string{"mini programs"},
			Summary: one.summary, Description: one.description,
		}, a.takeDown(bodies, one.update)), bodies.Schema)
	}
}

func (a *API) takeDown(bodies strict.Reader[downwardBody], name string) func(context.Context, *miniProgramCommandInput) (*miniProgramOutput, error) {
	return func(ctx context.Context, input *miniProgramCommandInput) (*miniProgramOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(input.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		checkHeader("X-Actor", input.Actor, maxActor, &fields)
		checkHeader("Idempotency-Key", input.IdempotencyKey, maxIdempotencyKey, &fields)
		checkReason(body.Reason, &fields)
		if err := fields.Err(); err != nil {
			return nil, err
		}
		in := order.MiniProgramInstruction{Actor: actorOf(ctx, input.Actor), Reason: body.Reason, AppVersion: body.AppVersion}
		return a.commandMiniProgram(ctx, input, name, func(key, digest string) any {
			in.Key, in.Digest = key, digest
			return in
		})
	}
}

// commandMiniProgram sends a mini program an update, and waits for a while until it is carried out.
func (a *API) commandMiniProgram(ctx context.Context, input *miniProgramCommandInput, name string, in func(key, digest string) any) (_ *miniProgramOutput, err error) {
	options := client.UpdateWorkflowOptions{WorkflowID: input.workflowID(), UpdateName: name}
	var key, digest string
	if input.IdempotencyKey != "" {
		if key, digest, err = repetition(callerOf(ctx), input.IdempotencyKey, name, input.RawBody); err != nil {
			return nil, err
		}
		options.UpdateID = name + "/" + key + "/" + digest
	}
	options.Args = []any{in(key, digest)}
	updating, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	view, err := update[order.MiniProgramView](updating, a, options)
	switch {
	case err == nil:
		view.Execution = order.ExecutionRunning
		return &miniProgramOutput{Body: view}, nil
	case keyReused(err):
		return nil, reusedKey()
	case temporalio.NotFound(err):
		return nil, a.notOpen(ctx, input.MiniProgramPath, err)
	}
	if why := a.stoppedProblem(ctx, input.workflowID(), "this mini program", err); why != nil {
		return nil, why
	}
	if passing(err) {
		return nil, problem.New(problem.OutcomeUnknown,
			"Alipay has not answered the command in time, and it may be carried out yet; read the mini program before you send it again, or send it again with the same Idempotency-Key").
			After(againSoon).Because(err)
	}
	return nil, a.miniProgramProblem(ctx, input.MiniProgramPath, "command the mini program", err)
}
