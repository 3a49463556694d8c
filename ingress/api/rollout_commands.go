package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/rollout"
	"miniflow/temporalio"
)

type rolloutCommandInput struct {
	RolloutPath
	Actor          string `header:"X-Actor" doc:"The person behind the command, at most 64 bytes; the key's name when left out. Part of the reason."`
	IdempotencyKey string `header:"Idempotency-Key" doc:"Makes a repeated request safe: it is carried out once. At most 128 bytes."`
	RawBody        []byte
}

// retryRolloutBody is the one body that says more than why.
type retryRolloutBody struct {
	Reason string `json:"reason,omitempty" doc:"Why, for people; at most 300 bytes."`
	NoExt  bool   `json:"no_ext,omitempty" doc:"Begin without an ext those that are held because nobody knows theirs."`
}

func (a *API) routeRolloutCommands(calls huma.API) {
	reason := func(body reasonBody) rollout.Instruction { return rollout.Instruction{Reason: body.Reason} }
	rolloutCommand(a, calls, rollout.PauseUpdate, "Begin nothing more for a while", "What has begun goes on.", reason)
	rolloutCommand(a, calls, rollout.HaltUpdate, "Stop a mass upgrade, for monitoring of your own",
		"Nothing more begins; what has begun goes on. A person looks, then resumes it or takes it back.", reason)
	rolloutCommand(a, calls, rollout.ResumeUpdate, "Go on with a mass upgrade",
		"What has halted it is forgiven: only what goes wrong from now on halts it again.", reason)
	rolloutCommand(a, calls, rollout.RollBackUpdate, "Take a mass upgrade back",
		"What it has put online goes back to the version before, ahead of all other calls of the app; what is on its way is cancelled. Those that can't be taken back are listed with the reason.", reason)
	rolloutCommand(a, calls, rollout.RetryUpdate, "Have the members that went wrong try again",
		"An order that has ended gets a successor, one that waits its command; of a rollback, those that could not be taken back are tried again.",
		func(body retryRolloutBody) rollout.Instruction {
			return rollout.Instruction{Reason: body.Reason, NoExt: body.NoExt}
		})
}

func rolloutCommand[T any](a *API, calls huma.API, name, summary, description string, says func(T) rollout.Instruction) {
	bodies := strict.NewReader[T](a.schemas)
	operation := call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: name + "-rollout", Method: http.MethodPost, Path: rolloutPath + "/" + name, Tags: []string{"rollouts"},
		Summary: summary, Description: description + " 409 says why not now.",
	}, func(ctx context.Context, input *rolloutCommandInput) (*rolloutOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(input.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		checkHeader("X-Actor", input.Actor, maxActor, &fields)
		checkHeader("Idempotency-Key", input.IdempotencyKey, maxIdempotencyKey, &fields)
		in := says(body)
		checkReason(in.Reason, &fields)
		if err := fields.Err(); err != nil {
			return nil, err
		}
		in.Actor = actorOf(ctx, input.Actor)
		return a.steer(ctx, input, name, in)
	})
	describeBody(operation, bodies.Schema)
}

// steer sends the rollout an update and waits until it is carried out.
func (a *API) steer(ctx context.Context, input *rolloutCommandInput, name string, in rollout.Instruction) (*rolloutOutput, error) {
	s, err := a.standing(ctx, input.workflowID(), problem.RolloutUnknown)
	if err != nil {
		return nil, err
	}
	if why := s.stopped("this rollout"); why != nil {
		return nil, why
	}
	options := client.UpdateWorkflowOptions{WorkflowID: input.workflowID(), UpdateName: name, Args: []any{in}}
	if input.IdempotencyKey != "" {
		tag, digest, err := repetition(callerOf(ctx), input.IdempotencyKey, name, input.RawBody)
		if err != nil {
			return nil, err
		}
		options.UpdateID = name + "/" + tag + "/" + digest
	}
	updating, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	view, err := update[rollout.View](updating, a, options)
	if err != nil {
		return nil, a.rolloutProblem(ctx, input.workflowID(), err)
	}
	view.Execution = s.execution
	return &rolloutOutput{Status: http.StatusOK, Body: rolloutView{view}}, nil
}

// rolloutProblem returns why a command was not carried out.
func (a *API) rolloutProblem(ctx context.Context, workflowID string, err error) error {
	if sentence, refused := refusal(err); refused {
		return problem.New(problem.NotNow, "%s", sentence)
	}
	if why := a.stoppedProblem(ctx, workflowID, "this rollout", err); why != nil {
		return why
	}
	if temporalio.NotFound(err) {
		return problem.New(problem.NotNow, "this rollout is over: the time in which it could be taken back has passed, or nothing is left of it to do. Start another one, or roll single mini programs back").Because(err)
	}
	if passing(err) {
		return problem.New(problem.OutcomeUnknown,
			"no worker has confirmed the command in time, and it may be carried out yet; look at the rollout before you send it again").
			After(againSoon).Because(err)
	}
	return temporalProblem(err, "steer the rollout", problem.RolloutUnknown)
}
