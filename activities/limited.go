package activities

import (
	"cmp"
	"context"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/order"
)

// AwaitFullRelease asks about a mini program that is online in the limited form until Alipay says that
// it is so no more, or something else of its ICP filing.
var AwaitFullRelease = Call[LimitQuestion, LimitAnswer]{Name: "AwaitFullRelease", Kind: KindQuestion}

// LimitQuestion names the mini program, and what is known of its filing.
type LimitQuestion struct {
	AppID     string       `json:"app_id"`
	MiniAppID string       `json:"mini_app_id"`
	Known     order.Filing `json:"known,omitempty"`
	Pacing    Pacing       `json:"pacing"`
}

// LimitAnswer is Alipay's truth about both.
type LimitAnswer struct {
	// Full is set once Alipay has said that the limit is lifted. To say nothing of it is not enough.
	Full    bool         `json:"full,omitempty"`
	Filing  order.Filing `json:"filing,omitempty"`
	Message string       `json:"message,omitempty"`
}

// AwaitFullRelease asks until there is news. It changes nothing at Alipay.
func (a *Alipay) AwaitFullRelease(ctx context.Context, question LimitQuestion) (LimitAnswer, error) {
	truth, err := a.askLimit(ctx, question)
	if err != nil {
		return truth, paced(ctx, err, "", question.Pacing)
	}
	tried := asked(ctx, question.Pacing.Schedule)
	if truth.Full || truth.Filing != "" && truth.Filing != question.Known || question.Pacing.ends(tried) {
		return truth, nil
	}
	said := cmp.Or(string(truth.Filing), "nothing said")
	return truth, waiting("asked whether the release is still limited: it is; of the ICP filing: "+said, question.Pacing.Schedule.Delay(tried))
}

// askLimit asks in which form it is online, which shows that the token is good, and then about the
// filing, which not every app may ask about.
func (a *Alipay) askLimit(ctx context.Context, question LimitQuestion) (truth LimitAnswer, _ error) {
	return truth, a.withToken(ctx, question.AppID, question.MiniAppID, func(client Gateway, token alipay.Secret) error {
		form, err := client.QueryLimitedRelease(ctx, token)
		if truth.Full = form == gateway.ReleaseFull; err != nil || truth.Full {
			return err
		}
		filing, err := client.QueryFiling(ctx, token)
		truth.Filing, truth.Message = order.Filing(filing.Status), order.CutText(filing.Description, maxFilingMessage)
		return unlessRefused(err)
	})
}
