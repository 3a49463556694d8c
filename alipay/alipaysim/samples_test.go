package alipaysim_test

import (
	"crypto/x509"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sampleFields are the messages a third-party app of this business can get, and
// the fields they have, sorted.
var sampleFields = []struct{ layout, name, fields string }{
	{"msg_method", "alipay.open.mini.merchant.confirmed", "min_app_id order_no out_order_no pid status"},
	{"msg_method", "alipay.open.mini.merchant.fastregister.changed", "app_name merchant_app_id merchant_id order_no out_order_no status"},
	{"msg_method", "alipay.open.mini.version.audit.passed", "bundle_id mini_app_id mini_app_version"},
	{"msg_method", "alipay.open.mini.version.audit.rejected", "audit_reason base_audit base_audit_reason bundle_id mini_app_id mini_app_version promote_audit promote_audit_reason"},
	{"msg_method", "alipay.open.mini.version.baseaudit.passed", "audit_reason base_audit bundle_id mini_app_id mini_app_version promote_audit promote_audit_reason"},
	{"notify_type", "open_app_auth_notify", "detail notify_context"},
	{"msg_method", "alipay.open.auth.appauth.cancelled", "app_auth_token app_id auth_app_id user_id"},
	{"msg_method", "alipay.open.auth.appauth.cancel", "app_auth_token app_id auth_app_id user_id"},
	{"msg_method", "alipay.open.app.api.field.changed", "api_name field_name package_code reason status user_app_id"},
	{"msg_method", "alipay.open.auth.userauth.cancelled", "app_id cancel_time user_id"},
	{"msg_method", "alipay.trade.refund.depositback.completed", "bank_ack_time dback_amount dback_status est_bank_receipt_time out_request_no out_trade_no trade_no"},
	{"msg_method", "ant.merchant.expand.indirect.zft.passed", "card_alias_no external_id memo order_id smid"},
	{"msg_method", "ant.merchant.expand.indirect.zft.rejected", "external_id memo order_id reason"},
	{"msg_method", "alipay.open.sp.operation.result.notify", "batch_no merchant_no operate_type result_code"},
	{"msg_method", "alipay.open.sp.inteop.sync.notify", "inteop_order_no status sub_order_infos"},
	{"msg_method", "alipay.merchant.tradecomplain.changed", "complain_event_id"},
}

// sorted are the names of an object's members.
func sorted(object map[string]any) string {
	var names []string
	for name := range object {
		names = append(names, name)
	}
	// A few names: the simplest order will do.
	for i := range names {
		for j := i; j > 0 && names[j] < names[j-1]; j-- {
			names[j], names[j-1] = names[j-1], names[j]
		}
	}
	return strings.Join(names, " ")
}

func TestEveryMessageHasASample(t *testing.T) {
	w := newWorld(t)
	for _, sample := range sampleFields {
		w.must("POST", "messages", `{"app_id":"`+appID+`","`+sample.layout+`":"`+sample.name+`"}`)
		w.run()
		p := w.lastPush(sample.name)
		if got := sorted(p.biz); got != sample.fields || !alipaySigned(signedText(p.params, "sign"), p.params["sign"]) {
			t.Errorf("%s has %s\nwant %s", sample.name, got, sample.fields)
		}
		w.must("POST", "messages", `{"app_id":"`+appID+`","`+sample.layout+`":"`+sample.name+`"}`)
		w.run()
		if cmp.Equal(p.biz, w.lastPush(sample.name).biz) {
			t.Errorf("%s has the same numbers twice", sample.name)
		}
	}
	authorized := w.lastPush("open_app_auth_notify")
	if p := authorized.params; p["status"] != "execute_auth" || p["auth_app_id"] == "" || p["version"] != "1.0" || p["notify_time"] == "" {
		t.Errorf("open_app_auth_notify: %v", p)
	}
	detail := authorized.biz["detail"].(map[string]any)
	if token := detail["app_auth_token"].(string); len(token) != 40 || detail["auth_app_id"] != authorized.params["auth_app_id"] || len(detail["app_auth_code"].(string)) != 32 {
		t.Errorf("detail: %v", detail)
	}
}

func TestFieldsOfASampleCanBeReplacedAddedAndRemoved(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.open.mini.version.audit.passed","fields":{"mini_app_id":"m1","bundle_id":null,"more":[1]}}`)
	w.must("POST", "messages", `{"app_id":"`+appID+`","msg_method":"alipay.unheard.of","fields":{"a":"b"}}`)
	w.run()
	want := map[string]any{"mini_app_id": "m1", "mini_app_version": "1.0.0", "more": []any{1.0}}
	if diff := cmp.Diff(want, w.lastPush("alipay.open.mini.version.audit.passed").biz); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"a": "b"}, w.lastPush("alipay.unheard.of").biz); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheServiceMarketsMessageIsFlat(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "messages", `{"app_id":"`+appID+`","notify_type":"servicemarket_order_notify","params":{"title":"外卖模板"}}`)
	w.run()
	p := w.lastPush("servicemarket_order_notify").params
	for _, name := range strings.Fields("commodity_order_id order_ticket merchant_pid service_code name contactor phone order_time order_item_num total_price timestamp notify_id") {
		if p[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	if _, has := p["biz_content"]; has || p["method"] != "alipay.open.servicemarket.order.notify" || p["title"] != "外卖模板" || p["version"] != "1.0" {
		t.Errorf("%v", p)
	}
}

// checkAnswer is the answer of a good receiver, signed over the inside of
// response.
func checkAnswer(t *testing.T, response string) string {
	t.Helper()
	return `<?xml version="1.0" encoding="GBK"?><alipay><response>` + response + `</response><sign>` + signText(t, response) + `</sign><sign_type>RSA2</sign_type></alipay>`
}

func TestTheGatewayCheckIsAskedOnceAndReadStrictly(t *testing.T) {
	app, _ := keyPairs()
	der, err := x509.MarshalPKIXPublicKey(&app.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	key := base64.StdEncoding.EncodeToString(der)
	good := checkAnswer(t, "<biz_content>"+key+"</biz_content><success>true</success>")
	tests := []struct{ name, body, says string }{
		{"good", good, ""},
		{"the other order", checkAnswer(t, "<success>true</success><biz_content>"+key+"</biz_content>"), ""},
		{"success", "success", "does not begin with"},
		{"another charset", strings.Replace(good, "GBK", "UTF-8", 1), "does not begin with"},
		{"tampered", strings.Replace(good, "<success>true", "<x/><success>true", 1), "sign is not"},
		{"refused", checkAnswer(t, "<success>false</success><error_code>VERIFY_FAILED</error_code><biz_content>"+key+"</biz_content>"), "does not say"},
		{"another key", checkAnswer(t, "<biz_content>AAAA</biz_content><success>true</success>"), "not the application's public key"},
		{"SHA-1", strings.Replace(good, "RSA2", "RSA", 1), "sign_type"},
		{"cut off", good[:len(good)/3], "no </response>"},
	}
	for _, test := range tests {
		w := newWorld(t)
		w.onPush(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, test.body) })
		w.must("POST", "messages", `{"app_id":"`+appID+`","service":"alipay.service.check"}`)
		w.pass(48 * time.Hour)
		log := w.must("GET", "deliveries", "")["deliveries"].([]any)
		says, _ := log[0].(map[string]any)["error"].(string)
		if len(log) != 1 || (says == "") != (test.says == "") || !strings.Contains(says, test.says) || (w.fate() == "delivered") != (test.says == "") {
			t.Errorf("%s: %s, want …%s…; %d deliveries, %s", test.name, says, test.says, len(log), w.fate())
		}
		p := w.pushes("")[0].params
		text := "biz_content=" + p["biz_content"] + "&charset=GBK&service=alipay.service.check&sign_type=RSA2"
		if len(p) != 5 || !alipaySigned(text, p["sign"]) || !strings.Contains(p["biz_content"], "<EventType><![CDATA[verifygw]]></EventType>") {
			t.Errorf("%s: asked %v", test.name, p)
		}
	}
}
