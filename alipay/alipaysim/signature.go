package alipaysim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// signType is the only algorithm spoken: SHA256withRSA, PKCS#1 v1.5. What a
// request names is compared with it and never chooses anything.
const signType = "RSA2"

// canonical is the text a signature covers: every parameter with a value,
// except those left out, sorted by name in byte order and joined as name=value
// with & — values raw, neither percent-encoded nor trimmed.
func canonical(params map[string]string, leaveOut ...string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if params[name] == "" || slices.Contains(leaveOut, name) {
			continue
		}
		if text.Len() > 0 {
			text.WriteByte('&')
		}
		text.WriteString(name + "=" + params[name])
	}
	return text.String()
}

// requestText is the signed text of a gateway request: sign_type stays in.
func requestText(params map[string]string) string { return canonical(params, "sign") }

// text is the signed text of a push under the rule.
func (r NotifyRule) text(params map[string]string) string {
	if r == WithoutSignType {
		return canonical(params, "sign", "sign_type")
	}
	return canonical(params, "sign")
}

// sign returns the base64 signature of the text.
func sign(key *rsa.PrivateKey, text string) (string, error) {
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// signatures are those that were made, most of them before they are needed, by the
// digest of their text, so that a burst measures its receiver and not the signer.
type signatures struct {
	mu   sync.Mutex
	made map[[sha256.Size]byte]string
}

// sign returns the app's signature of the text as Alipay makes it: one that was
// made before, or a new one, which the retries will need again.
func (a App) sign(text string) (string, error) {
	if a.ahead == nil {
		return sign(a.AlipayPrivateKey, text)
	}
	sum := sha256.Sum256([]byte(text))
	a.ahead.mu.Lock()
	signature, made := a.ahead.made[sum]
	a.ahead.mu.Unlock()
	if made {
		return signature, nil
	}
	signature, err := sign(a.AlipayPrivateKey, text)
	if err != nil {
		return "", err
	}
	a.ahead.mu.Lock()
	defer a.ahead.mu.Unlock()
	if a.ahead.made == nil || len(a.ahead.made) >= maxBurst {
		a.ahead.made = map[[sha256.Size]byte]string{}
	}
	a.ahead.made[sum] = signature
	return signature, nil
}

// signAhead makes the signatures of the texts, and forgets earlier ones: memory
// holds one burst, and what else is signed until the next.
func (a App) signAhead(texts []string) error {
	made := make(map[[sha256.Size]byte]string, len(texts))
	for _, text := range texts {
		sum := sha256.Sum256([]byte(text))
		if _, twice := made[sum]; twice {
			continue
		}
		signature, err := sign(a.AlipayPrivateKey, text)
		if err != nil {
			return err
		}
		made[sum] = signature
	}
	a.ahead.mu.Lock()
	defer a.ahead.mu.Unlock()
	a.ahead.made = made
	return nil
}

// verify says why a signature does not hold, or nil.
func verify(key *rsa.PublicKey, text, signature string) error {
	// Strict: without it the last character has several spellings.
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil {
		return errors.New("sign is not base64; a + that became a space is the usual cause")
	}
	digest := sha256.Sum256([]byte(text))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], raw); err != nil {
		return fmt.Errorf("sign does not match the text: %w", err)
	}
	return nil
}
