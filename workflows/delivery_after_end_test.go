package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	enumspb "go.temporal.io/api/enums/v1"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// afterEnd is a message that says that the merchant agreed, to an order that has ended.
func afterEnd(t *testing.T, stage order.Stage) *post {
	p := newPost(t)
	p.status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	p.end = order.View{Stage: stage, OrderNo: orderNo}
	return p
}

// TestAMerchantWhoAgreedAfterTheEnd: the wait was over, the merchant had declined, or
// the order was cancelled, and now a mini program exists that no order knows. It
// stands before a person with its id, for as long as a dead letter does.
func TestAMerchantWhoAgreedAfterTheEnd(t *testing.T) {
	for _, stage := range []order.Stage{order.StageConfirmTimedOut, order.StageMerchantRejected, order.StageCancelled, order.StageCreationFailed} {
		for _, kind := range []order.Kind{order.KindFormal, order.KindTrial} {
			p := afterEnd(t, stage)
			if kind == order.KindTrial {
				p.input.Notification.Evidence = order.Evidence{RegisterStatus: "CREATE_MINI_APP_SUCCESS"}
			}
			p.platform.merchant, p.platform.registration = alipay.MerchantAgreed, alipay.FastRegisterCreated
			shown := p.pageAt(time.Hour)
			p.asks(2*time.Hour, order.DiscardUpdate, "ops", "a release order has it")
			view := p.wantEnd(order.DispositionDead, "discarded by ops")
			if shown.State != order.DispositionDead || shown.Code != "MERCHANT_AGREED_AFTER_END" || shown.MiniAppID != miniAppID || shown.ReplayableUntil.IsZero() {
				t.Errorf("%s, %s: shown %+v", stage, kind, shown)
			}
			if !strings.HasPrefix(view.Reason.String(), "MERCHANT_AGREED_AFTER_END: ") || !strings.Contains(view.Reason.String(), miniAppID) {
				t.Errorf("%s, %s: its reason is %q", stage, kind, view.Reason)
			}
		}
	}
}

// TestAnAgreementThatIsNone is late as any message after the end: Alipay's query
// disagrees, names no mini program yet, or the order knew the mini program.
func TestAnAgreementThatIsNone(t *testing.T) {
	for what, test := range map[string]struct {
		ready func(*post)
		asked bool
	}{
		"the query disagrees":           {func(p *post) { p.platform.merchant = alipay.MerchantTimeout }, true},
		"agreed, and no mini program":   {func(p *post) { p.platform.merchant, p.platform.nameless = alipay.MerchantAgreed, true }, true},
		"the order had the program":     {func(p *post) { p.end.MiniAppID = miniAppID }, false},
		"it says that the time is over": {func(p *post) { p.input.Notification.Evidence.MerchantStatus = "TIMEOUT" }, false},
	} {
		p := afterEnd(t, order.StageConfirmTimedOut)
		test.ready(p)
		view, took := p.runs()
		if view.State != order.DispositionLate || view.Code != "" || took > 2*time.Minute {
			t.Errorf("%s: ended %+v after %s", what, view, took)
		}
		if calls := p.platform.calls["query"]; (calls > 0) != test.asked || calls > 10 {
			t.Errorf("%s: Alipay was asked %d times", what, calls)
		}
	}
}

// TestAnAgreementThatTheQueryLagsBehind is believed once Alipay's query agrees.
func TestAnAgreementThatTheQueryLagsBehind(t *testing.T) {
	p := afterEnd(t, order.StageConfirmTimedOut)
	p.platform.merchant = alipay.MerchantTimeout
	p.env.RegisterDelayedCallback(func() { p.platform.change(func(pl *platform) { pl.merchant = alipay.MerchantAgreed }) }, 20*time.Second)
	shown := p.pageAt(time.Minute)
	p.wantEnd(order.DispositionDead, "MERCHANT_AGREED_AFTER_END")
	if shown.Code != order.CodeAgreedAfterEnd {
		t.Errorf("shown %+v", shown)
	}
}

// TestAnAgreementThatCanNotBeLookedUp stays before a person, who lets it be asked again.
func TestAnAgreementThatCanNotBeLookedUp(t *testing.T) {
	p := afterEnd(t, order.StageMerchantRejected)
	p.platform.merchant = alipay.MerchantAgreed
	p.platform.refuse("query", refusal(codes.ClassPermanent, "isv.illegal-client-ip"))
	refused := p.pageAt(time.Minute)
	p.asks(time.Hour, order.ReplayUpdate, "ops", "")
	found := p.pageAt(2 * time.Hour)
	p.wantEnd(order.DispositionDead, "MERCHANT_AGREED_AFTER_END")
	if refused.State != order.DispositionDead || refused.Code != "" || !strings.Contains(refused.Reason.String(), "isv.illegal-client-ip") || found.Code != order.CodeAgreedAfterEnd {
		t.Errorf("refused %+v, then %+v", refused, found)
	}
}

// TestAnOrderThatEndsWithTheAgreementInItsHands calls it late, and Alipay is asked all the same.
func TestAnOrderThatEndsWithTheAgreementInItsHands(t *testing.T) {
	for _, received := range []bool{true, false} {
		p := afterEnd(t, order.StageCancelled)
		p.platform.merchant = alipay.MerchantAgreed
		if received {
			p.status, p.resolves = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, order.DispositionLate
		} else {
			p.known = order.DispositionLate
		}
		p.wantEnd(order.DispositionDead, "MERCHANT_AGREED_AFTER_END")
	}
}

// TestALateMessageAboutATrial has its mini program ask where the certification stands; any other late
// message concerns nobody.
func TestALateMessageAboutATrial(t *testing.T) {
	for status, want := range map[string]int{"CERTIFY_SUCCESS": 1, "": 0} {
		p := afterEnd(t, order.StageOnline)
		p.end.MiniAppID = miniAppID
		if status != "" {
			p.input.Notification.Evidence = order.Evidence{RegisterStatus: status}
		}
		poked := 0
		p.env.OnSignalExternalWorkflow(mock.Anything, order.MiniProgramWorkflowID(appID, miniAppID), mock.Anything, order.CertificationSignal, mock.Anything).
			Return(func(string, string, string, string, any) error { poked++; return nil }).Maybe()
		p.wantEnd(order.DispositionLate, "its order had ended")
		if poked != want {
			t.Errorf("after %q its mini program was poked %d times", status, poked)
		}
	}
}
