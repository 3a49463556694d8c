package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/order"
)

// A misspelt field of Alipay's was once sent along silently, and its value was missing.
func TestUnknownMembersWarnWithTheOneThatIsMeant(t *testing.T) {
	warned := func(answer *apiAnswer) (got []string) {
		for _, warning := range read[orderBody](answer).Warnings {
			got = append(got, warning.Field+": "+warning.Message.String())
		}
		return got
	}
	const lists = "Alipay's page of the call lists no such field; it is sent as it is"
	env := openAPI(t)
	answer := env.do("POST", "/v1/orders", body(map[string]any{
		"create.contact_fone": "1", "submission.service_phon": "0571-00000000", "submission.brand_new": "x",
		"submission.files.first_screenshot": map[string]any{"url": "https://isv.example/1.png", "sha256": strings.Repeat("1", 64)},
	})).want(http.StatusCreated)
	want := []string{
		"create.contact_fone: " + lists + "; did you mean contact_phone?",
		"submission.brand_new: " + lists,
		"submission.service_phon: " + lists + "; did you mean service_phone?",
		"submission.files.first_screenshot: " + lists + "; did you mean first_screen_shot?",
	}
	if diff := cmp.Diff(want, warned(answer)); diff != "" {
		t.Errorf("warned (-want +got)\n%s", diff)
	}
	// uid belongs to a trial.
	trial := body(map[string]any{"kind": "trial", "out_order_no": "T-1", "create": map[string]any{"uid": "2088000000000001", "app_name": "金丝雀咖啡", "cert_no": "1"}})
	if got := warned(env.do("POST", "/v1/orders", trial).want(http.StatusCreated)); !slices.Equal(got, []string{"create.cert_no: " + lists}) {
		t.Errorf("a trial warns of %v", got)
	}
	env.anOrder(order.StageAuditRejected)
	resubmitted := env.do("POST", orderPathOf("A-1")+"/resubmit", `{"submission":{"app_dsc":"x"}}`).want(http.StatusOK)
	if got := warned(resubmitted); !slices.Equal(got, []string{"submission.app_dsc: " + lists + "; did you mean app_desc?"}) {
		t.Errorf("resubmit warns of %v", got)
	}
	for _, quiet := range []*apiAnswer{env.do("POST", "/v1/orders", body(map[string]any{"out_order_no": "A-2"})), env.do("GET", orderPathOf("A-1"), "")} {
		if got := warned(quiet); len(got) > 0 {
			t.Errorf("warned of nothing: %v", got)
		}
	}
}

// Input that has nothing of what an order is held for was once taken without a word, and the order
// was held again.
func TestInputThatDoesNotHelpIsWarnedOf(t *testing.T) {
	env := openAPI(t)
	hold := &order.Hold{Kind: order.HoldNeedsInput, Code: "CANARY"}
	flow := env.anOrder(order.StageSubmitting)
	warned := func(input string, fields ...string) string {
		hold.Fields = fields
		flow.summary = order.View{Hold: hold}
		var got []string
		for _, warning := range read[orderBody](env.do("POST", orderPathOf("A-1")+"/provide-input", input).want(http.StatusOK)).Warnings {
			got = append(got, warning.Field)
		}
		return strings.Join(got, " ")
	}
	const logo = `{"submission":{"files":{"app_logo":{"url":"https://isv.example/2.png","sha256":"` + "1111111111111111111111111111111111111111111111111111111111111111" + `"}}}}`
	for _, test := range []struct{ input, want, fields string }{
		{`{"submission":{"memo":"x"}}`, "submission.files.app_logo", "submission.files.app_logo"},
		{logo, "", "submission.files.app_logo"},
		{logo, "submission.files.out_door_pic", "submission.files.out_door_pic"},
		{logo, "submission.app_name create.app_name", "submission.app_name create.app_name"},
		{`{"create":{"app_name":"金丝雀"}}`, "", "create.app_name"},
		{`{"create":{"app_name":"金丝雀"}}`, "submission.app_name", "submission.app_name"},
		{`{"submission":{"service_phone":"0571-0"}}`, "", "submission.service_email submission.service_phone"},
		{`{"order_no":"1"}`, "", "order_no"},
		{`{"create":{"app_name":"金丝雀"}}`, "order_no", "order_no"},
		{`{"submission":{"memo":"x"}}`, "version.app_version", "version.app_version"},
		{`{"submission":{"memo":"x"}}`, "", ""},
	} {
		if got := warned(test.input, strings.Fields(test.fields)...); got != test.want {
			t.Errorf("%s for %s warns of %q, want %q", test.input, test.fields, got, test.want)
		}
	}
	hold.Kind = order.HoldPipelineBusy
	if got := warned(`{"submission":{"memo":"x"}}`, "submission.app_name"); got != "" {
		t.Errorf("what waits by itself warns of %q", got)
	}
}
