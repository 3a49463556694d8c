package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

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

// RequestText is the signed text of a gateway request: sign_type stays in, where
// notifications may leave it out.
func RequestText(params map[string]string) string { return Canonical(params, "sign") }

// Sign takes the text as bytes of its charset already. The same text has the same signature
// each time with RSA, and another each time with SM2.
func Sign(key PrivateKey, text string) (string, error) {
	signature, err := signBytes(key, []byte(text))
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// Verify has an error for what is not base64 and another for what does not match,
// because they have different causes: a + read as a space, or another key or text.
func Verify(key PublicKey, text, signature string) error {
	// Strict: without it the last character has several spellings.
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil {
		return errors.New("sign is not base64; a + that became a space is the usual cause")
	}
	if err := verifyBytes(key, []byte(text), raw); err != nil {
		return fmt.Errorf("sign does not match the text: %w", err)
	}
	return nil
}
