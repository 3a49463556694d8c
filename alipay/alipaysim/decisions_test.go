package alipaysim_test

import (
	"strings"
	"testing"
	"time"
)

func TestDecisionsByHand(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{"merchant":{"answer":"none","after":"0s","quiet":true},"authorize":{"after":"0s","skip":true},"certify":[],
		"build":{"after":"0s","result":"ok"},"scan":{"after":"0s","result":"pass"},"audits":[{"result":"none","after":"0s"}]}]}`)
	trial := w.call("alipay.open.mini.isv.fastregister.create", "", map[string]string{"out_order_no": "h-1", "uid": "2088000000000001", "app_name": "面馆"}).text("order_no")
	mini := w.must("POST", "orders/"+trial+"/answer", `{"status":"AGREED"}`)["mini_app_id"].(string)
	w.must("POST", "mini-programs/"+mini+"/authorize", "{}")
	token := w.must("GET", "mini-programs/"+mini+"/token", "")["app_auth_token"].(string)
	w.must("POST", "mini-programs/"+mini+"/certify", `{"status":"CERTIFY_OPERATOR"}`)
	if status, body := w.manage("POST", "mini-programs/"+mini+"/certify", `{"status":"CREATE_MINI_APP_SUCCESS"}`); status != 422 {
		t.Errorf("certify to a status that is none: %d %v", status, body)
	}
	w.must("POST", "mini-programs/"+mini+"/certify", `{"status":"CERTIFY_SUCCESS"}`)
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0", "audit_rule", "BASE_PROMOTE")
	w.must("POST", "mini-programs/"+mini+"/audit", `{"result":"base_pass","reasons":[{"memo":"不可营销"}]}`)
	w.must("POST", "mini-programs/"+mini+"/revoke", "")
	w.must("POST", "mini-programs/"+mini+"/certify", `{"status":"CANCELLED"}`)
	w.run()
	if due := w.must("GET", "state", "")["due"].([]any); len(due) != 0 {
		t.Errorf("an empty certify list is never, not the default: %v", due)
	}
	want := []string{"alipay.open.mini.merchant.fastregister.changed CREATE_MINI_APP_SUCCESS", "open_app_auth_notify", "alipay.open.mini.merchant.fastregister.changed CERTIFY_OPERATOR",
		"alipay.open.mini.merchant.fastregister.changed CERTIFY_SUCCESS", "alipay.open.mini.version.baseaudit.passed", "alipay.open.auth.appauth.cancelled", "alipay.open.mini.merchant.fastregister.changed CANCELLED"}
	got := map[string]bool{}
	for _, p := range w.pushes("") {
		status, _ := p.biz["status"].(string)
		got[strings.TrimSpace(p.name()+" "+status)] = true
	}
	for _, name := range want {
		if !got[name] {
			t.Errorf("%s was not pushed; there were %v", name, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("pushes: %v", got)
	}
}

func TestPlanGoesOnAroundDecisionsByHand(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{"merchant":{"answer":"TIMEOUT","after":"1h"},"certify":[{"status":"CERTIFY_OPERATOR","after":"1h"},{"status":"CERTIFY_SUCCESS","after":"1h"},{"status":"CANCELLED","after":"1h"}]}]}`)
	orderNo := w.call("alipay.open.mini.isv.fastregister.create", "", map[string]string{"out_order_no": "h-2", "uid": "2088000000000001", "app_name": "面馆"}).text("order_no")
	mini := w.must("POST", "orders/"+orderNo+"/answer", `{"status":"AGREED"}`)["mini_app_id"].(string)
	status := func() string {
		return w.call("alipay.open.mini.isv.fastregister.query", "", map[string]string{"order_no": orderNo}).text("status")
	}
	w.must("POST", "mini-programs/"+mini+"/certify", `{"status":"CERTIFY_OPERATOR"}`)
	w.pass(90 * time.Minute) // the merchant's planned time-out and the planned first step come too late
	if got := status(); got != "CERTIFY_OPERATOR" {
		t.Errorf("after the step that was made by hand: %s", got)
	}
	w.pass(time.Hour)
	if got := status(); got != "CERTIFY_SUCCESS" {
		t.Errorf("the plan did not go on: %s", got)
	}
	token := w.must("GET", "mini-programs/"+mini+"/token", "")["app_auth_token"].(string)
	w.pass(time.Hour)
	if got := w.call("alipay.open.auth.token.app.query", "", map[string]string{"app_auth_token": token}).text("status"); status() != "CANCELLED" || got != "invalid" {
		t.Errorf("the token of a deregistered app is %s", got)
	}
}
