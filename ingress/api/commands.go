package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/sdk/client"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

type (
	provideInputBody struct {
		Create     createBody     `json:"create,omitempty" doc:"The fields of create that change; the others stay."`
		Submission submissionBody `json:"submission,omitempty" doc:"The fields of submission that change; the others stay."`
		OrderNo    string         `json:"order_no,omitempty" pattern:"^[0-9A-Za-z_-]{1,64}$" patternDescription:"Alipay's order_no: letters and digits" doc:"Of the order that the ISV's own systems created." example:"2026112000001"`
	}
	resubmitBody struct {
		Submission submissionBody `json:"submission,omitempty" doc:"The fields of submission that change; the others stay."`
		Version    *versionBody   `json:"version,omitempty" doc:"A new version; what it leaves out stays."`
	}
	decideBody struct {
		Decision order.BasePassPolicy `json:"decision" enum:"go_online,resubmit" doc:"What follows an admission (准入) without promotion (营销): online as it is, or a correction." example:"go_online"`
	}
	reasonBody struct {
		Reason string `json:"reason,omitempty" doc:"Why, for people; at most 300 bytes." example:"the merchant has closed"`
	}
	emptyBody struct{}
)

type commandInput struct {
	OrderPath
	Actor          string `header:"X-Actor" doc:"The person behind the command, at most 64 bytes; the key's name when left out. Part of the order's timeline."`
	IdempotencyKey string `header:"Idempotency-Key" doc:"Makes a repeated request safe: it is carried out once. The same key with another command or body is 422. At most 128 bytes."`
	RawBody        []byte
}

type instruct[T any] func(ctx context.Context, path OrderPath, body T, fields *problem.Fields) (order.Instruction, error)

// routeCommands registers every command under its own path and schema, so that the
// description shows what each accepts.
func (a *API) routeCommands(calls huma.API) {
	command(a, calls, order.CommandProvideInput, "Correct what Alipay refused, or hand in order_no", a.provideInput)
	command(a, calls, order.CommandCertify, "Hand in the papers by which Alipay makes a trial formal", a.certify)
	command(a, calls, order.CommandResubmit, "Answer a rejection with a corrected submission or a new version", a.resubmit)
	command(a, calls, order.CommandDecideBasePass, "Say what follows an admission without promotion", decide)
	command(a, calls, order.CommandCancel, "End the order", because)
	command(a, calls, order.CommandGiveUp, "End an order that has failed for good, as creation_failed", because)
	for name, summary := range map[order.Command]string{
		order.CommandApprove:  "Let a manual step go on",
		order.CommandWithdraw: "Take the version out of audit",
		order.CommandRefresh:  "Ask Alipay now",
		order.CommandRetry:    "Try again what a hold has stopped",
	} {
		command(a, calls, name, summary, nothing)
	}
	a.routeBeginAgain(calls)
}

func command[T any](a *API, calls huma.API, name order.Command, summary string, read instruct[T]) {
	bodies := strict.NewReader[T](a.schemas)
	operation := call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: string(name), Method: http.MethodPost, Path: "/v1/orders/{app_id}/{out_order_no}/" + string(name),
		Summary: summary, Description: "409 says why not now.", Tags: []string{"commands"},
	}, func(ctx context.Context, input *commandInput) (*orderOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(input.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		checkHeader("X-Actor", input.Actor, maxActor, &fields)
		checkHeader("Idempotency-Key", input.IdempotencyKey, maxIdempotencyKey, &fields)
		instruction, err := read(ctx, input.OrderPath, body, &fields)
		if err == nil {
			err = fields.Err()
		}
		if err != nil {
			return nil, err
		}
		instruction.Actor = actorOf(ctx, input.Actor)
		f, err := a.command(ctx, input, name, instruction)
		if err != nil {
			return nil, err
		}
		return a.warning(body, f), nil
	})
	describeBody(operation, bodies.Schema)
}

// command sends the order an update and waits until it is carried out. A command that
// Temporal would refuse, or delay, because of the workflow's state is not sent. With an
// Idempotency-Key Temporal recognises the update while the order's run lasts and returns the
// same answer; after that the order recognises it. What is found is the order after the command, and
// how its workflow stood, with its memo, before.
func (a *API) command(ctx context.Context, input *commandInput, name order.Command, instruction order.Instruction) (found, error) {
	id := order.WorkflowID(input.AppID, input.OutOrderNo)
	s, err := a.standing(ctx, id, problem.OrderUnknown)
	if err != nil {
		return found{}, err
	}
	if why := s.stopped("this order"); why != nil {
		return found{}, s.refusing(name, why)
	}
	updating, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	options := client.UpdateWorkflowOptions{WorkflowID: id, UpdateName: string(name)}
	if input.IdempotencyKey != "" {
		if instruction.Key, instruction.Digest, err = repetition(callerOf(ctx), input.IdempotencyKey, string(name), input.RawBody); err != nil {
			return found{}, err
		}
		options.UpdateID = string(name) + "/" + instruction.Key + "/" + instruction.Digest
	}
	options.Args = []any{instruction}
	view, err := update[order.View](updating, a, options)
	if err != nil && temporalio.NotFound(err) && instruction.Key != "" {
		view, err = a.repeated(ctx, id, instruction, err)
	}
	if err != nil {
		return found{}, a.commandProblem(ctx, input.OrderPath, name, err)
	}
	return found{view, s}, nil
}

// refusing adds which command the workflow accepts, because a reason alone leaves the caller
// stuck.
func (s standing) refusing(name order.Command, why *problem.Problem) *problem.Problem {
	if s.execution == order.ExecutionTerminated {
		why.Detail = words.New("refuse.command_closed", name, why.Detail, words.Sentence(remedyTerminated))
	}
	return why
}

// commandProblem returns why a command was not carried out. An update can't distinguish an
// order that has ended from one that never existed, so the order is queried.
func (a *API) commandProblem(ctx context.Context, path OrderPath, name order.Command, err error) error {
	var refused *problem.Problem
	switch {
	case errors.As(err, &refused):
		return refused
	case keyReused(err):
		return reusedKey()
	}
	if sentence, refused := refusal(err); refused {
		return problem.New(problem.NotNow, "%s", sentence)
	}
	if why := a.stoppedProblem(ctx, order.WorkflowID(path.AppID, path.OutOrderNo), "this order", err); why != nil {
		return why
	}
	if temporalio.NotFound(err) {
		f, failure := a.look(ctx, path.AppID, path.OutOrderNo)
		if failure != nil {
			return failure
		}
		situation := order.Situation{Kind: f.view.Kind, Stage: f.view.Stage}
		if why := situation.Refuse(name); why != nil {
			return problem.New(problem.NotNow, "%s", why)
		}
	}
	if passing(err) {
		return problem.New(problem.OutcomeUnknown,
			"no worker has confirmed the command in time, and it may be carried out yet; read the order before you send it again, or send it again with the same Idempotency-Key").
			After(againSoon).Because(err)
	}
	return temporalProblem(err, "command the order", problem.OrderUnknown)
}

func nothing(context.Context, OrderPath, emptyBody, *problem.Fields) (order.Instruction, error) {
	return order.Instruction{}, nil
}

func decide(_ context.Context, _ OrderPath, body decideBody, _ *problem.Fields) (order.Instruction, error) {
	return order.Instruction{Decision: body.Decision}, nil
}

// because reads the reason, which people see. The workflow cuts it at the same length.
func because(_ context.Context, _ OrderPath, body reasonBody, fields *problem.Fields) (order.Instruction, error) {
	checkReason(body.Reason, fields)
	return order.Instruction{Reason: body.Reason}, nil
}

// provideInput checks and seals a correction. Only the given fields are checked, because the
// others stay as they were.
func (a *API) provideInput(ctx context.Context, path OrderPath, body provideInputBody, fields *problem.Fields) (order.Instruction, error) {
	instruction := order.Instruction{OrderNo: body.OrderNo}
	if len(body.Create) == 0 && len(body.Submission) == 0 && body.OrderNo == "" {
		fields.Add("create", "give create, submission or order_no")
	}
	if len(body.Create) > 0 {
		// The order is read first, because the rules for create depend on its kind.
		f, err := a.look(ctx, path.AppID, path.OutOrderNo)
		if err != nil {
			return instruction, err
		}
		block := createBlock(checkOf(f.view.Kind), body.Create, givenIn(body.Create), fields)
		if instruction.Create, err = a.sealed(block, path.AppID, order.SealCreate); err != nil {
			return instruction, err
		}
		if err := a.nameFiles(ctx, path, true, filesOfCreate(block), fields); err != nil {
			return instruction, err
		}
	}
	var err error
	instruction.Submission, err = a.correction(ctx, path, body.Submission, fields)
	return instruction, err
}

func (a *API) resubmit(ctx context.Context, path OrderPath, body resubmitBody, fields *problem.Fields) (order.Instruction, error) {
	var instruction order.Instruction
	if len(body.Submission) == 0 && body.Version == nil {
		fields.Add("submission", "give what changes: submission or version")
	}
	if body.Version != nil {
		version, ext := versionBlock(*body.Version, fields)
		if ext != nil {
			var err error
			if version.Ext, err = a.sealed(ext, path.AppID, order.SealExt); err != nil {
				return instruction, err
			}
		}
		instruction.Version = &version
	}
	var err error
	instruction.Submission, err = a.correction(ctx, path, body.Submission, fields)
	return instruction, err
}

func givenIn[T any](block map[string]T) func(string) bool {
	return func(field string) bool {
		_, there := block[field]
		return there
	}
}
