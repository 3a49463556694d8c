package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/ingress/api/problem"
	"miniflow/order"
)

func observing(c *Config) {
	c.Apps[0].Acts = func(merchantRef string) bool { return merchantRef == "shop-9" }
}

// An order of an app that is observed begins as one that follows, unless its merchant is active.
func TestAnOrderOfAnObservedApp(t *testing.T) {
	for merchant, observed := range map[string]bool{"shop-7": true, "shop-9": false} {
		env := openAPI(t, observing)
		answer := read[order.View](env.do("POST", "/v1/orders", body(map[string]any{"merchant_ref": merchant})).want(http.StatusCreated))
		input := env.temporal.flows["order/"+apiApp+"/A-1"].input
		if answer.Observed != observed || input.Observed != observed {
			t.Errorf("%s: answered %t, begun %t, want %t", merchant, answer.Observed, input.Observed, observed)
		}
		if strings.Contains(answer.WaitingFor.String(), "the other system") != observed {
			t.Errorf("%s waits for %q", merchant, answer.WaitingFor)
		}
	}
}

// The exchange of a code would spend it, and the system that acts needs it.
func TestACodeIsNotExchangedWhileAnotherSystemActs(t *testing.T) {
	env := openAPI(t, observing)
	env.tokens.err = errors.Join(&gateway.Error{Method: alipay.MethodToken, Meaning: codes.Meaning{Class: codes.ClassPermanent}}, gateway.ErrObserving)
	answer := env.do("POST", "/v1/authorizations", `{"app_id":"`+apiApp+`","app_auth_code":"`+canaryCode+`"}`).want(http.StatusConflict)
	if said := read[problem.Problem](answer); !said.HasKind(problem.NotNow) || !strings.Contains(said.Detail.String(), "import the token") {
		t.Errorf("answered %s", answer.text)
	}
}
