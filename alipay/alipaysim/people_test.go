package alipaysim_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTrialOrderIsCertified(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{"merchant":{"answer":"AGREED","after":"1m"},"audit_needs_certification":true,"certify":[
		{"status":"CERTIFY_OPERATOR","after":"1h"},{"status":"CERTIFY_FAILED","after":"1h"},{"status":"CERTIFY_OPERATOR","after":"1h"},
		{"status":"CERTIFY_MERCHANT","after":"1h"},{"status":"CERTIFY_SUCCESS","after":"1h"}]}]}`)
	create := map[string]string{"out_order_no": "t-1", "uid": "2088000000000001", "app_name": "面馆"}
	r := w.call("alipay.open.mini.isv.fastregister.create", "", create)
	if r.text("authorize_url") == "" {
		t.Errorf("no authorize_url: %v", r)
	}
	orderNo := r.text("order_no")
	w.pass(10 * time.Minute)
	token := w.lastPush("open_app_auth_notify").biz["detail"].(map[string]any)["app_auth_token"].(string)
	w.built(token, "1.0.0")
	if got := w.submitted(token, "1.0.0").code(); got != "TINY_APP_AUDIT_NOT_PERMIT" {
		t.Errorf("an uncertified app was submitted: %s", got)
	}
	w.pass(6 * time.Hour)
	var statuses []string
	for _, p := range w.pushes("alipay.open.mini.merchant.fastregister.changed") {
		statuses = append(statuses, p.biz["status"].(string))
		if p.biz["app_name"] != "面馆的试用小程序" || p.biz["merchant_id"] != "2088000000000001" || p.biz["out_order_no"] != "t-1" {
			t.Errorf("fastregister.changed: %v", p.biz)
		}
	}
	want := []string{"WAIT_CONFIRM", "CREATE_MINI_APP_SUCCESS", "CERTIFY_OPERATOR", "CERTIFY_FAILED", "CERTIFY_OPERATOR", "CERTIFY_MERCHANT", "CERTIFY_SUCCESS"}
	if diff := cmp.Diff(want, statuses); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	if got := w.call("alipay.open.mini.isv.fastregister.query", "", map[string]string{"order_no": orderNo}).text("status"); got != "CERTIFY_SUCCESS" {
		t.Errorf("the query says %s", got)
	}
	if got := w.submitted(token, "1.0.0").code(); got != "10000" {
		t.Errorf("a certified app was refused: %s", got)
	}
}

func TestMerchantsWhoDoNotAgree(t *testing.T) {
	tests := []struct{ answer, kind, want string }{
		{"REJECTED", "formal", "REJECTED"}, {"TIMEOUT", "formal", "TIMEOUT"}, {"none", "formal", "PROCESS"},
		{"REJECTED", "trial", "CONFIRM_TIMEOUT"}, {"TIMEOUT", "trial", "CONFIRM_TIMEOUT"}, {"FAILED", "trial", "CREATE_MINI_APP_FAILED"}, {"none", "trial", "WAIT_CONFIRM"},
	}
	for _, test := range tests {
		t.Run(test.kind+" "+test.answer, func(t *testing.T) {
			w := newWorld(t)
			w.rules(`{"rules":[{"out_order_no":"no-*","merchant":{"answer":"` + test.answer + `","after":"1m"}}]}`)
			method, message, fields := "alipay.open.mini.isv.create", "alipay.open.mini.merchant.confirmed", any(createFields("no-1"))
			if test.kind == "trial" {
				method, message = "alipay.open.mini.isv.fastregister.create", "alipay.open.mini.merchant.fastregister.changed"
				fields = map[string]string{"out_order_no": "no-1", "uid": "2088000000000001", "app_name": "面馆"}
			}
			w.call(method, "", fields)
			w.pass(30 * 24 * time.Hour)
			if got := w.lastPush(message).biz["status"]; got != test.want {
				t.Errorf("the last push says %v, want %s", got, test.want)
			}
			if got := len(w.pushes("open_app_auth_notify")); got != 0 {
				t.Errorf("%d authorisations without an app", got)
			}
			again := w.call(method, "", fields).code()
			if ended := test.answer != "none"; ended != (again == "ORDER_FINISHED") {
				t.Errorf("the same number again: %s", again)
			}
		})
	}
}

func TestRevocationByRuleAndReauthorization(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"pass","after":"1h"}],"revoke":{"on":"auditing","after":"5m","reauthorize_after":"10m"}}]}`)
	mini, token := w.created("v-1")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.pass(6 * time.Minute)
	cancelled := w.lastPush("alipay.open.auth.appauth.cancelled")
	want := map[string]any{"app_auth_token": token, "app_id": appID, "auth_app_id": mini, "user_id": cancelled.biz["user_id"]}
	if diff := cmp.Diff(want, cancelled.biz); diff != "" {
		t.Errorf("appauth.cancelled (-want +got):\n%s", diff)
	}
	if got := w.status(token, "1.0.0"); got != "aop.invalid-app-auth-token" {
		t.Errorf("a call with the revoked token: %s", got)
	}
	query := func(token string) string {
		return w.call("alipay.open.auth.token.app.query", "", map[string]string{"app_auth_token": token}).text("status")
	}
	if got := query(token); got != "invalid" {
		t.Errorf("token.app.query of the revoked token: %s", got)
	}
	w.pass(10 * time.Minute)
	fresh := w.lastPush("open_app_auth_notify").biz["detail"].(map[string]any)["app_auth_token"].(string)
	if fresh == token || query(fresh) != "valid" || w.status(fresh, "1.0.0") != "AUDITING" {
		t.Errorf("after the re-authorisation: %s, %s", query(fresh), w.status(fresh, "1.0.0"))
	}
	w.pass(time.Hour)
	if got := len(w.pushes("alipay.open.auth.appauth.cancelled")); got != 1 {
		t.Errorf("the rule struck %d times", got)
	}
}
