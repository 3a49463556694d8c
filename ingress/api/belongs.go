package api

import (
	"context"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/temporalio"
)

// narrowed are the calls without an order, a mini program or a message in their path that keep to a
// caller's merchants themselves. Any other is refused to a caller who is bound to some merchants: so
// is a new one, until somebody has thought about it.
// A picture is named by its hash, which only those know who have seen an order that names it.
var narrowed = map[string]bool{
	"list-orders": true, "get-stats": true, "get-overview": true, "list-mini-programs": true, "list-deliveries": true, "get-bulk": true,
	"list-attention": true, "start-order": true, "check-order": true, "replay-deliveries": true, "discard-deliveries": true, "hand-in-file": true, "get-file": true, "list-audit": true,
}

// withinMerchants refuses what belongs to other merchants than the caller's: exactly as what there is
// not, so that nobody can probe.
func (a *API) withinMerchants(ctx huma.Context, operationID string) error {
	c := callerOf(ctx.Context())
	if !c.merchants.bounded {
		return nil
	}
	appID := ctx.Param("app_id")
	switch {
	case ctx.Param("out_order_no") != "":
		return a.ownOrder(ctx.Context(), appID, ctx.Param("out_order_no"))
	case ctx.Param("mini_app_id") != "":
		return a.ownMiniProgram(ctx.Context(), appID, ctx.Param("mini_app_id"))
	case ctx.Param("notify_id") != "":
		isCopy, _ := strconv.ParseBool(ctx.Query("copy")) // what can't be read is refused later
		return a.ownDelivery(ctx.Context(), DeliveryPath{appID, ctx.Param("notify_id")}, isCopy)
	case ctx.Param("id") != "":
		return a.ownItem(ctx.Context(), appID, ctx.Param("id"))
	case narrowed[operationID]:
		return nil
	}
	return problem.Of(problem.MerchantForbidden)
}

// hidden is the answer to a look at what belongs to somebody else, which the audit log notes.
func hidden(ctx context.Context, kind problem.Kind) error {
	recordOf(ctx).hidden = true
	return problem.Of(kind)
}

// ownOrder finds an order where GET finds it: in Temporal, or in the archive.
func (a *API) ownOrder(ctx context.Context, appID, outOrderNo string) error {
	var ref string
	s, err := a.standing(ctx, order.WorkflowID(appID, outOrderNo), problem.OrderUnknown)
	if err == nil {
		recordOf(ctx).stoodOrder(s)
		ref = merchantOf(s.info)
	} else {
		f, err := a.archived(ctx, appID, outOrderNo, err)
		if err != nil {
			return err
		}
		ref = f.view.MerchantRef
	}
	if !callerOf(ctx).merchants.has(ref) {
		return hidden(ctx, problem.OrderUnknown)
	}
	return nil
}

func (a *API) ownMiniProgram(ctx context.Context, appID, miniAppID string) error {
	own, err := a.ownMiniPrograms(ctx, appID, []string{miniAppID})
	if err == nil && !own[miniAppID] {
		return hidden(ctx, problem.MiniProgramUnknown)
	}
	return err
}

// ownDelivery finds a message where the calls about one message find it: as a Delivery, or kept by a
// mini program.
func (a *API) ownDelivery(ctx context.Context, path DeliveryPath, isCopy bool) error {
	var view order.DeliveryView
	s, err := a.standing(ctx, deliveryWorkflow(path, isCopy), problem.DeliveryUnknown)
	switch {
	case err == nil:
		view, _ = summaryOf[order.DeliveryView](s.info)
	case isCopy || !temporalio.NotFound(err):
		return err
	default:
		held, failure := a.holderOf(ctx, path.AppID, path.NotifyID)
		if failure != nil {
			return failure
		}
		if held.NotifyID == "" {
			return err
		}
		view = held
	}
	own, failure := a.ownDeliveries(ctx, []order.DeliveryView{view})
	if failure == nil && len(own) == 0 {
		return hidden(ctx, problem.DeliveryUnknown)
	}
	return failure
}

// ownMiniPrograms returns which mini programs of an app belong to the caller's merchants: orders of
// theirs name it, and none of anybody else's does. One whose orders are older than Temporal's
// retention is nobody's.
func (a *API) ownMiniPrograms(ctx context.Context, appID string, ids []string) (map[string]bool, error) {
	own := map[string]bool{}
	if len(ids) == 0 {
		return own, nil
	}
	bound := callerOf(ctx).merchants
	query := temporalio.NewQuery(order.WorkflowType, appID).OneOf(order.AttributeMiniAppID, ids).String()
	foreign := map[string]bool{}
	var token []byte
	for range ownPages {
		page, err := a.list(ctx, query, maxPageSize, token)
		if err != nil {
			return nil, err
		}
		for _, row := range page.GetExecutions() {
			id, _ := temporalio.Attribute[string](row, order.AttributeMiniAppID)
			if bound.has(merchantOf(row)) {
				own[id] = true
			} else {
				foreign[id] = true
			}
		}
		if token = page.GetNextPageToken(); len(token) == 0 {
			for id := range foreign {
				delete(own, id)
			}
			return own, nil
		}
	}
	return map[string]bool{}, nil // too many to be told whose they are
}

// ownPages is how many pages of orders are read to find out whose the mini programs on one page are.
const ownPages = 10

// ownDeliveries keeps the messages that belong to the caller's merchants: the order that a message
// names decides, and where there is no such order its mini program.
func (a *API) ownDeliveries(ctx context.Context, views []order.DeliveryView) ([]order.DeliveryView, error) {
	if !callerOf(ctx).merchants.bounded || len(views) == 0 {
		return views, nil
	}
	judge, err := a.owner(ctx, views)
	if err != nil {
		return nil, err
	}
	own := []order.DeliveryView{}
	for _, view := range views {
		if judge(view) {
			own = append(own, view)
		}
	}
	return own, nil
}

// owner returns what reports whether a message belongs to the caller's merchants, for these messages.
func (a *API) owner(ctx context.Context, views []order.DeliveryView) (func(order.DeliveryView) bool, error) {
	refs, err := a.merchantsByOrder(ctx, views)
	if err != nil {
		return nil, err
	}
	unnamed := map[string][]string{} // mini programs by app
	for _, view := range views {
		if _, known := refs[order.WorkflowID(view.AppID, view.OutOrderNo)]; !known && view.MiniAppID != "" {
			unnamed[view.AppID] = append(unnamed[view.AppID], view.MiniAppID)
		}
	}
	minis := map[string]map[string]bool{}
	for appID, ids := range unnamed {
		if minis[appID], err = a.ownMiniPrograms(ctx, appID, ids); err != nil {
			return nil, err
		}
	}
	bound := callerOf(ctx).merchants
	return func(view order.DeliveryView) bool {
		if ref, known := refs[order.WorkflowID(view.AppID, view.OutOrderNo)]; known {
			return bound.has(ref)
		}
		return minis[view.AppID][view.MiniAppID]
	}, nil
}

// merchantsByOrder returns the merchants of the orders that messages name, by workflow id; an order
// that there is not is left out.
func (a *API) merchantsByOrder(ctx context.Context, views []order.DeliveryView) (map[string]string, error) {
	wanted, refs := []string{}, map[string]string{}
	for _, view := range views {
		if view.OutOrderNo != "" {
			wanted = append(wanted, order.WorkflowID(view.AppID, view.OutOrderNo))
		}
	}
	for len(wanted) > 0 {
		chunk := wanted[:min(pageSize, len(wanted))]
		wanted = wanted[len(chunk):]
		for token, more := []byte(nil), true; more; more = len(token) > 0 {
			page, err := a.list(ctx, a.runsOf(ctx)(chunk), maxPageSize, token)
			if err != nil {
				return nil, err
			}
			for _, row := range page.GetExecutions() {
				refs[row.GetExecution().GetWorkflowId()] = merchantOf(row)
			}
			token = page.GetNextPageToken()
		}
	}
	return refs, nil
}

// mayStart refuses an order for another merchant, and a new version of a mini program that is not one
// of the caller's merchants'.
func (a *API) mayStart(ctx context.Context, request order.Request) error {
	bound := callerOf(ctx).merchants
	switch {
	case !bound.bounded:
		return nil
	case !bound.has(request.MerchantRef):
		return problem.Of(problem.MerchantForbidden)
	case request.MiniAppID == "":
		return nil
	}
	own, err := a.ownMiniPrograms(ctx, request.AppID, []string{request.MiniAppID})
	if err == nil && !own[request.MiniAppID] {
		return problem.Of(problem.MerchantForbidden)
	}
	return err
}

// ownFilter reports whether a filter means only messages of the caller's merchants: it has to name an
// order of theirs, or a mini program.
func (a *API) ownFilter(ctx context.Context, filter order.DeliveryFilter) (bool, error) {
	if !callerOf(ctx).merchants.bounded {
		return true, nil
	}
	own, err := a.ownDeliveries(ctx, []order.DeliveryView{{AppID: filter.AppID, OutOrderNo: filter.OutOrderNo, MiniAppID: filter.MiniAppID}})
	return len(own) > 0, err
}
