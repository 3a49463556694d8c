package diagnose

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/url"
	"strings"

	"miniflow/alipay/keys"
)

type signForm struct {
	value  string
	causes []Cause
}

// signForms returns the ways to read a sign: unchanged first, because it may be whole, then
// each known damage undone alone, then all that apply undone together.
func signForms(sign string) []signForm {
	list := []signForm{{value: sign}}
	together := signForm{value: sign}
	for _, fix := range signFixes {
		if fixed := fix.undo(sign); fixed != sign {
			list = append(list, signForm{fixed, []Cause{fix.cause}})
		}
		if fixed := fix.undo(together.value); fixed != together.value && !fix.alone {
			together = signForm{fixed, append(together.causes, fix.cause)}
		}
	}
	if len(together.causes) > 1 {
		list = append(list, together)
	}
	return list
}

var signFixes = []struct {
	cause Cause
	undo  func(string) string
	alone bool
}{
	{cause: CauseSignEscaped, undo: func(s string) string {
		if plain, err := url.PathUnescape(s); err == nil {
			return plain
		}
		return s
	}},
	{cause: CauseSignWhitespace, undo: func(s string) string { return strings.Trim(s, " \t\r\n\"'\u00a0") }},
	{cause: CauseSignWhitespace, undo: func(s string) string { return strings.Join(strings.Fields(s), "") }, alone: true},
	{cause: CauseSignSpaces, undo: func(s string) string { return strings.ReplaceAll(s, " ", "+") }},
	{cause: CauseSignURLSafe, undo: func(s string) string { return strings.NewReplacer("-", "+", "_", "/").Replace(s) }},
	{cause: CauseSignPadding, undo: func(s string) string {
		bare := strings.TrimRight(s, "=")
		return bare + strings.Repeat("=", (4-len(bare)%4)%4)
	}},
}

// decodeSign reads base64 as strictly as the verifier does, because a looser reading would
// find no damage.
func decodeSign(sign string) ([]byte, bool) {
	if strings.Contains(sign, " ") {
		return nil, false
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(sign)
	return raw, err == nil && len(raw) > 0
}

// looseLength returns how many bytes a damaged sign still carries, because a cut shows by the
// length even when it can't be decoded.
func looseLength(sign string) int {
	kept := strings.Map(func(r rune) rune {
		if strings.ContainsRune(base64Alphabet, r) {
			return r
		}
		return -1
	}, sign)
	return len(kept) * 6 / 8
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// hashPrefixes are the bytes before the hash inside a PKCS #1 v1.5 signature (RFC 8017,
// section 9.2). They identify the algorithm that was really used, so sign_type need not be
// believed.
var hashPrefixes = []struct {
	signType keys.SignType
	prefix   []byte
	size     int
}{
	{keys.RSA2, []byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}, 32},
	{keys.RSA, []byte{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}, 20},
}

// opens raises a signature to the key's public exponent and reports whether a hash with its
// padding results. Only the private half of this key can have made such a number, so this
// proves the signer and the hash, whatever happened to the text.
//
// An SM2 signature can't be opened: it shows its signer only together with the text.
func opens(public keys.PublicKey, signature []byte) (keys.SignType, bool) {
	key, isRSA := public.(*rsa.PublicKey)
	if !isRSA || len(signature) != key.Size() {
		return "", false
	}
	number := new(big.Int).SetBytes(signature)
	if number.Cmp(key.N) >= 0 {
		return "", false
	}
	block := number.Exp(number, big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
	for _, known := range hashPrefixes {
		rest := len(block) - len(known.prefix) - known.size
		if rest < 11 {
			continue
		}
		padding := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, rest-3)...)
		if bytes.HasPrefix(block, append(append(padding, 0), known.prefix...)) {
			return known.signType, true
		}
	}
	return "", false
}
