package account

import (
	"slices"

	"miniflow/alipay/alipaysim/internal/glob"
	"miniflow/alipay/alipaysim/wire"
)

// CertSNRule says whether pushes name the certificate that signed them; it is a setting
// because the platform's documents leave it open.
type CertSNRule string

// The values of CertSNRule. Signed and unsigned differ in the text to verify, so a
// receiver that knows one of them refuses the other.
const (
	NoCertSN       CertSNRule = "none"
	SignedCertSN   CertSNRule = "signed"
	UnsignedCertSN CertSNRule = "unsigned"
)

// CertSNRules lists every CertSNRule, for the error that names what may be chosen.
func CertSNRules() []CertSNRule { return []CertSNRule{NoCertSN, SignedCertSN, UnsignedCertSN} }

// NotifyRule names the text a push's signature covers. Alipay's documents name one for
// payments and one for messages, and genuine messages break that.
type NotifyRule string

// The two rules that real notifications follow; nothing in a notification says which.
const (
	// WithSignType is the rule of requests to the gateway too; the SDKs call it V2.
	WithSignType NotifyRule = "with_sign_type"
	// WithoutSignType is what the SDKs call V1; the documents have it for payments.
	WithoutSignType NotifyRule = "without_sign_type"
)

// NotifyRules lists every NotifyRule, for the error that names what may be chosen.
func NotifyRules() []NotifyRule { return []NotifyRule{WithSignType, WithoutSignType} }

// Text is made of the values as bytes in the push's charset: text that was converted
// first verifies only as long as it is UTF-8.
func (r NotifyRule) Text(params map[string]string) string {
	if r == WithoutSignType {
		return wire.Canonical(params, "sign", "sign_type")
	}
	return wire.Canonical(params, "sign")
}

// Ways a message travels. Messages are stored with these values, so they can't change.
const (
	ChannelHTTP      = "http"
	ChannelWebSocket = "websocket"
)

// ChannelOf takes HTTP where no pattern matches, as in the console, where each message
// is subscribed on its own. The 1.0 layout has no place on the long connection.
func (a App) ChannelOf(name string, legacy bool) string {
	subscribed := slices.ContainsFunc(a.WebSocket, func(pattern string) bool { return glob.Match(pattern, name) })
	if subscribed && !legacy {
		return ChannelWebSocket
	}
	return ChannelHTTP
}
