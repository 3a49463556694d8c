package notify

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
	"miniflow/alipay/keys"
)

// ErrNoGatewayCheck means that a notification is not the gateway check. Answering it like one
// would show our public key to no purpose.
var ErrNoGatewayCheck = errors.New("not a gateway check: answer it like every other notification")

// IsGatewayCheck reports whether the console asks if this URL belongs to the holder of the
// application's private key (service=alipay.service.check with the event verifygw). The
// question is recognised because it needs an answer of its own.
func (n *Notification) IsGatewayCheck() bool {
	return n.Layout == LayoutService && n.Name == alipay.MessageGatewayCheck &&
		elementText(n.Params.Get(paramBizContent), "EventType") == "verifygw"
}

// GatewayCheckAnswer returns the answer to the gateway check: an XML document with the
// application's public key, signed with its private key, and its Content-Type. AppCertSN is
// the serial number of the application's certificate in certificate mode, otherwise empty.
// The answer is always positive, because only a verified notification can be passed in.
//
// The document is ASCII throughout, so its bytes are the same in every charset that its first
// line may name.
func GatewayCheckAnswer(n *Notification, key keys.PrivateKey, appCertSN string) (contentType string, body []byte, err error) {
	if !n.IsGatewayCheck() {
		return "", nil, ErrNoGatewayCheck
	}
	public := keys.PublicOf(key)
	der, err := keys.MarshalPublicKey(public)
	if err != nil {
		return "", nil, fmt.Errorf("answer the gateway check: %w", err)
	}
	response := "<biz_content>" + base64.StdEncoding.EncodeToString(der) + "</biz_content><success>true</success>"
	signType := keys.SignTypeOf(public)
	sign, err := keys.Sign(key, signType, []byte(response))
	if err != nil {
		return "", nil, fmt.Errorf("answer the gateway check: %w", err)
	}
	label := "GBK" // Alipay's default where the parameter is missing
	if c := wire.Charset(n.Params.Get(paramCharset)).Normal(); c.Known() {
		label = string(c)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="%s"?><alipay><response>%s</response>`, label, response)
	if appCertSN != "" {
		fmt.Fprintf(&b, "<app_cert_sn>%s</app_cert_sn>", appCertSN)
	}
	fmt.Fprintf(&b, "<sign>%s</sign><sign_type>%s</sign_type></alipay>", sign, signType)
	return "text/xml; charset=" + label, []byte(b.String()), nil
}

// elementText returns the text of the first element of that name without attributes, "" when
// there is no such element. It is deliberately not an XML parser: it reads two flat elements
// whose shape is fixed, partly before the signature has been checked, and so must not expand
// entities or document types.
func elementText(xml, name string) string {
	_, after, found := strings.Cut(xml, "<"+name+">")
	if !found {
		return ""
	}
	text, _, found := strings.Cut(after, "</"+name+">")
	if !found {
		return ""
	}
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "<![CDATA["); ok {
		text = strings.TrimSuffix(inner, "]]>")
	}
	return text
}
