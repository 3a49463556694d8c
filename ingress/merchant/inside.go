package merchant

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"go.temporal.io/api/workflowservice/v1"

	"miniflow/order"
	"miniflow/temporalio"
	"miniflow/words"
)

// Operations are the calls of the REST API that a page makes, by their ids in its description: a
// merchant's link is a caller with these and no other.
func Operations() []string { return []string{"get-order", "hand-in-file", "provide-input"} }

// Actor is who a merchant is on an order's timeline and in the audit log.
const Actor = "merchant"

// Lister is the part of Temporal's client that finds the order of a link.
type Lister interface {
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
}

// Inside asks the REST API of this process.
type Inside struct {
	Temporal  Lister
	Namespace string
	// Apps are those whose orders have pages.
	Apps []string
	API  http.Handler
	// As returns a context in which the API takes a request as the merchant's of one order.
	As func(ctx context.Context, of Order) context.Context
}

// Find lists the orders of a number. Several runs of one order are one; of two orders that have one
// number, which is a rare accident, the link opens neither.
func (i Inside) Find(ctx context.Context, id int64) (Order, error) {
	query := temporalio.NewQuery(order.WorkflowType, i.Apps...).Where(fmt.Sprintf("%s = %d", order.AttributeMerchantLink, id))
	page, err := i.Temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: i.Namespace, Query: query.String(), PageSize: 10,
	})
	if err != nil {
		return Order{}, fmt.Errorf("find the order of a link: %w", err)
	}
	found := map[Order]bool{}
	for _, execution := range page.GetExecutions() {
		appID, _ := temporalio.Attribute[string](execution, order.AttributeAppID)
		outOrderNo, _ := temporalio.Attribute[string](execution, order.AttributeOutOrderNo)
		if order.MerchantLinkID(appID, outOrderNo) == id {
			found[Order{AppID: appID, OutOrderNo: outOrderNo}] = true
		}
	}
	if len(found) != 1 {
		return Order{}, ErrMissing
	}
	for of := range found {
		return of, nil
	}
	return Order{}, ErrMissing
}

// View asks GET /v1/orders/{app_id}/{out_order_no}.
func (i Inside) View(ctx context.Context, of Order, language words.Language) (view order.View, err error) {
	answer, err := i.ask(ctx, of, language, http.MethodGet, path(of), "", nil)
	if err != nil {
		return view, err
	}
	if answer.status == http.StatusNotFound {
		return view, ErrMissing
	}
	if answer.status != http.StatusOK {
		return view, answer.refusal()
	}
	if err := json.Unmarshal(answer.body.Bytes(), &view); err != nil {
		return view, fmt.Errorf("read an order: %w", err)
	}
	return view, nil
}

// HandIn hands each picture in with POST /v1/files, where it is checked by Alipay's rules, and names
// all of them in one provide-input, so that an order is not tried with half of what it needs.
func (i Inside) HandIn(ctx context.Context, of Order, language words.Language, files map[string][]byte) (map[string]string, error) {
	wrong, sums := map[string]string{}, map[string]string{}
	for _, field := range slices.Sorted(maps.Keys(files)) {
		query := url.Values{"app_id": {of.AppID}, "field": {field}}
		answer, err := i.ask(ctx, of, language, http.MethodPost, "/v1/files?"+query.Encode(), "application/octet-stream", files[field])
		if err != nil {
			return nil, err
		}
		switch answer.status {
		case http.StatusOK, http.StatusCreated:
			var kept struct{ SHA256 string }
			if err := json.Unmarshal(answer.body.Bytes(), &kept); err != nil {
				return nil, fmt.Errorf("read what was kept: %w", err)
			}
			sums[field] = kept.SHA256
		case http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
			wrong[field] = answer.why(language)
		default:
			return nil, answer.refusal()
		}
	}
	if len(wrong) > 0 {
		return wrong, nil
	}
	body, err := json.Marshal(correction(sums))
	if err != nil {
		return nil, err
	}
	answer, err := i.ask(ctx, of, language, http.MethodPost, path(of)+"/"+string(order.CommandProvideInput), "application/json", body)
	if err != nil {
		return nil, err
	}
	switch answer.status {
	case http.StatusOK, http.StatusConflict: // somebody was faster: the page says how it stands
		return nil, nil
	case http.StatusUnprocessableEntity:
		for field := range files {
			wrong[field] = answer.why(language)
		}
		return wrong, nil
	}
	return nil, answer.refusal()
}

// correction is the body of provide-input that names files by their digest.
func correction(sums map[string]string) map[string]any {
	body, submitted := map[string]any{}, map[string]any{}
	for field, sum := range sums {
		named := map[string]string{"sha256": sum}
		if name, ok := strings.CutPrefix(field, "submission.files."); ok {
			submitted[name] = named
			body["submission"] = map[string]any{"files": submitted}
			continue
		}
		body["create"] = map[string]any{strings.TrimPrefix(field, "create."): named}
	}
	return body
}

func path(of Order) string {
	return "/v1/orders/" + url.PathEscape(of.AppID) + "/" + url.PathEscape(of.OutOrderNo)
}
