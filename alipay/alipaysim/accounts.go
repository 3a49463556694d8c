package alipaysim

import (
	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/wire"
)

// What a Config says of the third-party apps, and how their keys are made. It lives in
// account, which the rooms below can import; users name it here.
type (
	// App is one third-party application as Alipay's side sees it.
	App = account.App
	// Certificates are what certificate mode needs of one app on Alipay's side.
	Certificates = account.Certificates
	// CertSNRule says whether pushes name the certificate that signed them.
	CertSNRule = account.CertSNRule
	// NotifyRule names the text a push's signature covers.
	NotifyRule = account.NotifyRule
	// Charset names the bytes that parameter values are made of.
	Charset = wire.Charset
)

// What pushes in certificate mode may look like.
const (
	NoCertSN       = account.NoCertSN
	SignedCertSN   = account.SignedCertSN
	UnsignedCertSN = account.UnsignedCertSN
)

// The two rules that real notifications follow.
const (
	WithSignType    = account.WithSignType
	WithoutSignType = account.WithoutSignType
)

// The charsets the platform speaks.
const (
	CharsetUTF8    = wire.CharsetUTF8
	CharsetGBK     = wire.CharsetGBK
	CharsetGB18030 = wire.CharsetGB18030
)

// CertSNRules lists every CertSNRule.
func CertSNRules() []CertSNRule { return account.CertSNRules() }

// NotifyRules lists every NotifyRule.
func NotifyRules() []NotifyRule { return account.NotifyRules() }

// GenerateKeys makes <dir>/<appID>/app_private.pem, app_public.pem,
// alipay_private.pem and alipay_public.pem. Files that exist are kept, so it can be
// called at every start.
func GenerateKeys(dir, appID string) error { return account.GenerateKeys(dir, appID) }

// LoadApp reads what Alipay's side needs of the keys GenerateKeys made. The
// caller fills in the rest, such as GatewayURL.
func LoadApp(dir, appID string) (App, error) { return account.LoadApp(dir, appID) }

// GenerateAESKey makes <dir>/<appID>/aes_key.txt, base64 of the 16 bytes that
// belong into App.AESKey, and returns them. A file that exists is kept.
func GenerateAESKey(dir, appID string) ([]byte, error) { return account.GenerateAESKey(dir, appID) }

// GenerateCertificates makes, beside the keys of GenerateKeys (which it calls),
// what certificate mode needs. What exists is kept.
func GenerateCertificates(dir, appID string) error { return account.GenerateCertificates(dir, appID) }

// LoadCertificates reads what GenerateCertificates made and what rotations have
// added since. Put it into App.Certificates.
func LoadCertificates(dir, appID string) (*Certificates, error) {
	return account.LoadCertificates(dir, appID)
}
