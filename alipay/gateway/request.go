package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
	"miniflow/alipay/internal/wire"
	"miniflow/alipay/keys"
)

// Request is one call of a gateway method. It carries either Content (most methods) or Fields
// and Files (the multipart methods), never both, because a call has one body.
type Request struct {
	// Method is the wire name, e.g. alipay.open.mini.isv.query, because limits and refusal
	// codes go by it.
	Method string
	// Token is the merchant's app_auth_token. It is empty for calls in the application's own
	// name, which some methods require.
	Token alipay.Secret
	// Content is biz_content: a JSON object, sent byte for byte as given, because the
	// signature covers it.
	Content json.RawMessage
	// Fields are the text parameters of a multipart call. Empty values are not sent, because
	// Alipay's signed text leaves them out.
	Fields map[string]string
	// Files are the files of a multipart call. Alipay's signature doesn't cover them, so
	// their names are derived from Field.
	Files []rules.File

	// proofless accepts a success that names an Alipay certificate which is not known here.
	// Only the download of that very certificate may set it, because its chain proves it.
	proofless bool
}

// reserved are parameters that belong to the call itself. If a field could have such a name,
// the author of an order could change who is called, how and for whom.
var reserved = []string{
	"app_id", "method", "format", "charset", "sign_type", "sign", "timestamp", "version",
	"app_auth_token", "auth_token", "biz_content", "app_cert_sn", "alipay_root_cert_sn",
	"notify_url", "return_url", "encrypt_type", "alipay_sdk", "prod_code", "terminal_type", "terminal_info",
}

var parameterName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]{0,63}$`)

func (r Request) multipart() bool { return r.Fields != nil || len(r.Files) > 0 }

// check refuses a request that could not be sent as it is meant. The errors name fields,
// never values.
func (r Request) check() error {
	switch {
	case r.Method == "":
		return refusedHere("(no method)", "name the gateway method to call")
	case r.multipart() && r.Content != nil:
		return refusedHere(r.Method, "give Content or Fields and Files, not both")
	case r.Content != nil && (!json.Valid(r.Content) || !utf8.Valid(r.Content) || bytes.TrimSpace(r.Content)[0] != '{'):
		return refusedHere(r.Method, "make Content a JSON object in UTF-8")
	}
	names := make(map[string]bool)
	for name, value := range r.Fields {
		names[name] = true
		if !utf8.ValidString(value) {
			return refusedHere(r.Method, "send text in UTF-8", name)
		}
	}
	for _, file := range r.Files {
		if names[file.Field] {
			return refusedHere(r.Method, "send one value for each field", file.Field)
		}
		names[file.Field] = true
	}
	for name := range names {
		if !parameterName.MatchString(name) {
			return refusedHere(r.Method, "use Alipay's own field names: letters, digits and _")
		}
		if slices.Contains(reserved, name) {
			return refusedHere(r.Method, "remove the field: it belongs to the protocol", name)
		}
	}
	return nil
}

func (r Request) bodyParameters(bizContent string) map[string]string {
	if r.multipart() {
		return r.Fields
	}
	return map[string]string{"biz_content": bizContent}
}

func (c *Client) publicParameters(r Request, encryptType string) map[string]string {
	return map[string]string{
		"app_id":              c.config.AppID,
		"method":              r.Method,
		"format":              "JSON",
		"charset":             "utf-8",
		"sign_type":           string(c.config.signType()),
		"timestamp":           c.config.Now().In(wire.Beijing).Format(time.DateTime),
		"version":             "1.0",
		"app_auth_token":      r.Token.Reveal(),
		"app_cert_sn":         c.config.AppCertSN,
		"alipay_root_cert_sn": c.config.AlipayRootCertSN,
		"encrypt_type":        encryptType,
	}
}

// requestText returns the text that a request is signed over: every parameter with a value,
// sorted by name, name=value joined by &, values unescaped because Alipay signs decoded
// values. Unlike in some messages, sign_type is part of it.
func requestText(groups ...map[string]string) string {
	all := make(map[string]string)
	for _, group := range groups {
		maps.Copy(all, group)
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "" {
			pairs = append(pairs, name+"="+all[name])
		}
	}
	return strings.Join(pairs, "&")
}

// newHTTP builds and signs the HTTP request. The timestamp is part of the signed text, so a
// request can't be reused later.
func (c *Client) newHTTP(ctx context.Context, r Request) (*http.Request, error) {
	if err := c.mayLeave(ctx, r.Method); err != nil {
		return nil, err
	}
	bizContent, encryptType, err := c.bizContent(r)
	if err != nil {
		return nil, notSent(r.Method, codes.Permanent("check the application's AES key"), err)
	}
	public := c.publicParameters(r, encryptType)
	sign, err := keys.Sign(c.config.PrivateKey, c.config.signType(), []byte(requestText(public, r.bodyParameters(bizContent))))
	if err != nil {
		return nil, notSent(r.Method, codes.Permanent("check the application's private key"), err)
	}
	query := url.Values{"sign": {sign}}
	for name, value := range public {
		if value != "" {
			query.Set(name, value)
		}
	}
	body, contentType, err := r.body(bizContent)
	if err != nil {
		return nil, err
	}
	address := *c.endpoint
	address.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), bytes.NewReader(body))
	if err != nil {
		// The error text would hold the address and so the token.
		return nil, refusedHere(r.Method, "check the gateway's endpoint: no request can be made for it")
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Accept", "text/html, application/json")
	return request, nil
}

func (r Request) body(bizContent string) ([]byte, string, error) {
	if r.multipart() {
		return r.multipartBody()
	}
	form := url.Values{}
	if bizContent != "" {
		form.Set("biz_content", bizContent)
	}
	return []byte(form.Encode()), "application/x-www-form-urlencoded;charset=utf-8", nil
}

// contentOf serialises the members of biz_content once, because the signature covers these
// very bytes, and without the HTML escapes that encoding/json adds. Nil values and empty
// texts are left out.
func contentOf(members map[string]any) (json.RawMessage, error) {
	sent := make(map[string]any, len(members))
	for name, value := range members {
		switch value := value.(type) {
		case nil:
		case string:
			if value != "" {
				sent[name] = value
			}
		default:
			sent[name] = value
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(sent); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
