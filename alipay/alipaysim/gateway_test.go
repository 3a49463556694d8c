package alipaysim_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

const queryMethod = "alipay.open.mini.isv.query"

// raw posts a body as it is and returns the answer's object.
func (w *world) raw(contentType, query, body string) reply {
	w.t.Helper()
	r, err := w.tryRaw(contentType, query, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) tryRaw(contentType, query, body string) (reply, error) {
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+"/gateway.do?"+query, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	return w.send(request, queryMethod)
}

// Changes to the parameters of a good call, before it is signed.
type edit = func(map[string]string)

func without(name string) edit { return with(name, "") }

func with(name, value string) edit { return func(p map[string]string) { p[name] = value } }

// at is a timestamp so far from the gateway's clock.
func at(d time.Duration) edit { return with("timestamp", begin.Add(d).Format("2006-01-02 15:04:05")) }

// refusedCalls are calls that the gateway refuses, among some that it takes.
var refusedCalls = []struct {
	name       string
	edit       edit
	code, sub  string
	isUnsigned bool
}{
	{"as it should be", func(map[string]string) {}, "10000", "", false},
	{"no format", without("format"), "10000", "", false},
	{"clock 10 minutes ahead", at(10 * time.Minute), "10000", "", false},
	{"clock 10 minutes behind", at(-10 * time.Minute), "10000", "", false},
	{"clock 16 minutes ahead", at(16 * time.Minute), "40002", "isv.invalid-timestamp", false},
	{"clock an hour behind", at(-time.Hour), "40002", "isv.invalid-timestamp", false},
	{"timestamp in milliseconds", with("timestamp", "1700000000000"), "40002", "isv.invalid-timestamp", false},
	{"UTC in place of Beijing", at(-8 * time.Hour), "40002", "isv.invalid-timestamp", false},
	{"no app_id", without("app_id"), "40001", "isv.missing-app-id", true},
	{"unknown app_id", with("app_id", "2021000000000000"), "40002", "isv.invalid-app-id", true},
	{"no method", without("method"), "40001", "isv.missing-method", false},
	{"unknown method", with("method", "alipay.open.mini.isv.destroy"), "40002", "isv.invalid-method", false},
	{"no timestamp", without("timestamp"), "40001", "isv.missing-timestamp", false},
	{"no version", without("version"), "40001", "isv.missing-version", false},
	{"no charset", without("charset"), "40001", "isv.missing-charset", false},
	{"no sign_type", without("sign_type"), "40001", "isv.missing-signature-type", false},
	{"SHA-1", with("sign_type", "RSA"), "40002", "isv.invalid-signature-type", false},
	{"charset of elsewhere", with("charset", "EBCDIC"), "40002", "isv.invalid-charset", false},
	{"version 2.0", with("version", "2.0"), "40002", "isv.invalid-parameter", false},
	{"format XML", with("format", "XML"), "40002", "isv.invalid-format", false},
	{"no biz_content", without("biz_content"), "40001", "isv.missing-parameter", false},
	{"biz_content is a list", with("biz_content", "[]"), "40002", "isv.invalid-parameter", false},
	{"biz_content is null", with("biz_content", "null"), "40002", "isv.invalid-parameter", false},
	{"biz_content is cut", with("biz_content", `{"order_n`), "40002", "isv.invalid-parameter", false},
	{"token where none belongs", with("app_auth_token", "x"), "40002", "isv.not-support-app-auth", false},
}

func TestGatewayRefusesWhatAlipayRefuses(t *testing.T) {
	w := newWorld(t)
	orderNo := w.call("alipay.open.mini.isv.create", "", createFields("g-1")).text("order_no")
	biz := `{"order_no":"` + orderNo + `"}`
	for _, test := range refusedCalls {
		t.Run(test.name, func(t *testing.T) {
			params := w.public(queryMethod, "", map[string]string{"biz_content": biz})
			delete(params, "sign")
			test.edit(params)
			params["sign"] = signText(t, signedText(params))
			r, err := w.post(t.Context(), params)
			if err != nil {
				t.Fatal(err)
			}
			if sub, _ := r["sub_code"].(string); r["code"] != test.code || sub != test.sub {
				t.Errorf("got %v %v, want %s %s", r["code"], r["sub_code"], test.code, test.sub)
			}
			if unsigned := r["unsigned"] == true; unsigned != test.isUnsigned {
				t.Errorf("unsigned is %v; only an app that can't be told gets no signature", unsigned)
			}
		})
	}
}

func TestGatewayRefusesBadSignatures(t *testing.T) {
	w := newWorld(t)
	good := w.public(queryMethod, "", map[string]string{"biz_content": `{"order_no":"1"}`})
	for name, sign := range map[string]string{
		"another text":  signText(t, "another text"),
		"not base64":    "!!!!",
		"+ as a space":  strings.ReplaceAll(good["sign"], "+", " ") + " ",
		"sign_type out": signText(t, signedText(good, "sign", "sign_type")),
		"empties in":    signText(t, "app_auth_token=&"+signedText(good, "sign")),
	} {
		params := maps.Clone(good)
		params["sign"] = sign
		r, err := w.post(t.Context(), params)
		if err != nil {
			t.Fatal(err)
		}
		if r.code() != "isv.invalid-signature" {
			t.Errorf("%s: %v", name, r)
		}
	}
}

func TestRepeatedParametersAreRefused(t *testing.T) {
	w := newWorld(t)
	form := url.Values{}
	for name, value := range w.public(queryMethod, "", map[string]string{"biz_content": `{"order_no":"1"}`}) {
		if value != "" {
			form.Set(name, value)
		}
	}
	body := form.Encode()
	kind := "application/x-www-form-urlencoded"
	for name, r := range map[string]reply{
		"in the body":           w.raw(kind, "", body+"&method="+queryMethod),
		"in the query and body": w.raw(kind, "method="+createMethod, body),
		"as another name twice": w.raw(kind, "", body+"&a=1&a=2"),
	} {
		if r.code() != "isv.invalid-parameter" || r["unsigned"] != true {
			t.Errorf("%s: %v", name, r)
		}
	}
	if r := w.raw("application/json", "", body); r.code() != "isv.invalid-parameter" {
		t.Errorf("JSON body: %v", r)
	}
}

func TestRequestInGBK(t *testing.T) {
	w := newWorld(t)
	params := w.public("alipay.open.mini.baseinfo.name.check", "", map[string]string{"biz_content": `{"app_name":"面馆"}`, "charset": "GBK"})
	form := url.Values{}
	for name, value := range params {
		raw, err := simplifiedchinese.GBK.NewEncoder().String(value)
		if err != nil {
			t.Fatal(err)
		}
		if params[name] = raw; raw != "" && name != "sign" {
			form.Set(name, raw)
		}
	}
	form.Set("sign", signText(t, signedText(params, "sign")))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/gateway.do", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=GBK")
	if r, err := w.send(request, params["method"]); err != nil || r.text("check_code") != "NONE" {
		t.Errorf("%v, %v", r, err)
	}
	wrong := w.public(queryMethod, "", map[string]string{"biz_content": "{\"order_no\":\"\xc3\xe6\"}"})
	if r, err := w.post(t.Context(), wrong); err != nil || r.code() != "isv.invalid-charset" {
		t.Errorf("GBK bytes under the name of utf-8: %v, %v", r, err)
	}
}

func TestHugeRequestIsRefused(t *testing.T) {
	w := newWorld(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/gateway.do",
		io.MultiReader(strings.NewReader("biz_content="), bytes.NewReader(make([]byte, 97<<20))))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return // the connection was cut while we were still sending: refused as well
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", response.StatusCode)
	}
	if r := w.raw("application/x-www-form-urlencoded", "", strings.Repeat("a=1&", 3)); r.code() != "isv.invalid-parameter" {
		t.Errorf("%v", r)
	}
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, "p%d=1&", i)
	}
	if r := w.raw("application/x-www-form-urlencoded", "", many.String()); r.code() != "isv.invalid-parameter" {
		t.Errorf("300 parameters: %v", r)
	}
}
