package keys

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// decodeBase64 reads base64 without armour. A length that base64 can't have means a cut-off
// copy, while a foreign character means another kind of text.
func decodeBase64(text string) ([]byte, Problem) {
	text = strings.Join(strings.Fields(text), "")
	der, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		return der, noProblem
	}
	if strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") != "" {
		return nil, ProblemNotBase64
	}
	return nil, ProblemTruncated
}

// looksLikeDER distinguishes binary from text by a sequence with a length of more than one
// byte, because valid UTF-8 never begins with it.
func looksLikeDER(text []byte) bool {
	return len(text) > 2 && text[0] == 0x30 && text[1]&0xf0 == 0x80 && !utf8.Valid(text)
}

// looksLikePath distinguishes a file's name from a key, because a path in place of its
// contents is a frequent mistake that deserves its own error. The shortest key is much
// longer, and all begin with "MI", a sequence in base64.
func looksLikePath(text string) bool {
	const longest = 160
	text = strings.TrimSpace(text)
	if len(text) > longest || strings.ContainsAny(text, "\n\"{}<>") || strings.HasPrefix(text, "MI") || strings.HasSuffix(text, "=") {
		return false
	}
	dot := strings.LastIndexByte(text, '.')
	return strings.ContainsAny(text, `/\`) || dot >= 0 && len(text)-dot <= len(".pkcs8") && !strings.HasSuffix(text, ".")
}

var (
	oidSM2   = []byte{0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d}
	oidPBES2 = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d}
)

// explainDER returns the reason why no parser accepted these bytes, because "not a key"
// doesn't help anybody.
func explainDER(der []byte) Problem {
	var whole asn1.RawValue
	rest, err := asn1.Unmarshal(der, &whole)
	switch {
	// A sequence (0x30) that starts well but doesn't reach its own length was cut, so the
	// remedy is another copy.
	case (err != nil || len(rest) > 0) && len(der) > 0 && der[0] == 0x30:
		return ProblemTruncated
	case bytes.Contains(der, oidPBES2):
		return ProblemEncrypted
	case bytes.Contains(der, oidSM2):
		return ProblemDamaged // whole ones are read: see parseSM2
	default:
		return ProblemUnknown
	}
}
