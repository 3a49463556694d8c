package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/api/workflowservice/v1"

	"miniflow/ingress/api/history"
	"miniflow/ingress/api/problem"
	"miniflow/order"
)

type callsOutput struct{ Body callList }

// callList has a type of this package, because the description names schemas by it.
type callList struct{ history.List }

func (a *API) routeCalls(calls huma.API) {
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-calls", Method: http.MethodGet, Path: "/v1/orders/{app_id}/{out_order_no}/calls", Tags: []string{"orders"},
		Summary: "List the calls to Alipay that an order has made",
		Description: "With Alipay's answers and trace ids, which its support asks for. They are read from Temporal's history of the order's current run and the two before it, at most 200, for as long as Temporal keeps it. " +
			"Looks at many orders at once, which find out that one has news, are not among them.",
	}, a.listCalls)
}

// listCalls needs no worker: it describes the order's workflow, and reads a page of history for each run.
func (a *API) listCalls(ctx context.Context, input *OrderPath) (*callsOutput, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	described, err := a.config.Temporal.DescribeWorkflowExecution(ctx, order.WorkflowID(input.AppID, input.OutOrderNo), "")
	if err != nil {
		return nil, temporalProblem(err, "find the order", problem.OrderUnknown)
	}
	list, err := history.Calls(ctx, a.historyPage, a.config.Namespace, described)
	if err != nil {
		return nil, temporalProblem(err, "read the order's history", problem.OrderUnknown)
	}
	for i := range list.Calls {
		list.Calls[i].Answer = list.Calls[i].Answer.Map(hideShapes)
	}
	return &callsOutput{Body: callList{list}}, nil
}

// hideShapes masks what looks like personal data in Alipay's sentences, whoever asks: they were made
// safe when they came in, and nobody needs what was missed there.
func hideShapes(text string) string { return outsideText(mask{}.shapes(text)) }

// historyPage only reads, so it is safe to repeat.
func (a *API) historyPage(ctx context.Context, request *workflowservice.GetWorkflowExecutionHistoryReverseRequest) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
	return again(ctx, func() (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
		return a.config.Temporal.WorkflowService().GetWorkflowExecutionHistoryReverse(ctx, request)
	})
}
