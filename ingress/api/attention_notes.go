package api

import (
	"context"
	"net/http"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"go.temporal.io/sdk/client"

	"miniflow/attention"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/temporalio"
)

type (
	assignBody struct {
		To string `json:"to,omitempty" doc:"A person or a team, at most 64 bytes; empty or left out: nobody." example:"operator-1"`
	}
	snoozeBody struct {
		Until string `json:"until,omitempty" maxLength:"40" doc:"RFC 3339, within 90 days; empty or left out: show it again." example:"2026-11-21T08:00:00Z"`
	}
	commentBody struct {
		Text string `json:"text" doc:"At most 500 characters." example:"the merchant sends a new logo today"`
	}
)

type noteInput struct {
	AttentionPath
	Actor          string `header:"X-Actor" doc:"The person behind it, at most 64 bytes; the key's name when left out."`
	IdempotencyKey string `header:"Idempotency-Key" doc:"Makes a repeated request safe while the app's notes are young: it is carried out once. At most 128 bytes."`
	RawBody        []byte
}

// fillNote reads a body into an instruction.
type fillNote[T any] func(appID string, body T, in *attention.Instruction, fields *problem.Fields) error

// noting registers one call that notes something.
func noting[T any](a *API, calls huma.API, name, summary, description string, bodies strict.Reader[T], fill fillNote[T]) {
	describeBody(call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: name + "-attention", Method: http.MethodPost, Path: "/v1/attention/{app_id}/{id}/" + name, Tags: []string{"attention"},
		Summary: summary, Description: description,
	}, func(ctx context.Context, input *noteInput) (*attentionItemOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(input.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		checkHeader("X-Actor", input.Actor, maxActor, &fields)
		checkHeader("Idempotency-Key", input.IdempotencyKey, maxIdempotencyKey, &fields)
		in := attention.Instruction{ID: input.ID, Action: attention.Action(name), Actor: actorOf(ctx, input.Actor)}
		if err := fill(input.AppID, body, &in, &fields); err != nil {
			return nil, err
		}
		if err := fields.Err(); err != nil {
			return nil, err
		}
		return a.note(ctx, input, in)
	}), bodies.Schema)
}

func assign(_ string, body assignBody, in *attention.Instruction, fields *problem.Fields) error {
	if len(body.To) > attention.MaxName {
		fields.Add("to", "use at most %d bytes; there are %d", attention.MaxName, len(body.To))
	}
	in.To = body.To
	return nil
}

func (a *API) snooze(_ string, body snoozeBody, in *attention.Instruction, fields *problem.Fields) error {
	if body.Until == "" {
		return nil
	}
	until, err := readMoment("until", body.Until)
	if now := a.config.Now(); err != nil || !until.After(now) || until.Sub(now) > attention.MostSnooze {
		fields.Add("until", "write a moment of the next 90 days as RFC 3339")
		return nil
	}
	in.Until = until.UTC()
	return nil
}

func (a *API) comment(appID string, body commentBody, in *attention.Instruction, fields *problem.Fields) error {
	switch n := utf8.RuneCountInString(body.Text); {
	case n == 0:
		fields.Add("text", "say something")
	case n > attention.MaxComment:
		fields.Add("text", "use at most %d characters; there are %d", attention.MaxComment, n)
	default:
		var err error
		in.Text, err = a.sealed([]byte(body.Text), appID, order.SealNote)
		return err
	}
	return nil
}

// note sends the app's Attention an instruction, and starts it where it does not run. Assigning and
// snoozing twice changes nothing; a comment is recognised by its Idempotency-Key.
func (a *API) note(ctx context.Context, input *noteInput, in attention.Instruction) (*attentionItemOutput, error) {
	found, err := a.oneAttention(ctx, input.AttentionPath)
	if err != nil {
		return nil, err
	}
	id, err := a.noteID(ctx, input, in)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, commandWithin)
	defer cancel()
	note, err := again(ctx, func() (attention.Note, error) { return a.keepNote(ctx, input.AppID, id, in) })
	if err != nil {
		if why := a.stoppedProblem(ctx, order.AttentionWorkflowID(input.AppID), "what keeps the notes", err); why != nil {
			return nil, why
		}
		return nil, temporalProblem(err, "keep the note", "")
	}
	item, err := a.noted(found, note)
	return &attentionItemOutput{Body: item}, err
}

// noteID is the id of the update, by which Temporal recognises a repetition.
func (a *API) noteID(ctx context.Context, input *noteInput, in attention.Instruction) (string, error) {
	if input.IdempotencyKey != "" {
		key, digest, err := repetition(callerOf(ctx), input.IdempotencyKey, string(in.Action)+" "+in.ID, input.RawBody)
		return key + "/" + digest, err
	}
	id, err := uuid.NewRandomFromReader(a.config.Rand)
	return id.String(), err
}

func (a *API) keepNote(ctx context.Context, appID, updateID string, in attention.Instruction) (note attention.Note, _ error) {
	language := a.apps[appID].Language
	start := a.config.Temporal.NewWithStartWorkflowOperation(temporalio.AttentionOptions(appID, language), order.AttentionWorkflowType,
		attention.Input{AppID: appID, Language: language})
	handle, err := a.config.Temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: order.AttentionWorkflowID(appID), UpdateID: updateID, UpdateName: order.NoteUpdate, Args: []any{in},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, &note)
	}
	return note, err
}
