// Package account is what the two sides of a third-party app prove themselves with: its
// keys and certificates, which are made, loaded and rotated here, and how its
// notifications look. Gateway, pushes and the long connection all sign through it, so
// that a rotation reaches them at once.
package account

import (
	"cmp"
	"crypto"
	"crypto/aes"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"miniflow/alipay/alipaysim/internal/glob"
	"miniflow/alipay/alipaysim/wire"
)

// App is one third-party application as Alipay's side sees it. How its notifications
// look is set for each app, because real ones differ and a receiver has to take all.
type App struct {
	// ID is the app_id, which requests and pushes name: it decides whose key verifies them.
	ID string
	// AppPublicKey is the half of the app's pair that is uploaded to the console. Both keys are RSA,
	// or both SM2: the app's 接口加签方式.
	AppPublicKey wire.PublicKey
	// AlipayPrivateKey is what the real platform gives to nobody: who has it can forge
	// answers and pushes.
	AlipayPrivateKey wire.PrivateKey
	// GatewayURL is the application gateway (应用网关), where pushes go. It is
	// kept in memory only. While empty, pushes are owed and wait.
	GatewayURL string
	// NotifyRule says whether sign_type is part of a push's signed text; real
	// messages come both ways. Empty is WithSignType.
	NotifyRule NotifyRule
	// Charset of the pushes over HTTP: CharsetUTF8, CharsetGBK or CharsetGB18030.
	// Empty is UTF-8. On the long connection the client chooses.
	Charset wire.Charset
	// MalformedContentType sends the media type real pushes were seen with,
	// "application/x-www-form-urlencoded; text/html; charset=UTF-8", which no
	// media type parser accepts.
	MalformedContentType bool
	// Certificates puts the app into certificate mode; nil is public-key mode.
	// Its keys take the place of the two above, which may then be nil.
	Certificates *Certificates
	// CertSNInPushes says whether pushes carry alipay_cert_sn, and whether it is
	// signed; neither is published. Empty is NoCertSN.
	CertSNInPushes CertSNRule
	// AESKey is the content key, 16 bytes; the console shows it in base64.
	// Without it requests with encrypt_type=AES are refused.
	AESKey []byte
	// EncryptPushes encrypts the biz_content of pushes over HTTP. The long
	// connection carries objects and is never encrypted.
	EncryptPushes bool
	// WebSocket are globs (path.Match) on the names of the messages that go over
	// the long connection. Messages of the 1.0 layout never do. The way is chosen
	// when a message is made, and kept for its retries.
	WebSocket []string
	// ahead is behind a pointer, so that copies of the app share one store.
	ahead *signatures
}

// MinKeyBits is the least that Alipay asks of a key for RSA2; 1024 bits are of the time of
// SHA-1.
const MinKeyBits = 2048

func (a App) checked() (App, error) {
	if a.ID == "" {
		return a, errors.New("alipaysim: an App has no ID; give it the app_id of the third-party application")
	}
	if a.Certificates != nil {
		a.AlipayPrivateKey = a.Certificates.current().key
		a.AppPublicKey, _ = a.Certificates.app.PublicKey.(wire.PublicKey) // nil is refused below
	}
	if a.AppPublicKey == nil || a.AlipayPrivateKey == nil {
		return a, fmt.Errorf("alipaysim: app %s lacks a key; fill AppPublicKey and AlipayPrivateKey (GenerateKeys makes them, LoadApp reads them)", a.ID)
	}
	if wire.SignTypeOf(a.AppPublicKey) != wire.SignTypeOf(a.AlipayPrivateKey.Public()) {
		return a, fmt.Errorf("alipaysim: app %s has a key of RSA and one of SM2; an app has one algorithm for both directions", a.ID)
	}
	if short(a.AppPublicKey) || short(a.AlipayPrivateKey.Public()) {
		return a, fmt.Errorf("alipaysim: app %s has a key below %d bits; RSA2 needs at least that", a.ID, MinKeyBits)
	}
	a.ahead = &signatures{}
	a.NotifyRule = cmp.Or(a.NotifyRule, WithSignType)
	a.Charset = cmp.Or(a.Charset, wire.CharsetUTF8)
	a.CertSNInPushes = cmp.Or(a.CertSNInPushes, NoCertSN)
	return a, a.checkPushes()
}

func short(key crypto.PublicKey) bool {
	public, isRSA := key.(*rsa.PublicKey)
	return isRSA && public.N.BitLen() < MinKeyBits
}

// SignType is the app's algorithm, RSA2 or SM2.
func (a App) SignType() string { return wire.SignTypeOf(a.AppPublicKey) }

func (a App) checkPushes() error {
	if !slices.Contains(NotifyRules(), a.NotifyRule) {
		return fmt.Errorf("alipaysim: app %s has the unknown NotifyRule %q; use one of %q", a.ID, a.NotifyRule, NotifyRules())
	}
	if err := a.Charset.Check(); err != nil {
		return fmt.Errorf("alipaysim: app %s: %w", a.ID, err)
	}
	if !slices.Contains(CertSNRules(), a.CertSNInPushes) {
		return fmt.Errorf("alipaysim: app %s has the unknown CertSNInPushes %q; use one of %q", a.ID, a.CertSNInPushes, CertSNRules())
	}
	if a.Certificates == nil && a.CertSNInPushes != NoCertSN {
		return fmt.Errorf("alipaysim: app %s sends a certificate's number without having one; set Certificates or leave CertSNInPushes empty", a.ID)
	}
	if a.AESKey != nil && len(a.AESKey) != aes.BlockSize {
		return fmt.Errorf("alipaysim: the AESKey of app %s has %d bytes; it needs %d", a.ID, len(a.AESKey), aes.BlockSize)
	}
	if a.EncryptPushes && a.AESKey == nil {
		return fmt.Errorf("alipaysim: app %s encrypts pushes without an AESKey; set one", a.ID)
	}
	for _, pattern := range a.WebSocket {
		if err := glob.Check("WebSocket", pattern); err != nil {
			return fmt.Errorf("alipaysim: app %s: %w", a.ID, err)
		}
	}
	return checkGatewayURL(a.GatewayURL)
}

// checkGatewayURL accepts an empty URL: pushes wait until a receiver has its port.
func checkGatewayURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("alipaysim: gateway URL %q is not an absolute http or https URL", text)
	}
	return nil
}
