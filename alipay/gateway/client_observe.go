package gateway

import (
	"context"
	"errors"
	"slices"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
)

// ErrObserving means that a call was not made because the application is only observed: another
// system acts for it, and the call is no question.
var ErrObserving = errors.New("the application is observed, so nothing that acts is sent")

// Acts reports whether calls that act may be made for an order of this merchant, by the service
// provider's own id of the merchant. Empty is no merchant.
func (c *Client) Acts(merchantRef string) bool {
	return !c.config.QuestionsOnly || merchantRef != "" && slices.Contains(c.config.ActiveMerchants, merchantRef)
}

type merchantKey struct{}

// ForMerchant says for whose order the calls under a context are made. It travels in the context,
// because no parameter of Alipay's names the service provider's own merchant.
func ForMerchant(ctx context.Context, merchantRef string) context.Context {
	return context.WithValue(ctx, merchantKey{}, merchantRef)
}

// mayLeave refuses what acts while the application is observed. Whatever is signed asks here first.
func (c *Client) mayLeave(ctx context.Context, method string) error {
	merchantRef, _ := ctx.Value(merchantKey{}).(string)
	if alipay.ReadsOnly(method) || c.Acts(merchantRef) {
		return nil
	}
	return notSent(method, codes.Permanent("set apps[].mode to active, or list the merchant under apps[].active_merchants"), ErrObserving)
}
