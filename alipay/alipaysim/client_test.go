package alipaysim_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"testing"
)

// signedText is the test's own reading of the rule: sorted, empties dropped.
func signedText(params map[string]string, leaveOut ...string) string {
	var lines []string
	for name, value := range params {
		if value != "" && !slices.Contains(leaveOut, name) {
			lines = append(lines, name+"="+value)
		}
	}
	sort.Slice(lines, func(i, j int) bool {
		return strings.SplitN(lines[i], "=", 2)[0] < strings.SplitN(lines[j], "=", 2)[0]
	})
	return strings.Join(lines, "&")
}

func signText(t *testing.T, text string) string {
	t.Helper()
	app, _ := keyPairs()
	sum := sha256.Sum256([]byte(text))
	raw, err := rsa.SignPKCS1v15(nil, app, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

func alipaySigned(text, signature string) bool {
	_, alipay := keyPairs()
	raw, err := base64.StdEncoding.DecodeString(signature)
	sum := sha256.Sum256([]byte(text))
	return err == nil && rsa.VerifyPKCS1v15(&alipay.PublicKey, crypto.SHA256, sum[:], raw) == nil
}

// public returns the signed parameters of a call.
func (w *world) public(method, token string, fields map[string]string) map[string]string {
	params := map[string]string{
		"app_id": appID, "method": method, "format": "JSON", "charset": "utf-8", "sign_type": "RSA2", "version": "1.0",
		"timestamp": w.clock.Now().In(begin.Location()).Format("2006-01-02 15:04:05"), "app_auth_token": token,
	}
	for name, value := range fields {
		params[name] = value
	}
	params["sign"] = signText(w.t, signedText(params))
	return params
}

// reply is an answer of the gateway.
type reply map[string]any

func (r reply) code() string {
	if sub, ok := r["sub_code"].(string); ok {
		return sub
	}
	code, _ := r["code"].(string)
	return code
}

func (r reply) text(name string) string { return fmt.Sprint(r[name]) }

// call makes a call with biz_content; biz is an object or JSON text.
func (w *world) call(method, token string, biz any) reply {
	w.t.Helper()
	text, isText := biz.(string)
	if !isText {
		raw, err := json.Marshal(biz)
		if err != nil {
			w.t.Fatal(err)
		}
		text = string(raw)
	}
	r, err := w.post(w.t.Context(), w.public(method, token, map[string]string{"biz_content": text}))
	if err != nil {
		w.t.Fatalf("%s: %v", method, err)
	}
	return r
}

// post sends parameters the way official clients do: public ones in the query,
// biz_content in the body.
func (w *world) post(ctx context.Context, params map[string]string) (reply, error) {
	query, body := url.Values{}, url.Values{}
	for name, value := range params {
		if name == "biz_content" {
			body.Set(name, value)
		} else if value != "" {
			query.Set(name, value)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL+"/gateway.do?"+query.Encode(), strings.NewReader(body.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	return w.send(request, params["method"])
}

// send does the request, verifies the answer's signature and returns its object.
func (w *world) send(request *http.Request, method string) (reply, error) {
	response, err := w.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("trace_id") == "" {
		return nil, fmt.Errorf("status %d, trace_id %q", response.StatusCode, response.Header.Get("trace_id"))
	}
	return readReply(body, method)
}

func readReply(body []byte, method string) (reply, error) {
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		return nil, fmt.Errorf("%w: %s", err, body)
	}
	object, ok := whole[strings.ReplaceAll(method, ".", "_")+"_response"]
	if !ok {
		object = whole["error_response"]
	}
	var r reply
	if err := json.Unmarshal(object, &r); err != nil {
		return nil, fmt.Errorf("%w: %s", err, body)
	}
	var signature string
	if raw, signed := whole["sign"]; signed {
		if err := json.Unmarshal(raw, &signature); err != nil {
			return nil, err
		}
		if !alipaySigned(string(object), signature) {
			return r, errBadSign
		}
	} else {
		r["unsigned"] = true
	}
	return r, nil
}

var errBadSign = errors.New("the answer's signature does not hold")

// submit calls audit.apply with the fields and files.
func (w *world) submit(token string, fields map[string]string, files map[string][]byte) reply {
	w.t.Helper()
	params := w.public("alipay.open.mini.version.audit.apply", token, fields)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range params {
		if value != "" {
			if err := form.WriteField(name, value); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for name, content := range files {
		field, fileName, _ := strings.Cut(name, ":")
		part, err := form.CreateFormFile(field, fileName)
		if err == nil {
			_, err = part.Write(content)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		w.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.server.URL+"/gateway.do", &body)
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	r, err := w.send(request, params["method"])
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}
