package alipaysim_test

import (
	"bytes"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// What the official SDKs do that this package's own test client does not.

// asJavaReads decodes an answer by the charset that its Content-Type names, as
// the official Java client does, and returns both.
func asJavaReads(t *testing.T, contentType string, body []byte) (text, charset string) {
	t.Helper()
	kind, options, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "text/html" {
		t.Fatalf("Content-Type %q: %v", contentType, err)
	}
	named, err := htmlindex.Get(options["charset"])
	if err != nil {
		t.Fatalf("Content-Type %q: %v", contentType, err)
	}
	raw, err := named.NewDecoder().Bytes(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), options["charset"]
}

// inCharset signs and encodes parameters over the bytes of a charset.
func (w *world) inCharset(charset, method, biz string) url.Values {
	w.t.Helper()
	params := w.public(method, "", map[string]string{"biz_content": biz, "charset": charset})
	delete(params, "sign")
	form := url.Values{}
	for name, value := range params {
		raw, err := simplifiedchinese.GB18030.NewEncoder().String(value)
		if err != nil {
			w.t.Fatal(err)
		}
		if params[name] = raw; raw != "" {
			form.Set(name, raw)
		}
	}
	form.Set("sign", signText(w.t, signedText(params)))
	return form
}

// fetch makes a request and returns the answer as it stands.
func (w *world) fetch(method, target, contentType string, body io.Reader) (string, []byte) {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+target, body)
	if err != nil {
		w.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.Header.Get("Content-Type"), read
}

func TestTheJavaClientReadsAChineseAnswerInGBK(t *testing.T) {
	w := newWorld(t)
	const kind = "application/x-www-form-urlencoded;charset=GBK"
	// An unknown order is refused with Chinese words.
	for charset, named := range map[string]string{"GBK": "GBK", "gb2312": "GBK", "GB18030": "GB18030"} {
		contentType, body := w.fetch(http.MethodPost, "/gateway.do", kind, strings.NewReader(w.inCharset(charset, queryMethod, `{}`).Encode()))
		if text, told := asJavaReads(t, contentType, body); told != named || !strings.Contains(text, "参数有误") {
			t.Errorf("%s: charset %q, answer %s", charset, told, text)
		}
	}
	// What is refused before the signature is looked at is in the charset, too.
	form := w.inCharset("GBK", queryMethod, `{}`)
	form.Set("sign", strings.Repeat("A", 344))
	contentType, body := w.fetch(http.MethodPost, "/gateway.do", kind, strings.NewReader(form.Encode()))
	if text, told := asJavaReads(t, contentType, body); told != "GBK" || !strings.Contains(text, "验签出错") {
		t.Errorf("a refused signature: charset %q, answer %s", told, text)
	}
	// And an answer that GBK can't write says what it is written in.
	w.faults(`{"faults":[{"kind":"error","sub_code":"X","sub_msg":"😀 请重试","times":1}]}`)
	contentType, body = w.fetch(http.MethodPost, "/gateway.do", kind, strings.NewReader(w.inCharset("GBK", queryMethod, `{}`).Encode()))
	if text, told := asJavaReads(t, contentType, body); told != "utf-8" || !strings.Contains(text, "😀 请重试") {
		t.Errorf("beyond GBK: charset %q, answer %s", told, text)
	}
}

func TestTheJavaClientReadsAChineseRefusalOfRegister(t *testing.T) {
	w := newWorld(t)
	w.faults(`{"channel":[{"kind":"register_failure","times":1,"sub_code":"NO","sub_msg":"稍后再试"}]}`)
	contentType, body := w.fetch(http.MethodGet, "/websocket/register.do?"+w.knock(map[string]string{"nonce": w.nonce(), "charset": "GBK"}), "", nil)
	if text, told := asJavaReads(t, contentType, body); told != "GBK" || !strings.Contains(text, "稍后再试") {
		t.Errorf("charset %q, answer %s", told, text)
	}
}

// multipartOf writes text parts.
func multipartOf(t *testing.T, params map[string]string) (kind, body string) {
	t.Helper()
	var text bytes.Buffer
	form := multipart.NewWriter(&text)
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if err := form.WriteField(name, params[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), text.String()
}

// The Node SDK sends app_auth_token in the query string and in a part.
func TestTheNodeSDKSendsAParameterInTheQueryAndInAPart(t *testing.T) {
	w := newWorld(t)
	w.must("POST", "mini-programs", `{"app_id":"`+appID+`","mini_app_id":"m1","authorized":true}`)
	token := w.must("GET", "mini-programs/m1/token", "")["app_auth_token"].(string)
	params := w.public("alipay.open.mini.version.list.query", token, map[string]string{"biz_content": "{}"})
	post := func(query, kind, body string) reply {
		_, raw := w.fetch(http.MethodPost, "/gateway.do?"+query, kind, strings.NewReader(body))
		r, err := readReply(raw, params["method"])
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	ask := func(query string) reply {
		kind, body := multipartOf(t, params)
		return post(query, kind, body)
	}
	same := url.Values{"app_auth_token": {token}, "method": {params["method"]}}
	if r := ask(same.Encode()); r.code() != "10000" {
		t.Errorf("the same value in both: %v", r)
	}
	form := url.Values{}
	for name, value := range params {
		form.Set(name, value)
	}
	if r := post(same.Encode(), "application/x-www-form-urlencoded", form.Encode()); r.code() != "10000" {
		t.Errorf("the same value in the query and a form: %v", r)
	}
	for name, query := range map[string]string{
		"another value":  "app_auth_token=another",
		"an empty value": "app_auth_token=",
		"twice at once":  same.Encode() + "&app_auth_token=" + token,
	} {
		if r := ask(query); r.code() != "isv.invalid-parameter" || r["unsigned"] != true {
			t.Errorf("%s: %v", name, r)
		}
	}
}
