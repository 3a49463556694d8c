package alipaysim

import (
	"cmp"
	"context"
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Limits of the real platform, or of the simulator where none is published.
const (
	// defaultTimestampWindow is how far a request's timestamp may be from the
	// gateway's clock. The width is not published; skews of ten minutes work.
	defaultTimestampWindow = 15 * time.Minute
	// pushTimeout is the only receiver time-out ever seen in a trace.
	pushTimeout = 16 * time.Second
	// pushWorkers bounds how many deliveries are in the air at once.
	pushWorkers = 64
	// channelWindow is how many messages may wait for their acknowledgement: more
	// than the 410 after which the official client drops what comes.
	channelWindow = 1024
	// defaultAckTimeout and defaultLinkTokenLife are guesses: neither is
	// published.
	defaultAckTimeout    = 10 * time.Second
	defaultLinkTokenLife = time.Minute
	// minKeyBits is what RSA2 asks for.
	minKeyBits = 2048
)

// Config says what a Simulator is made of. Only Path and Apps are needed.
type Config struct {
	// Path is the bbolt file that holds everything the simulator knows and owes.
	// It is created when missing and locked while open.
	Path string
	// Apps are the third-party applications (三方应用) the gateway knows.
	Apps []App
	// Speed divides every delay: rules, retries, build and audit times. Zero is
	// 1, real time. Faults and time-outs are about the network and keep their
	// length.
	Speed float64
	// Retries are the pauses after each failed delivery, counted from that
	// failure. Nil is FromRetries.
	Retries []time.Duration
	// TimestampWindow is how far a request's timestamp may be off, both ways.
	// Zero is 15 minutes. Speed does not divide it.
	TimestampWindow time.Duration
	// Now is the clock. Nil is time.Now.
	Now func() time.Time
	// Rand is where ids, tokens and chances come from; it must not end. Nil is
	// crypto/rand; a seeded reader makes a run repeatable.
	Rand io.Reader
	// Logger gets one line per push that was given up and per fault that
	// struck. Nil discards.
	Logger *slog.Logger
	// AckTimeout is how long a message over the long connection waits for its
	// acknowledgement before it counts as failed. Zero is 10 s; no length is
	// published. Speed does not divide it.
	AckTimeout time.Duration
	// LinkTokenLife is how long a link_token of the long connection can be used.
	// Zero is one minute; no length is published. Speed does not divide it.
	LinkTokenLife time.Duration
	// HTTP delivers the pushes. Nil is a client with a 16 s time-out that
	// follows no redirects and uses no proxy. With InProcess as its transport the
	// pushes go to a handler of the same process.
	HTTP *http.Client
	// Wait is how an answer is held back that a fault makes slow: it returns after
	// the length, or when ctx ends, as it does when the caller has left. Nil waits
	// in real time. A test that owns the clock lets its time pass here, and may do
	// anything else that has to fall between a call and its answer.
	Wait func(ctx context.Context, length time.Duration)
	// Strike is asked about every verified call before the faults of the
	// management API are: the fault it returns strikes this one call. Call names
	// the app, the method, the key and the moment. Nil strikes nothing.
	Strike func(Call) (Fault, bool)
	// Misbehaviour has pushes come twice, late or in another order and answers take
	// long, now and then (DefaultMisbehaviour); nil is a simulator with good
	// manners. The management API changes it until the next start.
	Misbehaviour *Misbehaviour
	// Volatile leaves out the fsyncs: what a crash of the process spares, a crash
	// of the machine may take. It is for tests that open thousands.
	Volatile bool
}

// App is one third-party application: two key pairs' public and private halves
// as Alipay's side sees them, and how its notifications look.
type App struct {
	// ID is the app_id.
	ID string
	// AppPublicKey verifies the app's requests.
	AppPublicKey *rsa.PublicKey
	// AlipayPrivateKey signs answers and pushes.
	AlipayPrivateKey *rsa.PrivateKey
	// GatewayURL is the application gateway (应用网关), where pushes go. It is
	// kept in memory only. While empty, pushes are owed and wait.
	GatewayURL string
	// NotifyRule says whether sign_type is part of a push's signed text; real
	// messages come both ways. Empty is WithSignType.
	NotifyRule NotifyRule
	// Charset of the pushes over HTTP: CharsetUTF8, CharsetGBK or CharsetGB18030.
	// Empty is UTF-8. On the long connection the client chooses.
	Charset Charset
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
	// ahead holds signatures that were made before they are needed.
	ahead *signatures
}

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

// FromRetries are the pauses of messages to the application gateway: with the
// immediate one, eight deliveries within 24 h 22 min.
func FromRetries() []time.Duration {
	return []time.Duration{2 * time.Minute, 10 * time.Minute, 10 * time.Minute,
		time.Hour, 2 * time.Hour, 6 * time.Hour, 15 * time.Hour}
}

// TradeRetries are the pauses of payment notifications, which begin with four
// minutes.
func TradeRetries() []time.Duration {
	return append([]time.Duration{4 * time.Minute}, FromRetries()[1:]...)
}

// withDefaults returns the configuration with every zero value replaced, or
// what is wrong with it.
func (c Config) withDefaults() (Config, error) {
	if c.Path == "" {
		return c, errors.New("alipaysim: Config.Path is empty; name the file that holds the simulator's state")
	}
	if c.Speed < 0 {
		return c, fmt.Errorf("alipaysim: Config.Speed is %g; use a number above 0 (1 is real time)", c.Speed)
	}
	if c.AckTimeout < 0 || c.LinkTokenLife < 0 {
		return c, errors.New("alipaysim: Config.AckTimeout or LinkTokenLife is negative; use a length, or 0 for the default")
	}
	if c.Speed == 0 {
		c.Speed = 1
	}
	if c.Retries == nil {
		c.Retries = FromRetries()
	}
	if c.TimestampWindow == 0 {
		c.TimestampWindow = defaultTimestampWindow
	}
	if c.AckTimeout == 0 {
		c.AckTimeout = defaultAckTimeout
	}
	if c.LinkTokenLife == 0 {
		c.LinkTokenLife = defaultLinkTokenLife
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.HTTP == nil {
		c.HTTP = newPushClient()
	}
	if c.Wait == nil {
		c.Wait = waitInRealTime
	}
	return c, nil
}

// waitInRealTime waits for a length or the end of the context.
func waitInRealTime(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// newPushClient is Alipay's sender: patient, and deaf to redirects.
func newPushClient() *http.Client {
	return &http.Client{
		Timeout:       pushTimeout,
		Transport:     &http.Transport{MaxIdleConnsPerHost: pushWorkers, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// checked returns the app with its defaults, or what is wrong with it.
func (a App) checked() (App, error) {
	if a.ID == "" {
		return a, errors.New("alipaysim: an App has no ID; give it the app_id of the third-party application")
	}
	if a.Certificates != nil {
		a.AlipayPrivateKey = a.Certificates.current().key
		a.AppPublicKey, _ = a.Certificates.app.PublicKey.(*rsa.PublicKey) // nil is refused below
	}
	if a.AppPublicKey == nil || a.AlipayPrivateKey == nil {
		return a, fmt.Errorf("alipaysim: app %s lacks a key; fill AppPublicKey and AlipayPrivateKey (GenerateKeys makes them, LoadApp reads them)", a.ID)
	}
	if a.AppPublicKey.N.BitLen() < minKeyBits || a.AlipayPrivateKey.N.BitLen() < minKeyBits {
		return a, fmt.Errorf("alipaysim: app %s has a key below %d bits; RSA2 needs at least that", a.ID, minKeyBits)
	}
	a.ahead = &signatures{}
	a.NotifyRule = cmp.Or(a.NotifyRule, WithSignType)
	a.Charset = cmp.Or(a.Charset, CharsetUTF8)
	a.CertSNInPushes = cmp.Or(a.CertSNInPushes, NoCertSN)
	return a, a.checkPushes()
}

// checkPushes says what is wrong with how the app wants its pushes.
func (a App) checkPushes() error {
	if !slices.Contains(NotifyRules(), a.NotifyRule) {
		return fmt.Errorf("alipaysim: app %s has the unknown NotifyRule %q; use one of %q", a.ID, a.NotifyRule, NotifyRules())
	}
	if _, err := a.Charset.encoding(); err != nil {
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
	for _, glob := range a.WebSocket {
		if err := checkGlob("WebSocket", glob); err != nil {
			return fmt.Errorf("alipaysim: app %s: %w", a.ID, err)
		}
	}
	return checkGatewayURL(a.GatewayURL)
}

// checkGatewayURL accepts an absolute http(s) URL, or none.
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
