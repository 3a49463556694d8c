package gateway

import (
	"context"
	"crypto/rsa"
	"errors"
	"slices"
	"strings"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/internal/wire"
)

// KeyVerdict is what a trial showed of one key.
type KeyVerdict string

// The verdicts.
const (
	// KeyUnseen : nothing was learnt about it.
	KeyUnseen KeyVerdict = "unseen"
	// KeyHolds : it did what it is for.
	KeyHolds KeyVerdict = "holds"
	// KeyFails : it is not the key that Alipay has.
	KeyFails KeyVerdict = "fails"
)

// KeyVerdicts lists every verdict.
func KeyVerdicts() []KeyVerdict { return []KeyVerdict{KeyUnseen, KeyHolds, KeyFails} }

// KeyTrial is what one harmless call showed of the keys at both ends.
type KeyTrial struct {
	// Own is the application's private key and, in certificate mode, the serial
	// numbers of its certificate and of Alipay's roots: Alipay took the signature.
	Own KeyVerdict
	// Alipays are the keys that answers are verified with: one of them verified it.
	Alipays KeyVerdict
	// Signer is the key that did; UnknownCertSN is the certificate that none of them is of.
	Signer        *rsa.PublicKey
	UnknownCertSN string
	// Content is the content key (AES): Alipay opened the call and this end the answer.
	Content KeyVerdict
	// Err is what Alipay refused, or why there is no answer. It is nil when the call
	// came as far as the question that it asks.
	Err error
}

// keyTrialToken is no token: the trial asks about it and changes nothing.
const keyTrialToken = "miniflow-asks-about-no-token" //nolint:gosec // not a credential, on purpose

// TryKeys makes one harmless signed call, which asks about a token that does not
// exist, and tells what that shows of every key. With a content key the call is
// encrypted; if Alipay refuses that, a second one in the clear shows the others.
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
		_, trial.Err = c.interpret(request, got) // says which
		return trial
	}
	trial.verify(c, outer)
	trial.judge(c, request, outer.content)
	return trial
}

// verify looks with which key the answer verifies. An answer without a signature
// shows nothing.
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
		one.config.AlipayKey = func(string) []*rsa.PublicKey { return []*rsa.PublicKey{key} }
		if _, err := one.verified(outer); err == nil {
			t.Signer = key
		}
	}
}

// judge reads what the answer says, also where its signature does not hold: it came
// over TLS, and nothing is done by it but to tell a person.
func (t *KeyTrial) judge(c *Client, request Request, content []byte) {
	if content[0] == '"' {
		var err error
		if content, err = decryptAnswer(c.config.AESKey, content); err != nil {
			t.Content, t.Err = KeyFails, unknownResult(request.Method, err)
			return
		}
		t.Own, t.Content = KeyHolds, KeyHolds // Alipay read the call, and encrypts for nobody else
	}
	read, err := wire.ReadObject(content)
	if err != nil {
		t.Err = unknownResult(request.Method, err)
		return
	}
	refused := refusedByAlipay(request, read.Text("code"), read)
	if refused.Code == codes.CodeSuccess || refused.Code == codes.CodeBusinessFailed {
		t.Own = KeyHolds // it was let in, and the question answered
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

// ownKeyCodes are what a wrong signature, certificate or mode is refused with.
func ownKeyCodes() []string {
	return []string{"isv.invalid-signature", "isv.missing-signature-config", "isv.app-cert-expired"}
}
