package account

import (
	"slices"

	"miniflow/alipay/alipaysim/internal/glob"
	"miniflow/alipay/alipaysim/wire"
)

// CertSNRule says whether pushes name the certificate that signed them.
type CertSNRule string

// What pushes in certificate mode may look like.
const (
	NoCertSN       CertSNRule = "none"
	SignedCertSN   CertSNRule = "signed"
	UnsignedCertSN CertSNRule = "unsigned"
)

// CertSNRules lists every CertSNRule.
func CertSNRules() []CertSNRule { return []CertSNRule{NoCertSN, SignedCertSN, UnsignedCertSN} }

// NotifyRule names the text a push's signature covers.
type NotifyRule string

// The two rules that real notifications follow.
const (
	// WithSignType signs every parameter except sign.
	WithSignType NotifyRule = "with_sign_type"
	// WithoutSignType leaves sign_type out as well.
	WithoutSignType NotifyRule = "without_sign_type"
)

// NotifyRules lists every NotifyRule.
func NotifyRules() []NotifyRule { return []NotifyRule{WithSignType, WithoutSignType} }

// Text is the signed text of a push under the rule.
func (r NotifyRule) Text(params map[string]string) string {
	if r == WithoutSignType {
		return wire.Canonical(params, "sign", "sign_type")
	}
	return wire.Canonical(params, "sign")
}

// Ways a message travels.
const (
	ChannelHTTP      = "http"
	ChannelWebSocket = "websocket"
)

// ChannelOf is the way a message of the app goes. The 1.0 layout has no place on
// the long connection.
func (a App) ChannelOf(name string, legacy bool) string {
	subscribed := slices.ContainsFunc(a.WebSocket, func(pattern string) bool { return glob.Match(pattern, name) })
	if subscribed && !legacy {
		return ChannelWebSocket
	}
	return ChannelHTTP
}
