package alipaysim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/alipay/alipaysim"
)

// pageExecute with GET puts every parameter into the address.
func TestPageExecuteByGETIsAnswered(t *testing.T) {
	w := newWorld(t)
	query := url.Values{}
	for name, value := range w.public("alipay.open.mini.baseinfo.name.check", "", map[string]string{"biz_content": `{"app_name":"面馆"}`}) {
		if value != "" {
			query.Set(name, value)
		}
	}
	contentType, body := w.fetch(http.MethodGet, "/gateway.do?"+query.Encode(), "", nil)
	if _, charset := asJavaReads(t, contentType, body); charset != "utf-8" {
		t.Errorf("Content-Type %q", contentType)
	}
	if r, err := readReply(body, query.Get("method")); err != nil || r.text("check_code") != "NONE" || r["unsigned"] == true {
		t.Errorf("%v, %v", r, err)
	}
	query.Set("sign", "AAAA")
	if _, body := w.fetch(http.MethodGet, "/gateway.do?"+query.Encode(), "", nil); !strings.Contains(string(body), "isv.invalid-signature") {
		t.Errorf("unsigned: %s", body)
	}
	if _, body := w.fetch(http.MethodGet, "/gateway.do", "", nil); !strings.Contains(string(body), "isv.missing-app-id") {
		t.Errorf("nothing at all: %s", body)
	}
}

func TestAnEncryptedFlatMessageStaysFlat(t *testing.T) {
	w := newWorld(t, func(c *alipaysim.Config) {
		c.Apps[0].AESKey, c.Apps[0].EncryptPushes = aesKey(t), true
	})
	w.must("POST", "messages", `{"app_id":"`+appID+`","notify_type":"servicemarket_order_notify","params":{"title":"外卖模板"}}`)
	w.run()
	p := w.lastPush("servicemarket_order_notify").params
	for _, name := range []string{"biz_content", "encrypt_type"} {
		if value, has := p[name]; has {
			t.Errorf("%s is %q", name, value)
		}
	}
	if p["title"] != "外卖模板" || !alipaySigned(signedText(p, "sign"), p["sign"]) {
		t.Errorf("%v", p)
	}
}

// category is a category as detail.query answers it, of the ids of its levels.
func category(levels map[string]string) map[string]any {
	object := map[string]any{}
	for level, id := range levels {
		object[level+"_category_id"], object[level+"_category_name"] = id, "类目"+id
	}
	return object
}

func TestDetailQueryAnswersWhatItsSDKClassHas(t *testing.T) {
	w := newWorld(t)
	_, token := w.created("d-1")
	w.built(token, "1.0.0")
	picture := w.logo()
	r := w.submit(token, submission("1.0.0", "region_type", "LOCATION", "memo", "请先看说明",
		"service_region_info", `[{"province_code":"310000","city_code":"310100"}]`, "mini_category_ids", "XS1001_XS2002_XS3003;XS1004_XS2005"),
		map[string][]byte{"app_logo:logo.png": picture, "first_screen_shot:1.png": picture, "second_screen_shot:2.png": picture})
	if r.code() != "10000" {
		t.Fatal(r)
	}
	r = w.call("alipay.open.mini.version.detail.query", token, map[string]string{"app_version": "1.0.0"})
	first := category(map[string]string{"first": "XS1001", "second": "XS2002", "third": "XS3003"})
	second := category(map[string]string{"first": "XS1004", "second": "XS2005"})
	const shot = "https://simulator.invalid/sim/v1/files/screenshot.png"
	want := map[string]any{
		"app_logo":                    "https://simulator.invalid/sim/v1/files/logo.png",
		"mini_category_info_list":     []any{first, second},
		"mini_app_category_info_list": []any{first, second},
		"package_info_list": []any{map[string]any{"package_name": "基础功能包", "package_desc": "小程序的基础功能",
			"doc_url": "https://simulator.invalid/packages", "package_open_type": "DEFAULT", "status": "valid"}},
		"screen_shot_list":    []any{shot, shot},
		"service_region_type": "LOCATION",
		"service_region_info": []any{map[string]any{"province_code": "310000", "city_code": "310100"}},
		"memo":                "请先看说明",
	}
	got := map[string]any{}
	for name := range want {
		got[name] = r[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if ids, has := r["mini_category_ids"]; has {
		t.Errorf("the class has no mini_category_ids, the answer has %v", ids)
	}
}
