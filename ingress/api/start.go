package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/client"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/internal/audit"
	"miniflow/order"
	"miniflow/temporalio"
)

// startInput is the input of POST /v1/orders in addition to its body, which [strict.Reader]
// reads so that every bad field is named at once.
type startInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"128" doc:"Where out_order_no is left out: the same key makes the same number, so that a repeated request starts nothing twice; with another body it is 422."`
	RawBody        []byte
}

// start handles POST /v1/orders: 201 for a new order, 200 for the same one again so that a
// retry is harmless, 409 for another one under the same number.
func (a *API) start(bodies strict.Reader[startBody]) func(context.Context, *startInput) (*orderOutput, error) {
	return func(ctx context.Context, input *startInput) (*orderOutput, error) {
		var fields problem.Fields
		body, err := bodies.Read(input.RawBody, &fields)
		if err != nil {
			return nil, err
		}
		if err := a.startFor(ctx, "app_id", body.AppID, &fields); err != nil {
			return nil, err
		}
		d := a.draftOf(body, &fields)
		if err := fields.Err(); err != nil {
			return nil, err
		}
		recordOf(ctx).trail.Detail = audit.Detail{AppID: body.AppID, OutOrderNo: d.request.OutOrderNo, MerchantRef: d.request.MerchantRef, MiniAppID: d.request.MiniAppID}
		if err := a.mayStart(ctx, d.request); err != nil {
			return nil, err
		}
		fresh, keyed := d.request.OutOrderNo == "" && input.IdempotencyKey == "", d.request.OutOrderNo == "" && input.IdempotencyKey != ""
		if d.request.OutOrderNo == "" {
			if d.request.OutOrderNo, err = a.newOrderNo(ctx, d.request.AppID, input.IdempotencyKey); err != nil {
				return nil, err
			}
		}
		request, err := a.seal(d)
		if err != nil {
			return nil, err
		}
		output, err := a.startUnlessArchived(ctx, d, request, fresh)
		var refused *problem.Problem
		if keyed && errors.As(err, &refused) && refused.HasKind(problem.OrderNumberTaken) {
			return nil, reusedKey() // the number follows from the key, so the key was used before
		}
		if err == nil {
			output.Body.Warnings = body.warnings()
		}
		return output, err
	}
}

// startUnlessArchived starts an order whose number the archive does not know. A fresh one was made a
// moment ago, so nobody looks for it.
func (a *API) startUnlessArchived(ctx context.Context, d draft, request order.Request, fresh bool) (*orderOutput, error) {
	if !fresh {
		if output, err := a.startedLongAgo(ctx, request); output != nil || err != nil {
			return output, err
		}
	}
	return a.startNaming(ctx, d, request)
}

// startFor reports the field of an app_id as bad where the key may act for every app, because then
// nothing is given away and the mistake is in the body.
func (a *API) startFor(ctx context.Context, field, appID string, fields *problem.Fields) error {
	if appID == "" {
		return nil // it was named as missing when the body was read
	}
	err := callerOf(ctx).mayFor(appID)
	var refused *problem.Problem
	if errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		fields.Add(field, "%s", refused.Detail)
		return nil
	}
	return err
}

// newOrderNo returns a number for an order without one: mf and 30 hexadecimal digits of a
// UUID, because Alipay accepts 32 characters. With an Idempotency-Key the number is derived
// from it, so that a repeated request finds its own order.
func (a *API) newOrderNo(ctx context.Context, appID, idempotencyKey string) (string, error) {
	var id uuid.UUID
	if idempotencyKey != "" {
		id = uuid.NewSHA1(uuid.NameSpaceOID, []byte("miniflow\x00"+callerOf(ctx).name+"\x00"+appID+"\x00"+idempotencyKey))
	} else {
		var err error
		if id, err = uuid.NewRandomFromReader(a.config.Rand); err != nil {
			return "", fmt.Errorf("make an order number: %w", err)
		}
	}
	return "mf" + hex.EncodeToString(id[:])[:30], nil
}

// startOrder starts the workflow. Temporal refuses a second one under the same id, running or
// ended, so parallel starts need no lock.
func (a *API) startOrder(ctx context.Context, request order.Request) (*orderOutput, error) {
	view := order.NewView(request, a.apps[request.AppID].observes(request.MerchantRef), a.config.Now())
	input := order.Input{Request: request, Schedules: a.config.Schedules, CreatedAt: view.CreatedAt, Language: a.apps[request.AppID].Language, Observed: view.Observed}
	starting, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	// A lost answer does no harm, because the caller's next attempt finds the same order.
	run, err := a.config.Temporal.ExecuteWorkflow(starting, temporalio.OrderOptions(view, input.Language), order.WorkflowType, input)
	switch {
	case temporalio.AlreadyStarted(err):
		return a.startedBefore(ctx, request)
	case err != nil:
		return nil, temporalProblem(err, "start the order", "")
	}
	a.waker.orderStarted(request.AppID, request.OutOrderNo)
	// The order is answered as it was started: to ask it would cost several times the start.
	return a.answer(http.StatusCreated, found{view, standing{info: infoOf(run), execution: order.ExecutionRunning}}), nil
}

func infoOf(run client.WorkflowRun) *workflowpb.WorkflowExecutionInfo {
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: run.GetID(), RunId: run.GetRunID()},
		Status:    enums.WORKFLOW_EXECUTION_STATUS_RUNNING,
	}
}

// startedBefore answers a start under a number that is taken: the same order is returned,
// because a caller may have lost the first answer; another one is a conflict. Those who repeat a
// start at the same moment share one look at the order, because a backend that starts an order in
// many places at once would have it answer nothing else.
func (a *API) startedBefore(ctx context.Context, request order.Request) (*orderOutput, error) {
	looked, err, _ := a.repeats.Do(order.WorkflowID(request.AppID, request.OutOrderNo), func() (any, error) {
		// The first who asked may go away, and the others still wait.
		return a.startedOrder(context.WithoutCancel(ctx), request.AppID, request.OutOrderNo)
	})
	if err != nil {
		return nil, err
	}
	before, _ := looked.(startedOrder)
	same, err := a.sameContent(request, before.request)
	if err != nil {
		return nil, fmt.Errorf("compare with the order of the same number: %w", err)
	}
	if !same {
		return nil, problem.Of(problem.OrderNumberTaken)
	}
	output := *before.answer // shared, and warnings are about each request
	return &output, nil
}

// startedOrder is an order that was started before: how it stands, and what it was started with.
type startedOrder struct {
	answer  *orderOutput
	request order.Request
}

func (a *API) startedOrder(ctx context.Context, appID, outOrderNo string) (startedOrder, error) {
	f, err := a.look(ctx, appID, outOrderNo)
	if err != nil {
		return startedOrder{}, err
	}
	accepted, err := inputOf[order.Input](ctx, a, f.info)
	if err != nil {
		return startedOrder{}, temporalProblem(err, "compare the order with the one of the same number", "")
	}
	return startedOrder{a.answer(http.StatusOK, f), accepted.Request}, nil
}

// sameContent compares two requests by their plain content, because seals differ each time.
func (a *API) sameContent(one, other order.Request) (bool, error) {
	first, err := a.content(one)
	if err != nil {
		return false, err
	}
	second, err := a.content(other)
	return err == nil && slices.Equal(first, second), err
}

func (a *API) content(request order.Request) ([]byte, error) {
	var opened [3][]json.RawMessage
	for i, block := range []struct {
		sealed  []order.Sealed
		purpose string
	}{
		{request.Create, order.SealCreate}, {request.Submission.Fields, order.SealSubmission},
		{[]order.Sealed{request.Version.Ext}, order.SealExt},
	} {
		for _, sealed := range block.sealed {
			if sealed == "" {
				continue
			}
			plain, err := a.config.Sealer.Open(sealed, request.AppID, block.purpose)
			if err != nil {
				return nil, fmt.Errorf("open %s: %w", block.purpose, err)
			}
			opened[i] = append(opened[i], plain)
		}
	}
	request.Create, request.Submission.Fields, request.Version.Ext = nil, nil, ""
	return strict.Canonical(map[string]any{"request": request, "opened": opened})
}
