package account

import (
	"slices"

	"miniflow/alipay/alipaysim/internal/glob"
	"miniflow/alipay/alipaysim/wire"
)

// CertSNRule says whether pushes name the certificate that signed them. What real ones
// do is not published, so a receiver is tried with each.
type CertSNRule string

// Under UnsignedCertSN a receiver has to leave alipay_cert_sn out of the text that it
// verifies, as it leaves out sign.
const (
	NoCertSN       CertSNRule = "none"
	SignedCertSN   CertSNRule = "signed"
	UnsignedCertSN CertSNRule = "unsigned"
)

// CertSNRules lists every CertSNRule, for tests that try each and refusals that name
// the choices.
func CertSNRules() []CertSNRule { return []CertSNRule{NoCertSN, SignedCertSN, UnsignedCertSN} }

// NotifyRule names the text that a push's signature covers. The platform's documents
// contradict each other about it, and so do its messages.
type NotifyRule string

// Real notifications follow both rules, sometimes two messages of one app: one signs
// every parameter but sign, the other leaves sign_type out as well.
const (
	WithSignType    NotifyRule = "with_sign_type"
	WithoutSignType NotifyRule = "without_sign_type"
)

// NotifyRules lists every NotifyRule, for tests that try each and refusals that name
// the choices.
func NotifyRules() []NotifyRule { return []NotifyRule{WithSignType, WithoutSignType} }

// Text is the text that a push's signature covers. It takes raw values, as they are
// before percent-encoding: a receiver decodes them once and verifies.
func (r NotifyRule) Text(params map[string]string) string {
	if r == WithoutSignType {
		return wire.Canonical(params, "sign", "sign_type")
	}
	return wire.Canonical(params, "sign")
}

// Ways a message travels. They stand in the file with each message, so a new spelling
// would lose what old files owe.
const (
	ChannelHTTP      = "http"
	ChannelWebSocket = "websocket"
)

// ChannelOf is the way a message of the app goes. The 1.0 layout has no msg_method and
// with that no place on the long connection.
func (a App) ChannelOf(name string, legacy bool) string {
	subscribed := slices.ContainsFunc(a.WebSocket, func(pattern string) bool { return glob.Match(pattern, name) })
	if subscribed && !legacy {
		return ChannelWebSocket
	}
	return ChannelHTTP
}
