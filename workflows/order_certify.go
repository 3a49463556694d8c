package workflows

import (
	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
	"miniflow/words"
)

// How a trial becomes formal: certify hands in the merchant's papers, and Alipay takes its time with
// them, beside whatever the stage does; see askCertification.

// goesFirst does what goes before whatever the stage asks for, and reports whether that was something: a
// trial's papers are handed in, what lacks its authorisation waits for it, and a version is tried out.
func (o *orderRun) goesFirst(ctx workflow.Context) (bool, error) {
	if o.mayCertify() {
		return true, o.pursue(ctx, o.certifying())
	}
	if misses, err := o.missesAuthorization(ctx); misses || err != nil {
		return misses, err
	}
	return o.tryOut(ctx)
}

// mayCertify reports whether papers are to be handed to Alipay now. The call needs no token, so it is
// made before the stage's own, but not while a person is asked what is wrong with it.
func (o *orderRun) mayCertify() bool {
	if len(o.Certify) == 0 || o.Observed {
		return false
	}
	kind := o.holdKind()
	return kind != order.HoldNeedsInput && (kind != order.HoldNeedsOperator || o.Hold.Code == watchdogCode)
}

// certifying hands the papers to Alipay, which answers nothing: the question about the certification,
// asked at once, says what became of them.
func (o *orderRun) certifying() pursuit {
	call := activities.CertifyCall{Whose: o.whose(), AppID: o.input.Request.AppID, OrderNo: o.OrderNo, Create: o.Certify}
	return calling(o, activities.CertifyTrial, call, words.New("do.certify"), func(ctx workflow.Context, now activities.Certified) {
		o.Certify = nil
		o.happened(ctx, order.TimelineItem{Event: order.HappenedStageChanged, Note: words.New("note.certify")})
		o.adoptMerchant(ctx, now.MerchantAnswer)
		o.lookAgain()
	}).onRefusal(o.certifyRefused)
}

// certifyRefused drops papers that Alipay will never take: the trial goes on without them, once a
// person has seen it.
func (o *orderRun) certifyRefused(_ workflow.Context, failure *activities.Failure) bool {
	if failure.Class == activities.FailurePermanent {
		o.Certify = nil
	}
	return false
}

// papers are the layers of create that a correction is laid over.
func (o *orderRun) papers() []order.Sealed {
	if len(o.Certify) > 0 {
		return o.Certify
	}
	return o.Create
}
