package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"miniflow/alipay/gateway"
	"miniflow/words"
)

// Whose says for whom an act is made, which decides whether it may be made.
type Whose struct {
	// Run is the run of the order, see [Run]. It is set on acts alone: a question does no harm in
	// another run.
	Run Run `json:"run,omitempty"`
	// MerchantRef is the ISV's own id of the merchant. It is known before Alipay is asked anything,
	// and the same for all of the merchant's orders, so an app that is observed acts for some
	// merchants by it.
	MerchantRef string `json:"merchant_ref,omitempty"`
}

// acting is the input of an act.
type acting interface {
	forWhom() (appID string, whose Whose)
}

func (c CreateCall) forWhom() (string, Whose)      { return c.AppID, c.Whose }
func (c CertifyCall) forWhom() (string, Whose)     { return c.AppID, c.Whose }
func (c NumberCall) forWhom() (string, Whose)      { return c.AppID, c.Whose }
func (c UploadCall) forWhom() (string, Whose)      { return c.AppID, c.Whose }
func (c BuildCall) forWhom() (string, Whose)       { return c.Number.forWhom() }
func (c VersionQuestion) forWhom() (string, Whose) { return c.AppID, c.Whose }
func (c SubmitCall) forWhom() (string, Whose)      { return c.Question.forWhom() }
func (c InviteCall) forWhom() (string, Whose)      { return c.AppID, c.Whose }
func (c ReleaseCall) forWhom() (string, Whose)     { return c.Question.forWhom() }

// admit decides whether an act may be made at all, before anything is done for it, even a question.
func (a *Alipay) admit(ctx context.Context, input acting) (context.Context, error) {
	appID, whose := input.forWhom()
	if err := ownRun(ctx, whose.Run); err != nil {
		return ctx, err
	}
	if a.Acts != nil && !a.Acts(appID, whose.MerchantRef) {
		return ctx, observed()
	}
	return gateway.ForMerchant(ctx, whose.MerchantRef), nil
}

// admitted is the function of an act behind [Alipay.admit].
func admitted[Input acting, Answer any](a *Alipay, function func(context.Context, Input) (Answer, error)) func(context.Context, Input) (Answer, error) {
	return func(ctx context.Context, input Input) (none Answer, err error) {
		if ctx, err = a.admit(ctx, input); err != nil {
			return none, err
		}
		return function(ctx, input)
	}
}

// CodeObserving is the code of an act that is not made because the app is observed: another system
// acts, and the order follows.
const CodeObserving = "OBSERVING"

func observed() error {
	return failed(&Failure{Class: FailureObserving, Code: CodeObserving, Message: words.New("failure.observed")})
}

// ownRun refuses an act that belongs to another run than the activity. After a reset Temporal
// schedules the act again, although Alipay has done it.
func ownRun(ctx context.Context, run Run) error {
	own := Run(activity.GetInfo(ctx).WorkflowExecution.RunID)
	if run == "" || run == own {
		return nil
	}
	return failed(&Failure{
		Class: FailureReset, Code: CodeReset, Run: own,
		Message: words.New("failure.reset"),
	})
}
