package gateway

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
)

// An observed application sends questions and nothing else, whatever is called.
func TestObservedSendsQuestionsOnly(t *testing.T) {
	for _, test := range slices.Concat(templateCalls(), creationCalls(), versionCalls(), releaseCalls(), trialCalls(), tokenCalls()) {
		t.Run(test.name, func(t *testing.T) {
			gateway := answering(t, test.method, success(test.answer))
			client := gateway.client(func(c *Config) { c.QuestionsOnly, c.ActiveMerchants = true, []string{"shop-7"} })
			_, err := test.call(ForMerchant(t.Context(), "shop-8"), client)
			acts := !slices.Contains(alipay.Questions(), test.method)
			if acts && strings.HasSuffix(test.method, ".query") {
				t.Errorf("%s is called like a question, and is none", test.method)
			}
			if refused := errors.Is(err, ErrObserving); refused != acts {
				t.Errorf("%s: error %v, want refused=%t", test.method, err, acts)
			}
			if sent := len(gateway.calls); sent != 0 == acts {
				t.Errorf("%s: %d calls were sent", test.method, sent)
			}
			if acts && (!errors.Is(err, ErrNotSent) || ClassOf(err) != codes.ClassPermanent) {
				t.Errorf("%s: error %v, want one that says that nothing was sent", test.method, err)
			}
			_, err = test.call(ForMerchant(t.Context(), "shop-7"), client)
			if err != nil {
				t.Errorf("%s for a merchant who is active: %v", test.method, err)
			}
		})
	}
}

// A method that nobody has judged acts, whatever its name.
func TestObservedSendsNothingUnknown(t *testing.T) {
	gateway := newFakeGateway(t, func(http.ResponseWriter, *http.Request) { t.Error("it was sent") })
	client := gateway.client(func(c *Config) { c.QuestionsOnly, c.ActiveMerchants = true, []string{""} })
	for _, method := range []string{"alipay.open.mini.unheard.of.query", "alipay.open.mini.version.upload", "alipay.open.auth.token.app"} {
		if _, err := client.Call(t.Context(), Request{Method: method}); !errors.Is(err, ErrObserving) {
			t.Errorf("%s: error %v, want refused", method, err)
		}
	}
}
