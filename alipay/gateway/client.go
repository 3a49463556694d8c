package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/keys"
)

// EndpointProduction is the default, so that a configuration names an address only for the
// sandbox or a proxy.
const EndpointProduction = "https://openapi.alipay.com/gateway.do"

// Bounds of one call: its time, and how much of an answer is read. Alipay publishes no times,
// so they follow its own libraries, which wait 5 to 30 seconds.
const (
	DefaultTimeout       = 10 * time.Second
	DefaultUploadTimeout = 60 * time.Second
	maxAnswer            = 4 << 20
)

// Config is what a Client needs to call the gateway for one third-party application. It
// contains no token: a client serves every merchant, and a token stored here could be sent
// with another merchant's call.
type Config struct {
	// AppID is the third-party application's id. The keys below belong to it, so a client
	// serves one app.
	AppID string
	// Endpoint is the gateway's URL; empty means EndpointProduction. Plain http is refused
	// beyond loopback unless AllowPlainHTTP is set, because calls carry tokens.
	Endpoint       string
	AllowPlainHTTP bool
	// PrivateKey is the application's own key, SM2 or RSA of 2048 bits or more. Every call is
	// signed with it, and its algorithm is the one that answers have to be signed with.
	PrivateKey keys.PrivateKey
	// AlipayKey returns the keys that answers are verified with. certSN is the alipay_cert_sn
	// of the answer, empty in public-key mode; an empty result means that the certificate is
	// unknown. It must be safe for concurrent use and must not block.
	AlipayKey func(certSN string) []keys.PublicKey
	// AppCertSN and AlipayRootCertSN enable certificate mode; set both or neither, because
	// Alipay refuses one without the other.
	AppCertSN, AlipayRootCertSN string
	// AESKey is the content key, 16 bytes. It decrypts answers whatever EncryptType is,
	// because Alipay may encrypt them unasked. Optional.
	AESKey []byte
	// EncryptType, if [EncryptAES], encrypts the biz_content of every call, as the
	// encryptType of the official Java client does; Alipay then encrypts its answers. Empty
	// sends contents in the clear: Alipay accepts both from an app that has a key. A call
	// with a token is encrypted under the same AESKey, so leave this empty where merchants'
	// mini programs have content keys of their own (alipay.open.auth.app.aes.set).
	EncryptType string
	// HTTP sends the calls; nil means a client with pooled connections. It is copied, and the
	// copy neither follows redirects nor keeps cookies, because either could carry a token to
	// another address.
	HTTP *http.Client
	// Now is the clock of the timestamp parameter; nil means time.Now. Alipay refuses a
	// timestamp that is far off, so tests fix it.
	Now func() time.Time
	// Limiter delays calls; nil means a [Budget] of DefaultRate calls a second that this process has
	// to itself. Alipay counts the calls of all processes of an application together.
	Limiter Limiter
	// Timeout and UploadTimeout bound one call without and with files, which take longer;
	// zero means the defaults.
	Timeout, UploadTimeout time.Duration
	// QuestionsOnly keeps every call that is no question (see alipay.Questions) from being signed and
	// sent, because another system acts for the application; ActiveMerchants are those for whom
	// this one acts already, see [ForMerchant].
	QuestionsOnly   bool
	ActiveMerchants []string
	// Observe, if set, is called after every call that was sent, so that logs and metrics
	// need no wrapper around each method.
	Observe func(context.Context, Exchange)
	// Compare, if set, is called with every answer whose signature held and every refusal, so that
	// what Alipay does is compared with what is known of it. It must not block.
	Compare func(Answer)
}

// Exchange is what logs and metrics may contain about one call, so nothing in it is secret or
// personal.
type Exchange struct {
	Method   string
	TraceID  string
	Status   int
	Duration time.Duration
	Err      error
}

// Client calls Alipay's gateway (protocol v2) for one application and verifies every answer.
// It is safe for concurrent use and makes exactly one HTTP request for each call, because
// only the caller knows whether repeating is harmless, and decides by the Class of the error.
type Client struct {
	config   Config
	endpoint *url.URL
	http     *http.Client
}

// NewClient checks the configuration and returns a client. It sends nothing. The error names
// every wrong field, so that an operator corrects them in one go.
func NewClient(config Config) (*Client, error) {
	if config.Endpoint == "" {
		config.Endpoint = EndpointProduction
	}
	endpoint, endpointErr := parseEndpoint(config.Endpoint, config.AllowPlainHTTP)
	if err := errors.Join(endpointErr, config.check()); err != nil {
		return nil, fmt.Errorf("gateway client of app %q: %w", config.AppID, err)
	}
	config.fillDefaults()
	return &Client{config: config, endpoint: endpoint, http: hardened(config.HTTP)}, nil
}

func (c Config) check() error {
	var wrong []error
	if c.AppID == "" {
		wrong = append(wrong, errors.New("AppID is empty: give the third-party application's id"))
	}
	switch {
	case c.PrivateKey == nil:
		wrong = append(wrong, errors.New("PrivateKey is missing: give the application's private key"))
	case c.signType() == "":
		wrong = append(wrong, errors.New("PrivateKey is of no algorithm of Alipay's: give one of RSA or SM2"))
	case c.signType() == keys.RSA2 && keys.Bits(keys.PublicOf(c.PrivateKey)) < alipay.MinKeyBits:
		wrong = append(wrong, fmt.Errorf("PrivateKey has %d bits: RSA2 needs %d or more, make a new key", keys.Bits(keys.PublicOf(c.PrivateKey)), alipay.MinKeyBits))
	}
	if c.AlipayKey == nil {
		wrong = append(wrong, errors.New("AlipayKey is missing: answers can't be verified without Alipay's public key"))
	}
	if c.AlipayKey != nil && c.PrivateKey != nil {
		if err := keys.CheckPair(keys.PublicOf(c.PrivateKey), c.AlipayKey("")...); err != nil {
			wrong = append(wrong, err)
		}
	}
	if (c.AppCertSN == "") != (c.AlipayRootCertSN == "") {
		wrong = append(wrong, errors.New("AppCertSN and AlipayRootCertSN belong together: give both (certificate mode) or none (public-key mode)"))
	}
	if n := len(c.AESKey); n != 0 && n != 16 && n != 24 && n != 32 {
		wrong = append(wrong, keys.ErrAESKey)
	}
	if err := c.checkEncryption(); err != nil {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// signType is the algorithm of both directions, which the console sets for an app (接口加签方式).
func (c Config) signType() keys.SignType { return keys.SignTypeOf(keys.PublicOf(c.PrivateKey)) }

func (c Config) checkEncryption() error {
	switch {
	case c.EncryptType != "" && c.EncryptType != EncryptAES:
		return errors.New("EncryptType is unknown: use AES, or leave it empty to send contents in the clear")
	case c.EncryptType != "" && len(c.AESKey) == 0:
		return errors.New("EncryptType needs the AESKey: give the content key (接口内容加密) that the console shows")
	}
	return nil
}

func (c *Config) fillDefaults() {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Limiter == nil {
		c.Limiter = NewBudget(DefaultRate)
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.UploadTimeout <= 0 {
		c.UploadTimeout = DefaultUploadTimeout
	}
}

// parseEndpoint accepts the address of a gateway, but nothing that could carry parameters or
// credentials of its own.
func parseEndpoint(address string, allowPlain bool) (*url.URL, error) {
	endpoint, err := url.Parse(address)
	switch {
	case err != nil, endpoint.Host == "", endpoint.Opaque != "":
		return nil, errors.New("the endpoint is not a URL: give one like " + EndpointProduction)
	case endpoint.User != nil, endpoint.RawQuery != "", endpoint.Fragment != "":
		return nil, errors.New("the endpoint has a user, a query or a fragment: give the bare address, like " + EndpointProduction)
	case endpoint.Scheme == "https", endpoint.Scheme == "http" && (allowPlain || isLoopback(endpoint.Hostname())):
		return endpoint, nil
	default:
		return nil, errors.New("the endpoint is not https: tokens would travel in the clear; plain http is for loopback, or set AllowPlainHTTP for a private network")
	}
}

func isLoopback(host string) bool {
	address := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || address != nil && address.IsLoopback()
}

// hardened copies a client, or makes one, that sends nothing to an address that was not
// configured: no redirects, no cookies. It sets no timeout, because the context of each call
// has one.
func hardened(given *http.Client) *http.Client {
	var safe http.Client
	if given != nil {
		safe = *given
	} else if transport, isTransport := http.DefaultTransport.(*http.Transport); isTransport {
		pooled := transport.Clone()
		pooled.MaxIdleConnsPerHost = 32 // the default of 2 would open a new connection for most calls
		pooled.MaxResponseHeaderBytes = 64 << 10
		safe.Transport = pooled
	}
	safe.Jar = nil
	safe.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &safe
}
