package api

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/internal/audit"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/temporalio"
)

type startRolloutInput struct {
	Actor          string `header:"X-Actor" doc:"The person behind it, at most 64 bytes; the key's name when left out."`
	IdempotencyKey string `header:"Idempotency-Key" doc:"Where id is left out: the same key makes the same id, so that a repeated request starts nothing twice; with another body it is 422. At most 128 bytes."`
	RawBody        []byte
}

type rolloutOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     rolloutView
}

// rolloutView has a type of this package, because the description names schemas by it.
type rolloutView struct{ rollout.View }

// startRollout handles POST /v1/rollouts as [API.start] handles orders.
func (a *API) startRollout(bodies strict.Reader[rolloutBody]) func(context.Context, *startRolloutInput) (*rolloutOutput, error) {
	return func(ctx context.Context, request *startRolloutInput) (*rolloutOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(request.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		if err := a.startFor(ctx, "app_id", body.AppID, &fields); err != nil {
			return nil, err
		}
		checkHeader("X-Actor", request.Actor, maxActor, &fields)
		checkHeader("Idempotency-Key", request.IdempotencyKey, maxIdempotencyKey, &fields)
		input, submission := a.rolloutOf(body, &fields)
		if err := fields.Err(); err != nil {
			return nil, err
		}
		if input.ID, err = a.rolloutID(ctx, input, request.IdempotencyKey); err != nil {
			return nil, err
		}
		recordOf(ctx).trail.Detail = audit.Detail{AppID: input.AppID, RolloutID: input.ID}
		if input.Request, err = a.seal(draft{request: input.Request, submission: submission}); err != nil {
			return nil, err
		}
		a.settle(&input, actorOf(ctx, request.Actor))
		output, err := a.beginNaming(ctx, input, submission)
		var refused *problem.Problem
		if body.ID == "" && errors.As(err, &refused) && refused.HasKind(problem.RolloutIDTaken) {
			return nil, reusedKey() // the id follows from the key
		}
		return output, err
	}
}

// settle adds what is this installation's.
func (a *API) settle(input *rollout.Input, actor string) {
	input.Schedules, input.Language, input.Actor, input.At = a.config.Schedules, a.apps[input.AppID].Language, actor, a.config.Now().UTC()
	input.LookEvery = order.Duration(lookAtMembers(input.Schedules.Sweep.Std()))
}

// lookAtMembers is how often a rollout looks at its orders: a look is a list of what has changed, which
// costs Alipay nothing. The demonstration's clock is faster.
func lookAtMembers(sweep time.Duration) time.Duration {
	const looks = 20
	return min(max(cmp.Or(sweep, 10*time.Minute)/looks, time.Second), time.Minute)
}

// rolloutID returns the id that a body names, or one that follows from the Idempotency-Key, or a new one.
func (a *API) rolloutID(ctx context.Context, input rollout.Input, idempotencyKey string) (string, error) {
	if input.ID != "" {
		return input.ID, nil
	}
	id, err := uuid.NewRandomFromReader(a.config.Rand)
	if idempotencyKey != "" {
		id, err = uuid.NewSHA1(uuid.NameSpaceOID, []byte("miniflow rollout\x00"+callerOf(ctx).name+"\x00"+input.AppID+"\x00"+idempotencyKey)), nil
	}
	if err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	return "r" + hex.EncodeToString(id[:])[:rollout.MaxIDOfRollout-1], nil
}

// beginNaming begins a rollout once its files are kept for it; the same one again needs none.
func (a *API) beginNaming(ctx context.Context, input rollout.Input, submission []byte) (*rolloutOutput, error) {
	named := filesOfSubmission(submission)
	if input.Ext.SHA256 != "" && input.Ext.URL == "" {
		named["ext"] = input.Ext.SHA256
	}
	var fields problem.Fields
	if err := a.nameFiles(ctx, OrderPath{input.AppID, rollout.NamesFilesAs(input.ID)}, false, named, &fields); err != nil {
		return nil, err
	}
	missing := fields.Err()
	if missing == nil {
		return a.beginRollout(ctx, input)
	}
	output, err := a.rolloutAgain(ctx, input)
	var refused *problem.Problem
	if errors.As(err, &refused) && refused.HasKind(problem.RolloutUnknown) {
		return nil, missing
	}
	return output, err
}

func (a *API) beginRollout(ctx context.Context, input rollout.Input) (*rolloutOutput, error) {
	starting, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	_, err := a.config.Temporal.ExecuteWorkflow(starting, temporalio.RolloutOptions(input), rollout.WorkflowType, input)
	switch {
	case temporalio.AlreadyStarted(err):
		return a.rolloutAgain(ctx, input)
	case err != nil:
		return nil, temporalProblem(err, "begin the rollout", "")
	}
	view := rollout.New(input.Plan, input.At).View(input, input.At)
	view.Execution = order.ExecutionRunning
	return &rolloutOutput{http.StatusCreated, rolloutLocation(input.AppID, input.ID), rolloutView{view}}, nil
}

func rolloutLocation(appID, id string) string {
	return "/v1/rollouts/" + url.PathEscape(appID) + "/" + id
}

// rolloutAgain answers a repeated start with the rollout as it stands; another one under its id is a
// conflict.
func (a *API) rolloutAgain(ctx context.Context, input rollout.Input) (*rolloutOutput, error) {
	s, err := a.standing(ctx, rollout.WorkflowID(input.AppID, input.ID), problem.RolloutUnknown)
	if err != nil {
		return nil, err
	}
	before, err := inputOf[rollout.Input](ctx, a, s.info)
	if err != nil {
		return nil, temporalProblem(err, "compare the rollout with the one of the same id", "")
	}
	same, err := a.sameRollout(input, before)
	switch {
	case err != nil:
		return nil, fmt.Errorf("compare with the rollout of the same id: %w", err)
	case !same:
		return nil, problem.Of(problem.RolloutIDTaken)
	}
	view, err := a.rolloutView(ctx, s, input.AppID, input.ID)
	return &rolloutOutput{http.StatusOK, rolloutLocation(input.AppID, input.ID), rolloutView{view}}, err
}

// sameRollout compares what was asked for: the rest is this installation's, or the moment's.
func (a *API) sameRollout(one, other rollout.Input) (bool, error) {
	if same, err := a.sameContent(one.Request, other.Request); !same || err != nil {
		return false, err
	}
	first, err := json.Marshal(one.Asked())
	if err != nil {
		return false, err
	}
	second, err := json.Marshal(other.Asked())
	return slices.Equal(first, second), err
}
