package alipaysim_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// createFields are the fields of a formal order, distinct per number.
func createFields(number string) map[string]any {
	return map[string]any{"create_mini_request": map[string]any{
		"out_order_no": number, "alipay_account": number + "@example.com", "app_name": "面馆" + number, "cert_name": "某某餐饮有限公司",
		"cert_no": "91330100MA0000000X", "contact_name": "张三", "contact_phone": "13800000000", "legal_personal_name": "李四",
	}}
}

// submission are the fields of a complete first submission.
func submission(version string, more ...string) map[string]string {
	fields := map[string]string{
		"app_version": version, "version_desc": "第一个版本：提供点餐、支付与会员积分功能，欢迎使用。", "region_type": "CHINA",
		"app_english_name": "Noodles", "app_slogan": "一碗好面，一天好心情", "app_desc": "提供在线点餐、到店自取与会员积分的小程序。",
		"mini_category_ids": "XS1001_XS2002_XS3003", "service_phone": "0571-88888888", "audit_rule": "NONE",
	}
	for i := 0; i+1 < len(more); i += 2 {
		fields[more[i]] = more[i+1]
	}
	return fields
}

// quick makes everything take a minute, and the merchant say yes.
const quick = `{"merchant":{"answer":"AGREED","after":"1m"},"authorize":{"after":"1m"},"build":{"after":"1m","result":"ok"},` +
	`"scan":{"after":"1m","result":"pass"},"auto_online":{"after":"1m"}`

// created makes an order and lets it become an authorised mini program.
func (w *world) created(number string) (miniAppID, token string) {
	w.t.Helper()
	if r := w.call("alipay.open.mini.isv.create", "", createFields(number)); r.code() != "10000" {
		w.t.Fatalf("create: %v", r)
	}
	w.pass(5 * time.Minute)
	p := w.lastPush("open_app_auth_notify")
	detail := p.biz["detail"].(map[string]any)
	return detail["auth_app_id"].(string), detail["app_auth_token"].(string)
}

// built uploads a version and lets it be built and scanned.
func (w *world) built(token, version string) {
	w.t.Helper()
	r := w.call("alipay.open.mini.version.upload", token, map[string]string{"template_id": "2021000000000777", "app_version": version, "template_version": "1.0.0"})
	if r.code() != "10000" {
		w.t.Fatalf("upload %s: %v", version, r)
	}
	w.pass(3 * time.Minute)
}

// submitted submits a version with the sample logo.
func (w *world) submitted(token, version string, more ...string) reply {
	w.t.Helper()
	return w.submit(token, submission(version, more...), map[string][]byte{"app_logo:logo.png": w.logo()})
}

func (w *world) status(token, version string) string {
	w.t.Helper()
	r := w.call("alipay.open.mini.version.detail.query", token, map[string]string{"app_version": version})
	if r.code() != "10000" {
		return r.code()
	}
	return r.text("status")
}

func TestFormalOrderGoesFromCreateToOnline(t *testing.T) {
	w := newWorld(t)

	// The service provider asks for a mini program.
	r := w.call("alipay.open.mini.isv.create", "", createFields("demo-1"))
	orderNo := r.text("order_no")
	query := func() reply {
		return w.call("alipay.open.mini.isv.query", "", map[string]string{"order_no": orderNo})
	}
	if got := query().text("status"); got != "PROCESS" {
		t.Fatalf("before the merchant answers the order is %s", got)
	}

	// By default the merchant takes three minutes, and authorises soon after.
	w.pass(4 * time.Minute)
	confirmed := w.lastPush("alipay.open.mini.merchant.confirmed")
	mini := confirmed.biz["min_app_id"].(string)
	want := map[string]any{"order_no": orderNo, "out_order_no": "demo-1", "min_app_id": mini, "status": "AGREED", "pid": confirmed.biz["pid"]}
	if diff := cmp.Diff(want, confirmed.biz); diff != "" {
		t.Errorf("merchant.confirmed (-want +got):\n%s", diff)
	}
	if got := query(); got.text("status") != "AGREED" || got.text("min_app_id") != mini {
		t.Errorf("the query disagrees with the push: %v", got)
	}
	authorized := w.lastPush("open_app_auth_notify")
	detail := authorized.biz["detail"].(map[string]any)
	token := detail["app_auth_token"].(string)
	if got := fmt.Sprint(authorized.biz["notify_context"].(map[string]any)["trigger_context"]); got != "map[out_biz_no:demo-1]" {
		t.Errorf("the authorisation is for %s", got)
	}
	if len(token) != 40 || detail["auth_app_id"] != mini || detail["app_id"] != appID {
		t.Errorf("detail of the authorisation: %v", detail)
	}

	w.fromUploadToOnline(mini, token)
	wantNames := []string{"alipay.open.mini.merchant.confirmed", "alipay.open.mini.merchant.confirmed", "open_app_auth_notify", "alipay.open.mini.version.audit.passed"}
	if diff := cmp.Diff(wantNames, w.names()); diff != "" {
		t.Errorf("pushes (-want +got):\n%s", diff)
	}
}

// fromUploadToOnline is the second half of the story, with the default rules.
func (w *world) fromUploadToOnline(mini, token string) {
	t := w.t
	// A version is uploaded; the build counts 0, 1, 2 and 6.
	var seen []string
	r := w.call("alipay.open.mini.version.upload", token, map[string]string{"template_id": "2021000000000777", "app_version": "1.0.0"})
	for range 5 {
		seen = append(seen, r.text("create_status")+" "+r.text("need_rotation"))
		w.pass(15 * time.Second)
		r = w.call("alipay.open.mini.version.build.query", token, map[string]string{"app_version": "1.0.0"})
	}
	if diff := cmp.Diff([]string{"0 true", "1 true", "2 true", "6 false", "6 false"}, seen); diff != "" {
		t.Errorf("create_status over time (-want +got):\n%s", diff)
	}

	// It can't be submitted while the scan runs, and can afterwards.
	if got := w.submitted(token, "1.0.0").code(); got != "CAN_NOT_SUBMIT_WITHOUT_SCAN_PASS" {
		t.Errorf("submitted while scanning: %s", got)
	}
	w.pass(2 * time.Minute)
	if got := w.submitted(token, "1.0.0"); got.code() != "10000" {
		t.Fatalf("submit: %v", got)
	}
	if got := w.status(token, "1.0.0"); got != "AUDITING" {
		t.Errorf("after submitting the version is %s", got)
	}

	// The audit takes two days and passes; online is the last step.
	w.pass(49 * time.Hour)
	passed := w.lastPush("alipay.open.mini.version.audit.passed")
	if diff := cmp.Diff(map[string]any{"mini_app_id": mini, "bundle_id": "com.alipay.alipaywallet", "mini_app_version": "1.0.0"}, passed.biz); diff != "" {
		t.Errorf("audit.passed (-want +got):\n%s", diff)
	}
	if got := w.status(token, "1.0.0"); got != "WAIT_RELEASE" {
		t.Errorf("after passing the version is %s", got)
	}
	if got := w.call("alipay.open.mini.version.online", token, map[string]string{"app_version": "1.0.0"}).code(); got != "10000" {
		t.Errorf("online: %s", got)
	}
	if got := w.status(token, "1.0.0"); got != "RELEASE" {
		t.Errorf("at the end the version is %s", got)
	}
}

func TestRejectedVersionIsTakenBackAndSubmittedAgain(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"reject","after":"1h","reasons":[{"memo":"类目不符","images":["https://example.com/1.png"]}]},{"result":"pass","after":"1h"}]}]}`)
	mini, token := w.created("r-1")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.pass(2 * time.Hour)

	rejected := w.lastPush("alipay.open.mini.version.audit.rejected")
	want := map[string]any{"mini_app_id": mini, "bundle_id": "com.alipay.alipaywallet", "mini_app_version": "1.0.0", "audit_reason": "类目不符"}
	if diff := cmp.Diff(want, rejected.biz); diff != "" {
		t.Errorf("without the split there are no halves (-want +got):\n%s", diff)
	}
	if got := w.submitted(token, "1.0.0").code(); got != "CAN_NOT_SUBMIT_WITHOUT_INIT" {
		t.Errorf("submitted before taking it back: %s", got)
	}
	take := w.call("alipay.open.mini.version.audited.cancel", token, map[string]string{"app_version": "1.0.0"})
	again := w.submit(token, map[string]string{"app_version": "1.0.0", "version_desc": submission("")["version_desc"], "region_type": "CHINA"}, nil)
	if take.code() != "10000" || again.code() != "10000" {
		t.Fatalf("take back: %v, submit with what was set before: %v", take, again)
	}
	w.pass(2 * time.Hour)
	if got := w.status(token, "1.0.0"); got != "WAIT_RELEASE" {
		t.Errorf("the second attempt ended in %s", got)
	}
}

// A new version after a rejection is the next attempt, even when the rejected one
// was deleted.
func TestAttemptsAreCountedPerMiniProgram(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"reject","after":"1m"},{"result":"pass","after":"1m"}]}]}`)
	_, token := w.created("r-2")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.pass(time.Minute)
	for _, method := range []string{"audited.cancel", "delete"} {
		if got := w.call("alipay.open.mini.version."+method, token, map[string]string{"app_version": "1.0.0"}).code(); got != "10000" {
			t.Fatalf("%s: %s", method, got)
		}
	}
	w.built(token, "1.0.1")
	w.submitted(token, "1.0.1")
	w.pass(time.Minute)
	if got := w.status(token, "1.0.1"); got != "WAIT_RELEASE" {
		t.Errorf("the second attempt ended in %s", got)
	}
}

func TestVerdictsOfASplitAudit(t *testing.T) {
	reason := map[string]any{"audit_images": []any{"https://example.com/1.png"}, "memos": []any{
		map[string]any{"memo": "不支持营销", "memo_image_list": []any{"https://example.com/1.png"}}}}
	none := map[string]any{"audit_images": []any{}, "memos": []any{}}
	reasons := `"reasons":[{"memo":"不支持营销","images":["https://example.com/1.png"]}]`
	tests := []struct {
		name, rule, auditRule string
		message, status       string
		want                  map[string]any
	}{
		{"admitted, not promotable", `"result":"base_pass"`, "BASE_PROMOTE", "alipay.open.mini.version.baseaudit.passed", "BASE_AUDIT_PASS",
			map[string]any{"audit_reason": "不支持营销", "base_audit": "PASS", "promote_audit": "REJECT", "base_audit_reason": none, "promote_audit_reason": reason}},
		{"both rejected", `"result":"reject"`, "BASE_PROMOTE", "alipay.open.mini.version.audit.rejected", "AUDIT_REJECT",
			map[string]any{"audit_reason": "不支持营销", "base_audit": "REJECT", "promote_audit": "REJECT", "base_audit_reason": reason, "promote_audit_reason": reason}},
		{"admission rejected alone", `"result":"reject","promote_audit":"PASS"`, "BASE_PROMOTE", "alipay.open.mini.version.audit.rejected", "AUDIT_REJECT",
			map[string]any{"audit_reason": "不支持营销", "base_audit": "REJECT", "promote_audit": "PASS", "base_audit_reason": reason, "promote_audit_reason": none}},
		{"one rejection rejects all without the split", `"result":"base_pass"`, "NONE", "alipay.open.mini.version.audit.rejected", "AUDIT_REJECT",
			map[string]any{"audit_reason": "不支持营销"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.rules(`{"rules":[` + quick + `,"audits":[{"after":"1m",` + test.rule + `,` + reasons + `}]}]}`)
			mini, token := w.created("s-1")
			w.built(token, "1.0.0")
			w.submitted(token, "1.0.0", "audit_rule", test.auditRule)
			w.pass(2 * time.Minute)
			want := map[string]any{"mini_app_id": mini, "bundle_id": "com.alipay.alipaywallet", "mini_app_version": "1.0.0"}
			maps.Copy(want, test.want)
			if diff := cmp.Diff(want, w.lastPush(test.message).biz); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.message, diff)
			}
			detail := w.call("alipay.open.mini.version.detail.query", token, map[string]string{"app_version": "1.0.0"})
			if detail.text("status") != test.status || detail.text("reject_reason") != "不支持营销" {
				t.Errorf("detail.query: %v", detail)
			}
			if test.auditRule == "BASE_PROMOTE" {
				got := map[string]any{"base_audit": detail["base_audit"], "promote_audit": detail["promote_audit"], "base_audit_reason": detail["base_audit_record"], "promote_audit_reason": detail["promote_audit_record"], "audit_reason": detail["reject_reason"]}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("the query disagrees with the push (-push +query):\n%s", diff)
				}
			}
		})
	}
}

func TestPlatformPutsAutoOnlineVersionOnline(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"pass","after":"1m"}]}]}`)
	_, token := w.created("a-1")
	for _, version := range []string{"1.0.0", "1.0.1"} {
		w.built(token, version)
		w.submitted(token, version, "auto_online", "true")
		w.pass(90 * time.Second)
		if got := w.status(token, version); got != "WAIT_RELEASE" {
			t.Errorf("%s is %s as soon as it passed", version, got)
		}
		w.pass(90 * time.Second)
		if got := w.status(token, version); got != "RELEASE" {
			t.Errorf("%s with auto_online ended as %s", version, got)
		}
	}
	if got := w.status(token, "1.0.0"); got != "OFFLINE" {
		t.Errorf("the version before is %s", got)
	}
}

func TestAutoOnlineOfAnAttemptThatWasTakenBackIsNobodys(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[{"build":{"after":"1m","result":"ok"},"audits":[{"result":"pass","after":"1m"}],"auto_online":{"after":"1h"}}]}`)
	_, token := w.created("a-2")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0", "auto_online", "true")
	w.pass(30 * time.Minute)
	w.call("alipay.open.mini.version.audited.cancel", token, map[string]string{"app_version": "1.0.0"})
	w.submitted(token, "1.0.0", "auto_online", "true")
	w.pass(45 * time.Minute)
	if got := w.status(token, "1.0.0"); got != "WAIT_RELEASE" {
		t.Errorf("the first attempt's release struck the second: %s", got)
	}
	w.pass(30 * time.Minute)
	if got := w.status(token, "1.0.0"); got != "RELEASE" {
		t.Errorf("the second attempt ended as %s", got)
	}
}

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
