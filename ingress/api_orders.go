package ingress

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"miniflow/order"
)

// orderBody is an order in full: the lists are there even when they are empty.
type orderBody struct {
	order.View
	Audits   []order.Audit        `json:"audits"`
	Timeline []order.TimelineItem `json:"timeline"`
}

// orderOutput is the answer of POST, GET and every command.
type orderOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     orderBody
}

// OrderPath names one order. It is exported for the framework, which does not look
// into what is not.
type OrderPath struct {
	AppID      string `path:"app_id" maxLength:"64" doc:"The third-party application."`
	OutOrderNo string `path:"out_order_no" pattern:"^[0-9A-Za-z_-]{1,32}$" doc:"The ISV's own number of the order."`
}

// routeOrders registers what is under /v1/orders, commands excepted.
func (a *API) routeOrders(calls huma.API) {
	starts := newBodyReader[startBody](a.checker)
	operation := call(a, calls, APIScopeWrite, huma.Operation{
		OperationID: "start-order", Method: http.MethodPost, Path: "/v1/orders", Summary: "Start an order",
		Description:   "201: a new order. 200: the same order again. 409: this number belongs to another order. 422: every bad field is named.",
		DefaultStatus: http.StatusCreated, Tags: []string{"orders"},
	}, a.start(starts))
	describeBody(operation, starts.schema)
	operation.Responses["200"] = &huma.Response{Description: "The same order again.", Content: operation.Responses["201"].Content}
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "get-order", Method: http.MethodGet, Path: "/v1/orders/{app_id}/{out_order_no}",
		Summary: "Read an order, or wait until it has news", Tags: []string{"orders"},
		Description: "With wait and after it answers as soon as sequence is above after, the order has ended, or the time is over.",
	}, a.getOrder)
	call(a, calls, APIScopeRead, huma.Operation{
		OperationID: "list-orders", Method: http.MethodGet, Path: "/v1/orders", Summary: "List orders", Tags: []string{"orders"},
		Description: "Without audits and timeline, in no order. A cursor loses nothing and may repeat. What has just changed may take a moment to be found.",
	}, a.listOrders)
}

// answer is an order as callers see it.
func (a *API) answer(status int, view order.View, runID string) *orderOutput {
	view.Links = a.links(view, runID)
	body := orderBody{View: view, Audits: view.Audits, Timeline: view.Timeline}
	if body.Audits == nil {
		body.Audits = []order.Audit{}
	}
	if body.Timeline == nil {
		body.Timeline = []order.TimelineItem{}
	}
	for i := range body.Audits {
		if body.Audits[i].Reasons == nil {
			body.Audits[i].Reasons = []order.Reason{}
		}
	}
	output := &orderOutput{Status: status, Body: body}
	if status == http.StatusCreated {
		output.Location = "/v1/orders/" + url.PathEscape(view.AppID) + "/" + url.PathEscape(view.OutOrderNo)
	}
	return output
}

// links lead on from an order. They are made here, because no state holds an address.
func (a *API) links(view order.View, runID string) order.Links {
	links := view.Links
	if a.config.TemporalUI != "" {
		links.TemporalUI = a.temporalLink(order.WorkflowID(view.AppID, view.OutOrderNo), runID)
	}
	// After a revocation the link that once asked to confirm a trial helps nobody.
	revoked := view.Hold != nil && view.Hold.Kind == order.HoldAuthorizationRevoked
	if again := a.authorizeLink(view); revoked || links.MerchantAuthorize == "" && view.Stage == order.StageAwaitingAuthorization {
		links.MerchantAuthorize = again
	}
	if view.Stage.Ended() {
		links.MerchantAuthorize = ""
	}
	return links
}

// temporalLink leads to the tab of the Temporal UI that shows an order's page.
// The ids' slashes are escaped, or they would be steps of the path.
func (a *API) temporalLink(workflowID, runID string) string {
	link := strings.TrimRight(a.config.TemporalUI, "/") + "/namespaces/" + url.PathEscape(a.config.Namespace) +
		"/workflows/" + url.PathEscape(workflowID)
	if runID == "" {
		return link
	}
	return link + "/" + url.PathEscape(runID) + "/user-metadata"
}

// productionAuthorize is Alipay's page on which a merchant authorises an application.
const productionAuthorize = "https://openauth.alipay.com/oauth2/appToAppAuth.htm"

// authorizeLink is that page for one order; empty when the app has no redirect URI.
func (a *API) authorizeLink(view order.View) string {
	app := a.apps[view.AppID]
	if app.RedirectURI == "" {
		return ""
	}
	page := app.AuthorizePage
	if page == "" {
		page = productionAuthorize
	}
	return page + "?" + url.Values{
		"app_id": {view.AppID}, "redirect_uri": {app.RedirectURI},
		"application_type": {"TINYAPP"}, "state": {view.OutOrderNo},
	}.Encode()
}

// getOrderInput : wait is text, because the framework reads no durations.
type getOrderInput struct {
	OrderPath
	Wait  string `query:"wait" maxLength:"16" doc:"How long to wait for news, such as 30s; at most 60s."`
	After int    `query:"after" minimum:"0" doc:"The sequence that is known already."`
}

// getOrder is GET /v1/orders/{app_id}/{out_order_no}.
func (a *API) getOrder(ctx context.Context, input *getOrderInput) (*orderOutput, error) {
	if input.Wait == "" {
		view, runID, err := a.look(ctx, input.AppID, input.OutOrderNo)
		if err != nil {
			return nil, err
		}
		return a.answer(http.StatusOK, view, runID), nil
	}
	wait, err := time.ParseDuration(input.Wait)
	if err != nil || wait < 0 {
		return nil, invalid([]FieldProblem{{Field: "query.wait", Message: "write a duration such as 30s"}})
	}
	view, runID, err := a.awaitNews(ctx, input.OrderPath, min(wait, maxWait), input.After)
	if err != nil {
		return nil, err
	}
	return a.answer(http.StatusOK, view, runID), nil
}

// look asks an order how it stands, and Temporal which run it is in.
func (a *API) look(ctx context.Context, appID, outOrderNo string) (order.View, string, error) {
	info, err := a.describe(ctx, appID, outOrderNo)
	if err != nil {
		return order.View{}, "", err
	}
	view, err := a.view(ctx, appID, outOrderNo)
	return view, info.GetExecution().GetRunId(), err
}

// view asks an order how it stands.
func (a *API) view(ctx context.Context, appID, outOrderNo string) (order.View, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	view, err := ask[order.View](ctx, a.config.Temporal, order.WorkflowID(appID, outOrderNo), "", order.ViewQuery)
	if err != nil {
		return order.View{}, temporalProblem(err, "read the order", noSuchOrder)
	}
	return view, nil
}

// describe asks Temporal about the order's current run, or its last.
func (a *API) describe(ctx context.Context, appID, outOrderNo string) (*workflowpb.WorkflowExecutionInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	described, err := a.config.Temporal.DescribeWorkflowExecution(ctx, order.WorkflowID(appID, outOrderNo), "")
	if err != nil {
		return nil, temporalProblem(err, "find the order", noSuchOrder)
	}
	return described.GetWorkflowExecutionInfo(), nil
}

// running tells whether the run goes on. One that continued as new does not.
func running(info *workflowpb.WorkflowExecutionInfo) bool {
	return info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
}
