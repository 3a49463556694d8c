package alipaysim

import (
	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/wire"
)

// What a Config says of the third-party apps, and how their keys are made. It lives in
// account, because the rooms below can't import this package; users name it here.
type (
	// App is one third-party application as Alipay's side sees it; LoadApp fills in its
	// keys.
	App = account.App
	// Certificates put an app into certificate mode; LoadCertificates reads them.
	Certificates = account.Certificates
	// CertSNRule is a choice because it is not published whether pushes name the
	// certificate that signed them.
	CertSNRule = account.CertSNRule
	// NotifyRule is a choice because real notifications are signed over two different
	// texts.
	NotifyRule = account.NotifyRule
	// Charset names the bytes that parameter values are made of; signatures cover those
	// bytes.
	Charset = wire.Charset
)

// NoCertSN is the default. The others are for receivers that choose Alipay's
// certificate by its number.
const (
	NoCertSN       = account.NoCertSN
	SignedCertSN   = account.SignedCertSN
	UnsignedCertSN = account.UnsignedCertSN
)

// Real notifications follow both rules, so a receiver has to be tried with both.
const (
	WithSignType    = account.WithSignType
	WithoutSignType = account.WithoutSignType
)

// The charsets the platform speaks. GBK has no four-byte characters: what only GB18030
// can write is an error there.
const (
	CharsetUTF8    = wire.CharsetUTF8
	CharsetGBK     = wire.CharsetGBK
	CharsetGB18030 = wire.CharsetGB18030
)

// CertSNRules lists every CertSNRule, for tests that try each.
func CertSNRules() []CertSNRule { return account.CertSNRules() }

// NotifyRules lists every NotifyRule, for tests that try each.
func NotifyRules() []NotifyRule { return account.NotifyRules() }

// GenerateKeys makes <dir>/<appID>/app_private.pem, app_public.pem,
// alipay_private.pem and alipay_public.pem. Files that exist are kept, so it can be
// called at every start.
func GenerateKeys(dir, appID string) error { return account.GenerateKeys(dir, appID) }

// LoadApp reads what Alipay's side needs of the keys GenerateKeys made; the app's
// private key stays unread. The caller fills in the rest, such as GatewayURL.
func LoadApp(dir, appID string) (App, error) { return account.LoadApp(dir, appID) }

// GenerateAESKey makes <dir>/<appID>/aes_key.txt, base64 of the 16 bytes that belong
// into App.AESKey, and returns them. A file that exists is kept, because the other side
// has its key already.
func GenerateAESKey(dir, appID string) ([]byte, error) { return account.GenerateAESKey(dir, appID) }

// GenerateCertificates makes what certificate mode needs of the pairs of GenerateKeys,
// which it calls: an app can change its mode and keep its keys. What exists is kept.
func GenerateCertificates(dir, appID string) error { return account.GenerateCertificates(dir, appID) }

// LoadCertificates reads what GenerateCertificates made and what rotations have added
// since, so that a restart signs with the newest. Put it into App.Certificates.
func LoadCertificates(dir, appID string) (*Certificates, error) {
	return account.LoadCertificates(dir, appID)
}
