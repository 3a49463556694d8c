package alipaysim_test

import (
	"fmt"
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
