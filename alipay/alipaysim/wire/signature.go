package wire

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
)

// SignType is the only algorithm spoken: SHA256withRSA, PKCS#1 v1.5. What a
// request names is compared with it and never chooses anything.
const SignType = "RSA2"

// Canonical is the text a signature covers: every parameter with a value,
// except those left out, sorted by name in byte order and joined as name=value
// with & — values raw, neither percent-encoded nor trimmed.
func Canonical(params map[string]string, leaveOut ...string) string {
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

// RequestText is the signed text of a gateway request: sign_type stays in, as in some
// notifications and not in others.
func RequestText(params map[string]string) string { return Canonical(params, "sign") }

// Sign returns the base64 signature of the text. There is no chance in PKCS#1 v1.5, so
// the same text has the same signature.
func Sign(key *rsa.PrivateKey, text string) (string, error) {
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// Verify returns why a signature does not hold, in words for the person who made it.
func Verify(key *rsa.PublicKey, text, signature string) error {
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
