package telemetry

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how many bytes of one value a log line keeps, because collectors cut or drop
// longer lines.
const maxText = 4 << 10

// Names whose values are secret or personal, with '_', '-', '.' and case removed. The first
// list is looked for anywhere in a name, the second is the whole name: "sign" must not hide
// sign_type, nor "key" key_id.
var (
	secretParts = []string{
		"token", "secret", "password", "passwd", "passphrase", "privatekey", "aeskey", "apikey", "sealingkey",
		"credential", "cookie", "signature", "bearer", "authcode", "bizcontent",
		"phone", "mobile", "idcard", "certno", "licenseno", "licencenumber", "licensenumber",
		"legalperson", "contactname", "servicemail", "serviceemail",
	}
	secretWords = []string{"sign", "key", "authorization", "body", "xsign", "content", "create", "pem"}
)

// separators is made once, because every attribute of every line goes through it.
var separators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")

// secretName reports whether a name means a secret. It prefers hiding too much, because a
// leak can't be undone; a harmless field that is hidden needs a plainer name (token_expires →
// expires).
func secretName(name string) bool {
	plain := separators.Replace(strings.ToLower(name))
	for _, word := range secretWords {
		if plain == word {
			return true
		}
	}
	for _, part := range secretParts {
		if strings.Contains(plain, part) {
			return true
		}
	}
	return false
}

var (
	sealedShape = regexp.MustCompile(`(?:sealed|plain):v\d+:[A-Za-z0-9._:/+=-]*`)
	keyShape    = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)`)
	bearerShape = regexp.MustCompile(`(?i)\bbearer\s+[A-Za-z0-9._~+/=-]+`)
	// A mainland mobile number on its own; ids of Alipay are longer, so they stay readable.
	phoneShape = regexp.MustCompile(`(^|[^0-9A-Za-z_])1[3-9]\d{9}($|[^0-9A-Za-z_])`)
)

func cleanText(text string) string {
	if plainASCII(text) && !suspicious(text) {
		return text
	}
	text = keyShape.ReplaceAllString(text, Redacted)
	text = sealedShape.ReplaceAllString(text, "(sealed)")
	text = bearerShape.ReplaceAllString(text, Redacted)
	return escape(cut(text))
}

// cleanProse cleans a sentence: a message or an error's text. Telephone numbers are looked
// for only here, since a single value can be an id of eleven digits.
func cleanProse(text string) string {
	// Twice, because neighbours share the character between them.
	masked := phoneShape.ReplaceAllString(text, "${1}"+Redacted+"${2}")
	return cleanText(phoneShape.ReplaceAllString(masked, "${1}"+Redacted+"${2}"))
}

func plainASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' || text[i] == '\\' {
			return false
		}
	}
	return true
}

func suspicious(text string) bool {
	return len(text) > maxText || strings.Contains(text, ":v") || strings.Contains(text, "-----BEGIN") ||
		strings.Contains(strings.ToLower(text), "bearer")
}

func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	kept := maxText
	for kept > 0 && !utf8.RuneStart(text[kept]) {
		kept--
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:kept], len(text))
}

// escape writes out everything that moves a cursor, breaks a line, changes the direction of
// text or is invisible; what is not UTF-8 becomes U+FFFD. It only uses \u, because the
// handler for terminals turns the four characters \x1b back into an escape; so those become
// \u001b too.
func escape(text string) string {
	var out strings.Builder
	for _, r := range text {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return strings.ReplaceAll(out.String(), `\x1b`, `\u001b`)
}
