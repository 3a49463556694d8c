package notify_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // sign_type RSA is SHA-1, and has to be refused or taken
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// The apps and keys of these tests. Making a key takes a moment, so each is made once, when
// the first test needs it.
const (
	thirdPartyApp = "2021000000000001"
	merchantApp   = "2021000000000002"
)

var (
	AlipayKey      = sync.OnceValue(newKey)
	nextAlipayKey  = sync.OnceValue(newKey)
	ApplicationKey = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// push is a notification as Alipay's side makes it, implemented once more here so that the
// tests don't check the package against itself.
type push struct {
	params   map[string]string
	key      *rsa.PrivateKey
	signType bool // sign over sign_type too
	drop     func(name, value string) bool
	sha1     bool
	by       func(text string) string // who signs instead of key
}

// newPush returns the smallest message of the standard layout.
func newPush(with ...string) push {
	p := push{key: AlipayKey(), params: map[string]string{
		"app_id": thirdPartyApp, "charset": "UTF-8", "notify_id": "2026112100262110001",
		"msg_method": alipay.MessageVersionAuditPassed, "utc_timestamp": "1795280000000",
		"version": "1.1", "sign_type": "RSA2", "biz_content": `{"mini_app_id":"2021000000000009"}`,
	}}
	return p.with(with...)
}

// with returns a copy in which name, value, name, value … are set.
func (p push) with(pairs ...string) push {
	p.params = maps.Clone(p.params)
	for i := 0; i < len(pairs); i += 2 {
		p.params[pairs[i]] = pairs[i+1]
	}
	return p
}

// without returns a copy that lacks some parameters.
func (p push) without(names ...string) push {
	p.params = maps.Clone(p.params)
	for _, name := range names {
		delete(p.params, name)
	}
	return p
}

// text returns the signed text.
func (p push) text() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(p.params)) {
		value := p.params[name]
		if name == "sign" || name == "sign_type" && !p.signType || p.drop != nil && p.drop(name, value) {
			continue
		}
		parts = append(parts, name+"="+value)
	}
	return strings.Join(parts, "&")
}

// sign returns the base64 of the signature.
func (p push) sign() string {
	if p.by != nil {
		return p.by(p.text())
	}
	hash, digest := crypto.SHA256, make([]byte, 0, 32)
	if p.sha1 {
		sum := sha1.Sum([]byte(p.text())) //nolint:gosec // see import
		hash, digest = crypto.SHA1, sum[:]
	} else {
		sum := sha256.Sum256([]byte(p.text()))
		digest = append(digest, sum[:]...)
	}
	signature, err := rsa.SignPKCS1v15(nil, p.key, hash, digest)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// body returns the signed form body.
func (p push) body() string { return formBody(p.with("sign", p.sign()).params) }

// formBody returns a form, in the reverse of the signed order, because order must not matter.
func formBody(params map[string]string) string {
	var parts []string
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(params))) {
		parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(params[name]))
	}
	return strings.Join(parts, "&")
}

// thirdParty returns the configuration that most tests use.
func thirdParty() notify.App {
	return notify.App{ID: thirdPartyApp, AlipayKeys: []keys.AlipayKey{{Public: &AlipayKey().PublicKey}}}
}

// mustVerifier returns a verifier of apps that are known to be valid.
func mustVerifier(tb testing.TB, apps ...notify.App) *notify.Verifier {
	tb.Helper()
	if len(apps) == 0 {
		apps = []notify.App{thirdParty()}
	}
	v, err := notify.NewVerifier(apps)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// mustRead verifies a body that has to be accepted.
func mustRead(tb testing.TB, v *notify.Verifier, body string) *notify.Notification {
	tb.Helper()
	n, err := v.Notification([]byte(body))
	if err != nil {
		tb.Fatalf("a genuine message was refused: %v", err)
	}
	return n
}

// mustRefuse verifies a body that must be refused, and checks that nothing comes with the
// refusal.
func mustRefuse(tb testing.TB, v *notify.Verifier, body string, reason notify.Reason) notify.Refusal {
	tb.Helper()
	n, err := v.Notification([]byte(body))
	var refusal *notify.Refusal
	if !errors.As(err, &refusal) {
		tb.Fatalf("got error %v, want a refusal (%s)", err, reason)
	}
	if n != nil {
		tb.Fatalf("a refused message came back all the same: %v", n)
	}
	if refusal.Reason != reason {
		tb.Fatalf("refused as %s, want %s", refusal.Reason, reason)
	}
	return *refusal
}
