package config

import (
	"strings"
	"time"

	"miniflow/order"
	"miniflow/words"
)

// App is one third-party application of the ISV, with everything that may differ between two
// of them, since each has its own entry in Alipay's console.
type App struct {
	// ID is the app's APPID in the Alipay console. Required, because messages and calls carry
	// it.
	ID string `yaml:"app_id"`
	// Environment is production or sandbox, and determines the addresses of the gateway and of
	// the long connection, so that they always belong together. Required, unless Endpoint is
	// set.
	Environment Environment `yaml:"environment"`
	// Endpoint is a gateway URL instead of an environment's: a simulator, or a proxy in front
	// of Alipay. https, unless it is on loopback.
	Endpoint string `yaml:"endpoint"`
	// ChannelEndpoint is the base URL of the long connection when Endpoint is set, because it
	// can't be derived from that.
	ChannelEndpoint string `yaml:"channel_endpoint"`

	// PrivateKey is the application private key (应用私钥), PEM, bare base64 or DER. Required,
	// because it signs everything that Miniflow sends.
	PrivateKey     Secret `yaml:"private_key"`
	PrivateKeyFile string `yaml:"private_key_file"`
	// AlipayPublicKeys are the Alipay public keys (支付宝公钥) that verify what Alipay sends: the
	// current one and, during a rotation, the next, so that no message is lost. Required in
	// key mode.
	AlipayPublicKeys []PublicKey `yaml:"alipay_public_keys"`
	// Certificates are what certificate mode (公钥证书) needs instead of AlipayPublicKeys; an app
	// in the console is in one of the modes.
	Certificates Certificates `yaml:"certificates"`
	// Former are the keys of Alipay's from before the app's signing method (接口加签方式) was changed in
	// the console, so that a message that was signed then and comes late is not lost. Optional.
	Former Former `yaml:"former"`
	// SignTypes are the signature types accepted from Alipay. By default the private key decides,
	// RSA2 or SM2 (国密); RSA (SHA-1) beside RSA2 is for apps that still use it in the console. RSA2
	// or SM2 is always required among them, because answers are signed with it.
	SignTypes []string `yaml:"sign_types"`
	// AESKey is the content encryption key (接口内容加密) of the console, base64 of 16
	// bytes. Without it encrypted notifications can't be read.
	AESKey     Secret `yaml:"aes_key"`
	AESKeyFile string `yaml:"aes_key_file"`
	// EncryptType is AES to encrypt calls to Alipay too, with the AES key. By default
	// contents are not encrypted again, because TLS already protects them.
	EncryptType string `yaml:"encrypt_type"`

	// Mode is active, or observe: another system acts for the app, Miniflow asks Alipay and
	// changes nothing there, and orders follow what the other system does. Default active.
	Mode order.Mode `yaml:"mode"`
	// ActiveMerchants are the merchants for whose orders an app that is observed acts already, by
	// the orders' merchant_ref. An active app acts for every merchant.
	ActiveMerchants []string `yaml:"active_merchants"`

	// Channel is how messages arrive: http or websocket. The HTTP endpoint stays open in both
	// cases, since authorisations arrive only there. Default http.
	Channel Channel `yaml:"channel"`
	// ChannelCharset is the encoding of the long connection's frames: UTF-8 or GBK. Default
	// UTF-8, because Alipay follows what the client registers.
	ChannelCharset Charset `yaml:"channel_charset"`
	// SDKVersion is the sdk_version that the long connection registers with, a free text.
	// Default miniflow; it can be set because Alipay may one day require an official SDK's.
	SDKVersion string `yaml:"sdk_version"`
	// MerchantAppIDs are further app ids that notifications for this app may carry: a
	// merchant's own, signed for the provider all the same.
	MerchantAppIDs []string `yaml:"merchant_app_ids"`
	// RedirectURI is where Alipay sends a merchant after the authorisation link (应用授权回调地址).
	// Without it orders have no such link, because the address is part of it.
	RedirectURI string `yaml:"redirect_uri"`
	// Language is what the app's events and its pages in the Temporal UI are written in, en or zh-CN;
	// zh-CN has Beijing time with it. Default en. Orders keep the one that they began with.
	Language words.Language `yaml:"language"`
	// Webhook is the ISV's backend that receives events, so that it need not poll. Optional.
	Webhook Webhook `yaml:"webhook"`
	// Forward passes on messages that belong to no order, because the ISV's own systems may
	// want them. Optional: without it such messages wait for schedules.forward_for and become
	// dead letters then.
	Forward Forward `yaml:"forward"`
	// Robots are those of groups that are told what needs a person. Optional.
	Robots []Robot `yaml:"robots"`
}

// Environment is one of Alipay's environments, so that an operator needs no addresses.
type Environment string

const (
	// Production is openapi.alipay.com, where real merchants are.
	Production Environment = "production"
	// Sandbox is openapi-sandbox.dl.alipaydev.com. It has keys and ids of its own, so those
	// of production fail there.
	Sandbox Environment = "sandbox"
)

// Environments returns every environment, so that an error can list them.
func Environments() []Environment { return []Environment{Production, Sandbox} }

// PublicKey is one Alipay public key, PEM, bare base64 or DER, because the console and tools
// differ in the form.
type PublicKey struct {
	Key     string `yaml:"key"`
	KeyFile string `yaml:"key_file"`
}

// Certificates are the three downloads of certificate mode, as PEM or DER. All are needed,
// because calls carry the numbers of two, and the third verifies.
type Certificates struct {
	// App is appCertPublicKey_….crt. It is needed because every call carries its number.
	App     string `yaml:"app"`
	AppFile string `yaml:"app_file"`
	// Alipay are alipayCertPublicKey_RSA2.crt, the current one and the next, so that a
	// renewal loses no message.
	Alipay []Certificate `yaml:"alipay"`
	// Root is alipayRootCert.crt, the bundle, because every other certificate of Alipay is
	// proven by it.
	Root     string `yaml:"root"`
	RootFile string `yaml:"root_file"`
}

// Certificate is one certificate as PEM or DER, together with its issuer's, because the
// bundle holds only roots.
type Certificate struct {
	Cert     string `yaml:"cert"`
	CertFile string `yaml:"cert_file"`
}

// Former are what verified Alipay's messages before the signing method was changed: keys or
// certificates, whichever mode the app was in. Answers to calls are never verified with them.
type Former struct {
	AlipayPublicKeys []PublicKey   `yaml:"alipay_public_keys"`
	Alipay           []Certificate `yaml:"alipay"`
	// Until is when they are accepted no more, in RFC 3339. Required, because a former method that
	// is accepted for ever is the weaker one for whoever forges.
	Until string `yaml:"until"`
}

// Enabled reports whether there is anything of a former signing method.
func (f Former) Enabled() bool {
	return len(f.AlipayPublicKeys) > 0 || len(f.Alipay) > 0 || f.Until != ""
}

// Ends returns until when they count, the zero time when that can't be read.
func (f Former) Ends() time.Time {
	ends, _ := time.Parse(time.RFC3339, f.Until)
	return ends
}

// Webhook is the target of events, signed by the Standard Webhooks scheme, so that existing
// libraries verify them.
type Webhook struct {
	URL string `yaml:"url"`
	// Secrets sign events: one, or several during a rotation, so that either verifies.
	// "whsec_" and the base64 of 24 to 64 bytes.
	Secrets []WebhookSecret `yaml:"secrets"`
	// Events are the types of events that are told. Default all, because a backend that ignores
	// one loses less than one that was never told.
	Events []string `yaml:"events"`
	// PostsPerSecond is how fast the backend is told. Default 20: more orders than that change
	// only when many are begun at once, and then it is the backend that has to keep up.
	PostsPerSecond float64 `yaml:"posts_per_second"`
}

// WebhookSecret is a type of its own, so that each secret can come from a file.
type WebhookSecret struct {
	Secret     Secret `yaml:"secret"`
	SecretFile string `yaml:"secret_file"`
}

// Forward is which messages are passed on, and in which form, because an ISV may have a
// handler for them already.
type Forward struct {
	// URL is the target. A target inside a private network has to be listed under
	// files.allow, because all outbound calls pass the same guard.
	URL string `yaml:"url"`
	// Format is event (signed JSON, with the webhook's secrets) or raw (the bytes that Alipay
	// signed, so that an existing handler can verify them and answer success). Default event.
	// Trade notifications carry these bytes in an event too.
	Format string `yaml:"format"`
	// Scope is unrouted (messages without an order) or all: additionally a copy of every
	// message at once, so that Miniflow can be tried in parallel to an old handler. Default
	// unrouted.
	Scope string `yaml:"scope"`
}

// Enabled reports whether certificate mode is configured, even in part, so that a
// half-configured one is an error and not key mode.
func (c Certificates) Enabled() bool {
	return c.App != "" || c.AppFile != "" || c.Root != "" || c.RootFile != "" || len(c.Alipay) > 0
}

// GatewayURL returns the address for calls to Alipay; an Endpoint takes precedence, because
// it is a proxy or a simulator.
func (a App) GatewayURL() string {
	switch {
	case a.Endpoint != "":
		return a.Endpoint
	case a.Environment == Sandbox:
		return "https://openapi-sandbox.dl.alipaydev.com/gateway.do"
	default:
		return "https://openapi.alipay.com/gateway.do"
	}
}

// ChannelURL returns the base of the long connection, to which /websocket/register.do and
// /websocket are appended; empty when Endpoint is set and ChannelEndpoint is not, because a
// proxy's address can't be guessed.
func (a App) ChannelURL() string {
	switch {
	case a.ChannelEndpoint != "" || a.Endpoint != "":
		return strings.TrimSuffix(a.ChannelEndpoint, "/")
	case a.Environment == Sandbox:
		return "https://openchannel-sandbox.dl.alipaydev.com"
	default:
		return "https://openchannel.alipay.com"
	}
}

func (a App) entry() string { return a.ID }
