package gateway

import (
	"context"
	"errors"
	"slices"
	"strings"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/internal/wire"
	"miniflow/alipay/keys"
)

// KeyVerdict is what a trial found out about one key. Unseen is a verdict of its own, because
// a trial can end before it needs a key.
type KeyVerdict string

// Both other verdicts make a person act, so neither may be a guess.
const (
	// KeyUnseen means that the trial ended before this key was used, so nothing can be said
	// about it.
	KeyUnseen KeyVerdict = "unseen"
	// KeyHolds means that the key did what it is for, so it is the right one.
	KeyHolds KeyVerdict = "holds"
	// KeyFails means that it is not the key that Alipay has, so it has to be replaced.
	KeyFails KeyVerdict = "fails"
)

// KeyTrial is what one harmless call shows about the keys at both ends, one verdict for each,
// because they are configured and replaced separately.
type KeyTrial struct {
	// Own is about the application's private key and, in certificate mode, the serial numbers
	// of its certificate and of Alipay's roots, because Alipay checks them together.
	Own KeyVerdict
	// Alipays is about the keys that answers are verified with. One that verifies is enough,
	// because several are live during a rotation.
	Alipays KeyVerdict
	// Signer is that key, because during a rotation several are configured; UnknownCertSN is
	// the certificate of the answer when no key belongs to it, so that it can be fetched.
	Signer        keys.PublicKey
	UnknownCertSN string
	// Content is about the content key (AES). It holds only when both sides decrypted,
	// because each has its own copy.
	Content KeyVerdict
	// Err is Alipay's refusal, or the reason why there is no answer. It is nil when Alipay
	// answered the question itself, because then all keys were used.
	Err error
}

// keyTrialToken is not a token. Asking about one that can't exist changes nothing at Alipay.
const keyTrialToken = "miniflow-asks-about-no-token" //nolint:gosec // not a credential, on purpose

// TryKeys makes one harmless signed call, which asks about a token that does not exist, and
// returns what it shows about every key. With a content key the call is encrypted; if Alipay
// refuses that, a second one in the clear follows, so that the other keys are tried too.
func (c *Client) TryKeys(ctx context.Context) KeyTrial {
	if len(c.config.AESKey) == 0 {
		return c.tryKeys(ctx)
	}
	encrypting := *c
	encrypting.config.EncryptType = EncryptAES
	trial := encrypting.tryKeys(ctx)
	if trial.Content != KeyFails {
		return trial
	}
	plain := *c
	plain.config.EncryptType, plain.config.AESKey = "", nil
	again := plain.tryKeys(ctx)
	again.Content, again.Err = KeyFails, errors.Join(trial.Err, again.Err)
	return again
}

func (c *Client) tryKeys(ctx context.Context) KeyTrial {
	trial := KeyTrial{Own: KeyUnseen, Alipays: KeyUnseen, Content: KeyUnseen}
	content, err := contentOf(map[string]any{"app_auth_token": keyTrialToken})
	if err != nil {
		trial.Err = err
		return trial
	}
	request := Request{Method: alipay.MethodTokenQuery, Content: content}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	sent, err := c.newHTTP(ctx, request)
	if err != nil {
		trial.Err = err
		return trial
	}
	got, err := c.send(sent, scrubberOf(request))
	if err != nil {
		trial.Err = unknownResult(request.Method, err)
		return trial
	}
	outer, err := readEnvelope(got.body, responseMember(request.Method))
	if err != nil || got.status >= 300 {
		_, trial.Err = c.interpret(request, got)
		return trial
	}
	trial.verify(c, outer)
	trial.judge(c, request, outer.content)
	return trial
}

// verify sets which key verifies the answer. An answer without a signature shows nothing,
// because the gateway signs no failure that it detects early.
func (t *KeyTrial) verify(c *Client, outer envelope) {
	if outer.sign == "" {
		return
	}
	_, err := c.verified(outer)
	var unknown *UnknownCertificateError
	switch {
	case errors.As(err, &unknown):
		t.Alipays, t.UnknownCertSN = KeyFails, unknown.SN
		return
	case err != nil:
		t.Alipays = KeyFails
		return
	}
	t.Alipays = KeyHolds
	for _, key := range c.config.AlipayKey(outer.certSN) {
		one := *c
		one.config.AlipayKey = func(string) []keys.PublicKey { return []keys.PublicKey{key} }
		if _, err := one.verified(outer); err == nil {
			t.Signer = key
		}
	}
}

// judge reads the answer even where its signature does not hold: it came over TLS, and its
// only use is a report to a person.
func (t *KeyTrial) judge(c *Client, request Request, content []byte) {
	if content[0] == '"' {
		var err error
		if content, err = decryptAnswer(c.config.AESKey, content); err != nil {
			t.Content, t.Err = KeyFails, unknownResult(request.Method, err)
			return
		}
		t.Own, t.Content = KeyHolds, KeyHolds // Alipay read the call and encrypted its answer, so both keys are right
	}
	read, err := wire.ReadObject(content)
	if err != nil {
		t.Err = unknownResult(request.Method, err)
		return
	}
	refused := refusedByAlipay(request, read.Text("code"), read)
	if refused.Code == codes.CodeSuccess || refused.Code == codes.CodeBusinessFailed {
		t.Own = KeyHolds // Alipay answered the question, so it accepted the signature
		if refused.SubCode != "APP_NOT_ISV" {
			return
		}
	}
	t.Err = refused
	switch {
	case slices.Contains(ownKeyCodes(), refused.SubCode):
		t.Own = KeyFails
	case strings.HasPrefix(refused.SubCode, "isv.decryption-error"):
		t.Content = KeyFails
	}
}

// ownKeyCodes are those of a key that Alipay does not know, and of one of another algorithm than the
// console has.
func ownKeyCodes() []string {
	return []string{"isv.invalid-signature", "isv.invalid-signature-type", "isv.missing-signature-config", "isv.app-cert-expired"}
}
