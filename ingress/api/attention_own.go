package api

import (
	"context"

	"miniflow/attention"
	"miniflow/attention/gather"
	"miniflow/ingress/api/problem"
	"miniflow/order"
)

// ownGathered returns what needs a person in an app and is about the caller's merchants.
func (a *API) ownGathered(ctx context.Context, appID string) (gather.Found, error) {
	found, err := a.gathered(ctx, appID)
	if err == nil {
		found.Items, err = a.ownItems(ctx, found.Items)
	}
	return found, err
}

// ownItems keeps what is about the caller's merchants. What is about a whole app, such as its webhook,
// is nobody's.
func (a *API) ownItems(ctx context.Context, items []attention.Item) ([]attention.Item, error) {
	bound := callerOf(ctx).merchants
	if !bound.bounded {
		return items, nil
	}
	about := func(item attention.Item) order.DeliveryView {
		return order.DeliveryView{AppID: item.AppID, OutOrderNo: item.OutOrderNo, MiniAppID: item.MiniAppID}
	}
	var views []order.DeliveryView
	for _, item := range items {
		if item.MerchantRef == "" {
			views = append(views, about(item))
		}
	}
	judge, err := a.owner(ctx, views)
	if err != nil {
		return nil, err
	}
	own := []attention.Item{}
	for _, item := range items {
		if item.MerchantRef != "" && bound.has(item.MerchantRef) || item.MerchantRef == "" && judge(about(item)) {
			own = append(own, item)
		}
	}
	return own, nil
}

// ownItem refuses one thing that is not about the caller's merchants, as what it is about is refused.
func (a *API) ownItem(ctx context.Context, appID, id string) error {
	switch what, which := attention.Subject(id); what {
	case attention.OfOrder:
		return a.ownOrder(ctx, appID, which)
	case attention.OfMiniProgram:
		return a.ownMiniProgram(ctx, appID, which)
	case attention.OfDelivery, attention.OfCopy:
		return a.ownDelivery(ctx, DeliveryPath{appID, which}, what == attention.OfCopy)
	}
	return problem.Of(problem.MerchantForbidden)
}
