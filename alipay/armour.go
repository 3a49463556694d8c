package alipay

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

// readKeyText turns a key or certificate text, in any of the forms that users
// paste, into what it holds: a key, a certificate or a certificate request.
func readKeyText(text string) (any, KeyProblem) {
	der, problem := readArmour(text)
	if problem != noProblem {
		return nil, problem
	}
	if len(der) > maxKeyDER {
		return nil, ProblemTooLong
	}
	found := parseKeyDER(der)
	if found == nil {
		return nil, explainDER(der)
	}
	return found, noProblem
}

// readArmour gives the DER bytes of the first PEM block, or of bare base64.
// Text before the armour is skipped, as openssl does; so are a byte order mark
// and, in bare base64, every kind of white space.
func readArmour(text string) ([]byte, KeyProblem) {
	if len(text) > MaxKeyText {
		return nil, ProblemTooLong
	}
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	if text == "" {
		return nil, ProblemEmpty
	}
	if start := strings.Index(text, "-----BEGIN "); start >= 0 {
		return readPEM(text[start:])
	}
	return readBareBase64(text)
}

// readPEM reads one PEM block, also one that lost its line breaks on the way
// through an environment variable.
func readPEM(text string) ([]byte, KeyProblem) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		header, rest, ok := strings.Cut(text[len("-----BEGIN "):], "-----")
		if !ok {
			return nil, ProblemTruncated
		}
		body, _, ok := strings.Cut(rest, "-----END "+header+"-----")
		if !ok {
			return nil, ProblemTruncated
		}
		return readBareBase64(strings.ReplaceAll(body, `\n`, "\n"))
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, ProblemEncrypted
	}
	return block.Bytes, noProblem
}

// readBareBase64 reads base64 without armour. A length that base64 can't have
// is a cut-off copy; a foreign character is something else.
func readBareBase64(text string) ([]byte, KeyProblem) {
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

// Object identifiers that tell apart what the parsers refuse.
var (
	oidSM2   = []byte{0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d}
	oidPBES2 = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d}
)

// explainDER says why no parser took these bytes.
func explainDER(der []byte) KeyProblem {
	if bytes.Contains(der, oidPBES2) {
		return ProblemEncrypted
	}
	if bytes.Contains(der, oidSM2) {
		return ProblemEC
	}
	var whole asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &whole); err == nil && len(rest) == 0 {
		return ProblemUnknown
	}
	// A sequence (0x30) that starts well and doesn't reach its own length was cut.
	if len(der) > 0 && der[0] == 0x30 {
		return ProblemTruncated
	}
	return ProblemUnknown
}
