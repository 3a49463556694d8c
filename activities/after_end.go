package activities

import (
	"context"

	"miniflow/order"
)

// LookAfterEnd asks Alipay whether a mini program exists although its order has ended:
// the merchant can agree after the wait was over. It returns once the mini program is
// there, or the pacing gives up, with the last answer. It changes nothing at Alipay.
func (a *Alipay) LookAfterEnd(ctx context.Context, question MerchantQuestion) (MerchantAnswer, error) {
	truth, err := a.askMerchant(ctx, question)
	if err != nil {
		return truth, paced(ctx, err, "", question.Pacing)
	}
	exists := truth.Status == order.MerchantAgreed && truth.MiniAppID != ""
	if exists || exhausted(question.Pacing, attempt(ctx)) {
		return truth, nil
	}
	return truth, waiting("asked whether the mini program exists: "+string(truth.Status), question.Pacing.Schedule.Delay(attempt(ctx)))
}
