package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/temporalio"
)

// listOrdersInput holds the filters of GET /v1/orders. Their patterns exclude everything that
// could change the meaning of a visibility query.
type listOrdersInput struct {
	Stage       string `query:"stage" enum:"creating,awaiting_merchant,awaiting_authorization,building,scanning,submitting,auditing,audit_rejected,base_passed,releasing,online,merchant_rejected,confirm_timed_out,creation_failed,cancelled"`
	Hold        string `query:"hold" enum:"needs_approval,needs_input,needs_operator,authorization_revoked,punished,pipeline_busy,awaiting_certification,awaiting_filing"`
	Kind        string `query:"kind" enum:"formal,trial,release"`
	AppID       string `query:"app_id" maxLength:"64" doc:"Left out: every app of the key."`
	MiniAppID   string `query:"mini_app_id" pattern:"^[0-9A-Za-z]{1,32}$"`
	Execution   string `query:"execution" enum:"running,paused,terminated,failing" doc:"How the order's workflow stands in Temporal."`
	Attention   bool   `query:"attention" doc:"Only what needs a person: a hold that a person ends, or a workflow that is paused, terminated or failing."`
	MerchantRef string `query:"merchant_ref" pattern:"^[^'\"?\\\\\\x00-\\x1f\\x7f]{1,64}$"`
	ShopName    string `query:"shop_name" pattern:"^[^'\"?\\\\\\x00-\\x1f\\x7f]{1,60}$" doc:"Of shops that are called exactly so."`
	Since       string `query:"since" maxLength:"40" doc:"Orders that were started then or later, RFC 3339."`
	Q           string `query:"q" maxLength:"64" doc:"Orders whose out_order_no, mini_app_id, merchant_ref or shop_name is this or begins with it: as written, in small or capital letters, or with the first one capital. What is called exactly so comes first. Without sort and changed_since."`
	Sort        string `query:"sort" enum:"created_at,-created_at,stage_since,-stage_since,changed_at,-changed_at" doc:"In this order, a minus for the latest first: all that fit, or the first limit of them, on one page. Refused where more than a thousand fit."`
	// ChangedSince has a list of its own, in the order of change.
	ChangedSince string `query:"changed_since" maxLength:"40" doc:"Orders that have changed after then, in the order of change, RFC 3339; go on with changed_until of the answer. Nothing is left out, and something may come twice. Without limit and cursor."`
	PageRequest
}

// PageRequest asks for one page of a list. It is exported because the framework ignores
// unexported embedded types.
type PageRequest struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" doc:"Rows on a page; 50 when left out."`
	Cursor string `query:"cursor" maxLength:"4096" doc:"next_cursor of the page before, with the same filters."`
}

func (p PageRequest) size() int {
	if p.Limit == 0 {
		return pageSize
	}
	return p.Limit
}

type listOrdersOutput struct{ Body orderList }

type orderList struct {
	Orders []order.View `json:"orders"`
	// NextCursor is empty on the last page, so that a client's loop has one condition.
	NextCursor string `json:"next_cursor" doc:"Empty on the last page."`
	// ChangedUntil is set in answers to changed_since.
	ChangedUntil *time.Time `json:"changed_until,omitempty" doc:"The next changed_since: up to then nothing is missing. It stands still while nothing changes. Left out without changed_since."`
}

func (a *API) listOrders(ctx context.Context, input *listOrdersInput) (*listOrdersOutput, error) {
	within, err := reachOf(ctx, input.AppID)
	if err != nil {
		return nil, err
	}
	since, err := readMoment("query.since", input.Since)
	if err != nil {
		return nil, err
	}
	if input.Q = strings.TrimSpace(input.Q); input.Q != "" {
		return a.listFound(ctx, input, within, since)
	}
	if input.Sort != "" {
		return a.listSorted(ctx, input, within, since)
	}
	if input.ChangedSince != "" {
		return a.listChanged(ctx, input, within, since)
	}
	query := input.query(within, since)
	at, err := readCursor(input.Cursor, query.String())
	if err != nil {
		return nil, err
	}
	page, err := a.list(ctx, query.String(), input.size(), at.Token)
	if err != nil {
		return nil, err
	}
	current, err := a.currentRuns(ctx, within.merchants.theirs(page.GetExecutions()))
	if err != nil {
		return nil, err
	}
	listed := orderList{Orders: []order.View{}, NextCursor: cursor{Token: page.GetNextPageToken()}.write(query.String())}
	for _, execution := range current {
		if view, ok := a.row(execution); ok && !view.CreatedAt.Before(since) {
			listed.Orders = append(listed.Orders, view)
		}
	}
	return &listOrdersOutput{Body: listed}, nil
}

// row is an order as a list shows it.
func (a *API) row(execution *workflowpb.WorkflowExecutionInfo) (order.View, bool) {
	view, ok := summaryOf[order.View](execution)
	if !ok {
		return view, false
	}
	view = found{view, standing{info: execution, execution: executionOf(execution)}}.shown(a.config.Now()).Summary()
	view.WaitingFor = order.WaitsStill(view.WaitingFor, a.config.Now())
	view.Links = a.config.Links.Of(view, execution)
	return view, true
}

func (input *listOrdersInput) query(within reach, since time.Time) *temporalio.Query {
	query := within.orders()
	query.Equals(order.AttributeOrderStage, input.Stage)
	query.Equals(order.AttributeOrderHold, input.Hold)
	query.Equals(order.AttributeOrderKind, input.Kind)
	query.Equals(order.AttributeMiniAppID, input.MiniAppID)
	query.Equals(order.AttributeMerchantRef, input.MerchantRef)
	query.Equals(order.AttributeShopName, input.ShopName)
	// A run that an order continued in started after the order did, so this condition finds
	// too many runs but never too few; the caller removes the others.
	query.StartedSince(since)
	if condition := executionConditions[order.Execution(input.Execution)]; condition != "" {
		query.Where(condition)
	}
	if input.Attention {
		query.Where(needsAttention)
	}
	return query
}

// readMoment reads a moment; an empty text is the zero time.
func readMoment(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	since, err := time.Parse(time.RFC3339, text)
	if year := since.UTC().Year(); err != nil || year < 1 || year > 9999 { // Temporal reads no other year
		return since, problem.Bad(field, "write a moment as RFC 3339, such as 2026-11-20T08:00:00%%2B08:00 (a + in a query is written %%2B)")
	}
	return since, nil
}

func (a *API) list(ctx context.Context, query string, size int, token []byte) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	page, err := a.config.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: a.config.Namespace, PageSize: int32(size), NextPageToken: token, Query: query, //nolint:gosec // size is 200 at most
	})
	var refused *serviceerror.InvalidArgument
	switch {
	case err == nil:
		return page, nil
	case len(token) > 0 && errors.As(err, &refused):
		return nil, badCursor().Because(err)
	default:
		return nil, temporalProblem(err, "list workflows", "")
	}
}

// summaryOf reads the memo that a workflow keeps for lists. A workflow without a readable one
// is skipped, because it was not started by Miniflow.
func summaryOf[T any](execution *workflowpb.WorkflowExecutionInfo) (T, bool) {
	var summary T
	payload := execution.GetMemo().GetFields()[order.SummaryMemo]
	if payload == nil {
		return summary, false
	}
	return summary, converter.GetDefaultDataConverter().FromPayload(payload, &summary) == nil
}

// appsFor returns the apps that a list may show: the requested one, or all of the key's, so
// that no list can exceed the key's rights.
func appsFor(ctx context.Context, appID string) ([]string, error) {
	c := callerOf(ctx)
	if appID == "" {
		return c.apps, nil
	}
	return []string{appID}, c.mayFor(appID)
}

// cursor is where the next page of a list begins. It is opaque to callers and valid only with
// the filter that it was made for, because a token of Temporal's would silently continue
// another list, and one that was altered is asked about for as long as Temporal may take.
type cursor struct {
	// Part is the index of one of several lists that are shown as one, because each has its
	// own token.
	Part  int    `json:"p,omitempty"`
	Token []byte `json:"t,omitempty"`
	// Sum is of the filter and of all that is above.
	Sum []byte `json:"f"`
}

func (c cursor) sum(filter string) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%x\x00%s", c.Part, c.Token, filter))
	return sum[:8]
}

func (c cursor) write(filter string) string {
	if len(c.Token) == 0 && c.Part == 0 {
		return ""
	}
	c.Sum = c.sum(filter)
	text, err := json.Marshal(c)
	if err != nil {
		return "" // bytes and a number can always be marshalled
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// readCursor reads a cursor of a list that is one, or two.
func readCursor(text, filter string) (cursor, error) { return readCursorOf(text, filter, 2) }

func readCursorOf(text, filter string, parts int) (cursor, error) {
	var c cursor
	if text == "" {
		return c, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || json.Unmarshal(raw, &c) != nil || !bytes.Equal(c.Sum, c.sum(filter)) || c.Part < 0 || c.Part >= parts {
		return cursor{}, badCursor()
	}
	return c, nil
}

// badCursor is the same answer for every invalid cursor, because the reason would only help
// someone who forges one.
func badCursor() *problem.Problem {
	return problem.Of(problem.CursorUnknown)
}
