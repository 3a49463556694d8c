package api

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"go.temporal.io/api/enums/v1"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/internal/audit"
	"miniflow/order"
	"miniflow/temporalio"
)

// bulkBody is the body of POST /v1/deliveries/replay and /discard.
type bulkBody struct {
	Filter order.DeliveryFilter `json:"filter" doc:"Which messages are meant: those that are waiting or dead now and fit everything that is given."`
	DryRun bool                 `json:"dry_run,omitempty" doc:"Only say how many are meant, and show the first of them."`
	Rate   float64              `json:"rate,omitempty" minimum:"0.1" maximum:"100" doc:"Messages a second, at most; 10 when left out." example:"10"`
	Reason string               `json:"reason,omitempty" doc:"Why, for people; at most 300 bytes."`
}

type bulkInput struct {
	Actor          string `header:"X-Actor" doc:"The person behind the command, at most 64 bytes; the key's name when left out. Part of the reason."`
	IdempotencyKey string `header:"Idempotency-Key" doc:"Makes a repeated request safe: it answers with the bulk that the first one began. The same key with another command or body is 422. At most 128 bytes."`
	RawBody        []byte
}

type bulkOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     order.BulkView
}

// BulkPath names one bulk. It is exported because the framework ignores unexported types.
type BulkPath struct {
	AppID  string `path:"app_id" maxLength:"64" doc:"The third-party application."`
	BulkID string `path:"bulk_id" pattern:"^[0-9a-f]{32}$" doc:"As the answer to the bulk's start named it."`
}

func (a *API) routeBulk(calls huma.API) {
	bodies := strict.NewReader[bulkBody](a.schemas)
	for command, summary := range map[string]string{
		order.ReplayUpdate:  "Try many waiting or dead messages again",
		order.DiscardUpdate: "Give many waiting or dead messages up",
	} {
		operation := call(a, calls, APIScopeWrite, huma.Operation{
			OperationID: command + "-deliveries", Method: http.MethodPost, Path: "/v1/deliveries/" + command, Tags: []string{"deliveries"},
			Summary: summary, DefaultStatus: http.StatusAccepted,
			Description: "202: it is under way, and goes on whatever becomes of this process; GET /v1/deliveries/bulk/{app_id}/{bulk_id} says how far it is. 200: the answer to a dry run, which starts nothing. Each message judges for itself: one that has ended or moved on refuses, and stops no other. What a mini program holds is not meant.",
		}, a.startBulk(command, bodies))
		describeBody(operation, bodies.Schema)
		operation.Responses["200"] = &huma.Response{Description: "What a dry run has found.", Content: operation.Responses["202"].Content}
	}
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-bulk", Method: http.MethodGet, Path: "/v1/deliveries/bulk/{app_id}/{bulk_id}", Tags: []string{"deliveries"},
		Summary: "See how far the replay or discard of many messages is",
	}, a.getBulk)
}

func (a *API) startBulk(command string, bodies strict.Reader[bulkBody]) func(context.Context, *bulkInput) (*bulkOutput, error) {
	return func(ctx context.Context, request *bulkInput) (*bulkOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(request.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		if err := a.startFor(ctx, "filter.app_id", body.Filter.AppID, &fields); err != nil {
			return nil, err
		}
		checkHeader("X-Actor", request.Actor, maxActor, &fields)
		checkHeader("Idempotency-Key", request.IdempotencyKey, maxIdempotencyKey, &fields)
		if f := body.Filter; !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
			fields.Add("filter.until", "give a moment after since: nothing is between the two")
		}
		checkReason(body.Reason, &fields)
		if err := fields.Err(); err != nil {
			return nil, err
		}
		recordOf(ctx).trail.Detail = audit.Detail{AppID: body.Filter.AppID, OutOrderNo: body.Filter.OutOrderNo, MiniAppID: body.Filter.MiniAppID}
		if own, err := a.ownFilter(ctx, body.Filter); err != nil || !own {
			return nil, cmp.Or(err, error(problem.New(problem.MerchantForbidden, foreignFilter)))
		}
		input := order.BulkInput{
			Command: command, Filter: body.Filter, Rate: cmp.Or(body.Rate, defaultBulkRate), At: a.config.Now().UTC(),
			Language:    a.apps[body.Filter.AppID].Language,
			Instruction: order.DeliveryInstruction{Actor: actorOf(ctx, request.Actor), Reason: body.Reason},
		}
		if body.DryRun {
			return a.planBulk(ctx, input)
		}
		return a.beginBulk(ctx, request, input)
	}
}

// planBulk answers a dry run. Its bound keeps one call from reading a whole store.
func (a *API) planBulk(ctx context.Context, input order.BulkInput) (*bulkOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	view := input.View()
	view.State = order.BulkPlanned
	var page []byte
	for range plannedPages {
		found, next, err := temporalio.Deliveries(ctx, a.config.Temporal, a.config.Namespace, input.Filter, input.At, maxPageSize, page)
		if err != nil {
			return nil, temporalProblem(err, "count the messages", "")
		}
		view.Found += len(found)
		for _, one := range found[:min(len(found), order.MaxBulkSample-len(view.Sample))] {
			view.Sample = append(view.Sample, one.View)
		}
		if page = next; len(page) == 0 {
			view.Complete = true
			break
		}
	}
	return &bulkOutput{Status: http.StatusOK, Body: view}, nil
}

func (a *API) beginBulk(ctx context.Context, request *bulkInput, input order.BulkInput) (*bulkOutput, error) {
	digest, err := a.nameBulk(ctx, request, &input)
	if err != nil {
		return nil, err
	}
	starting, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	options := temporalio.BulkOptions(input)
	options.Memo = map[string]any{order.DigestMemo: digest}
	_, err = a.config.Temporal.ExecuteWorkflow(starting, options, order.BulkWorkflowType, input)
	output := &bulkOutput{Status: http.StatusAccepted, Body: input.View()}
	switch {
	case temporalio.AlreadyStarted(err):
		if output, err = a.bulkAgain(ctx, input, digest); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, temporalProblem(err, "begin with the messages", "")
	}
	output.Location = "/v1/deliveries/bulk/" + url.PathEscape(input.Filter.AppID) + "/" + input.ID
	return output, nil
}

// nameBulk gives a bulk its id, which follows from the Idempotency-Key where there is one, and returns
// what tells a repetition from another request with the same key.
func (a *API) nameBulk(ctx context.Context, request *bulkInput, input *order.BulkInput) (digest string, err error) {
	if request.IdempotencyKey != "" {
		input.ID, digest, err = repetition(callerOf(ctx), request.IdempotencyKey, "bulk", request.RawBody)
		return input.Command + " " + digest, err
	}
	id, err := uuid.NewRandomFromReader(a.config.Rand)
	if err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	input.ID = hex.EncodeToString(id[:])
	return "", nil
}

// bulkAgain answers a repeated request with the bulk that it began the first time.
func (a *API) bulkAgain(ctx context.Context, input order.BulkInput, digest string) (*bulkOutput, error) {
	s, err := a.standing(ctx, order.BulkWorkflowID(input.Filter.AppID, input.ID), problem.BulkUnknown)
	if err != nil {
		return nil, err
	}
	if first, known := temporalio.Memo[string](s.info, order.DigestMemo); !known || first != digest {
		return nil, reusedKey()
	}
	output, err := a.getBulk(ctx, &BulkPath{AppID: input.Filter.AppID, BulkID: input.ID})
	if err == nil {
		output.Status = http.StatusAccepted
	}
	return output, err
}

// getBulk asks the bulk's workflow, a closed one too.
func (a *API) getBulk(ctx context.Context, path *BulkPath) (*bulkOutput, error) {
	id := order.BulkWorkflowID(path.AppID, path.BulkID)
	s, err := a.standing(ctx, id, problem.BulkUnknown)
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	view, err := ask[order.BulkView](asking, a.config.Temporal, id, "", order.ViewQuery)
	if err != nil {
		return nil, temporalProblem(err, "see how far it is", problem.BulkUnknown)
	}
	if own, err := a.ownFilter(ctx, view.Filter); err != nil || !own {
		return nil, cmp.Or(err, hidden(ctx, problem.BulkUnknown))
	}
	if status := s.info.GetStatus(); view.EndedAt == nil && s.closed() && status != enums.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
		ended := momentOf(s.info.GetCloseTime())
		view.State, view.EndedAt = order.BulkStopped, &ended
	}
	return &bulkOutput{Status: http.StatusOK, Body: view}, nil
}

// foreignFilter is why a bulk is refused to a caller who is bound to some merchants.
const foreignFilter = "name an order or a mini program of your merchants in filter: without one other merchants' messages would be meant too"

const (
	// defaultBulkRate is the messages a second where a bulk says nothing.
	defaultBulkRate = 10.0
	// plannedPages is how many pages a dry run reads, [maxPageSize] messages each.
	plannedPages = 25
)
