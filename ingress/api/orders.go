package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/ingress/api/history"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/order"
	"miniflow/words"
)

// orderBody is a complete order. Its lists are present even when they are empty, so that a
// client needs no case for null.
type orderBody struct {
	order.View
	Audits   []order.Audit        `json:"audits" doc:"Every attempt at an audit, oldest first."`
	Timeline []order.TimelineItem `json:"timeline" doc:"What happened, oldest first. Old items are folded away from the middle of a long timeline."`
	// Warnings are about the request, so only the answer to it has them.
	Warnings []problem.FieldProblem `json:"warnings,omitempty" doc:"In the answer to what sent them: fields of create and submission that are not known, and what an order was held for where provide-input has nothing of it. Nothing is refused for one."`
}

type orderOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     orderBody
}

// OrderPath names one order. It is exported because the framework ignores unexported embedded
// types.
type OrderPath struct {
	AppID      string `path:"app_id" maxLength:"64" doc:"The third-party application."`
	OutOrderNo string `path:"out_order_no" pattern:"^[0-9A-Za-z_-]{1,32}$" doc:"The ISV's own number of the order."`
}

func (a *API) routeOrders(calls huma.API) {
	starts := strict.NewReader[startBody](a.schemas)
	operation := call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: "start-order", Method: http.MethodPost, Path: "/v1/orders", Summary: "Start an order",
		Description:   "201: a new order. 200: the same order again. 409: this number belongs to another order. 422: every bad field is named.",
		DefaultStatus: http.StatusCreated, Tags: []string{"orders"},
	}, a.start(starts))
	describeBody(operation, starts.Schema)
	operation.Responses["200"] = &huma.Response{Description: "The same order again.", Content: operation.Responses["201"].Content}
	a.routeCheck(calls)
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-order", Method: http.MethodGet, Path: "/v1/orders/{app_id}/{out_order_no}",
		Summary: "Read an order, or wait until it has news", Tags: []string{"orders"},
		Description: "With wait and after it answers as soon as sequence is above after, the order has ended or its workflow is closed (finished_at is set: ask no more), or the time is over. " +
			"An order that Temporal has forgotten comes from the archive, where one is configured (archived is true).",
	}, a.getOrder)
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-orders", Method: http.MethodGet, Path: "/v1/orders", Summary: "List orders", Tags: []string{"orders"},
		Description: "Without audits and timeline, in no order unless sort says one. A cursor loses nothing and may repeat. What has just changed may take a moment to be found.",
	}, a.listOrders)
}

type found struct {
	view order.View
	standing
}

// answer returns an order as callers see it, with its links and without null lists, so that
// every call shows an order in the same way.
func (a *API) answer(status int, f found) *orderOutput {
	view := f.shown(a.config.Now())
	if !view.Archived { // Temporal has no page of it any more
		view.Links = a.config.Links.Of(view, f.info)
	}
	body := orderBody{View: view, Audits: filled(view.Audits), Timeline: filled(view.Timeline)}
	for i := range body.Audits {
		reasons := &body.Audits[i].Reasons
		*reasons = filled(*reasons)
		for j := range *reasons {
			(*reasons)[j].Images = filled((*reasons)[j].Images)
		}
	}
	output := &orderOutput{Status: status, Body: body}
	if status == http.StatusCreated {
		output.Location = "/v1/orders/" + url.PathEscape(view.AppID) + "/" + url.PathEscape(view.OutOrderNo)
	}
	return output
}

// shown returns the order's view with what its workflow can't report itself: that it has been
// stopped, and what it accepts and waits for now. finished_at of an order that was closed
// from outside makes every client stop polling. Why it stands there is said as of now.
func (f found) shown(now time.Time) order.View {
	view := f.view
	if view.Archived {
		view.Commands = []order.Command{}
		return view.Explained(now)
	}
	view = f.tried(view)
	view.Execution, view.Interruption = f.execution, f.interruption
	switch f.execution {
	case order.ExecutionTerminated:
		view.Commands = []order.Command{order.CommandBeginAgain}
		view.WaitingFor = words.New("wait.closed")
		if view.FinishedAt == nil {
			closed := momentOf(f.info.GetCloseTime())
			view.FinishedAt = &closed
		}
	case order.ExecutionPaused:
		view.Commands, view.WaitingFor = nil, words.New("wait.paused")
	case order.ExecutionFailing:
		view.Commands, view.WaitingFor = nil, words.New("wait.failing")
	case order.ExecutionRunning:
	}
	view.Commands = filled(view.Commands)
	if view.Hold != nil {
		view.Hold.Fields = filled(view.Hold.Fields)
	}
	return view.Explained(now)
}

// tried adds what Temporal knows of a call that is tried again, of which its order hears once there is
// news. What looks like personal data in an answer is masked, whoever asks.
func (f found) tried(view order.View) order.View {
	if call := history.Again(f.pending, view.Kind); call != nil {
		view.LastTry = &order.Try{Method: call.Method, At: call.At, Answer: call.Answer, Code: call.Code}
		view.NextLook, view.LookEvery = call.NextTry, 0
	}
	if view.LastTry != nil {
		masked := *view.LastTry
		masked.Answer = masked.Answer.Map(hideShapes)
		view.LastTry = &masked
	}
	return view
}

// filled returns an empty list for a nil one, because no answer contains null for a list.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// getOrderInput has wait as a text, because the framework can't read durations.
type getOrderInput struct {
	OrderPath
	Wait  string `query:"wait" maxLength:"16" doc:"How long to wait for news, such as 30s; at most 60s."`
	After int    `query:"after" minimum:"0" doc:"The sequence that is known already."`
}

func (a *API) getOrder(ctx context.Context, input *getOrderInput) (*orderOutput, error) {
	wait := time.Duration(0)
	if input.Wait != "" {
		var err error
		if wait, err = time.ParseDuration(input.Wait); err != nil || wait < 0 {
			return nil, problem.Bad("query.wait", "write a duration such as 30s")
		}
	}
	var f found
	var err error
	if wait > 0 {
		f, err = a.awaitNews(ctx, input.OrderPath, min(wait, maxWait), input.After)
	} else {
		f, err = a.look(ctx, input.AppID, input.OutOrderNo)
	}
	if err != nil {
		f, err = a.archived(ctx, input.AppID, input.OutOrderNo, err)
	}
	if err != nil {
		return nil, err
	}
	f.view.MiniProgramExecution = a.miniProgramExecution(ctx, f.view)
	return a.answer(http.StatusOK, f), nil
}

// miniProgramExecution returns the execution of the order's mini program, because the order
// waits for it; empty where that workflow runs, has ended by itself, or can't be described.
func (a *API) miniProgramExecution(ctx context.Context, view order.View) order.Execution {
	if view.MiniAppID == "" || view.Stage.Ended() {
		return ""
	}
	s, err := a.standing(ctx, order.MiniProgramWorkflowID(view.AppID, view.MiniAppID), problem.MiniProgramUnknown)
	if err != nil || s.execution == order.ExecutionRunning {
		return ""
	}
	return s.execution
}

// look asks Temporal for the state of an order's workflow, and the order for its view. An
// order that is paused or closed is shown by its summary, because it can't be queried.
func (a *API) look(ctx context.Context, appID, outOrderNo string) (found, error) {
	id := order.WorkflowID(appID, outOrderNo)
	s, err := a.standing(ctx, id, problem.OrderUnknown)
	if err != nil {
		return found{}, err
	}
	switch s.execution {
	case order.ExecutionPaused:
		return a.summarised(s, nil)
	case order.ExecutionTerminated, order.ExecutionFailing:
		view, err := a.view(ctx, id, s.runID(), remnantWithin)
		switch {
		case err == nil:
			return found{view, s}, nil
		case s.execution == order.ExecutionFailing:
			return found{}, s.stopped("this order").Because(err)
		}
		return a.summarised(s, err)
	case order.ExecutionRunning:
	}
	view, err := a.view(ctx, id, "", answerWithin)
	if err == nil {
		return found{view, s}, nil
	}
	if why := a.stoppedProblem(ctx, id, "this order", err); why != nil {
		return found{}, why
	}
	return found{}, temporalProblem(err, "read the order", problem.OrderUnknown)
}

func (a *API) summarised(s standing, cause error) (found, error) {
	view, ok := summaryOf[order.View](s.info)
	if !ok {
		return found{}, problem.New(problem.Failed, "this order left no summary behind; look at its history in the Temporal UI").Because(cause)
	}
	return found{view, s}, nil
}

func (a *API) view(ctx context.Context, workflowID, runID string, within time.Duration) (order.View, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return ask[order.View](ctx, a.config.Temporal, workflowID, runID, order.ViewQuery)
}
