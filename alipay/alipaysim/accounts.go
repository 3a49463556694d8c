package alipaysim

import (
	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/wire"
)

// What a Config says of the third-party apps, and how their keys are made. It lives in
// account, because the rooms below can't import this package; users name it here.
type (
	// App has the halves of the keys that Alipay holds: the app's private key stays with
	// the program under test.
	App = account.App
	// Certificates put an app into certificate mode, where requests and answers name the
	// certificates they were signed with, since Alipay's may be another one tomorrow.
	Certificates = account.Certificates
	// CertSNRule says whether pushes name the certificate that signed them: that is not
	// published, so a receiver has to take every way.
	CertSNRule = account.CertSNRule
	// NotifyRule names the text a push's signature covers: genuine messages of one API came
	// under either rule within days.
	NotifyRule = account.NotifyRule
	// Charset names the bytes that parameter values are made of, and so the bytes that a
	// signature covers.
	Charset = wire.Charset
)

// What pushes in certificate mode may look like. Where the number is signed, a receiver
// that leaves it out of the text refuses the push, and the other way round.
const (
	NoCertSN       = account.NoCertSN
	SignedCertSN   = account.SignedCertSN
	UnsignedCertSN = account.UnsignedCertSN
)

// The two rules that real notifications follow. Which one is not said in the
// notification: a receiver has to try both.
const (
	WithSignType    = account.WithSignType
	WithoutSignType = account.WithoutSignType
)

// The charsets the platform speaks. GBK is not only history: notifications of calls
// that named no charset come in it.
const (
	CharsetUTF8    = wire.CharsetUTF8
	CharsetGBK     = wire.CharsetGBK
	CharsetGB18030 = wire.CharsetGB18030
)

// CertSNRules lists every CertSNRule: a receiver is ready when it takes all of them.
func CertSNRules() []CertSNRule { return account.CertSNRules() }

// NotifyRules lists every NotifyRule: a receiver is ready when it takes all of them.
func NotifyRules() []NotifyRule { return account.NotifyRules() }

// GenerateSM2Keys makes the same files for an app whose signing method is SM2.
func GenerateSM2Keys(dir, appID string) error { return account.GenerateSM2Keys(dir, appID) }

// GenerateKeys makes <dir>/<appID>/app_private.pem, app_public.pem,
// alipay_private.pem and alipay_public.pem. Files that exist are kept, so it can be
// called at every start.
func GenerateKeys(dir, appID string) error { return account.GenerateKeys(dir, appID) }

// LoadApp reads the app's public key and Alipay's private one, all that Alipay's side
// may know. The caller fills in the rest, such as GatewayURL.
func LoadApp(dir, appID string) (App, error) { return account.LoadApp(dir, appID) }

// GenerateAESKey makes <dir>/<appID>/aes_key.txt, base64 of the 16 bytes that
// belong into App.AESKey, and returns them. A file that exists is kept, because the
// other side reads the same one.
func GenerateAESKey(dir, appID string) ([]byte, error) { return account.GenerateAESKey(dir, appID) }

// GenerateCertificates makes, beside the keys of GenerateKeys (which it calls),
// what certificate mode needs. What exists is kept, so that rotations survive a start.
func GenerateCertificates(dir, appID string) error { return account.GenerateCertificates(dir, appID) }

// LoadCertificates reads what GenerateCertificates made and what rotations have
// added since: Alipay goes on signing with the newest after a restart. Put it into
// App.Certificates.
func LoadCertificates(dir, appID string) (*Certificates, error) {
	return account.LoadCertificates(dir, appID)
}
