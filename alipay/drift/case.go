package drift

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"miniflow/alipay/gateway"
	"miniflow/alipay/internal/wire"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// maxCase bounds what is kept of one answer or message, in bytes.
const maxCase = 16 << 10

// Case is an answer or a message with every value replaced by one of the same shape: its structure,
// its names and Alipay's own words are left. It is unsigned until [Case.Sign].
type Case struct {
	// Params are those of a message, biz_content decrypted.
	Params map[string]string `json:"params,omitempty" doc:"The parameters of a message, without its signature."`
	// EmptyDropped means that empty parameters were not signed.
	EmptyDropped bool `json:"empty_dropped,omitempty" doc:"Whether empty parameters were left out of what was signed."`
	// Method and Content are those of an answer.
	Method  string          `json:"method,omitempty" doc:"The method that was answered."`
	Content json.RawMessage `json:"content,omitempty" doc:"The object of the answer."`
}

// answerCase returns nil for what is too large or can't be read.
func answerCase(a gateway.Answer) *Case {
	content, err := redactJSON(a.Content, false)
	if err != nil || len(content) > maxCase {
		return nil
	}
	return &Case{Method: a.Method, Content: content}
}

// wordParams are the parameters whose values are Alipay's words.
var wordParams = []string{"msg_method", "notify_type", "service", "method", "version", "status", "charset", "msg_type"}

// messageCase returns nil for what is too large.
func messageCase(n *notify.Notification) *Case {
	label := wire.Charset(n.Params.Get("charset")).Normal()
	ascii := label != "" && !label.Known()
	c := &Case{Params: map[string]string{}, EmptyDropped: n.Rule.EmptyDropped}
	for name, value := range n.Params.All() {
		switch {
		case name == "encrypt_type" || name == "sign_type":
			continue // the content is in the clear, and the signature another
		case plainPath(name) == Hidden:
			name = shapeOf(name, ascii)
		}
		c.Params[name] = keptParam(name, value, ascii)
	}
	if label.Known() {
		c.Params["charset"] = "utf-8"
	}
	if n.Layout == notify.LayoutChannel {
		c.Params["app_id"], c.Params["msg_method"] = shapeOf(n.AppID, true), plain(n.Name, nameShape)
	}
	if n.Content != nil {
		content, err := redactJSON(n.Content, ascii)
		if err != nil {
			return nil
		}
		c.Params["biz_content"] = string(content)
	}
	if c.size() > maxCase {
		return nil
	}
	return c
}

func keptParam(name, value string, ascii bool) string {
	if slices.Contains(wordParams, name) && (plain(value, nameShape) != Hidden || plain(value, charsetShape) != Hidden ||
		name == "version" && len(value) <= 3 || plain(value, statusShape) != Hidden) {
		return value
	}
	return shapeOf(value, ascii)
}

func (c *Case) size() (n int) {
	for name, value := range c.Params {
		n += len(name) + len(value)
	}
	return n + len(c.Content)
}

// Sign returns the case as it would come from Alipay, under another key: the body of a form, or the
// whole answer. The key has to be one that nothing trusts.
func (c *Case) Sign(key keys.PrivateKey) ([]byte, error) {
	if c.Params == nil {
		sign, err := keys.Sign(key, keys.RSA2, c.Content)
		if err != nil {
			return nil, fmt.Errorf("sign the answer: %w", err)
		}
		return fmt.Appendf(nil, `{"%s_response":%s,"sign":"%s"}`, strings.ReplaceAll(c.Method, ".", "_"), c.Content, sign), nil
	}
	form := url.Values{}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		value := c.Params[name]
		form.Set(name, value)
		if c.EmptyDropped && value == "" {
			continue
		}
		if text.Len() > 0 {
			text.WriteByte('&')
		}
		text.WriteString(name + "=" + value)
	}
	sign, err := keys.Sign(key, keys.RSA2, []byte(text.String()))
	if err != nil {
		return nil, fmt.Errorf("sign the message: %w", err)
	}
	form.Set("sign", sign)
	form.Set("sign_type", string(keys.RSA2))
	return []byte(form.Encode()), nil
}
