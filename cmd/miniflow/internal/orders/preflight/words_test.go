package preflight

import (
	"regexp"
	"strings"
	"testing"

	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api"
	"miniflow/order"
	"miniflow/words"
)

// TestEverySentenceIsTranslated collects what the checks say of orders that are wrong in every
// way, since a rule that is added elsewhere brings a sentence that nobody here has seen.
func TestEverySentenceIsTranslated(t *testing.T) {
	var said []string
	for _, body := range []string{
		`{}`, `{"app_id":"` + strings.Repeat("1", 65) + `","kind":"x","out_order_no":"a b","merchant_ref":"?","order_no":"-!","mini_app_id":"!","version":{"template_id":"!","template_version":"1","bundle_id":"!"},"policy":{"submit":"x"}}`,
		`{"app_id":"1","kind":"release","create":{"a":1},"order_no":"1","submission":{"version_desc":"x","region_type":"LOCATION","audit_rule":"x","auto_online":"x","mini_category_ids":";","service_phone":"abcdef",
			"service_email":"x","license_valid_date":"x","app_version":"1","files":{"app_logo":1,"a b":{},"x":{"y":1}},"memo":"\u0001"}}`,
		`{"app_id":"1","kind":"formal","mini_app_id":"1","submission":{"region_type":"LOCATION","service_region_info":"x"}}`,
		`{"app_id":"1","kind":"trial","create":{"uid":[],"app_nme":"x","auth_notify_url":"x","zzzzzzzzzzz":1},"submission":{"region_type":"LOCATION","service_region_info":[{"city_code":"1"}],"files":{"first_screen_shot":{}}}}`,
		`{"app_id":"1.0E+15","kind":"formal","create":{"contact_phone":"57188880000"}}`,
	} {
		found, err := Check([]byte(body), map[string][]byte{"submission.files.app_logo": {}})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range append(found.Refused, found.Advised...) {
			said = append(said, p.Message)
		}
	}
	for _, file := range []rules.File{{Field: "app_logo", Content: make([]byte, 3<<20)}, {Field: "test_file_name", Content: []byte("x")}, {Field: "app_logo", Content: []byte("x")}, {Field: "app_logo", Content: []byte("\x89PNG\r\n\x1a\nx")}} {
		for _, wrong := range rules.CheckFile(file) {
			said = append(said, wrong.Message)
		}
	}
	han := regexp.MustCompile(`\p{Han}`)
	for _, message := range said {
		if !han.MatchString(words.Translated(words.Chinese, message)) {
			t.Errorf("no Chinese for %q", message)
		}
	}
	if len(said) < 40 {
		t.Errorf("only %d sentences", len(said))
	}
}

func TestEveryNameIsOfAField(t *testing.T) {
	known := map[string]bool{"create": true, "submission": true}
	for _, field := range api.OrderFields() {
		known[field] = true
	}
	for _, field := range order.NamedFields() {
		if !known[field] {
			t.Errorf("%s is no field of an order", field)
		}
	}
}

func TestNumbersThatASpreadsheetHasSpoiled(t *testing.T) {
	for text, want := range map[string]bool{"2.02E+15": true, "2,02E+15": true, "9E+17": true, "2021000000000000.0": true, "5E10": false, "2021000000000000": false, "1.0.0": false, "": false} {
		if IsRounded(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
	for text, want := range map[string]bool{
		"13800000000": true, "057188880000": true, "0571-88880000": true, "4008001234": true, "95188": true, "88880000": true, "+86 571 88880000": true,
		"57188880000": false, "1088880000": false, "": true,
	} {
		if isPhone(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
